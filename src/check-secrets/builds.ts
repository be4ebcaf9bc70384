import { posix } from 'node:path';
import { dump, load } from 'js-yaml';
import type { Document } from 'yaml';
import { additionsOf, addsNothing, fluxKustomization, substituted, type FluxKustomization } from './flux-objects';
import { generatedValues } from './generated-secret';
import type { Kustomize } from './kustomize';
import { KustomizationFile } from './kustomization-file';
import type { Repo } from './repo';
import { MAKER_KINDS } from './secret-makers';
import { pathsOf, secretsIn, secretValue, type Secret, type SecretManifest, type SopsUse } from './secret-manifest';
import { at, manifestsOf, text, type Manifest, type Value } from '../manifests/manifest';
import { readManifests } from '../manifests/read';
import type { Place } from '../reports/findings';
import { childText, type YamlFile } from '../manifests/yaml-file';

/** What of a repo can bear on Secrets. */
export const RELEVANT = new RegExp(
  `Secret|secretGenerator|^["']?sops["']?:|ENC\\[|kustomize\\.toolkit|FluxInstance|secrets\\.yaml|${MAKER_KINDS.source}`,
  'm',
);
const FLUX = /kustomize\.toolkit\.fluxcd\.io|FluxInstance/;
/** What is of interest whatever the names. */
const LEADS_ON = new RegExp(`${FLUX.source}|secrets\\.yaml|${MAKER_KINDS.source}`);
const ORIGIN = 'config.kubernetes.io/origin';
const LISTS = ['resources', 'bases', 'components'];

/** Whether anything applies a folder, as far as the repo tells. */
export type Reach =
  | 'applied'
  /** The repo holds all that Flux applies, and it leads nowhere near. */
  | 'not-applied'
  /** There are Kustomizations of Flux, and none leads there; others may be elsewhere. */
  | 'unknown'
  /** A kustomization.yaml above the file does not list it. */
  | 'not-listed';

/** An object that is applied, and where it comes from. */
export interface BuiltManifest extends Manifest {
  readonly place: Place;
}

/** A Secret as a cluster gets it. */
export interface AppliedSecret extends Secret {
  /** Its name in Git; that of the generator, for one that is generated. */
  readonly nameInGit: string;
  /** The Secret in Git that it comes from; undefined for one that is generated. */
  readonly source: SecretManifest | undefined;
  /** Whether its namespace could not be told. */
  readonly isAnywhere: boolean;
  /** Whether a patch brings the metadata of another encrypted file. */
  readonly isMixed: boolean;
  readonly build: Build;
}

/** What a folder of the repo becomes in a cluster. */
export interface Build {
  readonly folder: string;
  /** What has it applied; undefined where the repo does not tell. */
  readonly flux: FluxKustomization | undefined;
  /** The kustomization.yaml that is built; undefined where the files are applied as they are. */
  readonly kustomization: string | undefined;
  /** All files that belong to it. */
  readonly files: ReadonlySet<string>;
  readonly secrets: readonly AppliedSecret[];
  readonly manifests: readonly BuiltManifest[];
  /** Why it was not built, and the files were taken as they are. */
  readonly failure: 'broken' | 'no kustomize' | undefined;
  readonly remote: readonly { readonly entry: string; readonly place: Place }[];
  /** Whether any object but a Secret has this text as a value. */
  mentions(text: string): boolean;
  reach: Reach;
  /** The folder of the cluster that it is for; undefined where the repo does not tell. */
  cluster: string | undefined;
}

interface Closure {
  readonly files: ReadonlySet<string>;
  /** What Flux would list, where the folder has no kustomization.yaml. */
  readonly resources: readonly string[] | undefined;
  readonly kustomizations: readonly KustomizationFile[];
}

/**
 * All that the Kustomizations of Flux, and where there are none the kustomization.yaml's and the plain manifests, make
 * of a repo.
 */
