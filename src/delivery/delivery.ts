import { checkName } from '../kubernetes/names';
import type { ExternalObject } from '../kubernetes/external-object';
import type { IFluxKustomization } from './flux-kustomization';
import { KEPT_BY_ALL, KEPT_BY_ARGO_CD, KEPT_BY_FLUX, type KeepAnnotations } from './gitops-annotations';

/** Objects of Flux beside a Kustomization. */
export interface FluxDeliveryOptions {
  /**
   * Name of the HelmRelease that makes the objects, in their namespace.
   * @default - none: the Kustomization applies the objects themselves
   */
  readonly helmRelease?: string;
}

/** The place of an Application of Argo CD. */
export interface ArgoCdDeliveryOptions {
  /**
   * Namespace of the Application.
   * @default 'argocd'
   */
  readonly namespace?: string;
}

/** The tool that brings objects into the cluster, and would undo the changes that a person makes by hand. */
export abstract class Delivery {
  /**
   * A Kustomization of Flux: one that is made here, or the name of one.
   * @throws InvalidPropError
   */
  public static flux(kustomization: IFluxKustomization, options: FluxDeliveryOptions = {}): Delivery {
    return new FluxDelivery(kustomization, options.helmRelease);
  }

  /**
   * An Application of Argo CD, by its name.
   * @throws InvalidPropError
   */
  public static argoCd(application: string, options: ArgoCdDeliveryOptions = {}): Delivery {
    return new ArgoCdDelivery(application, options.namespace ?? 'argocd');
  }

  /** A person or a pipeline, with `kubectl apply`. Between two runs of it nothing is undone. */
  public static kubectl(): Delivery {
    return new KubectlDelivery();
  }

  /**
   * The annotations that keep an object that has disappeared from Git.
   * @internal
   */
  public abstract get _keepAnnotations(): KeepAnnotations;

  /**
   * True if applying runs the hooks of a Helm chart again.
   * @internal
   */
  public abstract get _hasHooks(): boolean;

  /**
   * The objects that apply by themselves, in words. Empty if there are none.
   * @internal
   */
  public abstract get _appliers(): string[];

  /**
   * The objects of the cluster that the commands name.
   * @internal
   */
  public abstract _objects(namespace: string): ExternalObject[];

  /**
   * Commands that keep it from undoing the changes of a person in a namespace.
   * @internal
   */
  public abstract _suspend(namespace: string): string[];

  /**
   * Commands that take the suspension back, in the same shell, and apply the manifests in Git.
   * @internal
   */
  public abstract _resume(namespace: string): string[];

  /**
   * Commands that print whether it is suspended: nothing or `false` if it is not.
   * @internal
   */
  public abstract _suspended(namespace: string): string[];

  /**
   * Commands that apply the manifests in Git now.
   * @internal
   */
  public abstract _apply(): string[];

  /**
   * Commands that run the hooks of the Helm chart again.
   * @internal
   */
  public abstract _runHooks(namespace: string): string[];
}

/**
 * The annotations that keep an object that has disappeared from Git.
 * @param delivery the tool that applies it; undefined for the annotations of every tool
 */
export function keepAnnotations(delivery: Delivery | undefined): KeepAnnotations {
  return delivery === undefined ? KEPT_BY_ALL : delivery._keepAnnotations;
}

class FluxDelivery extends Delivery {
  public readonly _keepAnnotations = KEPT_BY_FLUX;
  public readonly _hasHooks: boolean;
  private readonly name: string;
  private readonly namespace: string;

  constructor(
    { name, namespace = 'flux-system' }: IFluxKustomization,
    private readonly helmRelease?: string,
  ) {
    super();
    checkName('delivery.kustomization.name', name);
    checkName('delivery.kustomization.namespace', namespace);
    if (helmRelease !== undefined) {
      checkName('delivery.helmRelease', helmRelease);
    }
    this.name = name;
    this.namespace = namespace;
    this._hasHooks = helmRelease !== undefined;
  }

  public get _appliers(): string[] {
    return [
      `the Kustomization \`${this.name}\``,
      ...this.release((name) => [`the HelmRelease \`${name}\`, which goes on by itself`]),
    ];
  }

