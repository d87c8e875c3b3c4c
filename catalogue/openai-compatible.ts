/** The facts that providers share that speak OpenAI's API at an address of their own. A row says the rest. */
import type { AnswerRow, Authentication, CompatiblePath, ErrorForm, PlaceRule, Provider, Source } from "./types.ts";

/** Where such an API is, and how it differs from OpenAI's. */
export interface CompatibleAddress {
  /** `https://host`; the template of its place where each key has to have one. */
  readonly origin: string;
  /** Absent: `Authorization: Bearer`. */
  readonly authentication?: Authentication;
  /** Beginnings of further paths of its own, beside those below the base. */
  readonly ownPaths?: readonly string[];
  /** The path before `/chat/completions` and `/models`, such as `/v1`. */
  readonly base: string;
  /** OpenAI's paths that it documents beside `/chat/completions`. */
  readonly also?: Source & { readonly paths: readonly CompatiblePath[] };
  /** Absent: `max_tokens`, which most of them know. */
  readonly limitField?: "max_completion_tokens";
  readonly errorForms?: readonly ErrorForm[];
  readonly documentation: readonly Source[];
}

export interface CompatibleRow extends CompatibleAddress {
  readonly number: number;
  readonly name: string;
  readonly keys: Provider["keys"];
  readonly place?: PlaceRule;
  /** `needs_key`: a key that does not work gets no list. `public`: anyone gets it. `none`: there is none to rely on. */
  readonly listing: "needs_key" | "public" | "none";
  /** Absent: a list that names models for other things says so by their names, as everywhere. */
  readonly check?: Partial<Pick<Provider["check"], "cannotChat" | "chatField" | "cheapest" | "deployments">>;
  readonly models: Source & { readonly chat: readonly string[] };
  readonly sources?: Readonly<Record<string, Source>>;
  readonly answers?: readonly AnswerRow[];
}

/** Models for other things than chats, as they are named wherever open models are served. */
const otherThanChat =
  "asr|bge-|clip|dall-e|diffusion|embed|flux|guard|image|imagine|moderation|ocr|rerank|safety|sora|speech|tts|video|voice|whisper";

/** Models that are small and served nearly everywhere, then what is called small. */
const small = [
  "gpt-oss-20b$",
  "(?:^|[-_/])(?:[1-9]|1\\d)b(?:$|[-_:])",
  "flash|fast|lite|mini|nano|small|turbo",
  "gpt-oss",
];

/** Rows of the catalogue by id. */
export function fromRows<Id extends string>(rows: Readonly<Record<Id, CompatibleRow>>): Record<Id, Provider> {
  const whole = Object.entries<CompatibleRow>(rows).map(([id, row]) => [id, wholeRow(row)]);
  return Object.fromEntries(whole) as Record<Id, Provider>;
}

function wholeRow(row: CompatibleRow): Provider {
  const { number, name, keys, place, base, listing, check, models, documentation, sources = {}, answers = [] } = row;
  return {
    ...{ number, name, keys, ...(place ? { place } : {}), documentation, sources, answers },
    sdkPaths: { sdk: base, aiSdk: base },
    api: compatibleApi(row),
    check: {
      ...(listing === "none" ? {} : { listing: `${base}/models` }),
      ...(listing === "public" ? { isPublic: true as const } : {}),
      cannotChat: otherThanChat,
      cheapest: small,
      ...check,
    },
    models: { ...models, other: [] },
  };
}

/** Paths are those of OpenAI's SDKs: `<base>/chat/completions`. */
export function compatibleApi(address: CompatibleAddress): Provider["api"] {
  const { base, origin, authentication, ownPaths = [], also, limitField, errorForms, documentation } = address;
  return {
    dialect: "openai",
    origin,
    prefixes: [`${base}/`, ...ownPaths],
    authentication: authentication ?? { header: "authorization", before: "Bearer " },
    headers: {},
    compatible: {
      ...(also ?? (documentation[0] as Source)),
      base,
      paths: ["/chat/completions", ...(also?.paths ?? [])],
    },
    generation: `${base}/chat/completions`,
    ...(limitField ? {} : { limitField: "max_tokens" as const }),
    ...(errorForms ? { errorForms } : {}),
  };
}
