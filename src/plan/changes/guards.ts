import { at, text, type Manifest } from '../../manifests/manifest';
import { componentOf } from '../../manifests/workload';
import type { Change } from '../change';
import { change, type Comparison } from '../comparison';
import { name } from '../words';
import { PRUNE, SSA } from './claims';

const SUBSTITUTE = 'kustomize.toolkit.fluxcd.io/substitute';

/** What each guard keeps Flux from, and what its absence makes possible. */
const GUARDS = [
  { annotation: PRUNE, value: 'disabled', kept: 'deletes it when it is gone from Git', lost: 'Flux deletes it, and whatever is on it, as soon as it is gone from Git, e.g. by a rename.' },
  { annotation: SSA, value: 'IfNotPresent', kept: 'changes it or makes it anew', lost: 'A Kustomization with force deletes it, and whatever is on it, to apply a change that Kubernetes refuses.' },
  { annotation: SUBSTITUTE, value: 'disabled', kept: 'replaces ${…} in it', lost: 'In a Kustomization with postBuild, every ${…} in it is replaced, by nothing where there is no such variable. Scripts then do something else than was reviewed.' },
];

/** What Flux was told not to do. */
export function guards({ resources }: Comparison): Change[] {
  return resources.flatMap(({ before, after }): Change[] => {
    if (before === undefined || after === undefined) return [];
    return GUARDS.flatMap(({ annotation, value, kept, lost }) => {
      const [was, is] = [before, after].map(({ object }) => text(object, 'metadata', 'annotations', annotation));
      if (was === is || (was !== value && is !== value)) return [];
      if (is === value) return [change('guard-added', 'note', after, `Flux never ${kept} from now on`, [`By its annotation ${annotation}: ${value}.`])];
      const isData = after.kind === 'PersistentVolumeClaim' || componentOf(after) === 'restore' || hasScripts(after);
      return [change('guard-removed', isData ? 'error' : 'warning', after, `Nothing keeps Flux from this any more: it ${kept}`, [
        `The annotation ${annotation}: ${value} is ${is === undefined ? 'gone' : `"${name(is)}" now`}. ${lost}`,
      ])];
    });
  });
}

function hasScripts({ kind, object }: Manifest): boolean {
  const data = at(object, 'data');
  return kind === 'ConfigMap' && typeof data === 'object' && data !== null && Object.keys(data).some((key) => /\.(sh|sql)$/.test(key));
}