  public _objects(namespace: string): ExternalObject[] {
    return [
      { kind: 'Kustomization', name: this.name, namespace: this.namespace },
      ...this.release((name) => [{ kind: 'HelmRelease', name, namespace }]),
    ];
  }

  /** The Kustomization first: it would take back a change of the HelmRelease. */
  public _suspend(namespace: string): string[] {
    return [
      `flux suspend ${this.kustomization}`,
      ...this.release((name) => [`flux suspend helmrelease ${name} -n ${namespace}`]),
    ];
  }

  public _resume(namespace: string): string[] {
    return [
      `flux resume ${this.kustomization}`,
      ...this._apply(),
      ...this.release((name) => [`flux resume helmrelease ${name} -n ${namespace}`]),
    ];
  }

  public _suspended(namespace: string): string[] {
    const state = (kind: string, name: string, of: string): string =>
      `kubectl -n ${of} get ${kind}.toolkit.fluxcd.io ${name} -o jsonpath='{.spec.suspend}{"\\n"}'`;
    return [
      state('kustomization.kustomize', this.name, this.namespace),
      ...this.release((name) => [state('helmrelease.helm', name, namespace)]),
    ];
  }

  public _apply(): string[] {
    return [`flux reconcile ${this.kustomization} --with-source`];
  }

  public _runHooks(namespace: string): string[] {
    return this.release((name) => [`flux reconcile helmrelease ${name} -n ${namespace} --force`]);
  }

  private get kustomization(): string {
    return `kustomization ${this.name} -n ${this.namespace}`;
  }

  private release<T>(make: (name: string) => T[]): T[] {
    return this.helmRelease === undefined ? [] : make(this.helmRelease);
  }
}

/** By kubectl alone: the program of Argo CD needs a login of its own, perhaps at the service that is down. */
class ArgoCdDelivery extends Delivery {
  public readonly _keepAnnotations = KEPT_BY_ARGO_CD;
  public readonly _hasHooks = true;
  private readonly kubectl: string;
  private readonly object: string;
  private readonly variable: string;

  constructor(
    private readonly application: string,
    private readonly namespace: string,
  ) {
    super();
    checkName('delivery.application', application);
    checkName('delivery.namespace', namespace);
    this.kubectl = `kubectl -n ${namespace}`;
    this.object = `application.argoproj.io/${application}`;
    this.variable = `automated_${application.replaceAll(/[^a-z0-9]/g, '_')}`;
  }

  public get _appliers(): string[] {
    return [`the Application \`${this.application}\`, where nothing above it sets its policy`];
  }

  public _objects(): ExternalObject[] {
    return [{ kind: 'Application', name: this.application, namespace: this.namespace }];
  }

  public _suspend(): string[] {
    return [
      `${this.variable}=$(${this.policy('{.spec.syncPolicy.automated}')}); echo "$${this.variable}"`,
      this.patch(`'${automated('null')}'`),
    ];
  }

  public _resume(): string[] {
    return [this.patch(`'${automated(`'"\${${this.variable}:-null}"'`)}'`)];
  }

  /** An Application without a policy may be synced by a person. */
  public _suspended(): string[] {
    return [];
  }

  public _apply(): string[] {
    return [
      this.patch(`'{"operation":{"sync":{"syncStrategy":{"hook":{}}}}}'`),
      `until [ -z "$(${this.policy('{.operation}')})" ]; do sleep 2; done`,
      this.policy('{.status.operationState.phase}{"\\n"}'),
    ];
  }

  public _runHooks(): string[] {
    return this._apply();
  }

  private policy(path: string): string {
    return `${this.kubectl} get ${this.object} -o jsonpath='${path}'`;
  }

  private patch(json: string): string {
    return `${this.kubectl} patch ${this.object} --type=merge -p ${json}`;
  }
}

const automated = (value: string): string => `{"spec":{"syncPolicy":{"automated":${value}}}}`;

class KubectlDelivery extends Delivery {
  public readonly _keepAnnotations = KEPT_BY_ALL;
  public readonly _hasHooks = false;
  public readonly _appliers = [];
  public readonly _objects = (): ExternalObject[] => [];
  public readonly _suspend = (): string[] => [];
  public readonly _resume = (): string[] => [];
  public readonly _suspended = (): string[] => [];
  public readonly _apply = (): string[] => ['kubectl apply -k .'];
  public readonly _runHooks = (): string[] => [];
}
