/** A metered price: the most that a call can cost is charged when its answer begins, and what it did not use comes back. */
import { Client } from "pg";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { ask, platformModels } from "../../harness/calls.ts";
import type { ProviderId } from "../../harness/fakes.ts";
import { balance, newUser, stack, type User } from "../../harness/users.ts";

/** In microcredits for 1000 tokens. */
const rates = { input: 1_500_000, cached: 150_000, cacheWrite: 1_875_000, output: 7_000_001 };
/** Of this file alone. */
const operation = `metered_${crypto.randomUUID().replaceAll("-", "")}`;

const postgres = new Client({ connectionString: stack.dbUrl });
beforeAll(async () => {
  await postgres.connect();
  await postgres.query("insert into byok.operations values ($1, 'Metered', 'Paid by the token.')", [operation]);
  for (const [provider, model] of Object.entries(platformModels)) {
    await postgres.query("insert into byok.prices values ($1, $2, $3, null, $4, $5, $6, $7, 1000, 10000)", [
      ...[operation, provider, model],
      ...[rates.input, rates.cached, rates.cacheWrite, rates.output],
    ]);
  }
  // The functions look for an operation that they do not know once a second.
  const visitor = await newUser();
  await vi.waitFor(async () => expect((await ask(visitor, "openai", { operation })).status).toBe(402), 10_000);
});
afterAll(async () => {
  await postgres.query("delete from byok.operations where name = $1", [operation]);
  await postgres.end();
});

/** The charge and the refund of the user's only call, once both are there. */
async function chargeAndRefund(user: User) {
  return await vi.waitFor(async () => {
    const { data } = await user.supabase.from("entries").select().neq("kind", "grant").order("id");
    expect(data?.map(({ kind }) => kind)).toEqual(["charge", "refund"]);
    return { charge: data![0]!, refund: data![1]! };
  });
}

const calls = (Object.keys(platformModels) as ProviderId[]).flatMap((provider) => [
  { provider, stream: false },
  { provider, stream: true },
]);

test.each(calls)("a call to $provider (streamed: $stream) costs what its tokens cost", async ({ provider, stream }) => {
  const user = await newUser(1000);
  const answer = await ask(user, provider, { operation, stream });
  expect(answer.status).toBe(200);
  await answer.text();

  const { charge, refund } = await chargeAndRefund(user);
  const { input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, reason } = refund;
  expect(reason).toBe("unused");
  expect([input_tokens, cached_input_tokens, cache_write_tokens, output_tokens]).toEqual([2, 0, 0, 3]);
  const cost_microcredits = Math.ceil((2 * rates.input + 3 * rates.output) / 1000);
  expect(charge.microcredits - refund.microcredits).toBe(cost_microcredits);
  // The output alone may be 1000 tokens by the price, or the 100 that a request to Anthropic asks for.
  const maxOutput_tokens = provider === "anthropic" ? 100 : 1000;
  expect(charge.microcredits).toBeGreaterThan((maxOutput_tokens * rates.output) / 1000);
  const available = 1000 - cost_microcredits / 1_000_000;
  await expect.poll(() => balance(user)).toMatchObject({ available, held: 0 });
});

test("a metered call whose most could cost more than there is is refused, and nothing is held", async () => {
  const user = await newUser(1);
  const answer = await ask(user, "openai", { operation });
  expect(answer.status).toBe(402);
  expect(await balance(user)).toMatchObject({ available: 1, held: 0 });
});
