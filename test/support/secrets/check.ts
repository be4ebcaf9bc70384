import { check, type Report } from '../../../src/check-secrets/check';
import { ExpectedList } from '../../../src/manifests/expected-list';
import { dist, type ListEntry } from './expected-list';
import { type Files, written } from './flux-repo';

/** Checks a repo of these files against a list of these entries. */
export function report(
  entries: ListEntry[],
  files: Files,
  recipients: string[] = [],
  more: Record<string, string> = {},
): Report {
  return check(
    ExpectedList.read(dist(entries, more), (path) => path),
    written(files),
    recipients,
  );
}

/** The findings as `level rule file:line`. */
export function found(...args: Parameters<typeof report>): string[] {
  return report(...args).findings.map(({ level, rule, file, line }) => `${level} ${rule} ${file}:${line}`);
}

export const messages = (...args: Parameters<typeof report>): string[] =>
  report(...args).findings.map(({ message }) => message);
