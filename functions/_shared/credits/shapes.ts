/** Copies from JSON what a shape names, and refuses everything else by its path. The shapes are in `catalogue/offers/`. */
import { type RefusalReason, refusalReasons } from "../../../catalogue/offers/reasons.ts";
import type {
  FieldsShape,
  MediaShape,
  Refusals,
  Scalar,
  Shape,
  UnionShape,
  ValuesShape,
} from "../../../catalogue/offers/types.ts";
import { ByokError } from "../errors.ts";
import { isRecord } from "../json.ts";
import { isFieldName } from "../request/validation.ts";

/** Deepest nesting of the client's own data, such as a JSON schema. */
const maxJsonDepth = 100;

/** Settings of a copy beside its shape, and notes made on the way. */
export interface Copying {
  /** The model of the call. */
  readonly model: string;
  readonly readsSnakeCase: boolean;
  /** Images and documents, and the characters that their data takes. */
  readonly met: { image: number; document: number; mediaChars: number };
}

type Path = readonly (string | number)[];
type Json = Record<string, unknown>;

/**
 * The part of a value that its shape names. Fields that are null are left out if nothing names them: they ask for nothing.
 *
 * @returns undefined if nothing is to be sent
 * @throws ByokError `not_offered` naming the field, never a value
 */
export function copyShape(value: unknown, shape: Shape, copying: Copying, path: Path = []): unknown {
  if (value === null) return shape === "ignored" ? undefined : null;
  if (typeof shape === "string") return copyPlain(value, shape, copying, path);
  if ("values" in shape) return copyOneOf(value, shape, path);
  if ("media" in shape) return copyMedia(value, shape, copying, path);
  if ("any" in shape) {
    const fitting = shape.any.find((alternative) => hasForm(value, alternative));
    if (fitting === undefined) throw wrongForm(path);
    return copyShape(value, fitting, copying, path);
  }
  if (!hasForm(value, shape)) throw wrongForm(path);
  if ("list" in shape)
    return (value as unknown[]).map((item, at) => copyShape(item, shape.list, copying, [...path, at]));
  if ("map" in shape) return copyMap(value as Json, shape.map, copying, path);
  if ("by" in shape) return copyMember(value as Json, shape, copying, path);
  return copyFields(value as Json, shape, copying, path);
}

/** Whether a value is of the JSON type of a shape. */
function hasForm(value: unknown, shape: Shape): boolean {
  if (shape === "json" || shape === "ignored") return true;
  if (shape === "text" || shape === "model") return typeof value === "string";
  if (shape === "limit") return true;
  if (typeof shape === "string") return typeof value === shape;
  if ("values" in shape) return typeof value !== "object";
  if ("media" in shape) return typeof value === "string";
  if ("list" in shape) return Array.isArray(value);
  if ("any" in shape) return shape.any.some((alternative) => hasForm(value, alternative));
  return isRecord(value);
}

function copyPlain(value: unknown, shape: Extract<Shape, string>, copying: Copying, path: Path): unknown {
  if (shape === "ignored") return undefined;
  // Some providers read "9000" as a number, and 0 or -1 as no limit.
  if (shape === "limit") return typeof value === "number" && value >= 1 ? value : Infinity;
  if (!hasForm(value, shape)) throw wrongForm(path);
  if (shape === "json" && isDeep(value)) throw notOffered(path, "Data that is nested this deep");
  const isOther = shape === "model" && value !== copying.model && value !== `models/${copying.model}`;
  if (isOther) throw notOffered(path, "This model");
  return value;
}

function copyOneOf(value: unknown, { values, refused }: ValuesShape, path: Path): unknown {
  if (values.includes(value as Scalar)) return value;
  throw typeof value === "object" ? wrongForm(path) : refusal(path, refused, String(value), "This value");
}

