/** What a check of a key finds out, and whom it asks. */
import type { Guard } from "./mutants.ts";

const classify = {
  file: "functions/_shared/providers/classify.ts",
  test: "tests/unit/providers/classify.test.ts",
};
const probe = { file: "functions/_shared/providers/probe.ts", test: "tests/unit/providers/checks.test.ts" };
const check = { file: "functions/_shared/providers/verification.ts", test: "tests/unit/providers/checks.test.ts" };

export const verdictGuards: readonly Guard[] = [
  {
    ...classify,
    name: "An answer that does not have the API's own form says nothing about the key",
    guard: '(form === "any" || error.isOwn) &&',
    instead: "",
  },
  {
    ...classify,
    name: "A JSON that is not the API's is no success",
    guard: "isOwnSuccess(provider.api.dialect, body)",
    instead: "isRecord(body)",
  },
  {
    ...classify,
    name: "A success that holds an error is none",
    guard: "!isRecord(body.error) && ",
    instead: "",
  },
  {
    ...classify,
    name: "A code is told by the whole of it",
    guard: 'new RegExp(`^(?:${pattern})$`, "i")',
    instead: 'new RegExp(pattern, "i")',
  },
  {
    name: "A long error takes no more time to classify than another",
    file: "functions/_shared/providers/api-errors.ts",
    guard: "value.slice(0, maxLength)",
    instead: "value",
    test: "tests/unit/providers/classify.test.ts",
  },
  {
    name: "A 401 in the API's own form means that the key is refused",
    file: "catalogue/shared-answers.ts",
    guard: '{ status: 401, verdict: "rejected", source: "http" },',
    instead: "",
    test: "tests/unit/providers/classify.test.ts",
  },
  {
    name: "A payment that is due is no credit at every provider",
    file: "catalogue/shared-answers.ts",
    guard: '{ status: 402, form: "any", verdict: "no_credit", because: "out_of_credit", source: "openrouter" },',
    instead: "",
    test: "tests/unit/providers/classify.test.ts",
  },
  {
    ...probe,
    name: "A check asks no model that cannot chat",
    guard: ".filter((model) => !matches(check.cannotChat, model))",
    instead: "",
  },
  {
    ...probe,
    name: "A check asks no model of which the provider says that it does not generate",
    guard: " && generates(row)",
    instead: "",
  },
  {
    ...probe,
    name: "A check asks the cheapest model",
    guard: "a.rank - b.rank || ",
    instead: "",
  },
  {
    ...probe,
    name: "A check asks the newest of the cheapest models",
    guard: 'b.model.localeCompare(a.model, "en", { numeric: true })',
    instead: "0",
  },
  {
    ...check,
    name: "A check asks no model that a list does not name",
    guard: 'listed.verdict === "verified" ? chatModels(provider, listing?.body) : provider.models.chat',
    instead: "provider.models.chat",
  },
  {
    ...check,
    name: "A check asks three models at most",
    guard: "models.slice(0, maxModels)",
    instead: "models",
  },
  {
    ...check,
    name: "A check asks another model where one is gone or not allowed",
    guard: "generated.verdict !== null && !generated.isOfModel",
    instead: "generated.verdict !== null",
  },
  {
    ...check,
    name: "A check spends no token on a key that cannot work",
    guard: "(reason === null || reasons[reason].works)",
    instead: "true",
  },
  {
    ...check,
    name: "A check spends no token where the operator says so",
    guard: "!options.oneToken || ",
    instead: "",
    test: "tests/unit/providers/verification.test.ts",
  },
  {
    ...check,
    name: "A key is not called verified because our question was wrong",
    guard: "tried.every(({ isOfModel }) => isOfModel)",
    instead: "true",
  },
  {
    ...check,
    name: "A key whose models are all gone is not called verified",
    guard: 'return { verdict: "restricted", reason: "model_not_allowed" };',
    instead: 'return { verdict: "verified", reason: null };',
  },
  {
    ...check,
    name: "A key that may not list is called restricted, though it generates",
    guard: 'verdict === "verified" && listed.verdict === "restricted"',
    instead: "false",
  },
  {
    ...check,
    name: "A model of the Responses endpoint is asked there",
    guard: "if (elsewhere && isResponsesOnly(provider, model)) return await classified(questions, elsewhere);",
    instead: "",
    test: "tests/unit/providers/verification.test.ts",
  },
  {
    ...check,
    name: "A model that the chat endpoint turns out not to serve is asked at the other",
    guard: "elsewhere && generated.isElsewhere",
    instead: "false",
  },
  {
    ...check,
    name: "All questions of a check together have a time to end",
    guard: "Math.min(options.timeout_ms, until_ms - performance.now())",
    instead: "options.timeout_ms",
    test: "tests/unit/providers/verification.test.ts",
  },
  {
    ...check,
    name: "What cannot be asked is not called rejected",
    guard: 'redirect: "manual",',
    instead: 'redirect: "follow",',
    test: "tests/unit/providers/verification.test.ts",
  },
  {
    ...check,
    name: "A check follows no redirect of a provider's",
    guard: 'redirect: "manual",',
    instead: 'redirect: "follow",',
    test: "tests/e2e/keys/verdicts.test.ts",
  },
  {
    name: "The reason of a verdict is saved with it",
    file: "functions/_shared/keys/credentials.ts",
    guard: "    reason: found.reason,\n",
    instead: "    reason: null,\n",
    test: "tests/unit/keys/credentials.test.ts",
  },
  {
    name: "The reason of a verdict is saved with it, in the database",
    file: "sql/30_credentials.sql",
    guard: "        reason = p_reason,\n",
    instead: "",
    test: "tests/sql/credentials.sql",
  },
];
