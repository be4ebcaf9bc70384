import { Cron, Duration, Size } from 'cdk8s';
import { PostgresImage, RestoreSessions, Retention, Tls, TlsAuthority } from '../../src';
import type { ChangeId } from '../../src/plan/change';
import { type Plan, plan } from '../../src/plan/plan';
import type { Tree } from '../../src/plan/tree';
import { edited, type Files, shop, type ShopProps, treeOf } from '../support/manifests/shop-tree';
import { CASES, treesOf } from './cases';
import { PULL_REQUESTS, treesOfPullRequest } from './pull-requests';

const NOW = Date.UTC(2026, 10, 24, 1);
const GIBIBYTE = 2 ** 30;

/** What is a risk in either direction, and not a measure of which less or more is better. */
const EITHER_WAY: { readonly [id in ChangeId]?: string } = {
  'dumps-orphaned': 'dumps stay behind in the former folder',
  'copy-place': 'copies stay behind in the former bucket',
  'copy-encryption': 'copies of one encryption do not open with the other',
  'drill-source': 'a drill proves its source only',
  'claim-refused': 'Kubernetes refuses to change the field at all',
  'claim-not-applied': 'Flux leaves the claim as it is',
  'not-rendered': 'the files do not say what is applied',
  'restore-job-changed': 'a Job cannot be changed at all',
  target: 'another database is another database',
  image: 'either version refuses a server of the other one',
  user: 'the dumps of one user are not those of the other',
  scripts: 'what they do is not known',
  'secret-rule': 'what the cluster has was made for the other rule',
  'secret-renamed': 'the new place must be filled first',
};

/** What a plan calls worse, by the answer, the resource and what is listed. */
function worsened({ changes }: Plan): Set<string> {
  return new Set(
    changes
      .filter(({ level }) => level !== 'note')
      .flatMap(({ id, resources, items = [] }) => resources.map((resource) => JSON.stringify([id, resource, items]))),
  );
}

function inBoth(before: Tree, after: Tree, options = {}): ChangeId[] {
  const [there, back] = [plan(before, after, { now: NOW, ...options }), plan(after, before, { now: NOW, ...options })];
  const worse = worsened(back);
  return [...worsened(there)].filter((thing) => worse.has(thing)).map((thing) => (JSON.parse(thing) as [ChangeId])[0]);
}

/** The same numbers in every run. */
function chooser(seed: number): <T>(choices: readonly T[]) => T {
  let state = seed * 2654435761;
  return (choices) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return choices[Math.floor((state / 2 ** 32) * choices.length)]!;
  };
}

/** A shop of which each setting is drawn. */
function anyShop(seed: number): Files {
  const of = chooser(seed);
  const props: ShopProps = {
    database: {
      image: PostgresImage.alpine(of(['17.2', '17.4'])),
      tls: of([undefined, Tls.require(), Tls.verifyFull(TlsAuthority.configMap('shop-ca'))]),
    },
    storage: { resizableFromGit: of([true, false]), size: Size.gibibytes(of([10, 20, 40])) },
    backup: of([true, true, true, false]) && {
      schedule: Cron.schedule({ hour: of(['2', '14', '*/6']), minute: '0', weekDay: of(['*', '*', '1']) }),
      retention: Retention.keep({
        daily: of([1, 3, 7, 14]),
        weekly: of([undefined, 2, 4]),
        monthly: of([undefined, undefined, 6]),
        within: of([undefined, Duration.days(2)]),
      }),
      suspend: of([true, false, false, false]),
      activeDeadline: Duration.minutes(of([30, 60, 360])),
      recoveryWindow: Duration.days(of([1, 2, 7])),
      rowCounts: of([true, false]),
      contentHashUpTo: Size.gibibytes(0),
    },
    restore: of([true, true, false]) && {
      sessions: of([RestoreSessions.WAIT, RestoreSessions.DISCONNECT]),
      keepPrevious: of([1, 3]),
    },
    drill: of([true, true, false]) && { suspend: of([true, false, false]) },
  };
  const files = shop(props);
  const hold = of(['', '', 'P30D', 'for ever']);
  return props.backup === false || hold === ''
    ? files
    : edited(files, 'CronJob.shop-db-backup.yaml', [/(BACKUP_HOLD\n +value: )""/, `$1${hold}`]);
}

test('no change and its way back both worsen the same thing', () => {
  const found = new Set<ChangeId>();
  for (const one of Object.values(CASES)) {
    const { before, after } = treesOf(one);
    for (const id of inBoth(treeOf('base', before), treeOf('head', after), one.options)) found.add(id);
  }
  for (const [name, one] of Object.entries(PULL_REQUESTS)) {
    if (name === 'kustomize-overlay') continue;
    const [base, head] = treesOfPullRequest(one);
    for (const id of inBoth(base, head, one.options)) found.add(id);
  }
  expect([...found].sort()).toEqual(Object.keys(EITHER_WAY).sort());
});

const shops = Array.from({ length: 25 }, (_, seed) => treeOf(`shop ${seed}`, anyShop(seed + 1)));

test.each(shops.slice(1).map((head, index) => [shops[index]!.name, head.name, shops[index]!, head] as const))(
  'nor do any two of many shops: %s and %s',
  (_, __, base, head) => {
    const options = { dumpSize: 1.7 * GIBIBYTE, lastRun: 2400 };
    expect(inBoth(base, head, options).filter((id) => !(id in EITHER_WAY))).toEqual([]);
  },
);
