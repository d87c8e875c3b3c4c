import type { Guard } from "./mutants.ts";

const errors = { file: "client/errors.ts", test: "tests/unit/client.test.ts" };
const client = { file: "client/byok.ts" };
const serving = { file: "stack/api/page.ts", test: "tests/page/serving.test.ts" };
const account = { file: "page/use-account.ts", test: "tests/page/sign-in.test.ts" };
const running = { file: "page/use-run.ts", test: "tests/page/try-it.test.ts" };

/** Promises of the client, the page around the components and its server. */
export const pageGuards: readonly Guard[] = [
  {
    ...errors,
    name: "An error takes no more of an answer than its details",
    guard: "...detailsOf(refusal)",
    instead: "...(void detailsOf, refusal)",
  },
  {
    ...errors,
    name: "An anonymous user's session is not over when a key is refused",
    guard: " && !isAnonymous",
    instead: "",
  },
  {
    name: "Nothing is asked without a session",
    file: "client/session.ts",
    guard: 'data.session ? await act(data.session) : failure("session_expired")',
    instead: "await act(data.session!)",
    test: "tests/e2e/client.test.ts",
  },
  {
    ...client,
    name: "An app is told that the session is over",
    guard: "this.#options.onSessionExpired?.()",
    instead: "void 0",
    test: "tests/unit/client.test.ts",
  },
  {
    ...client,
    name: "Being offline is said at once, not after three more attempts",
    guard: '.order("provider")\n          .retry(false)',
    instead: '.order("provider")',
    test: "tests/unit/client.test.ts",
  },
  {
    ...client,
    name: "History says whether anything follows",
    guard:
      '.limit(limit + 1)\n        .retry(false);\n      if (before !== undefined) query = query.lt("id", before);\n      if (kinds)',
    instead:
      '.limit(limit)\n        .retry(false);\n      if (before !== undefined) query = query.lt("id", before);\n      if (kinds)',
    test: "tests/e2e/client.test.ts",
  },
  {
    ...client,
    name: "save() keeps no key",
    promise: "G19",
    guard: "sealApiKey(sealingKey, purpose, key)",
    instead: "sealApiKey(sealingKey, purpose, Object.assign(this, { last: key }).last)",
    test: "tests/page/no-trace.test.ts",
  },
  {
    ...serving,
    name: "The page connects to nothing but its own address",
    promise: "G20",
    guard: '"style-src", "img-src", "connect-src"',
    instead: '"style-src", "img-src"',
  },
  {
    ...serving,
    name: "No other site shows the page in a frame",
    promise: "G20",
    guard: '"form-action", "frame-ancestors"',
    instead: '"form-action"',
  },
  {
    ...serving,
    name: "The policy is on whatever is served",
    promise: "G20",
    guard: "for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);",
    instead: "void headers;",
  },
  {
    ...serving,
    name: "Only files with a hash in their name are kept for good",
    guard: 'const lasts = pathname.startsWith("/assets/");',
    instead: "const lasts = Boolean(pathname);",
  },
  {
    ...serving,
    name: "The page is only read",
    guard: 'if (request.method !== "GET" && request.method !== "HEAD") return next();',
    instead: "",
  },
  {
    file: "components/keys/key-form.tsx",
    name: "A key whose form is left is nowhere in the page",
    promise: "G19",
    guard: 'if (input.current) input.current.value = "";',
    instead: "Object.assign(window, { last: input.current?.value });",
    test: "tests/page/no-trace.test.ts",
  },
  {
    file: "components/keys/use-key.ts",
    name: "A sent key is in no variable",
    promise: "G19",
    guard: "const { data, error } = await byok.save({ provider: provider.id, ...read() });",
    instead:
      "Object.assign(setDoing, { last: read() });\n    const { data, error } = await byok.save({ provider: provider.id, ...Object(setDoing).last });",
    test: "tests/page/no-trace.test.ts",
  },
  {
    ...account,
    name: "Signing out is not a session that has ended",
    guard: '"SIGNED_OUT" && !isLeaving.current',
    instead: '"SIGNED_OUT"',
  },
  {
    ...account,
    name: "A session that ends leaves the page where it was",
    guard: "user: user ?? null, isExpired: true",
    instead: "user: user && null, isExpired: true",
  },
  {
    ...account,
    name: "What was under way when its user signed out does not ask to sign in again",
    guard: "before.user && !isLeaving.current ?",
    instead: "before ?",
  },
  {
    file: "page/app.tsx",
    name: "Another user begins with an empty page",
    guard: "key={user.id} ",
    instead: "",
    test: "tests/page/sign-in.test.ts",
  },
  {
    ...running,
    name: "An answer without text is not passed off as one",
    guard: "if (isEmpty) throw",
    instead: "if (!provider) throw",
  },
  { ...running, name: "Stop ends the request", guard: "    signal,\n  }).catch", instead: "  }).catch" },
  {
    ...running,
    file: "page/try-it.tsx",
    name: "A double click runs once, and does not stop it",
    guard: "event.detail > 1 && event.preventDefault()",
    instead: "void event",
  },
  {
    file: "components/credits/account.ts",
    name: "The history holds whatever the balance counts",
    guard: "const [balance, operations, credentials, rights, teamKeys] = await Promise.all([",
    instead:
      "void readHistory(byok);\n  const [balance, operations, credentials, rights, teamKeys] = await Promise.all([",
    test: "tests/page/credits.test.ts",
  },
];
