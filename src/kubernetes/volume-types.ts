/**
 * The types of volumes that the restricted Pod Security Standard allows.
 * Rule: https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */
export const VOLUME_TYPES: readonly string[] = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
];
