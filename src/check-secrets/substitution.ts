/** The variables of Flux in names, which it replaces after a build. */
import type { FluxKustomization } from './flux-objects';
import type { GitContent } from './git-content';
import { at, list, text, type Value } from '../manifests/manifest';
import { readManifests } from '../manifests/read';

const VARIABLE = /\$\{([_a-zA-Z][_a-zA-Z0-9]*)(?::?([-=])([^}]*))?\}/g;

/** A name with the values of its variables that the repo has. Other variables stay. */
export function substituted(git: GitContent, name: string, flux: FluxKustomization | undefined): string {
  const postBuild = at(flux?.spec, 'postBuild');
  if (flux === undefined || !name.includes('${') || postBuild === undefined || postBuild === null) return name;
  const sources = list(postBuild, 'substituteFrom').map((source) =>
    text(source, 'kind') === 'ConfigMap' ? configMap(git, flux.namespace, text(source, 'name') ?? '') : undefined,
  );
  // A value in the object takes precedence over any source, and the last source over those before it.
  const known = [at(postBuild, 'substitute'), ...sources.reverse()];
  const isComplete = known.every((values) => values !== undefined) || sources.length === 0;
  return name.replace(VARIABLE, (whole, variable: string, _, byDefault: string | undefined) => {
    const value = known.map((values) => at(values, variable)).find((one) => one !== undefined && one !== null);
    if (value !== undefined) return String(value as string);
    return isComplete && byDefault !== undefined ? byDefault : whole;
  });
}

/** The data of a ConfigMap in the repo; undefined if there is none. */
function configMap({ texts }: GitContent, namespace: string, name: string): Value {
  for (const [path, content] of texts) {
    if (!content.includes('ConfigMap') || !content.includes(name)) continue;
    try {
      const found = readManifests(path, content).find(
        (one) => one.kind === 'ConfigMap' && one.name === name && one.namespace === namespace,
      );
      if (found !== undefined) return at(found.object, 'data');
    } catch {
      continue; // not YAML
    }
  }
  return undefined;
}
