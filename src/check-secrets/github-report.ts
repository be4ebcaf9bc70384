import type { Report } from './check-report';
import { sentences } from '../reports/findings';
import { summary } from './table-report';

const COMMANDS = { error: 'error', warning: 'warning', note: 'notice' };

/** The report as workflow commands, which GitHub shows beside the lines of a pull request. */
export function githubReport(report: Report): string {
  const annotations = report.findings.map((finding) => {
    const { rule, level, file, line, column } = finding;
    const properties = Object.entries({ file, line, col: column, title: rule });
    const told = properties.map(
      ([name, value]) => `${name}=${escaped(String(value)).replaceAll(':', '%3A').replaceAll(',', '%2C')}`,
    );
    return `::${COMMANDS[level]} ${told.join(',')}::${escaped(sentences(finding))}`;
  });
  return [...annotations, summary(report)].join('\n');
}

/** A command is one line, and `%` escapes. */
function escaped(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}
