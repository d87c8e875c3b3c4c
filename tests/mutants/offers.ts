import type { Guard } from "./mutants.ts";

const offered = { file: "functions/_shared/credits/offers.ts", test: "tests/unit/credits/offers.test.ts" };
const shapes = { file: "functions/_shared/credits/shapes.ts", test: "tests/unit/credits/shapes.test.ts" };

export const offerGuards: readonly Guard[] = [
  {
    ...offered,
    name: "Credits buy the named models alone",
    guard: 'if (typeof model !== "string" || limits === undefined) throw notOffered(["model"], "This model");',
    instead: 'if (typeof model !== "string") throw notOffered(["model"], "This model");',
  },
  {
    ...offered,
    name: "The output on credits is capped",
    guard: "const maxOutputTokens = limitOutput(copied, offer, limits.maxOutputTokens);",
    instead: "const maxOutputTokens = limits.maxOutputTokens;",
  },
  {
    ...offered,
    name: "An output on credits has one limit, under the name that the client uses",
    guard: "for (const name of limit.names) delete at[name];",
    instead: "",
  },
  {
    ...offered,
    name: "A limit of output tokens can be lowered and never raised",
    guard: "Math.min(maxTokens, ...asked.map((name) => at[name] as number))",
    instead: "Math.min(...asked.map((name) => at[name] as number))",
  },
  {
    ...offered,
    name: "Nothing on credits is stored with the provider",
    guard: "for (const [field, value] of Object.entries(offer.always ?? {})) copied[field] = value;",
    instead: "",
  },
  {
    ...offered,
    name: "On credits the platform names the user to the provider",
    promise: "G6",
    guard: "if (offer.userHash) put(copied, offer.userHash, userHash);",
    instead: "",
  },
  {
    ...offered,
    name: "Images and documents on credits weigh what they may cost",
    guard: "if (met.image + met.document > 0 && tokens > max_input_bytes) {",
    instead: "if (met.image + met.document > 0 && input_bytes > max_input_bytes) {",
  },
  {
    ...offered,
    name: "What input may cost on credits counts what the provider adds",
    guard: "maxInputTokens: tokens + providerTokens }",
    instead: "maxInputTokens: tokens }",
  },
  {
    ...offered,
    name: "The query on credits is ours",
    guard: 'return new URLSearchParams(search).get("alt") === "sse" ? "?alt=sse" : "";',
    instead: "return search;",
  },
  {
    ...shapes,
    name: "Credits buy the named fields alone, at any depth",
    guard: "throw refusal(inside(path, key), shape.refused, field);",
    instead: "continue;",
  },
  {
    ...shapes,
    name: "Credits buy the named types of content and tools alone, at any depth",
    guard: 'if (!Object.hasOwn(members, name)) throw refusal(at, refused, name, "This kind of content");',
    instead: "if (!Object.hasOwn(members, name)) return value;",
  },
  {
    ...shapes,
    name: "Credits buy the named values alone",
    guard: "if (values.includes(value as Scalar)) return value;",
    instead: 'if (typeof value !== "object") return value;',
  },
  {
    ...shapes,
    name: "A field of credits has the form that it is read in",
    guard: 'if (!hasForm(value, shape)) throw wrongForm(path);\n  if (shape === "json"',
    instead: 'if (shape === "json"',
  },
  {
    ...shapes,
    name: "Tools inside the input on credits are checked as tools",
    file: "catalogue/offers/openai-responses.ts",
    guard: 'additional_tools: { fields: { id: "text", role: "text", tools: { list: clientTools } } },',
    instead: 'additional_tools: { fields: { id: "text", role: "text", tools: "json" } },',
    test: "tests/unit/credits/smuggling.test.ts",
  },
  {
    ...shapes,
    name: "A limit of output tokens is a number from 1",
    guard: 'if (shape === "limit") return typeof value === "number" && value >= 1 ? value : Infinity;',
    instead: 'if (shape === "limit") return value;',
  },
  {
    ...shapes,
    name: "A model within a request on credits is the one that is paid",
    guard: 'if (isOther) throw notOffered(path, "This model");',
    instead: "",
  },
  {
    ...shapes,
    name: "Nothing on credits is fetched from an address",
    guard: 'if (!isData) throw refusal(path, { address: "address" }, "address");',
    instead: "",
  },
  {
    ...shapes,
    name: "Nothing on credits refers to what the provider has stored",
    guard: "if (!isGiven(value, field, copying)) throw refusal([...path, field], { [field]: reason }, field);",
    instead: "",
  },
  {
    ...shapes,
    name: "A field in two spellings is refused on credits: the provider reads either",
    guard: "if (Object.hasOwn(copied, field)) throw wrongForm([...path, field]);",
    instead: "",
  },
  {
    ...shapes,
    name: "The client's own data on credits nests to a bounded depth",
    guard: 'if (shape === "json" && isDeep(value)) throw notOffered(path, "Data that is nested this deep");',
    instead: "",
  },
  {
    ...shapes,
    name: "A field that may be a key is not named on credits either",
    guard: "return isFieldName(key) ? [...path, key] : path;",
    instead: "return [...path, key];",
  },
  {
    name: "A provider cannot tell the user from the hash that it is given",
    promise: "G6",
    file: "functions/_shared/crypto/user-hash.ts",
    guard: 'await crypto.subtle.importKey("raw", bytes(secretKey),',
    instead: 'await crypto.subtle.importKey("raw", bytes(""),',
    test: "tests/unit/crypto/user-hash.test.ts",
  },
];
