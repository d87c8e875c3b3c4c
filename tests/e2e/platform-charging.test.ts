/** When a call on the platform's own key is charged, and when its hold is given back. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { providerIds } from "../../functions/_shared/providers/index.ts";
import { ask, refusalOf, textOfStream } from "./calls.ts";
import { type Behaviour, behave, forgetRequests, type ProviderId, requestsOnceLeft, requestsWith } from "./doubles.ts";
import { type OwnStack, startOwnStack } from "./own-stack.ts";
import { readToEnd, readUntil } from "./streams.ts";
import { balance, expectBalance, ledger, newUser, type User } from "./users.ts";

let stack: OwnStack;
beforeAll(async () => {
  stack = await startOwnStack();
});
afterAll(() => stack.stop());

/** Its price is 10. */
const operation = "doc_generation";
const newPayer = () => newUser(100, stack);
const platformRequests = (provider: ProviderId) => requestsWith(stack, provider, stack.platformKeys[provider]);

/** Makes a provider treat the platform's own key in some way, until the end of the test. */
async function letPlatformKey(provider: ProviderId, behaviour: Behaviour): Promise<void> {
  await behave(stack, provider, stack.platformKeys[provider], behaviour);
}

afterEach(async () => {
  for (const provider of providerIds) {
    await letPlatformKey(provider, "platform");
    await forgetRequests(stack, provider, stack.platformKeys[provider]);
  }
});

async function expectCharged(user: User): Promise<void> {
  await expectBalance(user, 90);
  expect((await ledger(user)).at(-1)).toBe("settle 10");
}

async function expectGivenBack(user: User): Promise<void> {
  await expectBalance(user, 100);
  expect((await ledger(user)).slice(1)).toEqual(["hold 10", "void 10"]);
}

test.each(providerIds)("a streamed call on credits to %s is charged once it has ended", async (provider) => {
  const user = await newPayer();
  const response = await ask(user, provider, { operation, stream: true });
  expect(response.headers.get("x-byok-credits")).toBe("10");
  expect(textOfStream(provider, await response.text())).toBe("Echo: hello");
  await expectCharged(user);
});

test.each([
  { behaviour: "rate_limited", status: 429, code: null },
  { behaviour: "unavailable", status: 503, code: null },
  { behaviour: "rejected", status: 502, code: "provider_misbehaved" },
  { behaviour: "forbidden", status: 502, code: "provider_misbehaved" },
  { behaviour: "no_credit", status: 502, code: "provider_misbehaved" },
  { behaviour: "redirects", status: 502, code: "provider_misbehaved" },
  { behaviour: "resets", status: 502, code: "provider_unreachable" },
] as const)(
  "nothing is charged when a provider answers the platform's key with $behaviour",
  async ({ behaviour, status, code }) => {
    const user = await newPayer();
    for (const provider of providerIds) {
      await letPlatformKey(provider, behaviour);
      const response = await ask(user, provider, { operation });
      expect([provider, response.status, refusalOf(response)]).toEqual([provider, status, code]);
      expect((await response.text()).includes(stack.platformKeys[provider])).toBe(false);
    }
    await expectBalance(user, 100);
    expect((await ledger(user)).filter((entry) => entry === "void 10")).toHaveLength(providerIds.length);
  },
);

test("the platform's key is taken out of an error that repeats it", async () => {
  await letPlatformKey("openai", "echoes");
  const user = await newPayer();
  const response = await ask(user, "openai", { operation });
  const answer = await response.text();
  expect(response.status).toBe(400);
  expect(answer).toContain("[redacted]");
  expect(answer.includes(stack.platformKeys.openai)).toBe(false);
  await expectGivenBack(user);
});

test.each([
  { answer: "a JSON answer", stream: false },
  { answer: "a stream", stream: true },
])("nothing is charged for $answer that the provider cuts off", async ({ stream }) => {
  await letPlatformKey("openai", "cut");
  const user = await newPayer();
  expect(await readToEnd(await ask(user, "openai", { operation, stream }))).toMatchObject({ isWhole: false });
  await expectGivenBack(user);
});

test("a client that leaves in the middle of an answer is charged, and the provider learns that it has left", async () => {
  await letPlatformKey("openai", "drips");
  const user = await newPayer();
  const leaving = new AbortController();
  const response = await ask(user, "openai", { operation, stream: true, signal: leaving.signal });
  await readUntil(response.body!.getReader(), "data: ");
  expect(await balance(user)).toEqual({ available: 90, held: 10 });
  leaving.abort();
  expect(await requestsOnceLeft(stack, "openai", stack.platformKeys.openai)).toHaveLength(1);
  await expectCharged(user);
});

test("a client that leaves before anything has come is not charged", async () => {
  await letPlatformKey("anthropic", "hangs");
  const user = await newPayer();
  const leaving = new AbortController();
  const asked = ask(user, "anthropic", { operation, signal: leaving.signal });
  await expect.poll(() => platformRequests("anthropic")).toHaveLength(1);
  leaving.abort();
  await expect(asked).rejects.toThrow("abort");
  expect(await requestsOnceLeft(stack, "anthropic", stack.platformKeys.anthropic)).toHaveLength(1);
  await expectGivenBack(user);
});

test("an idempotency key is refused while its call is under way, and after it was charged", async () => {
  await letPlatformKey("groq", "drips");
  const user = await newPayer();
  const question = { operation, stream: true, headers: { "idempotency-key": crypto.randomUUID() } };
  const leaving = new AbortController();
  const first = await ask(user, "groq", { ...question, signal: leaving.signal });
  await readUntil(first.body!.getReader(), "data: ");

  const second = await ask(user, "groq", question);
  expect([second.status, refusalOf(second)]).toEqual([409, "request_in_progress"]);
  leaving.abort();
  await expectCharged(user);
  const third = await ask(user, "groq", question);
  expect([third.status, refusalOf(third)]).toEqual([409, "request_completed"]);
  expect(third.headers.get("x-should-retry")).toBe("false");
  expect(await balance(user)).toEqual({ available: 90, held: 0 });
});

test("an idempotency key may be used again after its call was given back", async () => {
  await letPlatformKey("openai", "unavailable");
  const user = await newPayer();
  const question = { operation, headers: { "idempotency-key": crypto.randomUUID() } };
  expect((await ask(user, "openai", question)).status).toBe(503);
  await expectGivenBack(user);
  await letPlatformKey("openai", "platform");
  expect((await ask(user, "openai", question)).status).toBe(200);
  await expectCharged(user);
});

test("two users may use the same idempotency key", async () => {
  const question = { operation, headers: { "idempotency-key": crypto.randomUUID() } };
  for (const user of [await newPayer(), await newPayer()]) {
    expect((await ask(user, "openai", question)).status).toBe(200);
    await expectCharged(user);
  }
});