export class Builds {
  readonly all: Build[] = [];
  /** All Secrets in Git, applied or not. */
  readonly inGit: SecretManifest[] = [];
  readonly kustomizations = new Map<string, KustomizationFile>();
  private readonly secretsOf = new Map<string, SecretManifest[]>();
  private readonly uses = new Map<string, SopsUse>();
  private readonly texts: ReadonlyMap<string, string>;
  private readonly seen = new Set<string>();

  constructor(
    private readonly repo: Repo,
    texts: readonly { readonly path: string; readonly text: string }[],
    private readonly parsed: ReadonlyMap<string, YamlFile>,
    private readonly kustomize: Kustomize | null,
    /** The names of the expected Secrets. */
    private readonly names: readonly string[],
  ) {
    this.texts = new Map(texts.map((one) => [one.path, one.text]));
    for (const [path, file] of parsed) {
      const secrets = file.documents.flatMap((document) => secretsIn(file, document));
      for (const one of secrets) {
        this.inGit.push(one);
        for (const use of one.sops) this.uses.set(use.sops.mac ?? '', use);
      }
      this.secretsOf.set(path, secrets);
      const [document] = file.documents;
      if (document !== undefined && KustomizationFile.isOne(path) && !isFlux(document)) {
        const kustomization = new KustomizationFile(file, document, repo);
        this.kustomizations.set(kustomization.folder, kustomization);
      }
    }
    this.build();
  }

  private build(): void {
    const listed = new Set([...this.kustomizations.values()].flatMap((one) => [...one.files]));
    const inPlain = [...this.parsed.keys()].filter((path) => !listed.has(path)).flatMap((path) => this.asTheyAre(path));
    // What a cluster begins with leads to itself; by way of it the others are patched, as they are in the cluster.
    const [first, others] = [true, false].map((leads) => inPlain.filter((one) => this.leadsToItself(one) === leads));
    for (const one of [...first!, ...others!])
      if (!this.all.some(({ flux, files }) => flux !== undefined && files.has(one.file))) this.follow(one);
    const roots = this.roots();
    const leadOn = roots.filter((folder) => this.mentions(this.closure(folder).files, FLUX));
    for (const folder of new Set([...leadOn, ...roots])) {
      if (this.isBuilt(folder)) continue;
      const made = this.one(folder, undefined);
      this.all.push(made);
      for (const one of made.manifests) this.follow(one);
    }
    const isInFlux = (path: string): boolean =>
      this.all.some(({ flux, files }) => flux !== undefined && files.has(path));
    const twice = this.all.filter((one) => one.flux === undefined && isInFlux(one.kustomization!));
    for (const one of twice) this.all.splice(this.all.indexOf(one), 1);
    this.tellClusters();
    this.loose();
  }

  private leadsToItself(manifest: BuiltManifest): boolean {
    const path = fluxKustomization(manifest, manifest.place)?.path;
    return path === '.' || (path !== undefined && manifest.file.startsWith(`${path}/`));
  }

  /** The kustomization.yaml's that no other one lists, and those of a circle. */
  private roots(): string[] {
    const all = [...this.kustomizations.values()].filter(({ isComponent }) => !isComponent);
    const inner = new Set([...this.kustomizations.values()].flatMap((one) => one.folders));
    const outer = all.filter((one) => !inner.has(one.folder));
    const reached = new Set(outer.flatMap(({ folder }) => [...this.closure(folder).files]));
    return [...outer, ...all.filter((one) => !outer.includes(one) && !reached.has(one.path))].map(
      ({ folder }) => folder,
    );
  }

  private isBuilt(folder: string): boolean {
    const { path } = this.kustomizations.get(folder)!;
    return this.all.some((one) => one.files.has(path));
  }

  /** Builds what a Kustomization of Flux leads to, and what that leads to. */
  private follow(manifest: BuiltManifest): void {
    const flux = fluxKustomization(manifest, manifest.place);
    if (flux === undefined || !this.repo.isFolder(flux.path)) return;
    const id = canonical([flux.name, flux.path, flux.spec, flux.place.file]);
    if (this.seen.has(id)) return;
    this.seen.add(id);
    const made = this.one(flux.path, flux);
    this.all.push(made);
    for (const one of made.manifests) this.follow(one);
  }

