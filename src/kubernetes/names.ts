import { createHash } from 'node:crypto';
import { InvalidPropError } from '../errors';

/** The longest name of a CronJob: its Jobs append 11 characters to it and a Job's name ends at 63. */
export const CRON_JOB_NAME_LENGTH = 52;

/** The longest name of a Job: it becomes a label of its pods. */
export const JOB_NAME_LENGTH = 63;

/** The longest DNS-1123 subdomain, which is the name of most Kubernetes objects. */
const SUBDOMAIN_LENGTH = 253;

/**
 * Refuses a name that Kubernetes would refuse.
 * Rule: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names
 */
export function checkName(property: string, name: string, maxLength = SUBDOMAIN_LENGTH): void {
  if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(name)) {
    throw new InvalidPropError(
      property,
      name,
      'is not a DNS-1123 name',
      'Use lower-case letters, digits, "-" and ".", beginning and ending with a letter or a digit',
    );
  }
  if (name.length > maxLength) {
    throw new InvalidPropError(
      property,
      name,
      `has ${name.length} characters, Kubernetes allows ${maxLength}`,
      `Shorten it by ${name.length - maxLength}`,
    );
  }
}

/**
 * Refuses labels that Kubernetes would refuse.
 * Rule: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
 */
export function checkLabels(property: string, labels: { [name: string]: string } = {}): void {
  const part = /^[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/;
  for (const [key, value] of Object.entries(labels)) {
    const [name, domain, ...rest] = key.split('/').reverse();
    if (domain !== undefined) {
      checkName(property, domain);
    }
    if (rest.length > 0 || !part.test(name!) || !(value === '' || part.test(value))) {
      throw new InvalidPropError(
        property,
        `${key}: ${value}`,
        'is not a label',
        'Use up to 63 letters, digits, "-", "_" and ".", beginning and ending with a letter or a digit',
      );
    }
  }
}

/**
 * A PostgreSQL identifier as a file name: harmless characters are unchanged, and others percent-encoded. Two databases
 * never share a file name, and no name needs quoting.
 */
export function fileName(identifier: string): string {
  const encoded = encodeURIComponent(identifier).replace(/[!'()*~]/g, percentEncoded);
  return encoded.replace(/^[.-]/, percentEncoded);
}

/**
 * @param of kind of the object that has the key, in words
 * @throws InvalidPropError when no Secret and no ConfigMap can have such a key
 */
export function checkDataKey(property: string, key: string, of: string): void {
  if (!/^[-._a-zA-Z0-9]{1,253}$/.test(key)) {
    throw new InvalidPropError(property, key, `cannot be a key of a ${of}`, 'Use letters, digits, "-", "_" and "."');
  }
}

/**
 * A PostgreSQL identifier as a part of a name of Kubernetes: in small letters, and with "-" for "_". If the identifier
 * has other characters or is too long, the result ends in a hash of all of it. The result depends on the identifier
 * alone.
 */
export function namePart(identifier: string, maxLength: number): string {
  const plain = identifier.toLowerCase().replaceAll('_', '-');
  if (/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(plain) && plain.length <= maxLength) return plain;
  const hash = createHash('sha256').update(identifier).digest('hex').slice(0, 8);
  const words = plain.replace(/[^a-z0-9]+/g, '-').slice(0, maxLength - hash.length - 1);
  return [...words.split('-').filter((word) => word !== ''), hash].join('-');
}

function percentEncoded(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
