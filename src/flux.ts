/**
 * Flux's post-build substitution would empty every `${var}` of a script and turn `$$` into `$`.
 * What a reviewer has read in dist/ is what is applied.
 * Rule: https://fluxcd.io/flux/components/kustomize/kustomizations/#post-build-variable-substitution
 */
export const VERBATIM = { 'kustomize.toolkit.fluxcd.io/substitute': 'disabled' };

/** Flux keeps an object that has disappeared from Git. */
export const KEEP_WHEN_REMOVED = { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' };

/** Flux creates the object but never changes it, nor deletes it to re-create it, whatever `force` says. */
export const NEVER_RECREATE = { 'kustomize.toolkit.fluxcd.io/ssa': 'IfNotPresent' };
