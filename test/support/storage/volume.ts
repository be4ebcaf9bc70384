import { chmodSync, chownSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Disk } from './disk';
import { isRoot } from '../machine/machine';
import { field, type PodFields } from '../pods/container-env';
import type { FileSource, PodSpec, ProjectedSource, Volume, VolumeMount } from '../pods/manifest';
import type { Mount } from '../machine/sandbox';
import { contents, type Surroundings } from '../pods/surroundings';

interface Folder {
  readonly path: string;
  readonly readOnly: boolean;
}

/** The volumes of one pod, as folders on the machine. */
export class Volumes {
  private readonly folders = new Map<string, Folder>();
  private readonly fsGroup: number | undefined;
  private readonly disks: Disk[] = [];

  constructor(
    private readonly spec: PodSpec,
    private readonly parent: string,
    private readonly around: Surroundings,
    private readonly fields: PodFields,
    private readonly limits: Readonly<Record<string, number>> = {},
  ) {
    this.fsGroup = spec.securityContext?.fsGroup;
    for (const volume of spec.volumes ?? []) this.folders.set(volume.name, this.folder(volume));
  }

  /** Gives back the disks that are mounted. */
  unmount(): void {
    for (const disk of this.disks.splice(0)) disk.remove();
  }

  /** Where a container sees them. */
  mounts(volumeMounts: readonly VolumeMount[]): Mount[] {
    return volumeMounts.map((mount) => {
      const folder = this.folders.get(mount.name);
      if (folder === undefined) throw new Error(`There is no volume ${mount.name} for ${mount.mountPath}.`);
      if ('subPathExpr' in mount) throw new Error('The test pods do not support subPathExpr.');
      const source = mount.subPath === undefined ? folder.path : this.subPath(folder, mount.subPath);
      return { source, target: mount.mountPath, readOnly: folder.readOnly || mount.readOnly === true };
    });
  }

  private folder(volume: Volume): Folder {
    const { name, configMap, secret, emptyDir, projected, persistentVolumeClaim: claim } = volume;
    const path = join(this.parent, name);
    if (claim !== undefined) {
      const given = this.around.claims[claim.claimName];
      if (given === undefined) throw new Error(`No folder was given for the claim ${claim.claimName}.`);
      if (!existsSync(given)) throw new Error(`The folder for the claim ${claim.claimName} does not exist: ${given}`);
      return { path: given, readOnly: claim.readOnly === true };
    }
    mkdirSync(path);
    if (emptyDir !== undefined) {
      const limit = this.limits[name];
      if (limit !== undefined) this.disks.push(Disk.ofMemory(path, limit, this.spec.securityContext?.runAsUser ?? 0));
      // In memory or not, it is a folder: its containers share it and the pod's end removes it. No size limit of its
      // own.
      this.give(path, this.fsGroup === undefined ? 0o777 : 0o2777);
    } else if (configMap !== undefined) {
      this.fill(path, configMap, 'configmap', configMap.name);
    } else if (secret !== undefined) {
      this.fill(path, secret, 'secret', secret.secretName);
    } else if (projected !== undefined) {
      for (const source of projected.sources) this.project(path, { defaultMode: projected.defaultMode }, source);
    } else {
      throw new Error(`The test pods do not support the kind of the volume ${name}.`);
    }
    return { path, readOnly: emptyDir === undefined };
  }

  private project(path: string, defaults: FileSource, source: ProjectedSource): void {
    const { secret, configMap, serviceAccountToken, downwardAPI, ...others } = source;
    if (secret !== undefined) this.fill(path, { ...defaults, ...secret }, 'secret', secret.name);
    if (configMap !== undefined) this.fill(path, { ...defaults, ...configMap }, 'configmap', configMap.name);
    if (serviceAccountToken !== undefined) {
      const { serviceAccountName = 'default' } = this.spec;
      const token = this.around.tokens?.[serviceAccountName];
      if (token === undefined) throw new Error(`FailedMount: serviceaccount "${serviceAccountName}" not found`);
      this.write(join(path, serviceAccountToken.path), token, defaults.defaultMode);
    }
    for (const item of downwardAPI?.items ?? []) {
      this.write(join(path, item.path), field(item.fieldRef.fieldPath, this.fields), defaults.defaultMode);
    }
    const [unsupported] = Object.keys(others);
    if (unsupported !== undefined)
      throw new Error(`The test pods do not support ${unsupported} in a projected volume.`);
  }

  private fill(path: string, source: FileSource, kind: 'configmap' | 'secret', name: string): void {
    const data = contents(kind, name, this.around);
    if (data === undefined && !source.optional) throw new Error(`FailedMount: ${kind} "${name}" not found`);
    const items: FileSource['items'] = source.items ?? Object.keys(data ?? {}).map((key) => ({ key, path: key }));
    for (const item of items) {
      const text = data?.[item.key];
      if (text === undefined) {
        if (source.optional) continue;
        throw new Error(`FailedMount: ${kind} "${name}" has no key ${item.key}`);
      }
      this.write(join(path, item.path), text, item.mode ?? source.defaultMode);
    }
  }

  private write(file: string, text: string | Buffer, mode = 0o644): void {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    this.give(file, this.fsGroup === undefined ? mode : mode | 0o440);
  }

  /** Files of a pod belong to root; its fsGroup is what lets other users in. */
  private give(path: string, mode: number): void {
    if (isRoot) chownSync(path, 0, this.fsGroup ?? 0);
    chmodSync(path, mode);
  }

  private subPath(folder: Folder, subPath: string): string {
    const path = join(folder.path, subPath);
    if (!existsSync(path)) {
      mkdirSync(path, { recursive: true });
      chmodSync(path, statSync(folder.path).mode & 0o7777);
    }
    return path;
  }
}
