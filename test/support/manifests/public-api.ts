import { join } from 'node:path';
import ts from 'typescript';

const root = join(__dirname, '../../..');

/** Packages whose types a public signature may name: those are jsii's own, or made by it. */
const PACKAGES = /\/node_modules\/(cdk8s|cdk8s-plus-28|constructs)\//;

/**
 * What keeps the public API of a file from the languages that jsii knows: properties that can be written, unions, types
 * without a name, types of ours that are not exported, maps of anything but strings, readonly arrays, what is optional
 * in one place and required in another, props that are not a plain struct, and internal members whose name does not say
 * so.
 * Rule: https://aws.github.io/jsii/user-guides/lib-author/typescript-restrictions/
 */
export function apiFindings(file: string): string[] {
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile).config,
    ts.sys,
    root,
  );
  const program = ts.createProgram([file], options);
  const checker = program.getTypeChecker();
  const exported = checker
    .getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file)!)!)
    .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol));
  const api = new Set(exported);
  return exported.flatMap((symbol) =>
    (symbol.declarations ?? []).flatMap((declaration) => {
      if (ts.isClassDeclaration(declaration) || ts.isInterfaceDeclaration(declaration)) {
        return [
          ...bases(declaration),
          ...declaration.members
            .filter(isPublic)
            .flatMap((member) => [
              ...misnamed(symbol.name, member),
              ...(isInternal(member) ? [] : ofMember(symbol.name, member)),
            ]),
        ];
      }
      return ts.isEnumDeclaration(declaration)
        ? []
        : [`${symbol.name}: is neither a class nor an interface nor an enum`];
    }),
  );

  function bases({
    name,
    heritageClauses = ts.factory.createNodeArray(),
  }: ts.ClassDeclaration | ts.InterfaceDeclaration): string[] {
    return heritageClauses
      .flatMap(({ types }) => types)
      .flatMap((base) => {
        const type = checker.getTypeAtLocation(base);
        // Other languages have exceptions of their own: jsii leaves out classes of errors.
        if (type.symbol.name === 'Error') return [];
        const isStruct = name!.parent.kind === ts.SyntaxKind.InterfaceDeclaration && !isBehavioral(name!.text);
        const own = checker.getTypeAtLocation(name!);
        return [
          ...ofType(name!.text, type),
          ...(isStruct && isBehavioral(type.symbol.name)
            ? [`${name!.text}: is a struct, and ${type.symbol.name} is not`]
            : []),
          ...type
            .getProperties()
            .filter(isOptional)
            .map((property) => checker.getPropertyOfType(own, property.name)!)
            .filter((property) => !isOptional(property))
            .map((property) => `${name!.text}.${property.name}: is optional in ${type.symbol.name}`),
        ];
      });
  }

  function ofMember(owner: string, member: ts.ClassElement | ts.TypeElement): string[] {
    if (ts.isIndexSignatureDeclaration(member)) return [`${owner}: has an index signature`];
    if (ts.isConstructorDeclaration(member)) {
      const properties = member.parameters.filter(
        (parameter) =>
          ts.isParameterPropertyDeclaration(parameter, member) && isPublic(parameter) && !isInternal(parameter),
      );
      return [
        ...properties.flatMap((property) => ofProperty(`${owner}.${property.name.getText()}`, property)),
        ...(isVisible(member) && !isError(member) ? ofParameters(owner, member.parameters) : []),
      ];
    }
    const place = `${owner}.${member.name!.getText()}`;
    if (ts.isMethodDeclaration(member) || ts.isMethodSignature(member)) {
      const signature = checker.getSignatureFromDeclaration(member)!;
      return [
        ...(member.typeParameters ? [`${place}: has type parameters`] : []),
        ...ofParameters(place, member.parameters),
        ...ofType(place, signature.getReturnType()),
      ];
    }
    if (ts.isSetAccessor(member)) return [`${place}: can be written`];
    if (ts.isGetAccessor(member)) return ofType(place, checker.getTypeAtLocation(member));
    return ofProperty(place, member as ts.PropertyDeclaration | ts.PropertySignature);
  }

  function ofProperty(
    place: string,
    property: ts.PropertyDeclaration | ts.PropertySignature | ts.ParameterDeclaration,
  ): string[] {
    const isReadonly = (ts.getCombinedModifierFlags(property) & ts.ModifierFlags.Readonly) !== 0;
    return [...(isReadonly ? [] : [`${place}: can be written`]), ...ofType(place, checker.getTypeAtLocation(property))];
  }

  function ofParameters(owner: string, parameters: readonly ts.ParameterDeclaration[]): string[] {
    const isOpen = (parameter: ts.ParameterDeclaration) =>
      parameter.dotDotDotToken !== undefined ||
      checker.isOptionalParameter(parameter) ||
      checker.getTypeAtLocation(parameter) !== checker.getNonNullableType(checker.getTypeAtLocation(parameter));
    return parameters.flatMap((parameter, index) => {
      const place = `${owner}(${parameter.name.getText()})`;
      const isEarly = isOpen(parameter) && !parameters.slice(index + 1).every(isOpen);
      return [
        ...(isEarly ? [`${place}: is optional before one that is not`] : []),
        ...ofType(place, checker.getTypeAtLocation(parameter)),
      ];
    });
  }

  function ofType(place: string, optional: ts.Type): string[] {
    if (optional.flags & ts.TypeFlags.Void) return [];
    const type = checker.getNonNullableType(optional);
    if (type.flags & (ts.TypeFlags.StringLike | ts.TypeFlags.NumberLike | ts.TypeFlags.BooleanLike)) {
      return type.flags & ts.TypeFlags.StringLiteral ? [`${place}: is a literal`] : [];
    }
    if (type.flags & ts.TypeFlags.EnumLike) return named(place, type);
    if (type.isUnionOrIntersection()) return [`${place}: is a union, ${checker.typeToString(type)}`];
    if (checker.isArrayType(type) && type.symbol.name === 'ReadonlyArray') return [`${place}: is a readonly array`];
    if (checker.isArrayType(type))
      return checker.getTypeArguments(type as ts.TypeReference).flatMap((element) => ofType(place, element));
    const index = checker.getIndexInfosOfType(type);
    if (
      type.symbol !== undefined &&
      type.symbol.flags & ts.SymbolFlags.TypeLiteral &&
      index.length === 1 &&
      type.getProperties().length === 0
    ) {
      return index[0]!.type.flags & ts.TypeFlags.String && index[0]!.keyType.flags & ts.TypeFlags.String
        ? []
        : [`${place}: is a map of other things than strings`];
    }
    return named(place, type);
  }

  function named(place: string, type: ts.Type): string[] {
    const symbol = type.aliasSymbol ?? (type.symbol as ts.Symbol | undefined);
    const isKnown =
      symbol !== undefined &&
      (api.has(symbol) ||
        api.has((symbol as { parent?: ts.Symbol }).parent!) ||
        symbol.declarations?.some((declaration) => PACKAGES.test(declaration.getSourceFile().fileName)));
    return isKnown ? [] : [`${place}: is not of the API, ${checker.typeToString(type)}`];
  }
}

