/** Compares the Secret that an object promises to make in the cluster with the expectations. */
import type { Promise } from './delivered';
import { isOptional } from './expectation';
import type { ExpectedSecret } from '../manifests/expected-list';
import { finding, type Finding, type FindingOptions } from '../reports/findings';

export function promisedSecret(
  secret: ExpectedSecret,
  { promised: { keys, field, condition }, maker, place }: Promise,
  options: FindingOptions & { readonly secret: string },
): Finding[] {
  const missing = secret.expectations.filter(
    ({ key, ...one }) => key !== undefined && keys !== undefined && !keys.includes(key) && !isOptional(one),
  );
  const what = keys === undefined ? 'its keys and lengths' : `its length`;
  const told = keys === undefined ? '' : ` with ${keys.length === 1 ? 'the key' : 'the keys'} ${keys.join(', ')}`;
  return [
    finding(
      'secret-promised',
      place,
      `${maker} makes Secret ${options.secret} in the cluster${told}${condition === undefined ? '' : `, ${condition}`}: ` +
        `${what} cannot be seen here`,
      'Check the length in the cluster; the pods check it before each run',
      options,
    ),
    ...missing.map(({ key, because }) =>
      finding(
        'key-missing',
        place,
        `${maker} makes Secret ${options.secret} without the key ${key}: ${because}`,
        `Add ${key} to ${field}, or set optionalUntil to the event that adds it`,
        { ...options, key },
      ),
    ),
  ];
}
