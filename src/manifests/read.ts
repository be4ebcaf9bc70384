import { CORE_SCHEMA, loadAll } from 'js-yaml';
import { manifestsOf, type Manifest } from './manifest';

/**
 * The manifests in a text of YAML. js-yaml reads a tree in a third of the time that `yaml` takes, which reads comments
 * and positions too; and dates stay text, as in Kubernetes.
 * @throws YAMLException, with the name of the file, when it is not YAML
 */
export function readManifests(file: string, text: string): Manifest[] {
  return loadAll(text, undefined, { schema: CORE_SCHEMA, filename: file }).flatMap((object) =>
    manifestsOf(file, object),
  );
}
