import { at, type Manifest } from '../../manifests/manifest';
import type { Change } from '../change';
import { newlyApart } from '../clusters';
import type { Comparison } from '../comparison';
import type { Problem } from '../files';
import { duplicates, resourceName, type ResourceChange } from '../resources';
import type { Tree } from '../tree';
import { plural, words } from '../words';

/** Answers about files that could not be read and differ between the trees, and about folders of clusters. */
export function unread(base: Tree, head: Tree): Change[] {
  const isSame = ({ file }: Problem): boolean => base.files.get(file) === head.files.get(file);
  const isKnown = (problem: Problem, { problems }: Tree): boolean =>
    isSame(problem) && problems.some(({ file, message }) => file === problem.file && message === problem.message);
  const told = ({ file, line }: Problem): string => (line === undefined ? file : `${file}:${line}`);
  const apart = newlyApart(base, head);
  return [
    ...head.problems
      .filter((problem) => !isKnown(problem, base))
      .map((problem): Change => ({
        id: 'unreadable',
        level: 'error',
        resources: [told(problem)],
        title: `${problem.file} ${problem.message}`,
        details: ['Flux may not be able to read it either. Synthesize anew, or correct it.'],
      })),
    ...base.problems
      .filter((problem) => !isKnown(problem, head))
      .map((problem): Change => ({
        id: 'unreadable',
        level: 'note',
        resources: [told(problem)],
        title: `Before the change, ${problem.file} ${problem.message}`,
        details: ['Its present objects may look new.'],
      })),
    ...(apart.length === 0
      ? []
      : [
          {
            id: 'clusters',
            level: 'warning',
            resources: apart,
            title: `${words(apart)} hold objects of the same names: each is read as a cluster of its own`,
            details: [
              'If one cluster gets both, each overwrites what the other has applied: use other names or namespaces.',
            ],
          } satisfies Change,
        ]),
  ];
}

/** The fields by which kustomize transforms the files that it lists. */
const TRANSFORMERS = [
  'components',
  'helmCharts',
  'images',
  'namePrefix',
  'nameSuffix',
  'namespace',
  'patches',
  'patchesJson6902',
  'patchesStrategicMerge',
  'replacements',
];

/** Answers about changes that only rendering shows. */
export function unrendered(head: Tree, resources: readonly ResourceChange[]): Change[] {
  const found = head.manifests.flatMap(({ apiVersion, file, object }) => {
    const fields = apiVersion.startsWith('kustomize.config.k8s.io/')
      ? TRANSFORMERS.filter((field) => at(object, field) !== undefined)
      : [];
    return fields.length === 0 ? [] : [{ file, fields }];
  });
  if (resources.length === 0 || found.length === 0) return [];
  const { file } = found[0]!;
  return [
    {
      id: 'not-rendered',
      level: 'warning',
      resources: found.map((one) => one.file),
      title: `Kustomize changes what it applies, by ${words([...new Set(found.flatMap(({ fields }) => fields))])}`,
      details: [
        'The plan reads the files as they are, and may be wrong. Give it the rendered manifests, on both sides: ' +
          `kubectl kustomize ${file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : '.'} | cdk8s-postgres-backup ` +
          'plan --base before.yaml --head -',
      ],
    },
  ];
}

/** Answers about duplicates, which kustomize refuses. */
export function twice({ before, after }: Comparison): Change[] {
  const known = new Set(duplicates(before.manifests).map(identity));
  return duplicates(after.manifests)
    .filter((manifest) => !known.has(identity(manifest)))
    .map((manifest) => ({
      id: 'duplicate',
      level: 'error',
      resources: [resourceName(manifest)],
      title: `${resourceName(manifest)} exists twice, the second time in ${manifest.file}`,
      details: ['Kustomize refuses the tree, and Flux applies nothing of it.'],
    }));
}

function identity(manifest: Manifest): string {
  return `${manifest.file}\n${resourceName(manifest)}`;
}

/** Answers about files that are not manifests, and about mere spelling: comments, quotes, the order of keys. */
export function files(base: Tree, head: Tree, resources: readonly ResourceChange[]): Change[] {
  if (base.isStream || head.isStream) return [];
  const told = new Set([
    ...resources.flatMap(({ before, after }) => [before?.file, after?.file]),
    ...[...base.problems, ...head.problems].map(({ file }) => file),
  ]);
  const paths = [...new Set([...head.files.keys(), ...base.files.keys()])].filter(
    (path) => base.files.get(path) !== head.files.get(path) && !told.has(path),
  );
  if (paths.length === 0) return [];
  const held = new Set([...base.manifests, ...head.manifests].map(({ file }) => file));
  const items = paths.map((path) => {
    if (!base.files.has(path)) return `${path}: new`;
    if (!head.files.has(path)) return `${path}: gone`;
    return `${path}: ${held.has(path) ? 'only its spelling, such as comments and quotes' : 'changed'}`;
  });
  return [
    {
      id: 'files',
      level: 'note',
      resources: paths,
      title: `${plural(paths.length, 'file differs', 'files differ')}, and no field of a manifest`,
      details: [],
      items,
    },
  ];
}
