import { stringify } from 'yaml';
import { NAMESPACE, written } from './flux-repo';

/** An entry as synth lists it. */
export interface ListEntry {
  namespace?: string;
  secret: string;
  key?: string;
  bytes?: number;
  minBytes?: number;
  gitFile?: string;
  optionalUntil?: string;
  provider?: string;
  because?: string;
  [more: string]: unknown;
}

export const LIST_FILE = 'shop/ConfigMap.expected-secrets.yaml';

/** The manifest of a list, as synth writes it. */
export function listManifest(entries: ListEntry[], more: Record<string, string> = {}): string {
  const list = entries.map((entry) => ({ because: 'nothing works without it', ...entry }));
  const data = { 'secrets.yaml': stringify(list), ...more };
  return stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'expected-secrets', namespace: NAMESPACE },
    data,
  });
}

/** A folder with a list and nothing else. */
export function dist(entries: ListEntry[], more: Record<string, string> = {}): string {
  return written({ [LIST_FILE]: listManifest(entries, more) });
}