  /** The files that nothing so far leads to. */
  private loose(): void {
    const reached = new Set(this.all.flatMap(({ files }) => [...files]));
    const hasFlux = this.all.some(({ flux }) => flux !== undefined);
    const isComplete = this.all.some(({ flux, files }) => flux !== undefined && files.has(flux.place.file));
    const reach = isComplete ? 'not-applied' : hasFlux ? 'unknown' : 'applied';
    for (const one of this.all) if (one.flux === undefined) one.reach = reach;
    const groups = new Map<string | undefined, string[]>();
    for (const path of this.parsed.keys()) {
      if (reached.has(path)) continue;
      const above = this.kustomizationAbove(path);
      groups.set(above, [...(groups.get(above) ?? []), path]);
    }
    for (const [above, paths] of groups) {
      // What is not listed has the namespace that the kustomization.yaml would give it.
      const made = this.plain('.', undefined, new Set(paths), above, above !== undefined);
      made.reach = above === undefined ? reach : 'not-listed';
      this.all.push(made);
    }
  }

  private kustomizationAbove(path: string): string | undefined {
    for (let folder = posix.dirname(path); ; folder = posix.dirname(folder)) {
      const found = this.kustomizations.get(folder);
      if (found !== undefined) return found.path;
      if (folder === '.' || folder === '/') return undefined;
    }
  }

  /** A cluster is what one folder has Flux apply, directly or by way of other folders. */
  private tellClusters(): void {
    const top = (build: Build, way: readonly Build[]): string => {
      const { file } = build.flux!.place;
      const above = this.all.find((one) => one.flux !== undefined && one.files.has(file));
      if (above === build || (above !== undefined && way.includes(above))) return build.folder;
      return above === undefined ? posix.dirname(file) : top(above, [...way, build]);
    };
    for (const build of this.all) if (build.flux !== undefined) build.cluster = top(build, []);
  }

  private mentions(files: Iterable<string>, pattern: RegExp): boolean {
    for (const path of files) if (pattern.test(this.texts.get(path) ?? '')) return true;
    return false;
  }

  /** Whether an expected Secret may come out of it, also under another name. Most folders of a repo need no build. */
  private matters({ files, kustomizations }: Closure): boolean {
    if (this.mentions(files, LEADS_ON)) return true;
    const texts = [...files].map((path) => this.texts.get(path) ?? '');
    if (this.names.some((name) => texts.some((text) => text.includes(name)))) return true;
    const inGit = [
      ...[...files].flatMap((path) => this.secretsOf.get(path) ?? []),
      ...kustomizations.flatMap(({ generators }) => generators),
    ];
    return inGit.some(({ name }) => name.includes('${') || this.names.some((expected) => expected.includes(name)));
  }

