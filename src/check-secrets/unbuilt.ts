/**
 * Findings about folders that could not be built, and entries that were not fetched: the check did not see the result.
 */
import { posix } from 'node:path';
import type { Build } from './build';
import type { GitContent } from './git-content';
import { finding, type Finding } from '../reports/findings';

export interface NotBuilt {
  /** The expected Secrets that its files mention. */
  readonly names: readonly string[];
  readonly finding: Finding;
}

/** @param expected the names of the expected Secrets */
export function unbuilt({ texts }: GitContent, build: Build, expected: readonly string[]): NotBuilt[] {
  const fetched = build.remote.map(({ entry, place }) => ({
    names: [],
    finding: finding(
      'kustomize-remote',
      place,
      `${withoutPassword(entry)} is fetched from elsewhere: its content was not checked`,
      'Keep a copy of it in the repo if it has to do with the expected Secrets',
    ),
  }));
  if (build.failure === undefined) return fetched;
  const names = expected.filter((name) => [...build.files].some((path) => texts.get(path)?.includes(name)));
  return [...fetched, { names, finding: failed(texts, build, names.length > 0) }];
}

function failed(texts: GitContent['texts'], { failure, kustomization, flux }: Build, isOurs: boolean): Finding {
  const path = kustomization ?? '.';
  const folder = posix.dirname(path);
  const place = flux === undefined || texts.has(path) ? { file: path, line: 1, column: 1 } : flux.place;
  return failure === 'broken'
    ? finding(
        'kustomize-failed',
        place,
        `kustomize cannot build ${folder}: its files were taken as they are`,
        `Run kubectl kustomize ${folder}, and correct what it says`,
        { level: isOurs ? 'error' : 'warning' },
      )
    : finding(
        'kustomize-missing',
        place,
        `${folder} was not built, as PATH has neither kustomize nor kubectl: its files were taken as they are`,
        'Install kubectl or kustomize where the check runs',
      );
}

/** A URL may have a user and a password, or a token, before its host. */
function withoutPassword(entry: string): string {
  return entry.replace(/\/\/[^/]*@/, '//');
}
