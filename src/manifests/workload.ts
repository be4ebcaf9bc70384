import { at, list, text, type Manifest, type Value } from './manifest';

/** The purpose of a workload of this library, by its label `app.kubernetes.io/component`. */
export type Component = 'backup' | 'restore' | 'drill';

/** The component label of an object of this library; undefined for every other object. */
export function componentLabel({ object }: Manifest): string | undefined {
  return text(object, 'metadata', 'labels', 'app.kubernetes.io/name') === 'postgres-backup'
    ? text(object, 'metadata', 'labels', 'app.kubernetes.io/component')
    : undefined;
}

/** The component of a workload of this library; undefined for every other object. */
export function componentOf(manifest: Manifest): Component | undefined {
  const component = componentLabel(manifest);
  return component === 'backup' || component === 'restore' || component === 'drill' ? component : undefined;
}

/** The place of the spec of the pods in a kind. */
const POD_SPECS: { readonly [kind: string]: readonly string[] } = {
  CronJob: ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
  Job: ['spec', 'template', 'spec'],
  Pod: ['spec'],
  PodTemplate: ['template', 'spec'],
};
const WORKLOADS = ['spec', 'template', 'spec'];

/** The path to the spec of an object's Jobs; undefined if it makes none. */
export function jobSpecPath({ kind }: Manifest): readonly string[] | undefined {
  return kind === 'CronJob' ? ['spec', 'jobTemplate', 'spec'] : kind === 'Job' ? ['spec'] : undefined;
}

/** The path to the spec of an object's pods; undefined if it has none. */
export function podSpecPath({ kind, object }: Manifest): readonly string[] | undefined {
  const path = POD_SPECS[kind] ?? WORKLOADS;
  return at(object, ...path, 'containers') === undefined ? undefined : path;
}

/** A container of any sort of an object's pods, and the path to it. */
export interface Container {
  readonly path: readonly (string | number)[];
  readonly value: Value;
}

export function containersOf(manifest: Manifest): Container[] {
  const spec = podSpecPath(manifest);
  return spec === undefined
    ? []
    : ['initContainers', 'containers', 'ephemeralContainers'].flatMap((field) =>
        list(manifest.object, ...spec, field).map((value, index) => ({ path: [...spec, field, index], value })),
      );
}

/** The variables of a workload's containers that have plain values. Those of the last container take precedence. */
export function environmentOf(manifest: Manifest): ReadonlyMap<string, string> {
  return new Map(
    containersOf(manifest).flatMap(({ value }) =>
      list(value, 'env').flatMap((variable): [string, string][] => {
        const [name, plain] = [text(variable, 'name'), text(variable, 'value')];
        return name === undefined || plain === undefined ? [] : [[name, plain]];
      }),
    ),
  );
}

/** The claim that an object's pods mount; empty for none. */
export function claimOf(manifest: Manifest): string {
  return claimsOf(manifest)[0] ?? '';
}

/** All claims that an object's pods mount. */
export function claimsOf(manifest: Manifest): string[] {
  return list(manifest.object, ...(podSpecPath(manifest) ?? []), 'volumes').flatMap(
    (volume) => text(volume, 'persistentVolumeClaim', 'claimName') ?? [],
  );
}

/** The folder of the dumps on the claim, from the variables of a workload. */
export function folderOf(env: ReadonlyMap<string, string>): string {
  return (env.get('BACKUP_DIR') ?? '').replace(/^\/backups\//, '');
}

/** The variables of a workload that come from secrets, with the secret and the key. */
export function secretVariablesOf(manifest: Manifest): ReadonlyMap<string, string> {
  return new Map(
    containersOf(manifest).flatMap(({ value }) =>
      list(value, 'env').flatMap((variable): [string, string][] => {
        const secret = text(variable, 'valueFrom', 'secretKeyRef', 'name');
        return secret === undefined
          ? []
          : [
              [
                text(variable, 'name') ?? '',
                `secret ${secret}, key ${text(variable, 'valueFrom', 'secretKeyRef', 'key') ?? ''}`,
              ],
            ];
      }),
    ),
  );
}
