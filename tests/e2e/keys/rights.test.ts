/** An app replaces `may_bring_key` and `may_use_credits`: what users with a lesser plan can do, and what comes back with an upgrade. */
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createByok, readPayment } from "../../../client/index.ts";
import type { ModelList } from "../../../functions/_shared/relay/models.ts";
import { ask, call, refusalOf } from "../../harness/calls.ts";
import { expectOnlyTheKey, fakeKey } from "../../harness/fakes.ts";
import { balance, expectBalance, newByokUser, newUser, save, stack, type User, verify } from "../../harness/users.ts";

const client = new Client({ connectionString: stack.dbUrl });

/** A table of the app's own. Users without a row have every right, so that other tests go on. */
beforeAll(async () => {
  await client.connect();
  await client.query("create table public.test_plans (user_id uuid primary key, keys boolean, credits boolean)");
  await client.query(replacement("may_bring_key", "keys"));
  await client.query(replacement("may_use_credits", "credits"));
});

afterAll(async () => {
  for (const name of ["may_bring_key", "may_use_credits"]) {
    await client.query(
      `create or replace function byok.${name}(p_owner_id uuid) returns boolean language sql stable return true`,
    );
  }
  await client.query("drop table public.test_plans");
  await client.end();
});

function replacement(name: string, column: string): string {
  return `create or replace function byok.${name}(p_owner_id uuid) returns boolean
    language sql stable security definer set search_path = ''
    as $$ select coalesce((select p.${column} from public.test_plans as p where p.user_id = p_owner_id), true) $$`;
}

async function allow({ id }: User, keys: boolean, credits: boolean): Promise<void> {
  await client.query(
    "insert into public.test_plans values ($1, $2, $3) on conflict (user_id) do update set keys = $2, credits = $3",
    [id, keys, credits],
  );
}

const operation = "single_doc_regen";

test("users without the right to bring a key save none, and their page can say so", async () => {
  const user = await newUser();
  const byok = createByok(user.supabase);
  expect(await byok.rights()).toEqual({
    data: { mayBringKey: true, mayUseCredits: true, mayManageKeys: true, isMember: true },
    error: null,
  });
  await allow(user, false, true);
  expect((await byok.rights()).data).toEqual({
    mayBringKey: false,
    mayUseCredits: true,
    mayManageKeys: true,
    isMember: true,
  });
  const apiKey = fakeKey("openai", "works");
  expect(await save(user, "openai", apiKey)).toMatchObject({
    status: 403,
    body: { error: { code: "byok_not_allowed" } },
  });
  expect((await byok.save({ provider: "openai", key: apiKey })).error?.code).toBe("byok_not_allowed");
  expect((await byok.list()).data).toEqual([]);
});

test("a saved key is unused after a downgrade, each answer says why, and it works again after an upgrade", async () => {
  const { user, apiKey } = await newByokUser("openai", { credits: 10 });
  await allow(user, false, true);
  expect((await verify(user, "openai")).body.error.code).toBe("byok_not_allowed");
  const onCredits = await ask(user, "openai", { operation });
  expect(onCredits.status).toBe(200);
  expect(readPayment(onCredits.headers)).toMatchObject({ payer: "platform", credits: 2, unusedKey: "not_allowed" });
  await onCredits.text();
  await expectBalance(user, 8);
  const refused = await ask(user, "openai", {});
  expect(readPayment(refused.headers)).toMatchObject({ errorCode: "operation_required", unusedKey: "not_allowed" });
  const { data: kept } = await createByok(user.supabase).list();
  expect(kept).toMatchObject([{ provider: "openai", hint: apiKey.slice(-4), status: "verified" }]);
  await allow(user, true, true);
  const onKey = await ask(user, "openai", { operation });
  expect(readPayment(onKey.headers)).toMatchObject({ payer: "byok", unusedKey: null });
  await onKey.text();
  await expectOnlyTheKey("openai", { user, apiKey });
  await expectBalance(user, 8);
});

test("credits pay nothing for a user who may not use them, and the refusal says why the own key does not", async () => {
  const { user } = await newByokUser("groq", { credits: 10 });
  await allow(user, false, false);
  const refused = await ask(user, "groq", { operation });
  expect(refused.status).toBe(403);
  expect(readPayment(refused.headers)).toMatchObject({ errorCode: "credits_not_allowed", unusedKey: "not_allowed" });
  await allow(user, true, false);
  const onKey = await ask(user, "groq", { operation });
  expect(readPayment(onKey.headers)).toMatchObject({ payer: "byok" });
  await onKey.text();
  const other = await ask(user, "openai", { operation });
  expect(refusalOf(other)).toBe("credits_not_allowed");
  const listed = (await (await call(user, "v1/models")).json()) as ModelList;
  expect([...new Set(listed.data.map(({ owned_by }) => owned_by))]).toEqual(["groq"]);
  expect(listed.byok.missing).toEqual([]);
  expect(await balance(user)).toEqual({ available: 10, held: 0 });
});
