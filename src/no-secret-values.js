// @ts-check
// JavaScript, because the CLI of cdk8s loads validation plugins with a plain require().

const { readFileSync } = require('node:fs');

/**
 * @typedef {object} Resource
 * @property {string} [kind]
 * @property {{ name?: string }} [metadata]
 * @property {Record<string, unknown>} [data]
 * @property {Record<string, unknown>} [stringData]
 * @property {Resource[]} [items]
 */

/**
 * A validation plugin for the CLI of cdk8s: refuses a Secret with values among the synthesized manifests. These are
 * committed, and a value in Git is known to everybody who can read the repo.
 */
class NoSecretValues {
  /** @param {import('cdk8s-cli/plugins').ValidationContext} context */
  async validate(context) {
    const found = context.manifests.flatMap((manifestPath) => {
      // Most manifests have no Secret; parsing them all would double the time of the validation.
      if (!readFileSync(manifestPath, 'utf8').includes('Secret')) return [];
      return context.parseManifest(manifestPath).flatMap(secrets).flatMap((secret) => {
        const locations = [...paths('data', secret.data), ...paths('stringData', secret.stringData)];
        return locations.length === 0 ? [] : [{ resourceName: secret.metadata?.name ?? 'without a name', locations, manifestPath }];
      });
    });
    if (found.length > 0) {
      context.report.addViolation({
        ruleName: 'no-secret-values',
        recommendation: 'Manifests are committed: let none hold a secret value, not even in base64.',
        fix: 'Remove the Secret from the app, commit it encrypted with sops, and change the value if it was committed before.',
        violatingResources: found,
      });
    }
    context.report.submit(found.length > 0 ? 'failure' : 'success');
  }
}

/**
 * The Secrets of a document: itself, or the items of a list.
 * @param {Resource | null} resource
 * @returns {Resource[]}
 */
function secrets(resource) {
  const items = Array.isArray(resource?.items) ? resource.items : [];
  if (resource?.kind === 'SecretList') return items;
  return resource?.kind === 'Secret' ? [resource] : items.flatMap(secrets);
}

/**
 * @param {string} field
 * @param {Record<string, unknown>} [values]
 */
function paths(field, values) {
  return Object.keys(values ?? {}).map((key) => `${field}.${key}`);
}

module.exports = { NoSecretValues };
