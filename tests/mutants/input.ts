import type { Guard } from "./mutants.ts";

const body = { file: "functions/_shared/request/body.ts", test: "tests/unit/request/body.test.ts" };
const route = { file: "functions/_shared/request/route.ts", test: "tests/unit/request/route.test.ts" };
const env = { file: "functions/_shared/env.ts", test: "tests/unit/env.test.ts" };
const serve = { file: "functions/_shared/request/serve.ts", test: "tests/unit/request/serve.test.ts" };
const credentials = { file: "functions/_shared/keys/credentials.ts", test: "tests/unit/keys/credentials.test.ts" };

const pasted = { file: "catalogue/pasted-keys.ts", test: "tests/unit/providers/pasted-keys.test.ts" };

export const inputGuards: readonly Guard[] = [
  {
    ...env,
    name: "A misspelt setting stops the boot",
    guard: "if (unknown !== undefined) throw",
    instead: "if (false) throw",
  },
  {
    ...env,
    name: "A setting by provider names providers that exist",
    guard: "if (!Object.keys(record).every((id) => Object.hasOwn(catalogue, id))) {",
    instead: "if (false) {",
  },
  {
    ...env,
    name: "The one token of a check is spent or not as the operator says",
    guard: 'if (oneTokenCheck !== "on" && oneTokenCheck !== "off") throw',
    instead: "if (false) throw",
  },
  {
    ...env,
    name: "An authority without its database stops the boot",
    guard: 'if (ca !== undefined) throw new Error("BYOK_DATABASE_CA is set without BYOK_DATABASE_URL");',
    instead: "",
  },
  {
    file: "functions/_shared/json.ts",
    test: "tests/unit/json.test.ts",
    name: "JSON that nests without end is not read",
    promise: "G26",
    guard: "++depth > maxDepth || ",
    instead: "",
  },
  {
    file: "functions/_shared/json.ts",
    test: "tests/unit/json.test.ts",
    name: "JSON of more parts than anybody writes is not read",
    promise: "G26",
    guard: " || ++parts > maxParts",
    instead: "",
  },
  {
    ...body,
    name: "A body is counted as it passes",
    guard: "if (received <= max_bytes) return controller.enqueue(value);",
    instead: "return controller.enqueue(value);",
  },
  {
    ...body,
    name: "A declared length past the limit is refused at once",
    guard: 'if (Number(request.headers.get("content-length")) > max_bytes) throw tooLarge(max_bytes);',
    instead: "",
  },
  {
    ...body,
    name: "A body of text is strict UTF-8",
    guard: 'new TextDecoder("utf-8", { fatal: true })',
    instead: 'new TextDecoder("utf-8")',
  },
  {
    ...body,
    name: "A body is a JSON object",
    guard: "if (!isRecord(value))",
    instead: "if (false)",
  },
  {
    ...route,
    name: "A path holds nothing that a second decoder reads otherwise",
    guard: "!ambiguousPath.test(plain) && ",
    instead: "",
  },
  {
    ...route,
    name: "An invalid URL is refused",
    guard: 'url?.pathname ?? ""',
    instead: "url!.pathname",
  },
  {
    ...route,
    name: "A path begins with one of the provider's prefixes",
    promise: "G8",
    guard: " && api.prefixes.some((prefix) => path.startsWith(prefix))",
    instead: "",
  },
  {
    ...route,
    name: "The address stays at the provider's origin",
    promise: "G8",
    guard: "if (url.origin !== origin || url.pathname !== route.path)",
    instead: "if (false)",
  },
  {
    ...route,
    name: "The caller's token in the query goes no further",
    guard: "query.delete(name);",
    instead: "",
  },
  {
    ...env,
    name: "Provider origins are on this machine",
    guard: "if (!Object.values(providerOrigins).every(isOnThisMachine))",
    instead: "if (false)",
  },
  {
    ...env,
    name: "An origin is an origin and nothing more",
    guard: "url.origin === origin && ",
    instead: "",
  },
  {
    ...serve,
    name: "What was not foreseen is told without detail",
    guard: 'thrown instanceof ByokError ? thrown : new ByokError("internal")',
    instead: 'thrown instanceof ByokError ? thrown : new ByokError("internal", { message: String(thrown) })',
  },
  {
    ...serve,
    name: "SDKs are told not to ask again",
    guard: '"x-should-retry": "false",',
    instead: "",
  },
  {
    ...serve,
    name: "No answer is stored on its way",
    guard: 'response.headers.set("cache-control", "no-store");',
    instead: "",
  },
  {
    ...serve,
    name: "An answer that a browser opens runs nothing",
    promise: "G27",
    guard: `response.headers.set("content-security-policy", "default-src 'none'; sandbox");`,
    instead: "",
  },
  {
    ...serve,
    name: "A provider's page has nothing of the page beside the functions",
    promise: "G27",
    guard: `response.headers.set("content-security-policy", "default-src 'none'; sandbox");`,
    instead: "",
    test: "tests/page/serving.test.ts",
  },
  {
    ...serve,
    name: "Other methods are refused",
    guard: 'if (!endpoint.methods.includes(request.method)) throw new ByokError("method_not_allowed");',
    instead: "",
  },
  {
    ...credentials,
    name: "An API key has a possible length",
    guard: "if (read.apiKey.length <= maxApiKey_bytes) return read.apiKey;",
    instead: "if (read.apiKey) return read.apiKey;",
  },
  {
    ...credentials,
    name: "Admin keys and tokens of subscriptions are refused",
    guard: "if (wrongKind)",
    instead: "if (false)",
  },
  {
    name: "A refused field is named and never quoted",
    file: "functions/_shared/request/validation.ts",
    guard: "is missing, unknown or not valid.`",
    instead: "is missing, unknown or not valid: ${JSON.stringify(body)}`",
    test: "tests/unit/request/validation.test.ts",
  },
  {
    name: "An unknown field that may be a key is not named",
    file: "functions/_shared/request/validation.ts",
    guard: "issue.keys.find(isFieldName)",
    instead: "issue.keys[0]",
    test: "tests/unit/request/validation.test.ts",
  },
  {
    file: "functions/_shared/json.ts",
    test: "tests/fuzz/fuzz.test.ts",
    name: "Bodies of many small parts stay out of memory",
    promise: "G26",
    guard: "const maxParts = 50_000;",
    instead: "const maxParts = Infinity;",
  },
  {
    name: "An isolate has places for so many uploads",
    file: "functions/_shared/request/uploads.ts",
    guard: "this.#free--;",
    instead: "",
    test: "tests/unit/request/uploads.test.ts",
  },
  {
    name: "A body that ends before its announced length is not taken for whole",
    file: "functions/_shared/request/body.ts",
    guard: 'if (done && received < announced) fail(new ByokError("body_incomplete"));',
    instead: "",
    test: "tests/unit/request/body.test.ts",
  },
  {
    name: "No timeout is longer than a worker's life leaves a call",
    file: "functions/_shared/env.ts",
    guard: "if (value <= call_ms) return value;",
    instead: "if (value > 0) return value;",
    test: "tests/unit/env.test.ts",
  },
  {
<<<<<<< HEAD
    name: "A provider that is not offered gets no call",
    file: "functions/call/index.ts",
    guard: "services.requireOffered(route.provider);",
    instead: "",
    test: "tests/e2e/offered.test.ts",
  },
  {
    name: "No key is saved for a provider that is not offered",
    file: "functions/save/index.ts",
    guard: "services.requireOffered(provider);",
    instead: "",
    test: "tests/e2e/offered.test.ts",
  },
  {
    name: "No saved key is sent to a provider that is not offered any more",
    file: "functions/verify/index.ts",
    guard: "services.requireOffered(body.provider);",
    instead: "",
    test: "tests/e2e/offered.test.ts",
  },
  {
    name: "A provider in BYOK_PROVIDERS that does not exist stops the boot",
    file: "functions/_shared/env.ts",
    guard: "if (!ids.every((id): id is ProviderId => Object.hasOwn(catalogue, id))) {",
    instead: "if (!ids.every((id): id is ProviderId => id.length >= 0)) {",
    test: "tests/unit/env.test.ts",
=======
    ...pasted,
    name: "What shows nothing is taken off a pasted key",
    guard: 'pasted.replace(invisible, "").trim()',
    instead: "pasted.trim()",
  },
  {
    ...pasted,
    name: "Two lines that are something each are no key",
    guard: "if (joined === null) return",
    instead: "if (joined === null && false) return",
  },
  {
    ...pasted,
    name: "Two keys are not made into one",
    guard: " && !line.startsWith(beginning)",
    instead: "",
  },
  {
    ...pasted,
    name: "A shortened key is refused by what it is",
    guard: "if (/\\.{3}|…|\\*{3}|•{2}/.test(key)) return problems.shortened;",
    instead: "",
  },
  {
    ...pasted,
    name: "An API key is printable ASCII, whatever is pasted",
    guard: "return /^[\\x21-\\x7e]+$/.test(key) ? null : problems.character;",
    instead: "return null;",
>>>>>>> 1f61537 (keys: take off what sticks to a pasted key, in page and functions)
  },
];
