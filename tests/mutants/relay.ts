import type { Guard } from "./mutants.ts";

const relay = { file: "functions/_shared/relay/relay.ts" };
const unit = { ...relay, test: "tests/unit/relay/relay.test.ts" };
const errors = { ...relay, test: "tests/unit/relay/relay-errors.test.ts" };
const redaction = { file: "functions/_shared/relay/redaction.ts", test: "tests/unit/relay/redaction.test.ts" };

export const relayGuards: readonly Guard[] = [
  {
    ...unit,
    name: "A provider gets headers made from scratch",
    guard: 'const headers = new Headers({ "accept-encoding": "identity" });',
    instead: 'const headers = new Headers(client);\n  headers.set("accept-encoding", "identity");',
  },
  {
    ...unit,
    name: "On credits a provider reads the body as what was checked",
    guard: 'if (funding.payer === "platform") headers.set("content-type", "application/json");',
    instead: "",
  },
  {
    ...unit,
    name: "Redirects are not followed",
    guard: 'redirect: "manual",',
    instead: 'redirect: "follow",',
  },
  {
    ...unit,
    name: "A redirect is not passed on",
    guard: "(status >= 200 && status <= 299)",
    instead: "(status >= 200 && status <= 399)",
  },
  {
    ...unit,
    name: "A packed answer, in which no key is found, is not passed on",
    guard: "return isPlain && (",
    instead: "return (",
  },
  {
    ...unit,
    name: "A status that no answer has is not passed on",
    guard: "(status >= 400 && status <= 599)",
    instead: "status >= 400",
  },
  {
    ...unit,
    name: "Only known headers come back",
    guard: "if (returned.test(name) && ",
    instead: "if (",
  },
  {
    ...unit,
    name: "A header that repeats the key stays behind",
    guard: " && !holdsKey(value, funding.apiKey)",
    instead: "",
  },
  {
    ...unit,
    name: "A header that repeats the key in another spelling stays behind",
    guard: "holdsKey(value, funding.apiKey)",
    instead: "value.includes(funding.apiKey)",
  },
  {
    ...unit,
    name: "A provider has a time to begin its answer",
    guard: "isLate = true;\n    end();",
    instead: "isLate = true;",
  },
  {
    ...unit,
    name: "A client that is gone ends the request to the provider",
    guard: 'else signal.addEventListener("abort", end);',
    instead: "",
  },
  {
    ...unit,
    name: "A client's signal does not abort an answer that has begun, which would end an isolate of Deno 2.1",
    guard: 'signal.removeEventListener("abort", end);',
    instead: "",
  },
  {
    ...errors,
    name: "A refusal of a key is never passed on",
    guard: 'const isRefusal = verdict === "rejected" || (isDenied && verdict !== null);',
    instead: "const isRefusal = false;",
  },
  {
    ...errors,
    name: "An error that repeats the key does not come back",
    guard: "if (holdsKey(shown, funding.apiKey)) {",
    instead: "if (false) {",
  },
  {
    ...errors,
    name: "A refusal of the platform's key does not blame the user's",
    guard:
      'if (funding.payer === "platform" && (isRefusal || isDenied || answer.status === 402 || verdict === "no_credit"))',
    instead: "if (false)",
  },
  {
    ...errors,
    name: "A 401 or 403 of somebody in between does not blame the key",
    guard: 'if (isDenied && verdict === "unverified")',
    instead: "if (false)",
  },
  {
    ...errors,
    name: "A 403 about the request does not blame the key",
    guard: 'verdict === "rejected" || (isDenied && verdict !== null)',
    instead: 'verdict === "rejected" || isDenied',
  },
  {
    ...errors,
    name: "The body of an error has a time to end",
    guard: "const timer = setTimeout(() => patience.abort(), maxError_ms);",
    instead: "const timer = 0;",
  },
  {
    name: "A page is no answer on credits",
    file: "functions/_shared/relay/relay.ts",
    guard: "if (answer.body && isGeneration) return answer.body;",
    instead: "if (answer.body) return answer.body;",
    test: "tests/e2e/credits/platform-charging.test.ts",
  },
  {
    ...redaction,
    name: "A masked key is found",
    guard: "apiKey.length < maskedKeyLength ? apiKey : apiKey.slice(0, beginningLength)",
    instead: "apiKey",
  },
  {
    ...redaction,
    name: "A key is found however its characters are spelled",
    guard: "const plainer = withoutOneLayer(spelled);",
    instead: "const plainer = spelled;",
  },
  {
    ...redaction,
    name: "A key is found under layer after layer",
    guard: "spelled = plainer;\n  }\n  return true;",
    instead: "return plainer.includes(beginning);\n  }\n  return true;",
  },
  {
    ...redaction,
    name: "A text with too many layers is not passed on",
    guard: "  }\n  return true;\n}",
    instead: "  }\n  return false;\n}",
  },
  {
    ...redaction,
    name: "A key in base64 is found wherever it begins",
    guard: "const base64 = [0, 1, 2].map(",
    instead: "const base64 = [0].map(",
  },
  {
    ...redaction,
    name: "Whose account it is does not come back",
    guard: 'return text.replace(accountIds, "[redacted]");',
    instead: "return text;",
  },
  {
    name: "Under BYOK nothing is written and nothing is printed",
    file: "functions/_shared/credits/funding.ts",
    guard: '  if (opened.payer === "byok") {',
    instead: '  if (opened.payer === "byok") {\n    console.log(`${userId} calls ${provider}`);',
    test: "tests/e2e/keys/zero-logging.test.ts",
  },
  {
    ...relay,
    name: "No provider learns where the caller is",
    guard: 'const forwarded = ["content-type",',
    instead: 'const forwarded = ["x-forwarded-for", "cookie", "content-type",',
    test: "tests/e2e/relay/relay-headers.test.ts",
  },
  {
    ...relay,
    name: "What cannot be passed on is refused",
    guard: "if (canBePassedOn(answer)) return answer;",
    instead: "if (answer.status > 0) return answer;",
    test: "tests/e2e/relay/relay-failures.test.ts",
  },
  {
    name: "A path that two readers read in two ways is refused",
    file: "functions/_shared/request/route.ts",
    guard: "if (ambiguousPath.test(path) || ",
    instead: "if (",
    test: "tests/e2e/relay/relay-paths.test.ts",
  },
];
