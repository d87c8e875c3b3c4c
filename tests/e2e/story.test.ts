/** The story of a key, for each of the four providers: on credits, with the user's own key, and on credits again. */
import { describe, expect, test } from "vitest";
import { createByok } from "../../client/index.ts";
import { mainProviders } from "../harness/providers/main.ts";
import { ask, type Operation, prices, refusalOf, textOf } from "../harness/calls.ts";
import { behave, fakeKey, expectOnlyTheKey, requestsWith } from "../harness/fakes.ts";
import { balance, expectBalance, ledger, newByokUser, newUser, save, stack, type User } from "../harness/users.ts";

describe.each(mainProviders)("%s", (provider) => {
  async function askAs(user: User, operation: Operation) {
    const response = await ask(user, provider, { operation });
    expect(response.status).toBe(200);
    expect(textOf(provider, await response.json())).toBe("Echo: hello");
    return { funding: response.headers.get("x-byok-funding"), credits: Number(response.headers.get("x-byok-credits")) };
  }

  test(`credits pay ${provider}, then the user's own key does, and after its removal credits again`, async () => {
    const user = await newUser(100);
    const operations = Object.keys(prices) as Operation[];
    for (const operation of operations) {
      expect(await askAs(user, operation)).toEqual({ funding: "platform", credits: prices[operation] });
    }
    await expectBalance(user, 68);

    const apiKey = fakeKey(provider, "works");
    expect((await save(user, provider, apiKey)).body.verdict).toBe("verified");
    const entries = await ledger(user);
    for (const operation of operations) expect(await askAs(user, operation)).toEqual({ funding: "byok", credits: 0 });
    await expectOnlyTheKey(provider, { user, apiKey });
    expect(await balance(user)).toEqual({ available: 68, held: 0 });
    expect(await ledger(user)).toEqual(entries);

    expect(await createByok(user.supabase).remove(provider)).toEqual({ data: { removed: true }, error: null });
    expect(await askAs(user, "kernel_build")).toEqual({ funding: "platform", credits: 20 });
    await expectBalance(user, 48);
    await expect.poll(() => ledger(user)).toEqual([...entries, "charge 20"]);
  });

  test(`a wrong key for ${provider} is refused, and the one that works is kept`, async () => {
    const { user, apiKey } = await newByokUser(provider);
    const { data: before } = await user.supabase.from("credentials").select();
    const refused = await save(user, provider, fakeKey(provider, "rejected"));
    expect(refused.status).toBe(422);
    expect(refused.body.error.code).toBe("api_key_rejected");
    expect((await user.supabase.from("credentials").select()).data).toEqual(before);
    expect(await askAs(user, "kernel_build")).toEqual({ funding: "byok", credits: 0 });
    expect(await requestsWith(stack, provider, apiKey)).toHaveLength(1);
  });

  test(`a new key for ${provider} takes the place of the one before`, async () => {
    const { user, apiKey } = await newByokUser(provider);
    const newKey = fakeKey(provider, "works");
    const saved = await save(user, provider, newKey);
    await askAs(user, "kernel_build");
    expect(await requestsWith(stack, provider, apiKey)).toEqual([]);
    await expectOnlyTheKey(provider, { user, apiKey: newKey });
    const { data } = await user.supabase.from("credentials").select("id, hint");
    expect(data).toEqual([{ id: saved.body.credential.id, hint: newKey.slice(-4) }]);
  });

  test(`a key revoked at ${provider} fails with a reason, and credits do not pay in its place`, async () => {
    const { user, apiKey } = await newByokUser(provider, { credits: 100 });
    await behave(stack, provider, apiKey, "rejected");
    const response = await ask(user, provider, { operation: "kernel_build" });
    expect(response.status).toBe(403);
    expect(refusalOf(response)).toBe("api_key_rejected");
    expect(await balance(user)).toEqual({ available: 100, held: 0 });
    expect(await ledger(user)).toEqual(["grant 100"]);
  });

  test(`credits for ${provider} run out with the price and what is left, and nothing is charged for the refusal`, async () => {
    const user = await newUser(25);
    await askAs(user, "kernel_build");
    const response = await ask(user, provider, { operation: "kernel_build" });
    expect(response.status).toBe(402);
    expect(refusalOf(response)).toBe("insufficient_credits");
    const answer = JSON.stringify(await response.json());
    expect(answer).toContain('"price_credits":20');
    expect(answer).toContain('"available_credits":5');
    expect(await askAs(user, "single_doc_regen")).toEqual({ funding: "platform", credits: 2 });
    await expectBalance(user, 3);
  });

  test(`a key for ${provider} works for a user who never had credits`, async () => {
    const { user } = await newByokUser(provider);
    expect(await askAs(user, "kernel_build")).toEqual({ funding: "byok", credits: 0 });
  });
});

test("a key for one provider leaves the others on credits", async () => {
  const { user } = await newByokUser("openai", { credits: 100 });
  const funding = async (provider: (typeof mainProviders)[number]) => {
    const response = await ask(user, provider, { operation: "single_doc_regen" });
    await response.text();
    return response.headers.get("x-byok-funding");
  };
  expect(await Promise.all(mainProviders.map(funding))).toEqual(["byok", "platform", "platform", "platform"]);
  await expectBalance(user, 94);
});

test("twenty calls at once never spend more credits than there are", async () => {
  const user = await newUser(100);
  const calls = Array.from({ length: 20 }, () => ask(user, "openai", { operation: "doc_generation" }));
  const statuses = await Promise.all(calls.map(async (call) => (await call).status));
  expect(statuses.filter((status) => status === 200)).toHaveLength(10);
  expect(statuses.filter((status) => status === 402)).toHaveLength(10);
  await expectBalance(user, 0);
});
