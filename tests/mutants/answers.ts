import type { Guard } from "./mutants.ts";

const answer = { file: "functions/_shared/relay/answer.ts", test: "tests/unit/relay/answer.test.ts" };
const passOn = { file: "functions/_shared/relay/pass-on.ts", test: "tests/unit/relay/pass-on.test.ts" };
const inspector = { file: "functions/_shared/relay/inspector.ts", test: "tests/unit/relay/inspector.test.ts" };
const usage = { file: "functions/_shared/relay/usage.ts", test: "tests/unit/relay/inspector.test.ts" };
const error = { file: "functions/_shared/relay/platform-error.ts", test: "tests/unit/relay/platform-error.test.ts" };

/** The provider's answer to a call on credits, and the part of it passed on. */
export const answerGuards: readonly Guard[] = [
  {
    ...answer,
    name: "An answer on credits may not be silent",
    guard: 'if (looks === silentLooks) this.#breakOff("stalled");',
    instead: "",
  },
  {
    ...answer,
    name: "Only a provider that is waited for can be silent",
    guard: "this.#isWaiting && this.#chunks === seen_chunks",
    instead: "this.#chunks === seen_chunks",
  },
  {
    ...answer,
    name: "Why a provider broke off stays with us",
    guard: '} catch {\n      this.#breakOff("broken_off");',
    instead: '} catch (error) {\n      this.#controller.error(error);\n      this.#breakOff("broken_off");',
  },
  {
    ...answer,
    name: "How an answer ended is told once",
    guard: "  #end(ending: SeenEnding): void {\n    if (this.#report) return;",
    instead: "  #end(ending: SeenEnding): void {",
  },
  {
    ...answer,
    name: "No whole answer passes before its charge is recorded",
    guard: "if (this.#isCharged) return this.#enqueue(batch);",
    instead: "if (batch) return this.#enqueue(batch);",
  },
  {
    ...answer,
    name: "No answer ends before its charge is recorded",
    guard: "await this.#options.charged?.catch(() => undefined);",
    instead: "",
  },
  {
    ...passOn,
    name: "No short answer passes before its charge is recorded",
    guard: "await options.charged;",
    instead: "",
  },
  {
    ...passOn,
    name: "A short answer that is cut off is not whole",
    guard: 'if (whole.byteLength < length_bytes) throw new Error("The body is shorter than announced.");',
    instead: "",
  },
  {
    ...passOn,
    name: "A long answer is not read into memory",
    guard: "Number(announced) <= atOnce.max_bytes",
    instead: "Number(announced) >= 0",
  },
  {
    ...passOn,
    name: "A client that has left was given nothing",
    guard: 'if (options.isClientGone()) report("client_gone");\n  else ',
    instead: "",
  },
  {
    ...answer,
    name: "An answer whose charge cannot be recorded breaks off",
    guard: '() => this.#breakOff("withheld"),',
    instead: "() => this.#onCharged(),",
  },
  {
    ...answer,
    name: "A client that stops reading does not make a break-off the provider's",
    guard: "this.#paused_ms >= clientPatience_ms",
    instead: "this.#paused_ms < 0",
  },
  {
    ...answer,
    name: "What came before a break-off is the client's",
    guard: "if (!this.#hasRoom()) await this.#room();\n    if (!this.#hasLeft)",
    instead: "if (!this.#hasLeft)",
  },
  {
    ...answer,
    name: "A preamble is no content",
    guard: "this.#contentDelivered ||= hasContent;",
    instead: "this.#contentDelivered = true;",
  },
  {
    ...inspector,
    name: "An error within an answer passes on as named fields only",
    guard: "const shown = JSON.stringify(platformError(200, body));",
    instead: "const shown = JSON.stringify(body);",
  },
  {
    ...inspector,
    name: "An error after content is noticed too",
    guard: "if (this.#hasContent && !mayHaveError) return bytes;",
    instead: "if (this.#hasContent) return bytes;",
  },
  {
    ...inspector,
    name: "Counts of a part are not those of the whole",
    guard: "return isWhole ? usageOf(counts, dialect) : null;",
    instead: "return usageOf(counts, dialect);",
  },
  {
    ...inspector,
    name: "Counts of the beginning are not those of the whole, though the answer ends well",
    guard: "(isComplete && dialect.countsSoFar)",
    instead: "isComplete",
  },
  {
    ...usage,
    name: "A model cannot write the counts that its call is charged by",
    guard: "if (level === depth && end.slice(start + 1, index) === key) {",
    instead: 'if (end.slice(start + 1, index) === key) {\n          valueEnd = end.indexOf("}", index) + 1;',
  },
  {
    ...usage,
    name: "A model cannot write the end of its answer",
    guard: "lastValueOf(data, finalField.key, finalField.depth)",
    instead: 'new RegExp(`"${finalField.key}":("[^"]*")`).exec(data)?.[1]',
    test: "tests/unit/relay/usage.test.ts",
  },
  {
    ...usage,
    name: "Only the provider's last kind of event ends an answer",
    guard: "value === (finalField.value ?? value)",
    instead: "true",
    test: "tests/unit/relay/usage.test.ts",
  },
  {
    ...usage,
    name: "What is no count charges nothing",
    guard: "return isCounted && areCounts ? usage : null;",
    instead: "return isCounted ? usage : null;",
  },
  {
    ...error,
    name: "An error on credits has named fields only",
    guard: "const shown: Record<string, unknown> = {};",
    instead: "const shown: Record<string, unknown> = { ...source };",
  },
  {
    ...error,
    name: "An error on credits has a bounded length",
    guard: ".slice(0, maxMessageLength)",
    instead: "",
  },
  {
    ...error,
    name: "An error on credits says nothing about the operator's account",
    guard: "if (aboutTheAccount.test(`${message} ${String(type)} ${String(code)}`)) return instead.account;",
    instead: "",
  },
  {
    ...error,
    name: "The operator's limits stay with us",
    guard: "if (status === 429) return instead.limit;",
    instead: 'if (status === 429) return message || "";',
  },
  {
    file: "functions/_shared/relay/headers.ts",
    test: "tests/unit/relay/provider-error.test.ts",
    name: "The operator's limits stay behind in headers too",
    promise: "G7",
    guard: ' && !(funding.payer === "platform" && rateLimit.test(name))',
    instead: "",
  },
  {
    file: "cli/lib/credits/served-models.ts",
    test: "tests/cli/exposure.test.ts",
    name: "Asking for models follows no redirect with the platform's key",
    guard: 'redirect: "manual",',
    instead: 'redirect: "follow",',
  },
  {
    file: "cli/lib/credits/exposure.ts",
    test: "tests/cli/exposure.test.ts",
    name: "What is sold below cost is marked",
    guard: "worst_credit_usd > credit_usd",
    instead: "worst_credit_usd > credit_usd * 10",
  },
];
