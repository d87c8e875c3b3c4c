import type { Guard } from "./mutants.ts";

const relay = { file: "functions/_shared/relay/relay.ts" };
const unit = { ...relay, test: "tests/unit/relay/relay.test.ts" };
const errors = { ...relay, test: "tests/unit/relay/relay-errors.test.ts" };
const redaction = { file: "functions/_shared/relay/redaction.ts", test: "tests/unit/relay/redaction.test.ts" };
const bodies = { ...relay, test: "tests/unit/relay/relay-body.test.ts" };

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
    guard: 'if (funding.by === "platform") headers.set("content-type", "application/json");',
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
    guard: "value.length >= apiKey.length && redact(value, apiKey) !== value",
    instead: "value.includes(apiKey)",
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
    ...errors,
    name: "A refusal of a key is never passed on",
    guard: 'const isRefusal = answer.status === 401 || answer.status === 403 || verdict === "rejected";',
    instead: "const isRefusal = false;",
  },
  {
    ...errors,
    name: "The key is taken out of errors",
    guard: "redact(text, funding.apiKey",
    instead: 'redact(text, "no key is like this one"',
  },
  {
    ...errors,
    name: "A refusal of the platform's key does not blame the user's",
    guard: 'if (funding.by === "platform" && (isRefusal || verdict === "no_credit"))',
    instead: "if (false)",
  },
  {
    ...errors,
    name: "A 403 of somebody in between does not blame the key",
    guard: 'if (answer.status === 403 && verdict === "unverified")',
    instead: "if (false)",
  },
  {
    ...errors,
    name: "The body of an error has a time to end",
    guard: "const timer = setTimeout(() => patience.abort(), maxErrorMs);",
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
    name: "A masked key is taken out",
    guard: 'uncut.replace(maskedLike(apiKey), "[redacted]")',
    instead: "uncut",
  },
  {
    ...redaction,
    name: "A key is taken out however its characters are spelled",
    guard: '.replace(new RegExp(anySpelling(apiKey), "g"), "[redacted]")',
    instead: '.replaceAll(apiKey, "[redacted]")',
  },
  {
    ...redaction,
    name: "A text of backslashes takes no more time than another",
    guard: "{0,${maxBackslashes}}",
    instead: "*",
  },
  {
    ...redaction,
    name: "Whose account it is does not come back",
    guard: 'unmasked.replace(accountIds, "[redacted]")',
    instead: "unmasked",
  },
  {
    ...redaction,
    name: "A cut leaves no part of a key",
    guard: "isCut ? clean.slice(0, -longest) : clean",
    instead: "clean",
  },
  {
    ...redaction,
    name: "A key in base64 is taken out wherever it begins",
    guard: "...[0, 1, 2].map((offset)",
    instead: "...[0].map((offset)",
  },
  {
    ...bodies,
    name: "An answer on credits may not be silent",
    guard: "if (silence_ms >= stallMs) fail(controller);",
    instead: "if (silence_ms < 0) fail(controller);",
  },
  {
    ...bodies,
    name: "Why a provider broke off stays with us",
    guard: "} catch {\n          fail(controller);",
    instead: "} catch (error) {\n          controller.error(error);\n          fail(controller);",
  },
  {
    ...bodies,
    name: "How an answer ended is told once",
    guard: "if (hasEnded) return;\n    hasEnded = true;",
    instead: "",
  },
  {
    name: "What cannot be asked is not called rejected",
    file: "functions/_shared/providers/verification.ts",
    guard: 'redirect: "manual",',
    instead: 'redirect: "follow",',
    test: "tests/unit/providers/verification.test.ts",
  },
  {
    name: "A 401 of OpenAI means that the key is refused",
    file: "functions/_shared/providers/openai.ts",
    guard: 'if (answer.status === 401) return /missing scopes/i.test(message) ? "restricted" : "rejected";',
    instead: "",
    test: "tests/unit/providers/contract.test.ts",
  },
  {
    name: "A long error takes no more time to judge than another",
    file: "functions/_shared/providers/anthropic.ts",
    guard: "reached your .{0,100}API",
    instead: "reached your .*API",
    test: "tests/unit/providers/contract.test.ts",
  },
  {
    name: "Under BYOK nothing is written and nothing is printed",
    file: "functions/_shared/credits/funding.ts",
    guard: '  if (opened.funding === "byok") {',
    instead: '  if (opened.funding === "byok") {\n    console.log(`${userId} calls ${provider}`);',
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
    name: "A check follows no redirect of a provider's",
    file: "functions/_shared/providers/verification.ts",
    guard: 'redirect: "manual",',
    instead: 'redirect: "follow",',
    test: "tests/e2e/keys/verdicts.test.ts",
  },
  {
    name: "A path that two readers read in two ways is refused",
    file: "functions/_shared/request/route.ts",
    guard: "if (treacherous.test(path) || ",
    instead: "if (",
    test: "tests/e2e/relay/relay-paths.test.ts",
  },
];