/** The data itself: an address would be fetched by the provider, and the size of what it fetches is not limited here. */
function copyMedia(value: unknown, { media, as }: MediaShape, copying: Copying, path: Path): string {
  if (typeof value !== "string") throw wrongForm(path);
  const isData = /^data:/i.test(value) || (as === "base64" && /^[a-z0-9+/_=\s-]*$/i.test(value));
  if (!isData) throw refusal(path, { address: "address" }, "address");
  copying.met[media]++;
  copying.met.mediaChars += value.length;
  return value;
}

function copyMap(value: Json, shape: Shape, copying: Copying, path: Path): Json {
  const copied = Object.entries(value).map(([key, item]) => [key, copyShape(item, shape, copying, inside(path, key))]);
  return Object.fromEntries(copied.filter(([, item]) => item !== undefined));
}

function copyMember(value: Json, shape: UnionShape, copying: Copying, path: Path): Json {
  const { by, members, untyped = {}, refused } = shape;
  const named = fieldOf(value, by, copying);
  const given = named === undefined || value[named] === null ? undefined : value[named];
  const at = [...path, by];
  if (given !== undefined && typeof given !== "string") throw wrongForm(at);
  const first = Object.keys(untyped).find((field) => isGiven(value, field, copying));
  const name = given ?? (first === undefined ? undefined : untyped[first]);
  if (name === undefined) throw wrongForm(at);
  if (!Object.hasOwn(members, name)) throw refusal(at, refused, name, "This kind of content");
  const member = members[name] as FieldsShape;
  const { [named ?? by]: _, ...others } = value;
  const copied = copyFields(others, member, copying, path);
  return given === undefined ? copied : { [by]: given, ...copied };
}

function copyFields(value: Json, shape: FieldsShape, copying: Copying, path: Path): Json {
  for (const [field, reason] of Object.entries(shape.needs ?? {})) {
    if (!isGiven(value, field, copying)) throw refusal([...path, field], { [field]: reason }, field);
  }
  const copied: Json = {};
  for (const [key, item] of Object.entries(value)) {
    const field = copying.readsSnakeCase ? camelCase(key) : key;
    if (!Object.hasOwn(shape.fields, field)) {
      if (item === null) continue;
      throw refusal(inside(path, key), shape.refused, field);
    }
    // Which of the two spellings counts is the provider's choice.
    if (Object.hasOwn(copied, field)) throw wrongForm([...path, field]);
    const kept = copyShape(item, shape.fields[field] as Shape, copying, [...path, key]);
    if (kept !== undefined) copied[field] = kept;
  }
  return copied;
}

function isGiven(value: Json, field: string, copying: Copying): boolean {
  const name = fieldOf(value, field, copying);
  return name !== undefined && value[name] !== null;
}

/** The name under which an object has a field, in the spellings that the provider reads. */
function fieldOf(value: Json, field: string, { readsSnakeCase }: Copying): string | undefined {
  if (Object.hasOwn(value, field)) return field;
  return readsSnakeCase ? Object.keys(value).find((key) => camelCase(key) === field) : undefined;
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Looks without recursion: the nesting is the client's. */
function isDeep(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxJsonDepth) return true;
    level = level.flatMap((item) => (typeof item === "object" && item !== null ? Object.values(item) : []));
  }
  return false;
}

/** A path that goes on with a name of the client's, which may be an API key: only what looks like a field is repeated. */
function inside(path: Path, key: string): Path {
  return isFieldName(key) ? [...path, key] : path;
}

function refusal(path: Path, refused: Refusals | undefined, name: string, otherwise = "This field"): ByokError {
  const reason: RefusalReason | undefined = refused && Object.hasOwn(refused, name) ? refused[name] : undefined;
  return reason === undefined
    ? notOffered(path, otherwise)
    : notOffered(path, refusalReasons[reason].what, refusalReasons[reason].instead);
}

function wrongForm(path: Path): ByokError {
  return notOffered(path, "This form of the field");
}

/** @param path of the field; empty for the body itself */
export function notOffered(path: Path, what: string, instead = "Bring your own API key to use it."): ByokError {
  return new ByokError("not_offered", {
    message: `${what} is not available on platform credits. ${instead}`,
    details: { field: path.join(".") || "body" },
  });
}
