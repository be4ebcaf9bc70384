import { InvalidPropError, type Problem } from '../errors';

/**
 * An image reference: a host with a port, lower-case path components, a tag, a digest.
 * Rule: https://github.com/distribution/reference
 */
const IMAGE = new RegExp(
  [
    /^((\[[0-9a-f:]+\]|[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?)(:\d+)?\/)?/,
    /[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*/,
    /(:\w[\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$/,
  ]
    .map(({ source }) => source)
    .join(''),
);

/** Refuses a malformed image reference, and a reference that may name another image tomorrow. */
export function checkImage(property: string, image: string): string {
  const problem = imageProblem(image);
  if (problem !== undefined) {
    throw new InvalidPropError(property, image, problem.reason, problem.remedy);
  }
  return image;
}

export function imageProblem(image: string): Problem | undefined {
  if (!IMAGE.test(image)) {
    return {
      reason: 'is not an image reference',
      remedy: 'Write repository:tag or repository@sha256:<64 hexadecimal digits>',
    };
  }
  const name = image.split('/').pop()!;
  if (!name.includes('@') && !/:(?!latest$)/.test(name)) {
    return {
      reason: 'does not say which version it is',
      remedy: 'Add a tag other than "latest", or a digest: the tools of tonight must be those of the restore',
    };
  }
  return undefined;
}
