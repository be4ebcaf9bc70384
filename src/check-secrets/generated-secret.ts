/** The values that a secretGenerator makes from its sources, which SOPS encrypts as files. */
import { encryptedValue, type EncryptedValue } from './encrypted-value';
import { dotenv, isSopsKey, sopsOfEnv } from './dotenv';
import type { GeneratorValue, SecretGenerator } from './kustomization-file';
import type { Repo } from './repo';
import type { SecretValue, SopsUse } from './secret-manifest';
import { Sops } from './sops';
import { YamlFile } from '../manifests/yaml-file';

/** The values that a secretGenerator makes from its sources. */
export interface GeneratedValues {
  readonly values: readonly SecretValue[];
  readonly sops: readonly SopsUse[];
}

/** The values of a generator as they are in Git: SOPS encrypts their source files. */
export function generatedValues({ name, values }: SecretGenerator, repo: Repo): GeneratedValues {
  const sources = [...new Set(values.map(({ source }) => source))];
  const uses = sources.flatMap((source) => {
    const mine = values.filter((value) => value.source === source);
    const use = source === undefined ? undefined : sopsUse(source, mine, repo);
    return use === undefined ? [] : [use];
  });
  return {
    values: values.filter((value) => !(value.isEnv && isSopsKey(value.key))).map((value) => secretValue(name, value)),
    sops: uses,
  };
}

function secretValue(generator: string, { key, place, text, source, isEnv }: GeneratorValue): SecretValue {
  return {
    key,
    path: `secretGenerator ${generator}: ${key}`,
    text,
    isBase64: false,
    encrypted: source !== undefined && !isEnv ? encryptedFile(text) : encryptedValue(text),
    place,
  };
}

/** SOPS keeps a file of an unknown format as the value of `data`. In other files, it encrypts the values. */
function encryptedFile(text: string): EncryptedValue | 'broken' | undefined {
  if (!/^["']?sops["']?:|^\s*"sops":|^\[sops\]|^sops_mac=/m.test(text) || !text.includes('ENC[')) return undefined;
  const whole = /^\s*\{\s*"data":\s*"([^"]*)",\s*"sops":/.exec(text)?.[1];
  return whole === undefined ? { bytes: undefined, type: 'str' } : encryptedValue(whole);
}

function sopsUse(source: string, values: readonly GeneratorValue[], repo: Repo): SopsUse | undefined {
  const text = repo.read(source)?.toString() ?? '';
  const place = { file: source, line: 1, column: 1 };
  if (values[0]?.isEnv) {
    const lines = dotenv(text);
    const at = lines.find(({ key }) => isSopsKey(key));
    if (at === undefined) return undefined;
    const sops = sopsIn(source, JSON.stringify({ sops: sopsOfEnv(lines) }));
    const paths = lines.filter(({ key }) => !isSopsKey(key)).map(({ key }) => [key]);
    return sops && { sops, paths, place: { ...place, line: at.line } };
  }
  const sops = sopsIn(source, text);
  return sops && { sops, paths: /^\s*\{\s*"data":/.test(text) ? [['data']] : [] };
}

function sopsIn(source: string, text: string): Sops | undefined {
  const file = new YamlFile(source, text);
  const [document] = file.documents;
  return document === undefined ? undefined : Sops.of(file, document);
}
