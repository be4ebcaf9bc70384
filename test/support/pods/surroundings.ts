import { findConfigMap } from './manifest';

/** Values by secret and key; those that are no text are bytes. */
export type Secrets = Readonly<Record<string, Readonly<Record<string, string | Buffer>>>>;

/** What a pod finds in its cluster. */
export interface Surroundings {
  readonly manifests: readonly object[];
  readonly secrets: Secrets;
  /** The folder on the machine that stands for each claim's storage. */
  readonly claims: Readonly<Record<string, string>>;
  /** The token of each service account, by its name. */
  readonly tokens?: Readonly<Record<string, string>>;
}

/** The contents of a ConfigMap or Secret; undefined where the cluster has none of that name. */
export function contents(
  kind: 'configmap' | 'secret',
  name: string,
  { manifests, secrets }: Surroundings,
): Readonly<Record<string, string | Buffer>> | undefined {
  if (kind === 'secret') return secrets[name];
  const found = findConfigMap(manifests, name);
  return found && (found.data ?? {});
}
