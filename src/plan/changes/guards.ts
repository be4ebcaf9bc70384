import { at, text, type Manifest } from '../../manifests/manifest';
import { componentOf } from '../../manifests/workload';
import type { Change } from '../change';
import { change, type Comparison } from '../comparison';
import { name } from '../words';
import { PRUNE, SSA } from './claims';

const SUBSTITUTE = 'kustomize.toolkit.fluxcd.io/substitute';

/** What each guard keeps Flux from, and what its absence makes possible. */
const GUARDS = [
  { annotation: PRUNE, value: 'disabled', added: 'Flux keeps it, also when it is gone from Git', removed: 'Flux may delete it, and all that is on it',
    how: 'As soon as it is gone from Git, e.g. by a rename.' },
  { annotation: SSA, value: 'IfNotPresent', added: 'Flux never changes it', removed: 'Flux may change it, and with force delete it and make it anew',
    how: 'A Kustomization with force does so to apply a change that Kubernetes refuses.' },
  { annotation: SUBSTITUTE, value: 'disabled', added: 'Flux leaves every ${…} in it alone', removed: 'Flux may replace every ${…} in it',
    how: 'A Kustomization with postBuild does so, by nothing where there is no such variable. Scripts then do something else than was reviewed.' },
];

/** What Flux was told not to do. */
export function guards({ resources }: Comparison): Change[] {
  return resources.flatMap(({ before, after }): Change[] => {
    if (before === undefined || after === undefined) return [];
    return GUARDS.flatMap(({ annotation, value, added, removed, how }) => {
      const [was, is] = [before, after].map(({ object }) => text(object, 'metadata', 'annotations', annotation));
      if (was === is || (was !== value && is !== value)) return [];
      if (is === value) return [change('guard-added', 'note', after, `${added} from now on`, [`By its annotation ${annotation}: ${value}.`])];
      const isData = after.kind === 'PersistentVolumeClaim' || componentOf(after) === 'restore' || hasScripts(after);
      return [change('guard-removed', isData ? 'error' : 'warning', after, `${removed} from now on`, [
        `The annotation ${annotation}: ${value} is ${is === undefined ? 'gone' : `"${name(is)}" now`}. ${how}`,
      ])];
    });
  });
}

function hasScripts({ kind, object }: Manifest): boolean {
  const data = at(object, 'data');
  return kind === 'ConfigMap' && typeof data === 'object' && data !== null && Object.keys(data).some((key) => /\.(sh|sql)$/.test(key));
}
