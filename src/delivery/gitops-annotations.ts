/** The annotations that tell Flux what not to do. */
export const SUBSTITUTE = 'kustomize.toolkit.fluxcd.io/substitute';
export const PRUNE = 'kustomize.toolkit.fluxcd.io/prune';
export const SSA = 'kustomize.toolkit.fluxcd.io/ssa';

/**
 * Flux's post-build substitution would empty every `${var}` of a script and turn `$$` into `$`.
 * With this annotation, it applies exactly the text that a reviewer has read in dist/.
 * Rule: https://fluxcd.io/flux/components/kustomize/kustomizations/#post-build-variable-substitution
 */
export const VERBATIM = { [SUBSTITUTE]: 'disabled' };

/**
 * Annotations that keep an object that has disappeared from Git, or whose Kustomization, Application or release is
 * deleted.
 */
export interface KeepAnnotations {
  readonly [name: string]: string;
}

/** Rule: https://fluxcd.io/flux/components/kustomize/kustomizations/#controlling-the-apply-behavior-of-resources */
export const KEPT_BY_FLUX: KeepAnnotations = { [PRUNE]: 'disabled' };

/** Rule: https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/#no-prune-resources */
export const KEPT_BY_ARGO_CD: KeepAnnotations = { 'argocd.argoproj.io/sync-options': 'Prune=false,Delete=false' };

/** Rule: https://helm.sh/docs/howto/charts_tips_and_tricks/#tell-helm-not-to-uninstall-a-resource */
export const KEPT_BY_HELM: KeepAnnotations = { 'helm.sh/resource-policy': 'keep' };

/** For an object that an unknown tool applies: the annotations of one tool do no harm to another. */
export const KEPT_BY_ALL: KeepAnnotations = { ...KEPT_BY_FLUX, ...KEPT_BY_ARGO_CD, ...KEPT_BY_HELM };

/** True if an annotation tells a tool to keep the object. The manifest does not name the tool that applies it. */
export const isKept = (annotation: (name: string) => unknown): boolean =>
  [KEPT_BY_FLUX, KEPT_BY_ARGO_CD, KEPT_BY_HELM].some((wanted) =>
    Object.entries(wanted).every(([name, value]) => annotation(name) === value),
  );

/** Flux creates the object but never changes it, nor deletes it to re-create it, even with `force`. */
export const NEVER_RECREATE = { [SSA]: 'IfNotPresent' };
