import { randomBytes } from 'node:crypto';
import { existsSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Child, type Ending } from '../machine/child';
import { containerEnv, expand, type PodFields } from './container-env';
import { atEndOfFile } from '../machine/leftovers';
import { findWorkload, type Container, type Workplan } from './manifest';
import { freshFolder, memoryFolder } from '../machine/run-folder';
import { isSandboxed, type Mount, type Sandbox } from '../machine/sandbox';
import { inUserland, searchPath, shellProgram, userlandMount, type Userland } from '../machine/userlands';
import type { Surroundings } from './surroundings';
import { Volumes } from '../storage/volume';

export { makeClaim } from '../storage/claim';

/** Where a sandbox has the programs of the machine. */
const HOST_PROGRAMS = '/opt/host-programs';

export interface PodOptions extends Surroundings {
  /** The name of the CronJob or Job whose pod runs. */
  readonly workload: string;
  readonly userland: Userland;
  /** Variables that replace those of all containers, as `kubectl set env` does. */
  readonly env?: Readonly<Record<string, string>>;
  readonly jobName?: string;
  /** Folders with the programs that only the image of a container has, by the container's name. */
  readonly programs?: Readonly<Record<string, string>>;
  /** The same for folders of the machine, which a sandbox has to mount. */
  readonly hostPrograms?: Readonly<Record<string, string>>;
  /** Starts each container, e.g. within limits. */
  readonly within?: <T>(start: () => T) => T;
  /** What the containers' users may do beside what users may, e.g. `dac_override`. */
  readonly capabilities?: readonly string[];
  /** Mebibytes of emptyDirs that are full some day, by name; the others have no limit. Only root can make them. */
  readonly disks?: Readonly<Record<string, number>>;
  /** Runs this one container, init or not, and no other. */
  readonly onlyContainer?: string;
}

/** How the container that decided the pod's end ended: the main one, or the init container that failed. */
export interface PodResult extends Ending {
  readonly failedContainer?: string;
  /** How the init containers ended, by name. */
  readonly initContainers: Readonly<Record<string, Ending>>;
}

/** Runs a pod the way its manifest says, to its end. */
export async function runPod(options: PodOptions): Promise<PodResult> {
  return startPod(options).result;
}

export function startPod(options: PodOptions): PodProcess {
  return new PodProcess(options);
}

export class PodProcess {
  /** When it was made, in milliseconds since 1970. */
  readonly made = Date.now();
  readonly result: Promise<PodResult>;
  private readonly fields: PodFields;
  private readonly workplan: Workplan;
  private readonly listeners = new Set<() => void>();
  private readonly logs = new Map<string, string>();
  private readonly endings = new Map<string, Ending>();
  private child?: Child;
  private volumes?: Volumes;
  private text = '';

  constructor(private readonly options: PodOptions) {
    this.workplan = findWorkload(options.manifests, options.workload);
    this.fields = fieldsOf(this.workplan, options.jobName ?? `${options.workload}-1`);
    this.result = this.run();
    // Whoever awaits the result gets the error; nobody has to.
    this.result.catch(() => {});
  }

  /** The process id of the running container's own process, on the machine. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Where the files of a volume are, while the pod runs. */
  volume(name: string): string {
    const [mount] = this.volumes?.mounts([{ name, mountPath: '/' }]) ?? [];
    if (mount === undefined) throw new Error('The pod has not begun.');
    return mount.source;
  }

  /** What all containers have written so far. */
  output(): string {
    return this.text;
  }

  /** What a container has written so far; undefined where it has not begun. */
  log(container: string): string | undefined {
    return this.logs.get(container);
  }

  /** How a container has ended; undefined where it has not. */
  ending(container: string): Ending | undefined {
    return this.endings.get(container);
  }

