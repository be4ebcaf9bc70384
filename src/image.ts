import { InvalidPropError } from './invalid';

/**
 * An image reference: a host with a port, lower-case path components, a tag, a digest.
 * Rule: https://github.com/distribution/reference
 */
const IMAGE = new RegExp([
  /^((\[[0-9a-f:]+\]|[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?)(:\d+)?\/)?/,
  /[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*/,
  /(:\w[\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$/,
].map(({ source }) => source).join(''));

/** Refuses what is no image reference, and one that may be another image tomorrow. */
export function checkImage(property: string, image: string): string {
  if (!IMAGE.test(image)) {
    throw new InvalidPropError(property, image, 'is not an image reference',
      'Write repository:tag or repository@sha256:<64 hexadecimal digits>');
  }
  const name = image.split('/').pop()!;
  if (!name.includes('@') && !/:(?!latest$)/.test(name)) {
    throw new InvalidPropError(property, image, 'does not say which version it is',
      'Add a tag other than "latest", or a digest: the tools of tonight must be those of the restore');
  }
  return image;
}
