/** Compares the input types of an SDK with the shapes of what credits buy, by TypeScript's own API. */
import { API, type Checker, type Type } from "typescript/unstable/sync";
import type { FieldsShape, Shape, UnionShape } from "../../catalogue/offers/types.ts";

/** The properties of one interface in one file of a TypeScript project, by name. */
export class SdkTypes {
  readonly #api = new API({});
  readonly #checker: Checker;
  readonly #roots: ReadonlyMap<string, Type>;

  /** @param at absolute paths of a tsconfig.json and a file that it includes, and the name of an interface in there */
  constructor(at: { readonly project: string; readonly file: string; readonly exported: string }) {
    const project = this.#api.updateSnapshot({ openProjects: [at.project] }).getProjects()[0];
    const file = project?.program.getSourceFile(at.file);
    if (!project || !file) throw new Error(`There is no ${at.file}`);
    this.#checker = project.checker;
    const module = this.#checker.getSymbolAtLocation(file);
    const roots = module && this.#checker.getExportsOfModule(module).find(({ name }) => name === at.exported);
    if (!roots) throw new Error(`${at.file} does not export ${at.exported}`);
    this.#roots = new Map(this.#propertiesOf(this.#checker.getDeclaredTypeOfSymbol(roots)));
  }

  close(): void {
    this.#api.close();
  }

  /**
   * The members of unions, fields and values that a type has and a shape neither lets in nor refuses by name, by their paths.
   * Parts that a shape refuses, or leaves to the client, are skipped.
   */
  missing(root: string, shape: Shape): string[] {
    const type = this.#roots.get(root);
    if (!type) throw new Error(`There is no input ${root}`);
    const found = new Set<string>();
    const seen = new Map<number, Set<Shape>>();
    this.#compare(type, shape, root, { add: (path) => found.add(path), seen });
    return [...found].sort();
  }

  #compare(type: Type, shape: Shape, path: string, walk: Walk): void {
    if (shape === "json" || shape === "ignored") return;
    for (const part of type.isUnionType() ? type.getTypes() : [type]) this.#compareOne(part, shape, path, walk);
  }

  #compareOne(type: Type, shape: Shape, path: string, walk: Walk): void {
    const kind = this.#kindOf(type);
    if (kind === "nothing" || shape === "limit") return;
    if (typeof shape === "object" && "any" in shape) {
      const fitting = shape.any.filter((alternative) => fits(kind, alternative));
      if (fitting.length === 0) walk.add(`${path}: ${kind}`);
      for (const alternative of fitting) this.#compareOne(type, alternative, path, walk);
      return;
    }
    if (!fits(kind, shape)) return walk.add(`${path}: ${kind}`);
    if (typeof shape === "string" || "media" in shape) return;
    if ("values" in shape) {
      const value = type.isLiteralType() ? type.value : type.isBooleanLiteralType() ? type.value : undefined;
      const isNamed =
        shape.values.some((known) => known === value) || Object.hasOwn(shape.refused ?? {}, String(value));
      if (value !== undefined && !isNamed) walk.add(`${path} = ${String(value)}`);
      return;
    }
    const compared = walk.seen.get(type.id) ?? new Set();
    if (compared.has(shape)) return;
    walk.seen.set(type.id, compared.add(shape));
    if ("list" in shape) this.#compare(this.#elementOf(type), shape.list, `${path}[]`, walk);
    else if ("fields" in shape) this.#compareFields(type, shape, path, walk);
    else if ("by" in shape) this.#compareMember(type, shape, path, walk);
  }

  #compareFields(type: Type, shape: FieldsShape, path: string, walk: Walk, but = ""): void {
    for (const [name, field] of this.#propertiesOf(type)) {
      if (name === but || Object.hasOwn(shape.refused ?? {}, name)) continue;
      const known = Object.hasOwn(shape.fields, name) ? shape.fields[name] : undefined;
      if (known === undefined) walk.add(`${path}.${name}`);
      else this.#compare(field, known, `${path}.${name}`, walk);
    }
  }

  /** A type that names no kind is one of those that the shape tells apart by their fields. */
  #compareMember(type: Type, shape: UnionShape, path: string, walk: Walk): void {
    const properties = new Map(this.#propertiesOf(type));
    const by = properties.get(shape.by);
    const parts = by === undefined ? [] : by.isUnionType() ? by.getTypes() : [by];
    const kinds = parts.flatMap((part) => (part.isStringLiteralType() ? [part.value] : []));
    const untyped = Object.entries(shape.untyped ?? {}).find(([field]) => properties.has(field))?.[1];
    if (kinds.length === 0 && untyped === undefined) {
      // Told apart by a value of the client's choice, such as a MIME type: all members have the same fields.
      for (const member of Object.values(shape.members)) this.#compareFields(type, member, path, walk, shape.by);
    }
    for (const kind of kinds.length > 0 ? kinds : untyped === undefined ? [] : [untyped]) {
      const member = Object.hasOwn(shape.members, kind) ? shape.members[kind] : undefined;
      if (member) this.#compareFields(type, member, `${path}<${kind}>`, walk, shape.by);
      else if (!Object.hasOwn(shape.refused ?? {}, kind)) walk.add(`${path}<${kind}>`);
    }
  }

  #propertiesOf(type: Type): [name: string, type: Type][] {
    return this.#checker.getPropertiesOfType(type).map((property) => {
      const of = this.#checker.getTypeOfSymbol(property);
      if (!of) throw new Error(`${property.name} has no type`);
      return [property.name, of];
    });
  }

  #elementOf(type: Type): Type {
    const [element] = this.#checker.getTypeArguments(type as Parameters<Checker["getTypeArguments"]>[0]);
    if (!element) throw new Error("This list is of nothing");
    return element;
  }

  #kindOf(type: Type): Kind {
    if (this.#checker.isArrayType(type) || this.#checker.isTupleType(type)) return "list";
    // `string & {}`: any text beside the listed ones.
    if (type.isIntersectionType()) return "string";
    if (type.isStringLiteralType()) return "string";
    if (type.isNumberLiteralType()) return "number";
    if (type.isBooleanLiteralType()) return "boolean";
    if (type.isObjectType()) return "object";
    const name = this.#checker.typeToString(type);
    if (name === "null" || name === "undefined") return "nothing";
    if (name === "true" || name === "false" || name === "boolean") return "boolean";
    if (name === "string" || name === "number") return name;
    return "unknown";
  }
}

type Kind = "nothing" | "string" | "number" | "boolean" | "list" | "object" | "unknown";

interface Walk {
  add(path: string): void;
  readonly seen: Map<number, Set<Shape>>;
}

/** Whether a value of a kind can be of a shape, as far as kinds go. */
function fits(kind: Kind, shape: Shape): boolean {
  if (shape === "json" || shape === "ignored" || shape === "limit") return true;
  if (shape === "text" || shape === "model") return kind === "string";
  if (typeof shape === "string") return kind === shape;
  if ("media" in shape) return kind === "string";
  if ("values" in shape) return kind === "string" || kind === "number" || kind === "boolean";
  if ("list" in shape) return kind === "list";
  if ("any" in shape) return shape.any.some((alternative) => fits(kind, alternative));
  return kind === "object";
}