/** What is internal is left out of the declarations, and its name says so in the sources. */
function misnamed(owner: string, member: ts.ClassElement | ts.TypeElement): string[] {
  const named = ts.isConstructorDeclaration(member)
    ? member.parameters.filter((parameter) => ts.isParameterPropertyDeclaration(parameter, member))
    : [member];
  return named
    .filter((property) => isVisible(property) && isInternal(property) !== property.name!.getText().startsWith('_'))
    .map((property) => `${owner}.${property.name!.getText()}: is not both @internal and named with an underscore`);
}

function isInternal(node: ts.Node): boolean {
  return ts.getJSDocTags(node).some(({ tagName }) => tagName.text === 'internal');
}

function isOptional(property: ts.Symbol): boolean {
  return (property.flags & ts.SymbolFlags.Optional) !== 0;
}

function isError(member: ts.ConstructorDeclaration): boolean {
  return (
    member.parent.heritageClauses?.some(({ types }) =>
      types.some(({ expression }) => expression.getText() === 'Error'),
    ) ?? false
  );
}

function isVisible(node: ts.Node): boolean {
  return (
    (ts.getCombinedModifierFlags(node as ts.Declaration) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) ===
    0
  );
}

/** Public, or a constructor, whose parameters may be properties. */
function isPublic(node: ts.Node): boolean {
  return ts.isConstructorDeclaration(node) || isVisible(node);
}

/** jsii tells an interface with behaviour from a struct of props by its name. */
function isBehavioral(name: string): boolean {
  return /^I[A-Z]/.test(name);
}
