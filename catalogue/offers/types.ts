/**
 * The offers on platform credits, as data that survives a JSON round trip: the requests that the platform's own key sends for a
 * user, and in them the fields, types and values. A request holds nothing else, at any depth. The engine that reads this is in
 * `functions/_shared/credits/`; a test holds it against the input types of the providers' own SDKs.
 */
import type { RefusalReason } from "./reasons.ts";

export type Scalar = string | number | boolean;

/** Names that the provider knows and credits do not buy, each with the reason. An unnamed one is refused too. */
export type Refusals = Readonly<Record<string, RefusalReason>>;

/**
 * The form of a value.
 *
 * - `text`, `number`, `boolean`
 * - `json`: the client's own data (a JSON schema, a tool's arguments or result), which is not looked into
 * - `limit`: a number of output tokens that the client may lower; anything else asks for no limit
 * - `model`: the model that the path names
 * - `ignored`: anything; it is not sent
 */
export type Shape =
  | "text"
  | "number"
  | "boolean"
  | "json"
  | "limit"
  | "model"
  | "ignored"
  | ValuesShape
  | MediaShape
  | ListShape
  | MapShape
  | AnyShape
  | FieldsShape
  | UnionShape;

/** One of the values. */
export interface ValuesShape {
  readonly values: readonly Scalar[];
  readonly refused?: Refusals;
}

/** An image or a document in the request itself, never its address. What it costs does not depend on its bytes. */
export interface MediaShape {
  readonly media: "image" | "document";
  /** `data_url`: `data:<type>;base64,...`; `base64`: the bytes alone, or a data URL. */
  readonly as: "data_url" | "base64";
}

export interface ListShape {
  readonly list: Shape;
}

/** An object with keys of the client's choice. */
export interface MapShape {
  readonly map: Shape;
}

/** Alternatives that differ in their JSON type: text, number, boolean, list or object. */
export interface AnyShape {
  readonly any: readonly Shape[];
}

export interface FieldsShape {
  readonly fields: Readonly<Record<string, Shape>>;
  /** Fields without which the object would mean something else: a reference to what the provider has stored. */
  readonly needs?: Readonly<Record<string, RefusalReason>>;
  readonly refused?: Refusals;
}

/** Objects told apart by the value of one field. */
export interface UnionShape {
  readonly by: string;
  readonly members: Readonly<Record<string, FieldsShape>>;
  /** Without that field: the first of these fields that the object has decides for a member. */
  readonly untyped?: Readonly<Record<string, string>>;
  readonly refused?: Refusals;
}

/** One kind of request that credits pay. */
export interface Offer {
  /** Regular expression of the path; the group `model` where the path names the model. */
  readonly path: string;
  readonly body: FieldsShape;
  /** Where the output is limited: the first name is set unless the client uses another one. Absent: no output in tokens. */
  readonly limit?: { readonly names: readonly string[]; readonly within?: string };
  /** Sent whatever the client says. */
  readonly always?: Readonly<Record<string, Scalar>>;
  /** Where the platform names the user to the provider: a field, or an object and its field. */
  readonly userHash?: readonly string[];
  /** Where a stream is asked for its token counts: an object and its field. */
  readonly streamUsage?: readonly [object: string, field: string];
  /** Most input tokens that one image or document costs, whatever its size in bytes. */
  readonly mediaTokens?: { readonly image: number; readonly document: number };
  /** Field names are read in snake_case too, as the provider does, and sent in camelCase. */
  readonly readsSnakeCase?: true;
}
