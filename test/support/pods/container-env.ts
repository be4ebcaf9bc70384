import type { Container, EnvVar } from './manifest';
import { contents, type Surroundings } from './surroundings';

type Values = Record<string, string>;

/** What fieldRef can ask of a pod, by path. */
export type PodFields = Readonly<Record<string, string>>;

/** A container's environment as its manifest gives it, overrides replacing or joining what is there. */
export function containerEnv(
  container: Container,
  overrides: Readonly<Values>,
  fields: PodFields,
  around: Surroundings,
): Values {
  const variables = new Map((container.env ?? []).map((variable) => [variable.name, variable]));
  // In its old place, if any.
  for (const [name, value] of Object.entries(overrides)) variables.set(name, { name, value });
  const values: Values = {};
  for (const variable of variables.values()) {
    const value = resolve(variable, values, fields, around);
    if (value !== undefined) values[variable.name] = value;
  }
  return values;
}

/** Kubernetes' own expansion: `$(NAME)` of what is known, `$$` for a dollar sign, all else untouched. */
export function expand(text: string, values: Readonly<Values>): string {
  return text.replace(/\$\$|\$\(([^)]*)\)/g, (match, name?: string) => {
    if (name === undefined) return '$';
    return Object.hasOwn(values, name) ? (values[name] as string) : match;
  });
}

/** What a pod has at the path of a fieldRef. */
export function field(path: string, fields: PodFields): string {
  const value = fields[path];
  if (value === undefined) throw new Error(`A manifest wants ${path}, which the test pods do not have.`);
  return value;
}

function resolve(
  { name, value, valueFrom }: EnvVar,
  values: Values,
  fields: PodFields,
  around: Surroundings,
): string | undefined {
  if (valueFrom === undefined) return expand(value ?? '', values);
  const { secretKeyRef, configMapKeyRef, fieldRef } = valueFrom;
  if (fieldRef !== undefined) return field(fieldRef.fieldPath, fields);
  const ref = secretKeyRef ?? configMapKeyRef;
  if (ref === undefined) throw new Error(`The variable ${name} has a source that the test pods do not support.`);
  const kind = secretKeyRef === undefined ? 'configmap' : 'secret';
  const found = contents(kind, ref.name, around);
  if (found?.[ref.key] !== undefined || ref.optional) return found?.[ref.key]?.toString();
  const problem =
    found === undefined ? `${kind} "${ref.name}" not found` : `couldn't find key ${ref.key} in ${kind} "${ref.name}"`;
  throw new Error(`CreateContainerConfigError: ${problem}`);
}
