/** SDKs retry when a call on credits fails: it costs the user once, or nothing. */
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { callUrl, type Operation, prices } from "../../harness/calls.ts";
import { allPlatformRequests, type Behaviour, letPlatformKey, resetPlatformKeys } from "../../harness/fakes.ts";
import { expectBalance, ledger, newUser, stack, type User } from "../../harness/users.ts";
import { sdks } from "./sdks.ts";

beforeAll(() => resetPlatformKeys(stack));
afterEach(() => resetPlatformKeys(stack));

const operation: Operation = "single_doc_regen";
const price = prices[operation];
const charged = [`charge ${price}`];

const retrying = sdks.flatMap(({ attempts, ...sdk }) => (attempts ? [{ ...sdk, attempts }] : []));

/** Intervenes in the first attempt: after its failure, or instead of handing its answer on. */
type Intervention = (answer?: Response) => Promise<void>;

/** A fetch that counts, intervenes in the first attempt, and saves the test the seconds that SDKs wait before the next. */
function watching(intervene: Intervention = async () => {}): { fetch: typeof fetch; attempts(): number } {
  let attempts = 0;
  return {
    attempts: () => attempts,
    async fetch(...request) {
      const isFirst = ++attempts === 1;
      let answer: Response | undefined;
      try {
        answer = await fetch(...request);
      } finally {
        if (isFirst) await intervene(answer);
      }
      if (answer.ok) return answer;
      const headers = new Headers(answer.headers);
      headers.set("retry-after-ms", "1");
      return new Response(answer.body, { status: answer.status, headers });
    },
  };
}

describe.each(retrying)("the $name", (sdk) => {
  const { provider } = sdk;
  const { down, refusal, conflict, loss, ...retries } = sdk.attempts;
  const works = () => letPlatformKey(stack, provider, "platform");

  function askAs(user: User, fetch: typeof globalThis.fetch, more: { requestId?: string; timeout?: number } = {}) {
    const { requestId, ...timeout } = more;
    const headers = { "x-byok-operation": operation, ...(requestId ? { "idempotency-key": requestId } : {}) };
    const url = callUrl(user, provider);
    return sdk.open({ url, apiKey: user.accessToken, headers, fetch, ...retries, ...timeout }).ask();
  }

  test.each<[string, Behaviour]>([
    ["429", "rate_limited"],
    ["5xx", "unavailable"],
  ])("asks again after a provider's %s, and the user pays once", async (_, behaviour) => {
    await letPlatformKey(stack, provider, behaviour);
    const user = await newUser(100);
    const watched = watching(works);
    await askAs(user, watched.fetch);
    expect(watched.attempts()).toBe(2);
    await expectBalance(user, 100 - price);
    expect(await ledger(user)).toEqual(["grant 100", ...charged]);
  });

  test("gives up on a provider that stays down, and the user pays nothing", async () => {
    await letPlatformKey(stack, provider, "unavailable");
    const user = await newUser(100);
    const watched = watching();
    await expect(askAs(user, watched.fetch)).rejects.toThrow();
    expect(watched.attempts()).toBe(down);
    await expectBalance(user, 100);
    expect(await allPlatformRequests(stack)).toHaveLength(down);
  });

  if (sdk.hasTimeout)
    test("asks again when it has run out of patience, and the user pays once", async () => {
      await letPlatformKey(stack, provider, "hangs");
      const user = await newUser(100);
      const watched = watching(works);
      await askAs(user, watched.fetch, { timeout: 3000 });
      expect(watched.attempts()).toBe(2);
      await expectBalance(user, 100 - price);
      expect(await ledger(user)).toEqual(["grant 100", ...charged]);
    });

  test("pays nothing for the function's own 5xx, however often it retries", async () => {
    await letPlatformKey(stack, provider, "resets");
    const user = await newUser(100);
    const watched = watching();
    await expect(askAs(user, watched.fetch)).rejects.toThrow();
    expect(watched.attempts()).toBe(refusal);
    await expectBalance(user, 100);
  });

  test("hears with 409 that a request id has been charged, and pays no more", async () => {
    const user = await newUser(100);
    const requestId = crypto.randomUUID();
    await askAs(user, fetch, { requestId });
    await expectBalance(user, 100 - price);
    const watched = watching();
    await expect(askAs(user, watched.fetch, { requestId })).rejects.toThrow();
    expect(watched.attempts()).toBe(conflict);
    expect(await ledger(user)).toEqual(["grant 100", ...charged]);
  });

  test("pays once with a request id when a whole answer is lost on its way, whether it asks again or not", async () => {
    const user = await newUser(100);
    const watched = watching(async (answer) => {
      await answer?.text();
      await expectBalance(user, 100 - price);
      throw new TypeError("fetch failed", { cause: new Error("other side closed") });
    });
    await expect(askAs(user, watched.fetch, { requestId: crypto.randomUUID() })).rejects.toThrow();
    expect(watched.attempts()).toBe(loss);
    expect(await ledger(user)).toEqual(["grant 100", ...charged]);
    expect(await allPlatformRequests(stack)).toHaveLength(1);
  });
});
