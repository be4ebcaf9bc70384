import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Chart } from 'cdk8s';
import { Construct } from 'constructs';

/**
 * Refuses a second copy of `constructs` of another version: it cannot extend the tree of the first, and the error would
 * be obscure. A second copy of the same version works.
 */
export function checkConstructsVersion(): void {
  if (Chart.prototype instanceof Construct) return;
  const [ours, theirs] = [__dirname, dirname(require.resolve('cdk8s'))].map(constructsSeenFrom);
  if (ours!.version === theirs!.version) return;
  throw new Error(
    `There are two versions of constructs: cdk8s has ${theirs!.version} in ${theirs!.folder}, and ` +
      'cdk8s-postgres-backup has ' +
      `${ours!.version} in ${ours!.folder}. They cannot share a tree of constructs. Run npm dedupe, or remove the ` +
      'superfluous folder that npm ls constructs shows.',
  );
}

function constructsSeenFrom(folder: string): { readonly folder: string; readonly version: string } {
  const file = require.resolve('constructs/package.json', { paths: [folder] });
  return { folder: dirname(file), version: (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version };
}
