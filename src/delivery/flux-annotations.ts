/** The annotations by which Flux is told what not to do. */
export const SUBSTITUTE = 'kustomize.toolkit.fluxcd.io/substitute';
export const PRUNE = 'kustomize.toolkit.fluxcd.io/prune';
export const SSA = 'kustomize.toolkit.fluxcd.io/ssa';

/**
 * Flux's post-build substitution would empty every `${var}` of a script and turn `$$` into `$`.
 * What a reviewer has read in dist/ is what is applied.
 * Rule: https://fluxcd.io/flux/components/kustomize/kustomizations/#post-build-variable-substitution
 */
export const VERBATIM = { [SUBSTITUTE]: 'disabled' };

/** Flux keeps an object that has disappeared from Git. */
export const KEEP_WHEN_REMOVED = { [PRUNE]: 'disabled' };

/** Flux creates the object but never changes it, nor deletes it to re-create it, whatever `force` says. */
export const NEVER_RECREATE = { [SSA]: 'IfNotPresent' };
