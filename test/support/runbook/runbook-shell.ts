import { appendFileSync, chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SYSTEM_PATH } from '../machine/machine';
import { freshFolder } from '../machine/run-folder';
import { type Outcome, typeInTerminal } from '../machine/terminal';
import { toolbox } from '../machine/toolbox';

/** Where the page is, and the plugin beside it. */
const PAGE_FOLDER = join(__dirname, '../../../dist/identity-internal');

/** Milliseconds, for one section. */
const LIMIT = 240_000;

/**
 * A shell with the real kubectl, pointed to a server of ours, and a flux that does nothing but remember what it was
 * told.
 */
export class RunbookShell {
  private readonly folder = freshFolder('runbook');
  private readonly told = join(this.folder, 'flux.log');
  private second = 0;

  constructor(server: string) {
    const { root, kubectl } = toolbox();
    const real =
      `${root === null ? '' : `chroot '${root}' `}'${kubectl}/kubectl' --server='${server}' ` +
      '--cache-dir=/proc/none';
    this.program(
      'kubectl',
      `case " $* " in
      " pgbackup "*) shift && exec kubectl-pgbackup "$@" ;; # as kubectl does, which may see another root here
      *" port-forward "*) exec "$(dirname "$0")/port-forward" "$@" ;;
      *" exec "*) ${real} "$@" || true ;; # nothing runs in the pods, so it comes no further than to the server
      *" create job "*" --dry-run"*) exec ${real} "$@" ;;
      *" create job "*) ${real} "$@" --dry-run=client -o yaml | ${real} create -f - ;; # by itself it would speak protobuf
      *) exec ${real} "$@" ;;
    esac`,
    );
    this.program(
      'flux',
      `printf '%s\\n' "$*" >>'${this.told}'\nif [ -e '${this.folder}'/"$1-$2" ]; then . '${this.folder}'/"$1-$2"; fi`,
    );
    // The address that \`forwardTo\` has set stands for the pods of every service that there is.
    this.program(
      'port-forward',
      `${real} -n "$2" get "$4" >/dev/null || exit 1
printf 'Forwarding from %s -> %s\\n' "$(cat '${this.folder}/forward')" "\${5#:}" && exec sleep 1000`,
    );
    appendFileSync(this.told, '');
  }

  /** Where a forwarded port leads, as address and port. */
  forwardTo(address: string): void {
    writeFileSync(join(this.folder, 'forward'), address);
  }

  /** The environment in which its programs are found. */
  get env(): Record<string, string> {
    return {
      PATH: `${this.folder}:${PAGE_FOLDER}:${SYSTEM_PATH}`,
      HOME: this.folder,
      KUBECONFIG: '/dev/null',
      LC_ALL: 'C',
    };
  }

  /** What Flux does when it is told to reconcile such objects, in shell. */
  onReconcile(kind: 'helmrelease' | 'kustomization', commands: string): void {
    writeFileSync(join(this.folder, `reconcile-${kind}`), commands);
  }

  /** What flux was told since the last time. */
  flux(): string[] {
    const lines = readFileSync(this.told, 'utf8').split('\n').filter(Boolean);
    writeFileSync(this.told, '');
    return lines;
  }

  /** Types the blocks into one shell on a terminal, which ends at the first failure, and answers questions with yes. */
  async type(blocks: readonly string[], folder = PAGE_FOLDER): Promise<Outcome> {
    await this.nextSecond();
    return typeInTerminal(blocks.join('\n'), { shell: 'sh', cwd: folder, env: this.env, limit: LIMIT });
  }

  /** Names of Jobs have the second in them, and nobody types so fast. */
  private async nextSecond(): Promise<void> {
    while (Math.floor(Date.now() / 1000) === this.second) await new Promise((resolve) => setTimeout(resolve, 20));
    this.second = Math.floor(Date.now() / 1000);
  }

  private program(name: string, text: string): void {
    writeFileSync(join(this.folder, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(this.folder, name), 0o755);
  }
}
