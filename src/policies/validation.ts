import { LEVELS } from '../reports/level';
import { readFileSync } from 'node:fs';
import type { Validation, ValidationContext } from 'cdk8s-cli/plugins';
import { readManifests } from '../manifests/read';
import { check, POLICIES } from './all';
import type { Finding, Policy } from './policy';

/** The `properties` of the plugin in `cdk8s.yaml`. */
export interface BackupPoliciesProps {
  /**
   * Ids of policies that are not applied.
   * @default - none
   */
  readonly except?: readonly string[];
}

/**
 * A validation plugin for the CLI of cdk8s, which checks the synthesized manifests against the policies. An error fails
 * the synth; warnings and notes are only shown.
 */
export class BackupPolicies implements Validation {
  private readonly policies: readonly Policy[];

  constructor({ except = [] }: BackupPoliciesProps = {}) {
    if (!Array.isArray(except))
      throw new Error(
        `validations.properties.except (${JSON.stringify(except)}) is not a list. Write it like [resources]`,
      );
    const unknown = except.find((id) => !POLICIES.some((policy) => policy.id === id));
    if (unknown !== undefined) {
      throw new Error(
        `validations.properties.except (${JSON.stringify(unknown)}) is not a policy. The ids are: ` +
          `${POLICIES.map(({ id }) => id).join(', ')}`,
      );
    }
    this.policies = POLICIES.filter(({ id }) => !except.includes(id));
  }

  public async validate(context: ValidationContext): Promise<void> {
    const manifests = context.manifests.flatMap((file) => readManifests(file, readFileSync(file, 'utf8')));
    const findings = check(manifests, this.policies);
    for (const level of LEVELS) {
      for (const policy of this.policies) {
        const broken = findings.filter((finding) => finding.policy === policy.id && finding.level === level);
        if (broken.length > 0) context.report.addViolation(reported({ ...policy, level }, broken));
      }
    }
    context.report.submit(findings.some(({ level }) => level === 'error') ? 'failure' : 'success');
  }
}

function reported(
  { id, level, rule, because, remedy }: Policy,
  findings: readonly Finding[],
): Parameters<ValidationContext['report']['addViolation']>[0] {
  const resources = [...new Set(findings.map(({ resource }) => resource))];
  return {
    ruleName: `${level} ${id}`,
    recommendation: `${rule} ${because}`,
    fix: remedy,
    violatingResources: resources.map((resource) => ({
      resourceName: resource.name,
      manifestPath: resource.file,
      locations: findings
        .filter((finding) => finding.resource === resource)
        .map(
          (finding) => `${finding.path} ${finding.message}${finding.remedy === remedy ? '' : `. ${finding.remedy}`}`,
        ),
    })),
  };
}
