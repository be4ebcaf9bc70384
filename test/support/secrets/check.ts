import { join } from 'node:path';
import { Kustomize } from '../../../src/check-secrets/kustomize';
import { toolbox } from '../machine/toolbox';
import { check } from '../../../src/check-secrets/check';
import type { Report } from '../../../src/check-secrets/check-report';
import { ExpectedList } from '../../../src/manifests/expected-list';
import { dist, type ListEntry } from './expected-list';
import { type Files, written } from './flux-repo';

/** The folder of the kubectl of the tests; null where this machine has none. */
export function kubectlFolder(): string | null {
  const { kubectl, root } = toolbox();
  return kubectl === null ? null : join(root ?? '/', kubectl);
}

/** What builds the folders, as the command finds it. */
export function kustomize(): Kustomize | null {
  return Kustomize.onPath(kubectlFolder() ?? '');
}

/** Checks a repo of these files against a list of these entries. */
export function report(
  entries: ListEntry[],
  files: Files,
  recipients: string[] = [],
  more: Record<string, string> = {},
  builder: Kustomize | null = kustomize(),
): Report {
  return check(
    ExpectedList.read(dist(entries, more), (path) => path),
    written(files),
    recipients,
    builder,
  );
}

/** The findings as `level rule file:line`. */
export function found(...args: Parameters<typeof report>): string[] {
  return report(...args).findings.map(({ level, rule, file, line }) => `${level} ${rule} ${file}:${line}`);
}

export const messages = (...args: Parameters<typeof report>): string[] =>
  report(...args).findings.map(({ message }) => message);
