import type { Log, Result } from 'sarif';
import type { Report } from './check-report';
import { RULES, sentences, type Finding, type Rule } from '../reports/findings';

/** The report for code scanning: https://docs.oasis-open.org/sarif/sarif/v2.1.0/ */
export function sarifReport({ findings }: Report, version: string): Log {
  const rules = Object.keys(RULES) as Rule[];
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'cdk8s-postgres-backup check-secrets',
            semanticVersion: version,
            rules: rules.map((id) => ({
              id,
              shortDescription: { text: RULES[id].description },
              defaultConfiguration: { level: RULES[id].level },
            })),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: findings.map((one) => result(one, rules.indexOf(one.rule))),
      },
    ],
  };
}

function result(finding: Finding, ruleIndex: number): Result {
  const { rule, level, file, line, column } = finding;
  return {
    ruleId: rule,
    ruleIndex,
    level,
    message: { text: sentences(finding) },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: file.split('/').map(encodeURIComponent).join('/'), uriBaseId: '%SRCROOT%' },
          region: { startLine: line, startColumn: column },
        },
      },
    ],
  };
}
