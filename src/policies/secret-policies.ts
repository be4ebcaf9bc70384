import { at, pathText, text } from '../manifests/manifest';
import { entries, podPolicy, containerFields } from './pod';
import type { Policy } from './policy';

/** Names of variables whose value is a secret, and not the place of a secret. */
const SECRET_NAME =
  /(^PG|^|_)(PASS|PASSWORD|PASSWD|PWD|TOKEN|SECRET|CREDENTIALS|MASTERKEY|(ACCESS|API|ENCRYPTION|PRIVATE|SECRET|SIGNING)_?KEY)$/;

/** A URL with a user and a password. */
const URL_WITH_PASSWORD = /[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:[^\s@]+@/i;

/** The value of another variable, which may come from a Secret. */
const REFERENCE = /^\$\(\w+\)$/;

/** Policies on values that must not be in Git. No message shows a value. */
export const SECRETS: readonly Policy[] = [
  {
    id: 'no-secret-values',
    level: 'error',
    rule: 'No Secret has values.',
    because: 'Manifests are committed, and each reader of the repo knows a value in Git, also in base64.',
    remedy:
      'Remove the Secret from the app, commit it encrypted with sops, and change the value if it was committed before.',
    check: ({ kind, object }) =>
      kind !== 'Secret'
        ? []
        : ['data', 'stringData'].flatMap((field) => {
            const values = at(object, field);
            return typeof values !== 'object' || values === null
              ? []
              : Object.keys(values).map((key) => ({
                  path: pathText([field, key]),
                  message: 'has a value, which would be in Git',
                }));
          }),
  },
  podPolicy(
    {
      id: 'no-secret-in-environment',
      rule: 'No variable that holds a password, a token or a key has its value in the manifest.',
      because: 'Manifests are committed, and each reader of the repo knows a value in Git.',
      remedy: 'Use valueFrom with a secretKeyRef, and change the value if it was committed before.',
    },
    (pod) =>
      containerFields(pod, 'env')
        .flatMap(entries)
        .flatMap(({ path, value }) => {
          const [name, plain] = [text(value, 'name') ?? '', text(value, 'value') ?? ''];
          return plain !== '' && !REFERENCE.test(plain) && (SECRET_NAME.test(name) || URL_WITH_PASSWORD.test(plain))
            ? [{ path: pathText([...path, 'value']), message: `is the value of ${name}, which would be in Git` }]
            : [];
        }),
  ),
];
