/** A request id stands for one call on credits, however often it is asked, and with whatever body. */
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { ask, type Question, refusalOf } from "../../harness/calls.ts";
import {
  allPlatformRequests,
  fakeKey,
  forgetRequests,
  letPlatformKey,
  type ProviderId,
  requestsWith,
  resetPlatformKeys,
} from "../../harness/fakes.ts";
import { readUntil } from "../../harness/streams.ts";
import { expectBalance, ledger, newUser, save, stack, type User } from "../../harness/users.ts";

beforeAll(() => resetPlatformKeys(stack));
afterEach(() => resetPlatformKeys(stack));

const newPayer = () => newUser(100);

type Request = Question & { provider?: ProviderId };

/** Costs 10. */
const sameBody: Request = { operation: "doc_generation" };
/** Other words, other prices, other providers. */
const otherBodies: Request[] = [
  { operation: "doc_generation", text: "other words" },
  { operation: "kernel_build" },
  { operation: "single_doc_regen", provider: "groq" },
  { operation: "doc_generation", provider: "anthropic", more: { max_tokens: 5 } },
];

interface StormAnswer {
  readonly status: number;
  readonly refusal: string | null;
  readonly shouldRetry: string | null;
  readonly credits: number;
}

/** Twenty requests at once with one idempotency key. */
async function storm(user: User, key: string, bodies: readonly Request[]): Promise<StormAnswer[]> {
  const requests = Array.from({ length: 20 }, (_, index) => bodies[index % bodies.length] as Request);
  return Promise.all(
    requests.map(async ({ provider = "openai", ...question }) => {
      const response = await ask(user, provider, { ...question, headers: { "idempotency-key": key } });
      await response.text();
      return {
        status: response.status,
        refusal: refusalOf(response),
        shouldRetry: response.headers.get("x-should-retry"),
        credits: Number(response.headers.get("x-byok-credits")),
      };
    }),
  );
}

/** Checks that one request of a storm was answered and the others were told not to ask again; what the one cost. */
function expectOneAnswered(answers: readonly StormAnswer[]): number {
  const [answered, ...more] = answers.filter(({ status }) => status === 200);
  expect(more).toEqual([]);
  for (const { status, refusal, shouldRetry } of answers.filter((answer) => answer !== answered)) {
    expect({ status, shouldRetry }).toEqual({ status: 409, shouldRetry: "false" });
    expect(refusal).toMatch(/^request_(in_progress|completed)$/);
  }
  return answered?.credits ?? 0;
}

describe.each([
  { bodies: [sameBody], what: "the same body" },
  { bodies: otherBodies, what: "other bodies" },
])("a storm of retries with $what", ({ bodies }) => {
  test("asks and costs once when it is the first that is heard of the request id", async () => {
    const user = await newPayer();
    const credits = expectOneAnswered(await storm(user, crypto.randomUUID(), bodies));
    await expectBalance(user, 100 - credits);
    expect(await ledger(user)).toEqual(["grant 100", `charge ${credits}`]);
    expect(await allPlatformRequests(stack)).toHaveLength(1);
  });

  test("is refused and holds nothing while the call is under way", async () => {
    await letPlatformKey(stack, "openai", "drips");
    const user = await newPayer();
    const key = crypto.randomUUID();
    const leaving = new AbortController();
    const headers = { "idempotency-key": key };
    const first = await ask(user, "openai", { ...sameBody, stream: true, headers, signal: leaving.signal });
    await readUntil(first.body!.getReader(), "data: ");
    leaving.signal.throwIfAborted();
    for (const answer of await storm(user, key, bodies))
      expect(answer).toMatchObject({ status: 409, shouldRetry: "false" });
    leaving.abort();
    await expectBalance(user, 90);
    expect(await allPlatformRequests(stack)).toHaveLength(1);
  });

  test("is refused and costs nothing after the call was charged", async () => {
    const user = await newPayer();
    const key = crypto.randomUUID();
    expect((await ask(user, "openai", { ...sameBody, headers: { "idempotency-key": key } })).status).toBe(200);
    await expectBalance(user, 90);
    for (const answer of await storm(user, key, bodies))
      expect(answer).toMatchObject({ status: 409, refusal: "request_completed", shouldRetry: "false" });
    expect(await ledger(user)).toEqual(["grant 100", "charge 10"]);
    expect(await allPlatformRequests(stack)).toHaveLength(1);
  });

  test("asks and costs once after the call was given back", async () => {
    await letPlatformKey(stack, "openai", "unavailable");
    const user = await newPayer();
    const key = crypto.randomUUID();
    expect((await ask(user, "openai", { ...sameBody, headers: { "idempotency-key": key } })).status).toBe(503);
    await expectBalance(user, 100);
    await letPlatformKey(stack, "openai", "platform");
    const credits = expectOneAnswered(await storm(user, key, bodies));
    await expectBalance(user, 100 - credits);
    expect(await allPlatformRequests(stack)).toHaveLength(2);
  });

  test("costs nothing while the providers are down", async () => {
    for (const provider of ["openai", "anthropic", "groq"] as const)
      await letPlatformKey(stack, provider, "unavailable");
    const user = await newPayer();
    const statuses = (await storm(user, crypto.randomUUID(), bodies)).map(({ status }) => status);
    expect(statuses).toContain(503);
    expect(statuses.filter((status) => status !== 503 && status !== 409)).toEqual([]);
    await expectBalance(user, 100);
    expect((await ledger(user)).join()).not.toContain("charge");
  });
});

test("two users with the same request id have a call each", async () => {
  const users = [await newPayer(), await newPayer()];
  const headers = { "idempotency-key": crypto.randomUUID() };
  const answers = await Promise.all(users.map((user) => ask(user, "openai", { ...sameBody, headers })));
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  for (const user of users) await expectBalance(user, 90);
});

test("under BYOK each request with the same request id is passed on, and nothing is written", async () => {
  const user = await newPayer();
  const key = crypto.randomUUID();
  expect((await ask(user, "openai", { ...sameBody, headers: { "idempotency-key": key } })).status).toBe(200);
  await expectBalance(user, 90);
  const apiKey = fakeKey("openai", "works");
  expect((await save(user, "openai", apiKey)).status).toBe(200);
  await forgetRequests(stack, "openai", apiKey);
  for (const answer of await storm(user, key, [sameBody, { operation: "kernel_build" }]))
    expect(answer).toMatchObject({ status: 200, credits: 0 });
  expect(await requestsWith(stack, "openai", apiKey)).toHaveLength(20);
  expect(await ledger(user)).toEqual(["grant 100", "charge 10"]);
});
