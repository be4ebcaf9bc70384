import { isKept, NEVER_RECREATE, PRUNE } from '../delivery/gitops-annotations';
import { at, text, type Manifest } from '../manifests/manifest';
import { componentOf, environmentOf, jobSpecPath } from '../manifests/workload';
import { isAbsent } from './pod';
import { violation, type Policy, type Violation } from './policy';

const APPLY = 'https://fluxcd.io/flux/components/kustomize/kustomizations/#controlling-the-apply-behavior-of-resources';

/** The variables by which a Job restores one dump, once, as `RestoreTrigger.onMerge` sets them. */
const PINS: readonly (readonly [variable: string, pattern: RegExp, why: string])[] = [
  ['REQUEST_ID', /^\S+$/, 'without the name of the request, every run of the Job restores again'],
  ['RESTORE_DUMP', /^\S+$/, 'the review does not say which dump is restored'],
  ['RESTORE_SHA256', /^[0-9a-f]{64}$/, 'the review does not say which dump is restored'],
];

/** Policies on restores, which may replace the live data. */
export const RESTORE: readonly Policy[] = [
  {
    id: 'restore-by-itself',
    level: 'error',
    source: APPLY,
    rule:
      'A restore begins when a person starts it: its CronJob is suspended, and a Job names its request and the ' +
      'dump with its checksum.',
    because:
      'Flux applies what is in Git every few minutes, and a new cluster from nothing: a restore that runs by ' +
      'itself replaces the live data with an old dump.',
    remedy:
      'Set suspend: true, or use RestoreTrigger.onMerge({ dump, sha256, requestId }), which restores once ' +
      'however often it is applied.',
    check: (manifest) => {
      if (componentOf(manifest) !== 'restore') return [];
      if (manifest.kind === 'Job') return pinned(manifest);
      if (manifest.kind !== 'CronJob') return [];
      const suspend = at(manifest.object, 'spec', 'suspend');
      return [
        ...(suspend === true ? [] : [violation(['spec', 'suspend'], suspend, 'the schedule would restore by itself')]),
        ...triedAgain(manifest, ['spec', 'jobTemplate', 'spec', 'backoffLimit']),
      ];
    },
  },
  {
    id: 'restore-ttl',
    level: 'error',
    source: 'https://kubernetes.io/docs/concepts/workloads/controllers/ttlafterfinished/',
    rule: 'A restore has no time to live after it has finished.',
    because:
      'The log and the name go with the Job. Flux then makes a Job of Git again, and a free name ' +
      'invites the same restore twice.',
    remedy: 'Remove ttlSecondsAfterFinished. The history limits of the CronJob keep old Jobs few.',
    check: (manifest) => {
      if (componentOf(manifest) !== 'restore') return [];
      const path = [...(jobSpecPath(manifest) ?? ['spec']), 'ttlSecondsAfterFinished'];
      const value = at(manifest.object, ...path);
      return isAbsent(value) ? [] : [violation(path, value, 'the Job and its log go, and Flux may make it again')];
    },
  },
];

function pinned(manifest: Manifest): Violation[] {
  const env = environmentOf(manifest);
  const annotation = (name: string): string | undefined => text(manifest.object, 'metadata', 'annotations', name);
  const lacking = Object.entries(NEVER_RECREATE).filter(([name, wanted]) => annotation(name) !== wanted);
  return [
    ...[...lacking.map(([name]) => name), ...(isKept(annotation) ? [] : [PRUNE])].map((name) =>
      violation(
        ['metadata', 'annotations', name],
        annotation(name),
        'what applies the Job may end the restore in its middle, or begin it again',
      ),
    ),
    ...PINS.flatMap(([variable, pattern, why]) => {
      const value = env.get(variable);
      return pattern.test(value ?? '')
        ? []
        : [violation(['spec', 'template', 'spec', 'containers', 0, 'env', variable], value, why)];
    }),
    ...triedAgain(manifest, ['spec', 'backoffLimit']),
  ];
}

function triedAgain(manifest: Manifest, path: readonly string[]): Violation[] {
  const backoff = at(manifest.object, ...path);
  return backoff === 0
    ? []
    : [violation(path, backoff, 'a failed restore would be tried again before a person has read why')];
}
