/** A saved key after it was saved: refusals in calls, checks by the operator and the schedule, pausing, and its history. */
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createByok, readPayment } from "../../../client/index.ts";
import type { ProviderId } from "../../../functions/_shared/providers/index.ts";
import { ask } from "../../harness/calls.ts";
import { behave, requestsWith } from "../../harness/fakes.ts";
import { expectBalance, functionsUrl, newByokUser, newUser, stack, type User } from "../../harness/users.ts";

const operator = new Client({ connectionString: stack.dbUrl });
beforeAll(() => operator.connect());
afterAll(() => operator.end());

/** A function, asked by a backend job with the project's secret key. */
async function asBackend(slug: string, body: object, headers: Record<string, string> = {}) {
  const response = await fetch(`${functionsUrl}/${slug}`, {
    method: "POST",
    headers: { apikey: stack.secretKey, "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as any };
}

/** Events as `kind status actor`, oldest first, as the user reads them. */
async function eventsOf(user: User): Promise<string[]> {
  const { data } = await createByok(user.supabase).keyEvents({ limit: 100 });
  return (data?.events ?? []).map(({ kind, status, actor }) => `${kind} ${status} ${actor}`).reverse();
}

async function attemptsOf(user: User): Promise<number> {
  const { rows } = await operator.query("select times from byok.counters where user_id = $1", [user.id]);
  return Number(rows[0]?.times ?? 0);
}

async function fail(user: User, provider: ProviderId): Promise<void> {
  await (await ask(user, provider, {})).text();
}

test.each(["no_credit", "rejected"] as const)("a call marks a key that is %s, once", async (behaviour) => {
  const { user } = await newByokUser("openai", { behaviour });
  const byok = createByok(user.supabase);
  await fail(user, "openai");
  await expect.poll(async () => (await byok.list()).data?.[0]?.status).toBe(behaviour);
  const { data: marked } = await byok.list();
  await Promise.all([fail(user, "openai"), fail(user, "openai"), fail(user, "openai")]);
  expect((await byok.list()).data).toEqual(marked);
  expect(await eventsOf(user)).toEqual(["saved verified user", `verdict_changed ${behaviour} user`]);
});

test("a paused key is kept and credits pay, and a resumed one pays again", async () => {
  const { user } = await newByokUser("groq", { credits: 10 });
  const byok = createByok(user.supabase);
  expect((await byok.pause("groq")).data).toMatchObject({ provider: "groq", is_paused: true, status: "verified" });
  const onCredits = await ask(user, "groq", { operation: "single_doc_regen" });
  expect(readPayment(onCredits.headers)).toMatchObject({ payer: "platform", credits: 2, unusedKey: "paused" });
  await onCredits.text();
  await expectBalance(user, 8);
  expect((await byok.resume("groq")).data).toMatchObject({ is_paused: false });
  const onKey = await ask(user, "groq", {});
  expect(readPayment(onKey.headers)).toMatchObject({ payer: "byok", unusedKey: null });
  await onKey.text();
  expect((await byok.pause("openai")).error?.code).toBe("credential_not_found");
  expect(await eventsOf(user)).toEqual(["saved verified user", "paused verified user", "resumed verified user"]);
});

test("nobody else reads the history of a key, or pauses it", async () => {
  const [{ user }, stranger] = [await newByokUser("openai"), await newUser()];
  expect(await eventsOf(stranger)).toEqual([]);
  const { data } = await stranger.supabase
    .from("credentials")
    .update({ is_paused: true })
    .eq("owner_id", user.id)
    .select();
  expect(data).toEqual([]);
  expect((await createByok(user.supabase).list()).data).toMatchObject([{ is_paused: false }]);
  const rewritten = await user.supabase.from("key_events").update({ kind: "removed" }).eq("owner_id", user.id);
  expect(rewritten.error?.code).toBe("42501");
});

test("the history comes by pages, by provider, and stays when the key is removed", async () => {
  const { user } = await newByokUser("openai");
  const byok = createByok(user.supabase);
  await byok.remove("openai");
  const { data: first } = await byok.keyEvents({ limit: 1 });
  expect(first?.events).toMatchObject([{ kind: "removed", provider: "openai", actor: "user", actor_id: user.id }]);
  const { data: second } = await byok.keyEvents({ limit: 1, before: first!.next! });
  expect(second).toMatchObject({ events: [{ kind: "saved" }], next: null });
  expect((await byok.keyEvents({ provider: "groq" })).data?.events).toEqual([]);
});

test("a backend job has a user's key checked, which counts for nobody", async () => {
  const { user, apiKey } = await newByokUser("anthropic");
  const attempts = await attemptsOf(user);
  const named = { "x-byok-user": user.id };
  expect(await asBackend("verify", { provider: "anthropic" }, named)).toMatchObject({
    status: 200,
    body: { verdict: "verified" },
  });
  await behave(stack, "anthropic", apiKey, "rejected");
  expect(await asBackend("verify", { provider: "anthropic" }, named)).toMatchObject({
    status: 422,
    body: { error: { verdict: "rejected" } },
  });
  expect(await attemptsOf(user)).toBe(attempts);
  expect(await eventsOf(user)).toEqual(["saved verified user", "verdict_changed rejected operator"]);
  const forged = await asBackend("verify", { provider: "anthropic" }, { ...named, apikey: stack.publishableKey });
  expect(forged).toMatchObject({ status: 401, body: { error: { code: "unauthenticated" } } });
});

test("the schedule checks a key that was not checked for long: it lists models only, and counts for nobody", async () => {
  const { user, apiKey } = await newByokUser("openai");
  await behave(stack, "openai", apiKey, "rejected");
  const attempts = await attemptsOf(user);
  const never = await asBackend("recheck", { older_than_hours: 1 });
  expect(never).toEqual({ status: 200, body: { checked: 0, changed: 0 } });
  await operator.query("update byok.credentials set updated_at = now() - interval '2 days' where owner_id = $1", [
    user.id,
  ]);
  const checked = await asBackend("recheck", { older_than_hours: 24 });
  expect(checked).toEqual({ status: 200, body: { checked: 1, changed: 1 } });
  expect((await createByok(user.supabase).list()).data).toMatchObject([{ status: "rejected" }]);
  expect((await requestsWith(stack, "openai", apiKey)).map(({ method }) => method)).toEqual(["GET"]);
  expect(await attemptsOf(user)).toBe(attempts);
  expect(await eventsOf(user)).toEqual(["saved verified user", "verdict_changed rejected schedule"]);
  expect(await asBackend("recheck", { older_than_hours: 24 })).toMatchObject({ body: { checked: 0 } });
  expect((await asBackend("recheck", {}, { apikey: stack.publishableKey })).status).toBe(401);
});
