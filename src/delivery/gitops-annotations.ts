/** The annotations by which Flux is told what not to do; KEEP_WHEN_REMOVED tells Argo CD and Helm, too. */
export const SUBSTITUTE = 'kustomize.toolkit.fluxcd.io/substitute';
export const PRUNE = 'kustomize.toolkit.fluxcd.io/prune';
export const SSA = 'kustomize.toolkit.fluxcd.io/ssa';

/**
 * Flux's post-build substitution would empty every `${var}` of a script and turn `$$` into `$`.
 * What a reviewer has read in dist/ is what is applied.
 * Rule: https://fluxcd.io/flux/components/kustomize/kustomizations/#post-build-variable-substitution
 */
export const VERBATIM = { [SUBSTITUTE]: 'disabled' };

/**
 * An object that has disappeared from Git stays, and so it does when its Kustomization, Application or release is
 * deleted. Flux, Argo CD and Helm are told so, each in its own words; the words of the others do no harm.
 * Rules: https://fluxcd.io/flux/components/kustomize/kustomizations/#controlling-the-apply-behavior-of-resources,
 * https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/#no-prune-resources,
 * https://helm.sh/docs/howto/charts_tips_and_tricks/#tell-helm-not-to-uninstall-a-resource
 */
export const KEEP_WHEN_REMOVED = {
  [PRUNE]: 'disabled',
  'argocd.argoproj.io/sync-options': 'Prune=false,Delete=false',
  'helm.sh/resource-policy': 'keep',
};

/** Flux creates the object but never changes it, nor deletes it to re-create it, whatever `force` says. */
export const NEVER_RECREATE = { [SSA]: 'IfNotPresent' };
