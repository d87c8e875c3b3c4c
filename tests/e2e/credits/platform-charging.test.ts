/** When a call on the platform's own key is charged, and when its hold is given back. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { mainProviders } from "../../harness/providers/main.ts";
import { ask, refusalOf, textOfStream } from "../../harness/calls.ts";
import { isNoticedAtOnce } from "../../harness/departures.ts";
import { letPlatformKey, platformRequests, requestsOnceLeft, resetPlatformKeys } from "../../harness/fakes.ts";
import { type OwnStack, startOwnStack } from "../../harness/own-stack.ts";
import { readToEnd, readUntil } from "../../harness/streams.ts";
import { withConnection } from "../../harness/sessions.ts";
import { expectBalance, ledger, newUser, type User } from "../../harness/users.ts";

/** Where a client that leaves a silent call goes unnoticed, the call ends when its time is over. */
const endOfSilence = isNoticedAtOnce ? {} : { BYOK_CALL_TIMEOUT_MS: "3000" };

let stack: OwnStack;
beforeAll(async () => {
  stack = await startOwnStack(endOfSilence);
});
afterAll(() => stack.stop());

/** Its price is 10. */
const operation = "doc_generation";
const newPayer = () => newUser(100, stack);

afterEach(() => resetPlatformKeys(stack));

async function expectCharged(user: User): Promise<void> {
  await expectBalance(user, 90);
  expect(await ledger(user)).toEqual(["grant 100", "charge 10"]);
}

/** Nothing was charged: a hold that was given back leaves nothing. */
async function expectNothingCharged(user: User): Promise<void> {
  await expectBalance(user, 100);
  expect(await ledger(user)).toEqual(["grant 100"]);
}

test.each(mainProviders)("a streamed call on credits to %s is charged", async (provider) => {
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
    for (const provider of mainProviders) {
      await letPlatformKey(stack, provider, behaviour);
      const response = await ask(user, provider, { operation });
      expect([provider, response.status, refusalOf(response)]).toEqual([provider, status, code]);
      expect((await response.text()).includes(stack.platformKeys[provider])).toBe(false);
    }
    await expectBalance(user, 100);
    expect(await ledger(user)).toEqual(["grant 100"]);
  },
);

test("nothing is charged for what is no answer of an API, and it is not handed on", async () => {
  const user = await newPayer();
  for (const provider of mainProviders) {
    await letPlatformKey(stack, provider, "garbage");
    for (const stream of [false, true]) {
      const response = await ask(user, provider, { operation, stream });
      expect([provider, response.status, refusalOf(response)]).toEqual([provider, 502, "provider_misbehaved"]);
      expect(await response.text()).not.toContain("This is no API.");
    }
  }
  await expectBalance(user, 100);
});

test("an error that repeats the platform's key does not come back", async () => {
  await letPlatformKey(stack, "openai", "echoes");
  const user = await newPayer();
  const response = await ask(user, "openai", { operation });
  const answer = await response.text();
  expect([response.status, refusalOf(response)]).toEqual([502, "provider_misbehaved"]);
  expect(answer.includes(stack.platformKeys.openai)).toBe(false);
  await expectNothingCharged(user);
});

test.each([
  { answer: "a JSON answer, which is refused", stream: false, seen: { status: 502, isWhole: true } },
  { answer: "a stream, which breaks off", stream: true, seen: { status: 200, isWhole: false } },
])("the charge is given back when the provider cuts off $answer", async ({ stream, seen }) => {
  await letPlatformKey(stack, "openai", "cut");
  const user = await newPayer();
  const answer = await ask(user, "openai", { operation, stream });
  expect({ status: answer.status, ...(await readToEnd(answer)) }).toMatchObject(seen);
  await expect.poll(() => ledger(user)).toEqual(["grant 100", "charge 10", "refund 10"]);
  await expectBalance(user, 100);
});

test("a client that leaves in the middle of an answer is charged, and the provider learns that it has left", async () => {
  await letPlatformKey(stack, "openai", "drips");
  const user = await newPayer();
  const leaving = new AbortController();
  const response = await ask(user, "openai", { operation, stream: true, signal: leaving.signal });
  await readUntil(response.body!.getReader(), "data: ");
  await expectCharged(user);
  leaving.abort();
  expect(await requestsOnceLeft(stack, "openai", stack.platformKeys.openai)).toHaveLength(1);
  await expectCharged(user);
});

test("a client that leaves before anything has come is not charged", async () => {
  await letPlatformKey(stack, "anthropic", "hangs");
  const user = await newPayer();
  const leaving = new AbortController();
  const asked = ask(user, "anthropic", { operation, signal: leaving.signal });
  await expect.poll(() => platformRequests(stack, "anthropic")).toHaveLength(1);
  leaving.abort();
  await expect(asked).rejects.toThrow("abort");
  expect(await requestsOnceLeft(stack, "anthropic", stack.platformKeys.anthropic)).toHaveLength(1);
  await expectNothingCharged(user);
});

test("an answer is charged while it goes on, so that a client that stops reading gains nothing", async () => {
  await letPlatformKey(stack, "openai", "drips");
  const user = await newPayer();
  const leaving = new AbortController();
  const answer = await ask(user, "openai", { operation, stream: true, signal: leaving.signal });
  await expectCharged(user);
  // Held until here: an answer that nobody can read any more is let go of when garbage is collected, and the client has left.
  expect(answer.bodyUsed).toBe(false);
  leaving.abort();
  await requestsOnceLeft(stack, "openai", stack.platformKeys.openai);
  await expectCharged(user);
});

test("past what the platform bears for a user in a day, a client that leaves before anything has come is charged", async () => {
  await letPlatformKey(stack, "anthropic", "hangs");
  const user = await newPayer();
  await withConnection(stack.adminDbUrl, (client) =>
    client.query(
      "update byok.accounts set unpaid_on = (now() at time zone 'utc')::date, unpaid_microcredits = 95000000 where owner_id = $1",
      [user.id],
    ),
  );
  const leaving = new AbortController();
  const asked = ask(user, "anthropic", { operation, signal: leaving.signal });
  await expect.poll(() => platformRequests(stack, "anthropic")).toHaveLength(1);
  leaving.abort();
  await expect(asked).rejects.toThrow("abort");
  await expectCharged(user);
});

test("a request that is refused before the provider is asked leaves nothing, not even a hold", async () => {
  const user = await newPayer();
  for (const [question, code] of [
    [{ operation: "mining" }, "invalid_request"],
    [{ operation, model: "gpt-9" }, "not_offered"],
    [{ operation, more: { store: 5, background: true } }, "not_offered"],
  ] as const)
    expect(refusalOf(await ask(user, "openai", question))).toBe(code);
  await expectNothingCharged(user);
  const { rows } = await withConnection(stack.adminDbUrl, (client) =>
    client.query("select count(*)::int as holds from byok.holds where owner_id = $1", [user.id]),
  );
  expect(rows).toEqual([{ holds: 0 }]);
});
