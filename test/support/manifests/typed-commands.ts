import { relative } from 'node:path';
import { pages, type Snippet, snippets } from './pages';

/** Which test types the commands of a page, or why none does. */
export interface Typed {
  readonly page: string;
  /** Words of the block of commands; every block of the page that no line above has, unless set. */
  readonly words?: string;
  /** The tests that type the block, as it stands on the page. */
  readonly by?: readonly string[];
  /** Why no test types it. */
  readonly because?: string;
}

const CLUSTER = 'test/cluster/pages.cluster.ts';
const REPO = 'test/pages/repo.test.ts';
const OFFSITE = 'test/kubectl-plugin/offsite.test.ts';
const PACKAGE = 'test/package/package.test.ts';
const NEWCOMER = 'test/package/getting-started.test.ts';
const NEWCOMERS_CLUSTER = 'test/kubectl-plugin/getting-started.test.ts';

/** For each block of commands, the first line that fits. */
export const TYPED: readonly Typed[] = [
  { page: 'README.md', words: 'npm install ./', by: [NEWCOMER] },
  { page: 'README.md', words: 'npx cdk8s synth', by: [NEWCOMER] },
  { page: 'README.md', words: 'npm cit', because: 'the tests would run themselves: the CI types both lines' },
  { page: 'README.md', by: [CLUSTER] },
  { page: 'CONTRIBUTING.md', words: 'npx jest', because: 'the tests would run themselves' },
  { page: 'CONTRIBUTING.md', words: 'npm version', by: [REPO] },
  { page: 'docs/backup.md', by: [CLUSTER] },
  { page: 'docs/check-secrets.md', by: [REPO] },
  { page: 'docs/drill.md', by: [CLUSTER] },
  { page: 'docs/escape-hatches.md', by: [NEWCOMER] },
  { page: 'docs/files-on-the-storage.md', words: 'rclone', by: [OFFSITE] },
  { page: 'docs/files-on-the-storage.md', by: ['test/scripts/recovery-kit.test.ts'] },
  { page: 'docs/getting-started.md', words: 'npm init', by: [NEWCOMER, CLUSTER] },
  { page: 'docs/getting-started.md', words: 'npx cdk8s synth', by: [NEWCOMER, CLUSTER] },
  {
    page: 'docs/getting-started.md',
    words: 'kind create cluster',
    because: `${CLUSTER} takes the cluster that KUBECONFIG names, and makes the folder on its node by a pod`,
  },
  { page: 'docs/getting-started.md', words: 'undo', by: [CLUSTER] },
  { page: 'docs/getting-started.md', by: [NEWCOMERS_CLUSTER, CLUSTER] },
  { page: 'docs/gitops.md', words: 'rsync', by: [REPO] },
  { page: 'docs/gitops.md', by: [CLUSTER] },
  { page: 'docs/guard.md', by: [CLUSTER] },
  { page: 'docs/least-privilege.md', by: [CLUSTER] },
  {
    page: 'docs/offsite-bucket.md',
    words: 'aws',
    because: 'there is no account at AWS or Hetzner to make a bucket in',
  },
  { page: 'docs/offsite-bucket.md', words: 'b2', because: 'there is no account at Backblaze to make a bucket in' },
  { page: 'docs/offsite.md', by: [OFFSITE] },
  { page: 'docs/operations.md', words: '--from offsite', by: [OFFSITE] },
  { page: 'docs/operations.md', by: [CLUSTER] },
  { page: 'docs/plan.md', by: [REPO] },
  { page: 'docs/restore.md', by: [CLUSTER] },
  { page: 'docs/retention.md', by: [CLUSTER] },
  { page: 'examples/other-cluster/README.md', by: [PACKAGE] },
  { page: 'src/identity-internal/README.md', by: [REPO] },
];

/** The blocks of commands of all pages, and whole commands in their sentences. */
export const commandBlocks = (): Snippet[] => [
  ...snippets().filter(({ language }) => language === 'sh'),
  ...pages().flatMap(({ path, text }) =>
    [...text.matchAll(/`((?:kubectl pgbackup -n shop|npx cdk8s synth) [^`]+)`/g)].map((match) => ({
      at: `${path}:${text.slice(0, match.index).split('\n').length}`,
      language: 'sh',
      text: match[1]!,
    })),
  ),
];

/** The line of the list for a block. */
export const typedOf = ({ at, text }: Snippet): Typed | undefined =>
  TYPED.find(({ page, words }) => at.startsWith(`${page}:`) && text.includes(words ?? ''));

/** The blocks that a test has to type. */
export class ToType {
  private readonly blocks: Snippet[];

  /** @param file the test's `__filename` */
  constructor(file: string) {
    const test = relative(process.cwd(), file);
    this.blocks = commandBlocks().filter((block) => typedOf(block)?.by?.includes(test));
  }

  /** Those of a page that have these words, in their order; they count as typed. */
  takeAll(page: string, words = ''): string[] {
    const found = this.blocks.filter(({ at, text }) => at.startsWith(`${page}:`) && text.includes(words));
    if (found.length === 0) throw new Error(`${page} has no commands with ${words} for this test.`);
    for (const block of found) this.blocks.splice(this.blocks.indexOf(block), 1);
    return found.map(({ text }) => text);
  }

  /** The same as one text. */
  take(page: string, words?: string): string {
    return this.takeAll(page, words).join('\n');
  }

  /** Where the blocks are that were not taken. */
  get left(): string[] {
    return this.blocks.map(({ at }) => at);
  }
}
