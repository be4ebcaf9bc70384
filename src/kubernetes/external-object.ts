/** An object of the cluster that is named here and declared elsewhere. */
export interface ExternalObject {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
}
