/** The optional trigger that gives new users credits, as an operator installs it. */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { createClient } from "@supabase/supabase-js";
import type { Client } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type OwnStack, startOwnStack } from "../harness/own-stack.ts";
import { stack as shared } from "../harness/worker-stack.ts";
import type { TestStack } from "../harness/stack.ts";
import { connect, createUsers, withConnection } from "../harness/sessions.ts";

const file = path.resolve(import.meta.dirname, "../../sql/optional/signup_grant.sql");
const definition = readFileSync(file, "utf8");
const confirmed = "set email_confirmed_at = now() where id = $1";
let stack: OwnStack;
let operator: Client;

beforeAll(async () => {
  stack = await startOwnStack();
  operator = await connect(stack.dbUrl);
});

afterAll(async () => {
  await operator?.end();
  await stack?.stop();
});

beforeEach(() => operator.query(definition));

/** Signs up through the Auth API, which confirms addresses at once here. */
async function signUp(on: TestStack): Promise<string> {
  const supabase = createClient(on.url, on.publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  const { data, error } = await supabase.auth.signUp({ email: `${randomUUID()}@example.com`, password: randomUUID() });
  if (error || !data.user) throw new Error("A test user could not sign up.");
  return data.user.id;
}

async function grantsOf(user: string, client = operator): Promise<unknown[]> {
  const query =
    "select byok.to_credits(microcredits) as credits, reason, idempotency_key from byok.entries where owner_id = $1 order by id";
  return (await client.query(query, [user])).rows;
}

function grantOf(user: string, credits = "100") {
  return { credits, reason: "signup", idempotency_key: `signup:${user}` };
}

test("without the trigger a new user has no credits", async () => {
  const user = await signUp(shared);
  expect(await withConnection(shared.dbUrl, (client) => grantsOf(user, client))).toEqual([]);
});

test("with the trigger a new user has them", async () => {
  const user = await signUp(stack);
  expect(await grantsOf(user)).toEqual([grantOf(user)]);
  const { rows } = await operator.query("select available_microcredits from byok.accounts where owner_id = $1", [user]);
  expect(rows).toEqual([{ available_microcredits: "100000000" }]);
});

test("the credits come with the confirmation, and once", async () => {
  const [user = ""] = await createUsers(operator, 1);
  expect(await grantsOf(user)).toEqual([]);
  await operator.query(`update auth.users ${confirmed}`, [user]);
  await operator.query("update auth.users set email_confirmed_at = null where id = $1", [user]);
  await operator.query("update auth.users set phone_confirmed_at = now() where id = $1", [user]);
  expect(await grantsOf(user)).toEqual([grantOf(user)]);
});

test("an anonymous user gets them only after becoming a permanent one", async () => {
  const user = randomUUID();
  await operator.query("insert into auth.users (id, is_anonymous, email_confirmed_at) values ($1, true, now())", [
    user,
  ]);
  expect(await grantsOf(user)).toEqual([]);
  await operator.query("update auth.users set is_anonymous = false, email = $2 where id = $1", [
    user,
    `${user}@example.com`,
  ]);
  expect(await grantsOf(user)).toEqual([grantOf(user)]);
});

test("who had confirmed before gets nothing when something about them changes", async () => {
  await operator.query("drop function byok.grant_at_signup() cascade");
  const [user = ""] = await createUsers(operator, 1);
  await operator.query(`update auth.users ${confirmed}`, [user]);
  await operator.query(definition);
  await operator.query("update auth.users set email_confirmed_at = now(), phone_confirmed_at = now() where id = $1", [
    user,
  ]);
  expect(await grantsOf(user)).toEqual([]);
});

test("another amount counts for those who come later, and stops nobody else", async () => {
  const earlier = await signUp(stack);
  await operator.query(definition.replaceAll("grant_at_signup(100)", "grant_at_signup(25)"));
  const later = await signUp(stack);
  expect(await grantsOf(later)).toEqual([grantOf(later, "25")]);
  await operator.query("update auth.users set email_confirmed_at = null where id = $1", [earlier]);
  await operator.query(`update auth.users ${confirmed}`, [earlier]);
  expect(await grantsOf(earlier)).toEqual([grantOf(earlier)]);
});

test("the role of the Auth server fires it with no right of its own", async () => {
  const user = randomUUID();
  await withConnection(stack.adminDbUrl, async (client) => {
    await client.query("set role supabase_auth_admin");
    await client.query("insert into auth.users (id, email_confirmed_at) values ($1, now())", [user]);
    await expect(client.query("select byok.grant_credits($1, 5, null, 'mine')", [user])).rejects.toMatchObject({
      code: "42501",
    });
  });
  expect(await grantsOf(user)).toEqual([grantOf(user)]);
});

test("its function keeps the rules of the schema", async () => {
  const { rows } = await operator.query(
    `select proowner::regrole::text as owner, prosecdef, proconfig, obj_description(oid, 'pg_proc') is not null as comment,
       (select count(*)::int from aclexplode(proacl) where grantee <> proowner) as grants,
       has_schema_privilege('byok_server', 'byok', 'create') as create
     from pg_proc where oid = 'byok.grant_at_signup'::regproc`,
  );
  const kept = {
    owner: "byok_server",
    prosecdef: true,
    proconfig: ['search_path=""'],
    comment: true,
    grants: 0,
    create: false,
  };
  expect(rows).toEqual([kept]);
});
