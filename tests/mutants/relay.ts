import type { Guard } from "./mutants.ts";

const relay = { file: "functions/_shared/relay/relay.ts" };
const unit = { ...relay, test: "tests/unit/relay/relay.test.ts" };
const headers = { file: "functions/_shared/relay/headers.ts", test: "tests/unit/relay/headers.test.ts" };
const errors = { file: "functions/_shared/relay/provider-error.ts", test: "tests/unit/relay/provider-error.test.ts" };
const byokAnswer = { test: "tests/unit/relay/byok-answer.test.ts" };
const addresses = { ...byokAnswer, file: "functions/_shared/relay/addresses.ts" };
const route = { file: "functions/_shared/request/route.ts", test: "tests/unit/request/route.test.ts" };
const redaction = { file: "functions/_shared/relay/redaction.ts", test: "tests/unit/relay/redaction.test.ts" };

export const relayGuards: readonly Guard[] = [
  {
    ...headers,
    name: "A provider gets headers made from scratch",
    guard: 'const headers = new Headers({ "accept-encoding": "identity" });',
    instead: 'const headers = new Headers(client);\n  headers.set("accept-encoding", "identity");',
  },
  {
    ...headers,
    name: "On credits a provider reads the body as what was checked",
    guard: 'headers.set("content-type", "application/json");',
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
    name: "A redirect is followed only where the key may go",
    guard: "if (!next) break;",
    instead: "if (!location) break;",
  },
  {
    ...unit,
    name: "A request with a body is sent to one address only",
    guard: 'body === null && (method === "GET" || method === "HEAD")',
    instead: "true",
  },
  {
    ...unit,
    name: "Redirects end",
    guard: "followed < maxRedirects && ",
    instead: "",
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
    ...headers,
    name: "Only known headers come back",
    guard: "if (returned.test(name) && ",
    instead: "if (",
  },
  {
    ...headers,
    name: "A header that repeats the key stays behind",
    guard: " && !holdsKey(value, funding.apiKey)",
    instead: "",
  },
  {
    ...headers,
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
    ...headers,
    name: "Of a provider's own headers, those that authenticate or name the caller stay behind",
    guard: " && !staying?.test(name)",
    instead: "",
  },
  {
    ...headers,
    name: "No header of a client but the provider's own goes along",
    guard: "name.startsWith(prefix) && ",
    instead: "",
  },
  {
    ...headers,
    name: "On credits a client chooses no features",
    guard: 'if (funding.payer === "byok") {',
    instead: "if (features) {",
  },
  {
    ...addresses,
    name: "An address inside an answer stays within the provider's API",
    guard: "url.origin === origin && isWithinApi(provider, url.pathname)",
    instead: "url.pathname.length > 0",
  },
  {
    ...addresses,
    name: "An answer that leads elsewhere is not passed on",
    guard: "if (ours !== null) return ours;",
    instead: "if (ours !== null) return ours;\n  if (ours === null) return address;",
  },
  {
    ...addresses,
    name: "A body whose addresses cannot be read is not passed on",
    guard: 'if (body === undefined) throw new ByokError("provider_misbehaved");',
    instead: "if (body === undefined) return text;",
  },
  {
    ...byokAnswer,
    file: "functions/_shared/relay/byok-answer.ts",
    name: "An address that holds the key does not come back",
    guard: ".filter(([, value]) => !holdsKey(value, apiKey))",
    instead: "",
  },
  {
    name: "An upload goes on at call and not at the provider",
    file: "functions/_shared/relay/byok-answer.ts",
    guard: "addresses?.headers?.includes(name) ? requireAtCall(value, asked, place) : value",
    instead: "value",
    test: "tests/e2e/relay/addresses.test.ts",
  },
  {
    ...route,
    name: "An encoded slash is let in within a model's name only",
    guard: "(?<=\\/models\\/)",
    instead: "(?<=\\/)",
  },
  {
    ...route,
    name: "A model's name with encoded slashes climbs nowhere",
    guard: "[\\w~:-][\\w.~:-]*(?:%2f[\\w~:-][\\w.~:-]*)+",
    instead: "[\\w.~:-]*(?:%2f[\\w.~:-]*)+",
  },
  {
    ...route,
    name: "The platform's own query stays behind",
    guard: '["key", "forceFunctionRegion"]',
    instead: '["key"]',
  },
  {
    name: "A WebSocket is refused and not sent on as another request",
    file: "functions/call/index.ts",
    guard: "refuseWebSocket(request, route.provider);",
    instead: "",
    test: "tests/e2e/relay/addresses.test.ts",
  },
  {
    name: "A compressed body is not read",
    file: "functions/_shared/request/body.ts",
    guard: "refuseEncoded(request);",
    instead: "",
    test: "tests/unit/request/body.test.ts",
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
    ...headers,
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
    guard: "!ambiguousPath.test(plain) && ",
    instead: "",
    test: "tests/e2e/relay/relay-paths.test.ts",
  },
];