  /** All files that a folder is made of. */
  private closure(folder: string): Closure {
    const files = new Set<string>();
    const kustomizations = new Set<KustomizationFile>();
    const enter = (one: string): void => {
      const kustomization = this.kustomizations.get(one);
      if (kustomization === undefined || kustomizations.has(kustomization)) return;
      kustomizations.add(kustomization);
      files.add(kustomization.path);
      for (const path of kustomization.files) files.add(path);
      for (const inner of kustomization.folders) enter(inner);
    };
    if (this.kustomizations.has(folder)) {
      enter(folder);
      return { files, resources: undefined, kustomizations: [...kustomizations] };
    }
    const resources = new Set<string>();
    for (const path of this.texts.keys()) {
      if (folder !== '.' && !path.startsWith(`${folder}/`)) continue;
      const inner = this.folderBetween(folder, path);
      if (inner !== undefined) enter(inner);
      else if (/\.ya?ml$/.test(path) && posix.basename(path) !== '.sops.yaml') files.add(path);
      resources.add(inner ?? path);
    }
    const isObject = (path: string): boolean => {
      const text = this.texts.get(path);
      return text === undefined || (files.has(path) && /^\s*["']?kind["']?:/m.test(text));
    };
    return {
      files,
      resources: [...resources].filter(isObject).map((path) => posix.relative(folder, path)),
      kustomizations: [...kustomizations],
    };
  }

  /** The outermost folder with a kustomization.yaml on the way from a folder to a file. */
  private folderBetween(folder: string, path: string): string | undefined {
    const parts = posix.relative(folder, posix.dirname(path)).split('/');
    for (let depth = 1; depth <= parts.length; depth++) {
      const inner = posix.join(folder, ...parts.slice(0, depth));
      if (this.kustomizations.has(inner)) return inner;
    }
    return undefined;
  }

  /** The files of a folder, with the components that Flux adds. */
  private withComponents(folder: string, flux: FluxKustomization | undefined): Closure {
    const own = this.closure(folder);
    const added = (flux === undefined ? [] : additionsOf(flux).components)
      .map((one) => posix.join(folder, typeof one === 'string' ? one : ''))
      .filter((one) => this.kustomizations.has(one))
      .map((one) => this.closure(one));
    return {
      files: new Set([own, ...added].flatMap(({ files }) => [...files])),
      resources: own.resources,
      kustomizations: [...new Set([own, ...added].flatMap(({ kustomizations }) => kustomizations))],
    };
  }

  private one(folder: string, flux: FluxKustomization | undefined): Build {
    const closure = this.withComponents(folder, flux);
    const { files, resources, kustomizations } = closure;
    if (!this.matters(closure)) return this.plain(folder, flux, files, this.kustomizations.get(folder)?.path, true);
    const asItIs =
      resources !== undefined &&
      kustomizations.length === 0 &&
      (flux === undefined || addsNothing(additionsOf(flux))) &&
      !this.mentions(files, /^\s*["']?kind["']?: *["']?(Secret)?List\b/m);
    if (asItIs) return this.plain(folder, flux, files, undefined);
    const path = this.kustomizations.get(folder)?.path ?? posix.join(folder, 'kustomization.yaml');
    const output = this.kustomize === null ? undefined : this.kustomized(folder, flux, closure, path);
    if (output === undefined) {
      const failure = this.kustomize === null ? 'no kustomize' : 'broken';
      return { ...this.plain(folder, flux, files, path, true), failure };
    }
    const build: Build = {
      folder,
      flux,
      kustomization: path,
      files,
      secrets: [],
      manifests: output.filter(({ kind }) => kind !== 'Secret'),
      failure: undefined,
      remote: kustomizations.flatMap(({ remote }) => remote),
      mentions: (text) => output.some(({ kind, object }) => kind !== 'Secret' && holds(object, text)),
      reach: 'applied',
      cluster: undefined,
    };
    const secrets = output
      .filter(({ kind }) => kind === 'Secret')
      .map((manifest) => this.built(build, manifest, kustomizations));
    return Object.assign(build, { secrets });
  }

  /** The output of kustomize; undefined where it cannot build the folder. */
  private kustomized(
    folder: string,
    flux: FluxKustomization | undefined,
    { files, resources, kustomizations }: Closure,
    path: string,
  ): BuiltManifest[] | undefined {
    const copy = new Map<string, string | Buffer>();
    for (const file of files) copy.set(file, this.repo.read(file) ?? '');
    const additions = flux === undefined ? undefined : additionsOf(flux);
    try {
      for (const { path: one, remote } of kustomizations) {
        const fetched = new Set(remote.map(({ entry }) => entry));
        if (fetched.size > 0) copy.set(one, dump(without(load(String(copy.get(one))) as Fields, fetched)));
      }
      const own = resources === undefined ? (load(String(copy.get(path))) as Fields) : { resources };
      copy.set(path, dump({ ...own, ...fields(own, additions), buildMetadata: ['originAnnotations'] }));
      const output = this.kustomize!.build(copy, folder);
      if (output === undefined) return undefined;
      return readManifests(path, output).map((manifest) => ({ ...manifest, ...this.origin(folder, manifest) }));
    } catch {
      return undefined; // a kustomization.yaml that is not YAML
    }
  }

  /** The origin of an object, as kustomize says. */
  private origin(folder: string, { kind, name, object }: Manifest): { file: string; place: Place } {
    const origin = text(object, 'metadata', 'annotations', ORIGIN) ?? '';
    const path = /^(?:path|configuredIn): (.*)$/m.exec(origin)?.[1] ?? 'kustomization.yaml';
    const file = posix.join(folder, path);
    return { file, place: this.placeOf(file, kind, name) };
  }

  private placeOf(path: string, kind: string, name: string): Place {
    const file = this.parsed.get(path);
    const documents = file?.documents.filter((one) => childText(one, one.contents, 'kind') === kind) ?? [];
    const named = documents.find((one) => one.getIn(['metadata', 'name']) === name) ?? documents[0];
    return named === undefined ? { file: path, line: 1, column: 1 } : file!.place(named.contents);
  }

  /** A Secret of the output, with the places of what it was made of. */
  private built(build: Build, manifest: BuiltManifest, kustomizations: readonly KustomizationFile[]): AppliedSecret {
    const { name, namespace, object, file } = manifest;
    const final = {
      name: this.substituted(name, build.flux),
      namespace: namespace === '' ? undefined : this.substituted(namespace, build.flux),
      isAnywhere: false,
      isMixed: false,
      build,
    };
    const ofFile = this.secretsOf.get(file) ?? [];
    if (KustomizationFile.isOne(file)) {
      const generators = kustomizations.flatMap((one) => one.generators);
      const mine = generators.filter((one) => name.includes(one.name) && one.name !== '');
      const generator = mine.find((one) => one.place.file === file) ?? mine[0];
      if (generator !== undefined) {
        const keys = new Set(Object.keys((at(object, 'data') ?? {}) as object));
        const made = mine.map((one) => generatedValues(one, this.repo));
        const place = generator.place;
        return {
          ...final,
          nameInGit: generator.name,
          source: undefined,
          file,
          place,
          namespacePlace: place,
          values: made.flatMap(({ values }) => values).filter(({ key }) => keys.has(key)),
          sops: made.flatMap(({ sops }) => sops),
        };
      }
    }
    const source =
      ofFile.find((one) => one.name === name) ?? ofFile.find((one) => one.name && name.includes(one.name)) ?? ofFile[0];
    const place = source?.place ?? manifest.place;
    const values = (['data', 'stringData'] as const).flatMap((field) =>
      Object.entries((at(object, field) ?? {}) as { [key: string]: Value }).map(([key, value]) => {
        const inGit = source?.values.find((one) => one.path === `${field}.${key}` && one.text === scalar(value));
        return inGit ?? secretValue(field, key, scalar(value), place);
      }),
    );
    const mac = text(object, 'sops', 'mac');
    const own = source?.sops[0];
    const use = mac === undefined || mac === own?.sops.mac ? own : this.uses.get(mac);
    const isLost = at(object, 'sops') === undefined;
    return {
      ...final,
      nameInGit: source?.name ?? name,
      source,
      file,
      place,
      namespacePlace: source?.namespacePlace ?? place,
      values,
      sops: isLost || use === undefined ? [] : [{ ...use, paths: pathsOf(values, source?.above ?? []) }],
      isMixed: own !== undefined && mac !== undefined && mac !== own.sops.mac,
    };
  }

  /** A name with the variables that Flux replaces. */
  substituted(name: string, flux: FluxKustomization | undefined): string {
    if (flux === undefined) return name;
    return substituted(name, flux, (namespace, configMap) => this.configMap(namespace, configMap));
  }

  /** The data of a ConfigMap in the repo; undefined where there is none. */
  private configMap(namespace: string, name: string): Value {
    for (const [path, text] of this.texts) {
      if (!text.includes('ConfigMap') || !text.includes(name)) continue;
      try {
        const found = readManifests(path, text).find(
          (one) => one.kind === 'ConfigMap' && one.name === name && one.namespace === namespace,
        );
        if (found !== undefined) return at(found.object, 'data');
      } catch {
        continue; // not YAML
      }
    }
    return undefined;
  }

  /** The files as they are. */
  private plain(
    folder: string,
    flux: FluxKustomization | undefined,
    files: ReadonlySet<string>,
    kustomization: string | undefined,
    isAnywhere = false,
  ): Build {
    const build: Build = {
      folder,
      flux,
      kustomization,
      files,
      secrets: [],
      manifests: [...files].flatMap((path) => this.asTheyAre(path)),
      failure: undefined,
      remote: [],
      mentions: () => false,
      reach: 'applied',
      cluster: undefined,
    };
    const secrets = [...files].flatMap((path) =>
      (this.secretsOf.get(path) ?? []).map((source) => ({
        ...source,
        name: this.substituted(source.name, flux),
        namespace: source.namespace === undefined ? undefined : this.substituted(source.namespace, flux),
        nameInGit: source.name,
        source,
        isAnywhere,
        isMixed: false,
        build,
      })),
    );
    return Object.assign(build, { secrets });
  }

  private asTheyAre(path: string): BuiltManifest[] {
    const file = this.parsed.get(path);
    if (file === undefined) return [];
    return file.documents.flatMap((document) =>
      plainManifests(path, document).map((one) => ({ ...one, place: file.place(document.contents as never) })),
    );
  }
}

/** A text for a value, whatever the order of its fields. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

type Fields = { [field: string]: unknown };

/** A Kustomization of Flux may be in a file of that name, too. */
function isFlux(document: Document): boolean {
  return FLUX.test(childText(document, document.contents, 'apiVersion') ?? '');
}

/** The kinds that are read as they are; Secrets have a reader of their own. */
const READ = new RegExp(`^(Kustomization|FluxInstance|ConfigMap)$|${MAKER_KINDS.source}`);

function plainManifests(path: string, document: Document): Manifest[] {
  const kind = childText(document, document.contents, 'kind') ?? '';
  if (!READ.test(kind)) return [];
  try {
    return manifestsOf(path, document.toJS({ maxAliasCount: 100 }));
  } catch {
    return []; // aliases without end
  }
}

/** What Flux writes into the kustomization.yaml. */
function fields(own: Fields, additions: ReturnType<typeof additionsOf> | undefined): Fields {
  if (additions === undefined) return {};
  const { namespace, namePrefix, nameSuffix, patches, components } = additions;
  const list = (field: string): unknown[] => (Array.isArray(own[field]) ? (own[field] as unknown[]) : []);
  return {
    ...(namespace && { namespace }),
    ...(namePrefix && { namePrefix }),
    ...(nameSuffix && { nameSuffix }),
    ...(patches.length > 0 && { patches: [...list('patches'), ...patches] }),
    ...(components.length > 0 && { components: [...list('components'), ...components] }),
  };
}

/** The lists without what kustomize would fetch. */
function without(kustomization: Fields, fetched: ReadonlySet<string>): Fields {
  const kept = LISTS.filter((field) => Array.isArray(kustomization[field])).map((field) => [
    field,
    (kustomization[field] as unknown[]).filter((entry) => !fetched.has(String(entry))),
  ]);
  return { ...kustomization, ...(Object.fromEntries(kept) as Fields) };
}

function scalar(value: Value): string | undefined {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? undefined : String(value);
}

/** Whether a text is among the values; aliases make one object of many, which is looked at once. */
function holds(value: Value, text: string, seen = new Set<Value>()): boolean {
  if (typeof value !== 'object' || value === null) return value === text;
  if (seen.has(value)) return false;
  seen.add(value);
  return Object.values(value).some((one) => holds(one as Value, text, seen));
}
