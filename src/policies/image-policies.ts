import { SERVER_VERSION } from '../kubernetes/annotations';
import { imageProblem } from '../kubernetes/image';
import { text, type Value } from '../manifests/manifest';
import { containerFields, podOf, podPolicy } from './pod';
import { violation, type Policy } from './policy';

/** The official image and its rebuilds under the same name. Other images have tags of their own. */
const POSTGRES = /(?:^|\/)(?:postgres|postgresql):v?(\d+)/;

/** Policies on the images, i.e. on the programs that run. */
export const IMAGE: readonly Policy[] = [
  podPolicy(
    {
      id: 'image-version',
      source: 'https://kubernetes.io/docs/concepts/containers/images/#image-names',
      rule: 'Every image has a tag other than latest, or a digest.',
      because: 'Tomorrow the tag may be an image with other tools than those that made and tested the dump.',
      remedy: 'Write the version, e.g. postgres:16.4-alpine.',
    },
    (pod) =>
      containerFields(pod, 'image').flatMap(({ path, value }) => {
        const problem = typeof value === 'string' ? imageProblem(value) : { reason: 'does not say what to run' };
        return problem === undefined ? [] : [violation(path, value, `it ${problem.reason}`)];
      }),
  ),
  podPolicy(
    {
      id: 'floating-image',
      level: 'warning',
      source: 'https://kubernetes.io/docs/concepts/containers/images/#image-names',
      rule: 'No image has a tag that is moved to newer versions, such as 16-alpine, stable or main.',
      because: 'Two nodes can run two versions of the same tag, and no pull request shows the change.',
      remedy: 'Write the whole version, e.g. 16.4-alpine, or a digest.',
    },
    (pod) =>
      containerFields(pod, 'image')
        .filter(({ value }) => isFloating(value))
        .map(({ path, value }) => violation(path, value, 'the tag is moved to newer versions')),
  ),
  {
    id: 'server-version',
    level: 'error',
    source: 'https://www.postgresql.org/docs/current/app-pgdump.html',
    rule: `The major version of the image is the server's, as the annotation ${SERVER_VERSION} declares it.`,
    because:
      'Older tools refuse to dump a newer server, and an older server may refuse to load what newer tools write.',
    remedy: "Use the image of the server's major version; after an upgrade of the server, declare the new one.",
    check: (manifest) => {
      const declared = text(manifest.object, 'metadata', 'annotations', SERVER_VERSION);
      const pod = declared === undefined ? undefined : podOf(manifest);
      return pod === undefined
        ? []
        : containerFields(pod, 'image').flatMap(({ path, value }) => {
            const major = POSTGRES.exec(String(value))?.[1];
            return major === undefined || major === declared
              ? []
              : [violation(path, value, `the server is declared to be version ${declared}`)];
          });
    },
  },
];

/** A whole version has two numbers, a date or the digest of a commit. */
function isFloating(image: Value): boolean {
  if (typeof image !== 'string' || imageProblem(image) !== undefined || image.includes('@')) return false;
  const tag = image.slice(image.lastIndexOf(':') + 1);
  return !/^\D*(\d+[._-]\d|\d{6})/.test(tag) && !/(^|-)[0-9a-f]{7,40}$/.test(tag);
}