  /** Calls the listener after each change of what a container has written, or is; returns what ends that. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Resolves as soon as the pod's output matches; rejects where it ends without. */
  waitForOutput(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const match = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, '')).exec(this.text);
        if (match === null) return;
        this.listeners.delete(look);
        resolve(match);
      };
      this.listeners.add(look);
      look();
      const giveUp = (why: string): void => reject(new Error(`The pod ended without the output ${pattern}: ${why}`));
      this.result.then(
        ({ status, output }) => giveUp(`status ${status}\n${output}`),
        (error: unknown) => giveUp(String(error)),
      );
    });
  }

  /**
   * Signals process 1 of the running container, and nothing else. The kernel drops what that process
   * does not handle, so a script without a trap outlives a SIGTERM as it does in a cluster.
   */
  kill(signal: NodeJS.Signals): void {
    if (!this.child?.kill(signal))
      throw new Error(`No container is there to get ${signal}: wait for its output first.`);
  }

  private async run(): Promise<PodResult> {
    const folder = freshFolder('pod', memoryFolder());
    const forget = atEndOfFile(async () => {
      await this.child?.destroy();
      rmSync(folder, { recursive: true, force: true });
    });
    try {
      return await this.runContainers(folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
      forget();
    }
  }

  private async runContainers(folder: string): Promise<PodResult> {
    const { spec } = this.workplan;
    const volumes = new Volumes(spec, folder, this.options, this.fields, this.options.disks);
    this.volumes = volumes;
    try {
      return await this.runAll(volumes);
    } finally {
      volumes.unmount();
    }
  }

  private async runAll(volumes: Volumes): Promise<PodResult> {
    const { init, main } = this.chosen();
    const initContainers: Record<string, Ending> = {};
    for (const container of init) {
      const ending = await this.runContainer(container, volumes);
      initContainers[container.name] = ending;
      if (ending.status !== 0) return { ...ending, failedContainer: container.name, initContainers };
    }
    const ending = await this.runContainer(main, volumes);
    return { ...ending, ...(ending.status === 0 ? {} : { failedContainer: main.name }), initContainers };
  }

  private chosen(): { init: readonly Container[]; main: Container } {
    const { containers, initContainers = [] } = this.workplan.spec;
    const { onlyContainer, workload } = this.options;
    const mains =
      onlyContainer === undefined
        ? containers
        : [...initContainers, ...containers].filter(({ name }) => name === onlyContainer);
    const [main] = mains;
    if (main === undefined || mains.length > 1) {
      throw new Error(
        `${workload} has ${mains.length} containers ${onlyContainer ?? ''} to run; the test pods run exactly one.`,
      );
    }
    return { init: onlyContainer === undefined ? initContainers : [], main };
  }

  private async runContainer(container: Container, volumes: Volumes): Promise<Ending> {
    const options = this.sandboxFor(container, volumes.mounts(container.volumeMounts ?? []));
    const start = (): Child =>
      new Child(options, (text) => {
        this.text += text;
        this.logs.set(container.name, this.logs.get(container.name) + text);
        this.tell();
      });
    this.logs.set(container.name, '');
    this.child = this.options.within === undefined ? start() : this.options.within(start);
    this.tell();
    const ending = await this.child.ended;
    this.endings.set(container.name, ending);
    this.tell();
    return ending;
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }

  private sandboxFor(container: Container, mounts: readonly Mount[]): Sandbox {
    const { userland } = this.options;
    const given = containerEnv(container, this.options.env ?? {}, this.fields, this.options);
    if (container.command === undefined)
      throw new Error(`The container ${container.name} leaves its command to the image, and there is none.`);
    const command = [...container.command, ...(container.args ?? [])].map((word) => expand(word, given));
    const onHost = this.options.hostPrograms?.[container.name];
    const own =
      onHost !== undefined && isSandboxed() ? HOST_PROGRAMS : (onHost ?? this.options.programs?.[container.name]);
    const env = {
      PATH: own === undefined ? searchPath(userland) : `${searchPath(userland)}:${own}`,
      HOME: '/',
      ...given,
    };
    const user = { ...userOf(container, this.workplan), capabilities: this.options.capabilities };
    if (isSandboxed()) {
      const readOnlyRoot = container.securityContext?.readOnlyRootFilesystem === true;
      return {
        ...user,
        command,
        env,
        mounts: [
          ...mounts,
          userlandMount(userland),
          ...(onHost === undefined ? [] : [{ source: onHost, target: HOST_PROGRAMS, readOnly: true }]),
        ],
        readOnlyRoot,
        shell: shellProgram(userland),
      };
    }
    // Without mounts, the folders on the machine have to do under their own names.
    nest(mounts);
    const moved = Object.entries(env).map(([name, value]) => [name, name === 'PATH' ? value : relocate(value, mounts)]);
    return {
      ...user,
      command: inUserland(
        command.map((word) => relocate(word, mounts)),
        userland,
      ),
      env: Object.fromEntries(moved),
      mounts: [],
      readOnlyRoot: false,
      shell: shellProgram(userland),
    };
  }
}

function fieldsOf({ namespace, labels }: Workplan, jobName: string): PodFields {
  const all = { ...labels, 'job-name': jobName, 'batch.kubernetes.io/job-name': jobName };
  return {
    'metadata.name': `${jobName}-${randomBytes(3).toString('hex').slice(0, 5)}`,
    'metadata.namespace': namespace,
    ...Object.fromEntries(Object.entries(all).map(([label, value]) => [`metadata.labels['${label}']`, value])),
  };
}

function userOf(container: Container, { spec }: Workplan): Pick<Sandbox, 'uid' | 'gid' | 'groups'> {
  const { fsGroup, supplementalGroups = [], ...ofPod } = spec.securityContext ?? {};
  const { runAsUser = 0, runAsGroup = 0, runAsNonRoot } = { ...ofPod, ...container.securityContext };
  if (runAsNonRoot && runAsUser === 0) {
    throw new Error('CreateContainerConfigError: container has runAsNonRoot and image will run as root');
  }
  return {
    uid: runAsUser,
    gid: runAsGroup,
    groups: fsGroup === undefined ? supplementalGroups : [...supplementalGroups, fsGroup],
  };
}

/** Puts each folder that is mounted below another one into that, as a symbolic link. */
function nest(mounts: readonly Mount[]): void {
  for (const { source, target } of mounts) {
    const outer = mounts.find((other) => target.startsWith(`${other.target}/`));
    const link = outer && join(outer.source, target.slice(outer.target.length));
    if (link !== undefined && !existsSync(link)) symlinkSync(source, link);
  }
}

/** Paths below a mount's target, renamed to where its files really are. */
function relocate(text: string, mounts: readonly Mount[]): string {
  const longestFirst = [...mounts].sort((a, b) => b.target.length - a.target.length);
  const alternatives = longestFirst.map(({ target }) => target.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|');
  if (alternatives === '') return text;
  const path = new RegExp(`(?<![\\w./-])(${alternatives})(?![\\w.-])`, 'g');
  return text.replace(path, (target) => mounts.find((mount) => mount.target === target)?.source ?? target);
}
