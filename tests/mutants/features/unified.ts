import type { Guard } from "../mutants.ts";

const prefix = { file: "functions/_shared/request/model-prefix.ts", test: "tests/unit/request/model-prefix.test.ts" };
const unified = { file: "functions/_shared/request/unified.ts", test: "tests/unit/request/unified.test.ts" };
const call = { file: "functions/call/index.ts" };

/** Of the address of all providers. */
export const unifiedGuards: readonly Guard[] = [
  {
    ...prefix,
    name: "No more of a body is held for its model than the limit",
    guard: "if (offset >= this.#max_bytes) throw tooLate(this.#max_bytes);",
    instead: "",
  },
  {
    ...prefix,
    name: "Nobody waits for a model for ever",
    guard: "reader.cancel().catch(() => undefined);\n  }, limits.timeout_ms);",
    instead: "}, limits.timeout_ms);",
  },
  {
    ...prefix,
    name: "The model is a field of the body itself",
    guard: "const isOwn = this.#depth === 1;",
    instead: "const isOwn = true;",
  },
  {
    ...prefix,
    name: "Only the prefix is taken off a body",
    guard: "[chunk.subarray(0, Math.max(0, first)), chunk.subarray(last)]",
    instead: "[chunk.subarray(0, Math.max(0, first)), chunk.subarray(last + 1)]",
  },
  {
    ...unified,
    name: "A prefix is the id of a provider",
    promise: "G8",
    guard: "if (!isProviderId(prefix)) {",
    instead: "if (!(prefix in providers)) {",
  },
  {
    ...unified,
    name: "A model leads to the provider that its prefix names",
    promise: "G8",
    guard: "return { provider: prefix, mount, path:",
    instead: 'return { provider: "openai", mount, path:',
  },
  {
    ...unified,
    name: "A provider is asked for the endpoints that it documents",
    promise: "G8",
    guard: "if (!api.compatible?.paths.includes(path)) {",
    instead: "if (!api.compatible) {",
  },
  {
    ...unified,
    name: "A key goes where the provider's endpoints in OpenAI's form take it",
    guard: "if (!isUnified || !row.api.compatible) return row;",
    instead: "if (Date.now() > 0) return row;",
  },
  {
    ...call,
    name: "A model does not lead to a provider that the operator does not offer",
    guard: "const route = routeByPrefix(prefix, path, url);\n  services.requireOffered(route.provider);",
    instead: "const route = routeByPrefix(prefix, path, url);",
    test: "tests/e2e/offered.test.ts",
  },
  {
    file: "functions/_shared/request/uploads.ts",
    name: "A place for uploads is given back once",
    guard: "if (isIn) this.#free++;",
    instead: "this.#free++;",
    test: "tests/unit/request/uploads.test.ts",
  },
  {
    file: "functions/_shared/relay/models.ts",
    name: "The list names no model on credits that credits do not buy",
    guard: "env.platformKeys[provider] === undefined || !isBought",
    instead: "env.platformKeys[provider] === undefined",
    test: "tests/e2e/relay/unified.test.ts",
  },
];
