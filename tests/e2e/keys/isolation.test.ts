/** Two users: what one has the other neither sees nor changes, by REST, by function or by SQL role. */
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { ask, call, refusalOf } from "../../harness/calls.ts";
import { fakeKey, expectOnlyTheKey, requestsWith } from "../../harness/fakes.ts";
import { newTeam } from "../../harness/database/teams.ts";
import {
  type ByokUser,
  balance,
  ledger,
  newByokUser,
  newUser,
  save,
  stack,
  type User,
  verify,
  visitorOf,
} from "../../harness/users.ts";

const ownedTables = ["credentials", "key_events", "accounts", "holds", "entries"] as const;

/** As the role postgres, which passes by row-level security, to see what is there and to become other roles. */
const postgres = new Client({ connectionString: stack.dbUrl });
beforeAll(() => postgres.connect());
afterAll(() => postgres.end());

/** Alice has a key, credits, a charge, a call under way and a ledger; Mallory is signed in and has nothing. Each is the admin of a team. */
let alice: ByokUser;
let mallory: User;
let before: unknown;
beforeAll(async () => {
  alice = await newByokUser("openai", { credits: 100 });
  mallory = await newUser();
  for (const boss of [alice.user, mallory]) await newTeam(boss, [await newUser()]);
  await (await ask(alice.user, "groq", { operation: "single_doc_regen" })).text();
  await vi.waitFor(async () => expect(await ledger(alice.user)).toEqual(["grant 100", "charge 2"]), 20_000);
  // A call under way.
  await postgres.query("select byok.place_hold($1, null, 'single_doc_regen', 'groq', 'openai/gpt-oss-20b', 1, 1)", [
    alice.user.id,
  ]);
  before = await everythingOf(alice.user);
});

async function everythingOf(user: User): Promise<unknown> {
  const rows = ownedTables.map(async (table) => (await user.supabase.from(table).select()).data);
  const { rows: envelopes } = await postgres.query("select * from byok.envelopes where owner_id = $1", [user.id]);
  return [await Promise.all(rows), envelopes];
}

describe("by REST", () => {
  test.each(ownedTables)("another user's %s are not to be seen", async (table) => {
    expect((await mallory.supabase.from(table).select()).data).toEqual([]);
    expect((await mallory.supabase.from(table).select().eq("owner_id", alice.user.id)).data).toEqual([]);
    expect((await alice.user.supabase.from(table).select()).data).not.toEqual([]);
  });

  test("a deletion passes another user's credential by", async () => {
    const { data } = await mallory.supabase.from("credentials").delete().eq("owner_id", alice.user.id).select();
    expect(data).toEqual([]);
    expect(await everythingOf(alice.user)).toEqual(before);
  });

  test("envelopes are seen by nobody, not by their owner and not with the secret key", async () => {
    for (const client of [alice.user.supabase, mallory.supabase, visitorOf(stack)]) {
      const { data, error } = await client.from("envelopes").select();
      expect([data, error?.code]).toEqual([null, "42501"]);
    }
  });

  test.each([
    ["credentials", { status: "verified" }],
    ["envelopes", { kid: 1 }],
    ["accounts", { available_microcredits: 1_000_000 }],
    ["holds", { microcredits: 1 }],
    ["entries", { microcredits: 1 }],
    ["operations", { label: "mine" }],
    ["prices", { model: "gpt-9" }],
    ["counters", { times: 1 }],
    ["key_events", { kind: "saved" }],
    ["owners", { id: "00000000-0000-4000-8000-000000000000" }],
    ["used_seals", { seal: "A" }],
    ["limits", { at_most: 1_000_000 }],
    ["oauth_clients", { client_id: "my-app" }],
    ["required_claims", { name: "mine" }],
  ])("nobody writes into %s, not even rows of their own; of credentials the owner deletes", async (table, row) => {
    const [column] = Object.keys(row);
    for (const { supabase } of [alice.user, mallory]) {
      const untyped = supabase.from(table as "credentials") as any;
      const inserted = await untyped.insert(row);
      const updated = await untyped.update(row).not(column, "is", null);
      expect([inserted.error?.code, updated.error?.code]).toEqual(["42501", "42501"]);
      if (table === "credentials") continue;
      const deleted = await untyped.delete().not(column, "is", null);
      expect(deleted.error?.code).toBe("42501");
    }
    expect(await everythingOf(alice.user)).toEqual(before);
  });

  test("a visitor reads no table", async () => {
    const operators = ["operations", "prices", "limits", "oauth_clients", "required_claims"] as const;
    for (const table of [...ownedTables, "envelopes", "counters", "owners", "used_seals", ...operators] as const) {
      const { data, error } = await visitorOf(stack).from(table).select();
      expect([table, data, error?.code]).toEqual([table, null, "42501"]);
    }
  });

  test("no function of the schema can be called by a user or a visitor, but those that policies ask about a user", async () => {
    const { rows } = await postgres.query<{ name: string; arguments: string[]; types: string[] }>(`
      select p.proname as name, coalesce(p.proargnames[1:p.pronargs], '{}') as arguments,
             array(select format_type(t, null) from unnest(p.proargtypes) as t) as types
      from pg_proc as p where p.pronamespace = 'byok'::regnamespace and p.prorettype <> 'trigger'::regtype
        -- Policies and pages ask these as the user, about the user alone.
        and p.proname not in ('is_client_accepted', 'my_owners', 'read_balance', 'read_rights', 'require_claims')
        -- No JSON of a request becomes a row of a table; tests/sql/authority.sql tries these.
        and not exists (select from unnest(p.proargtypes) as t (id) join pg_type on oid = t.id where typtype = 'c')`);
    expect(rows.length).toBeGreaterThan(8);
    const sample: Record<string, unknown> = {
      uuid: alice.user.id,
      "uuid[]": [alice.user.id],
      text: "openai",
      bigint: 1,
      integer: 1,
      numeric: 1,
      jsonb: [],
      boolean: true,
    };
    const ofPolicies = ["is_client_accepted", "my_owners", "read_balance", "read_rights", "require_claims"];
    const visitor = visitorOf(stack);
    for (const { name, arguments: names, types } of rows) {
      const given = Object.fromEntries(names.map((argument, index) => [argument, sample[types[index]!]]));
      for (const client of [mallory.supabase, alice.user.supabase, visitor]) {
        const { error } = await (client.rpc as any)(name, given);
        const isAllowed = ofPolicies.includes(name) && client !== visitor;
        expect([name, error?.code]).toEqual([name, isAllowed ? undefined : "42501"]);
      }
    }
    expect(await everythingOf(alice.user)).toEqual(before);
  });
});

describe("by function", () => {
  test("a user without a key does not call with another's", async () => {
    const response = await call(mallory, "openai/v1/models", {
      headers: { "x-byok-user": alice.user.id, "x-user-id": alice.user.id },
    });
    expect(response.status).toBe(401);
    expect(refusalOf(await call(mallory, "openai/v1/models"))).toBe("not_offered");
    expect(refusalOf(await ask(mallory, "openai", { operation: "single_doc_regen" }))).toBe("insufficient_credits");
    expect(await requestsWith(stack, "openai", alice.apiKey)).toEqual([]);
  });

  test("a user verifies no key but their own", async () => {
    expect((await verify(mallory, "openai")).body.error.code).toBe("credential_not_found");
    expect(await everythingOf(alice.user)).toEqual(before);
  });

  test("saving, calling and removing a key of one's own leaves another user's as it is", async () => {
    const [user, apiKey] = [await newUser(100), fakeKey("openai", "works")];
    await save(user, "openai", apiKey);
    await ask(user, "openai");
    await expectOnlyTheKey("openai", { user, apiKey });
    await user.supabase.from("credentials").delete().eq("provider", "openai");
    expect((await ask(user, "openai", { operation: "kernel_build" })).headers.get("x-byok-funding")).toBe("platform");
    expect(await everythingOf(alice.user)).toEqual(before);
    expect(await balance(alice.user)).toEqual({ available: 96, held: 2 });
  });

  test("two users calling at once each call with their own key", async () => {
    const owners = await Promise.all([newByokUser("groq"), newByokUser("groq")]);
    await Promise.all(
      owners.flatMap(({ user }) => Array.from({ length: 10 }, () => ask(user, "groq", { text: user.id.slice(0, 8) }))),
    );
    for (const { user, apiKey } of owners) {
      const requests = await requestsWith(stack, "groq", apiKey);
      expect(requests).toHaveLength(10);
      expect(requests.every((request) => request.bodyText.includes(user.id.slice(0, 8)))).toBe(true);
    }
  });
});

describe("an envelope that was moved by somebody with the database's powers", () => {
  async function moveEnvelope(from: ByokUser, to: ByokUser): Promise<void> {
    await postgres.query(
      `update byok.envelopes as mine set envelope = theirs.envelope, kid = theirs.kid
       from byok.envelopes as theirs where mine.owner_id = $1 and theirs.owner_id = $2`,
      [to.user.id, from.user.id],
    );
  }

  test("does not open for another user, and no credits pay in its place", async () => {
    const [victim, thief] = [await newByokUser("openai"), await newByokUser("openai", { credits: 100 })];
    await moveEnvelope(victim, thief);
    const response = await ask(thief.user, "openai", { operation: "single_doc_regen" });
    expect([response.status, refusalOf(response)]).toEqual([500, "envelope_unreadable"]);
    expect((await verify(thief.user, "openai")).body.error.code).toBe("envelope_unreadable");
    expect(await requestsWith(stack, "openai", victim.apiKey)).toEqual([]);
    expect(await balance(thief.user)).toEqual({ available: 100, held: 0 });
  });

  test("does not open for another provider of the same user", async () => {
    const { user, apiKey } = await newByokUser("openai");
    await save(user, "groq", fakeKey("groq", "works"));
    await postgres.query(
      `update byok.envelopes as groq set envelope = openai.envelope, kid = openai.kid
       from byok.envelopes as openai, byok.credentials as c, byok.credentials as d
       where c.id = groq.credential_id and c.provider = 'groq' and c.owner_id = $1
         and d.id = openai.credential_id and d.provider = 'openai' and d.owner_id = $1`,
      [user.id],
    );
    expect(refusalOf(await ask(user, "groq"))).toBe("envelope_unreadable");
    expect(await requestsWith(stack, "groq", apiKey)).toEqual([]);
  });

  test("that is gone is missed, and no credits pay in its place", async () => {
    const { user } = await newByokUser("openai", { credits: 100 });
    await postgres.query("delete from byok.envelopes where owner_id = $1", [user.id]);
    expect(refusalOf(await ask(user, "openai", { operation: "single_doc_regen" }))).toBe("envelope_unreadable");
    expect(await balance(user)).toEqual({ available: 100, held: 0 });
  });
});

describe("by SQL role", () => {
  /** Runs one statement as a role with some claims, and undoes it. */
  async function as(role: string, claims: object | null, statement: string, values: unknown[] = []) {
    await postgres.query("begin");
    try {
      await postgres.query(`set local role ${role}`);
      await postgres.query("select set_config('request.jwt.claims', $1, true)", [claims ? JSON.stringify(claims) : ""]);
      return { rows: (await postgres.query(statement, values)).rows, code: null };
    } catch (error) {
      return { rows: null, code: (error as { code: string }).code };
    } finally {
      await postgres.query("rollback");
    }
  }

  const claimsOf = (user: User) => ({ sub: user.id, role: "authenticated" });
  /** As act_for writes them. */
  const actingFor = (user: User) => ({ sub: user.id, role: "byok_server" });
  const tables = [...ownedTables.filter((table) => table !== "key_events"), "envelopes"];

  test.each(ownedTables)("authenticated sees the %s of its claims and no others", async (table) => {
    const { rows } = await as("authenticated", claimsOf(alice.user), `select distinct owner_id from byok.${table}`);
    expect(rows).toEqual([{ owner_id: alice.user.id }]);
    expect((await as("authenticated", claimsOf(mallory), `select * from byok.${table}`)).rows).toEqual([]);
    expect((await as("authenticated", null, `select * from byok.${table}`)).rows).toEqual([]);
  });

  test("byok_server, which the functions run as, sees the rows of the user it acts for and no others", async () => {
    for (const table of tables) {
      const statement = `select distinct owner_id from byok.${table}`;
      expect((await as("byok_server", actingFor(alice.user), statement)).rows).toEqual([{ owner_id: alice.user.id }]);
      expect((await as("byok_server", actingFor(mallory), statement)).rows).toEqual([]);
      expect((await as("byok_server", claimsOf(alice.user), statement)).rows).toEqual([]);
      expect((await as("byok_server", null, statement)).rows).toEqual([]);
    }
  });

  test("byok_server writes no row for a user it does not act for", async () => {
    const claims = actingFor(mallory);
    const values = [alice.user.id];
    const insert = "insert into byok.accounts (owner_id) values ($1) on conflict do nothing";
    expect((await as("byok_server", claims, insert, values)).code).toBe("42501");
    const update =
      "update byok.accounts set available_microcredits = available_microcredits + 1 where owner_id = $1 returning *";
    expect((await as("byok_server", claims, update, values)).rows).toEqual([]);
  });

  test("anon and authenticated have no way to an envelope, and service_role none but the functions", async () => {
    for (const role of ["anon", "authenticated", "service_role"]) {
      expect([role, (await as(role, claimsOf(alice.user), "select * from byok.envelopes")).code]).toEqual([
        role,
        "42501",
      ]);
    }
  });

  test("a function acts for the user it is given, and gives the caller's claims back", async () => {
    const values = [alice.user.id];
    const claims = { sub: mallory.id, role: "service_role" };
    const opened = await as("service_role", claims, "select payer from byok.open_call($1, 'openai')", values);
    expect(opened.rows).toEqual([{ payer: "byok" }]);
    const after = await as(
      "service_role",
      claims,
      "select current_setting('request.jwt.claims')::jsonb ->> 'sub' as sub from byok.read_envelope($1, 'openai')",
      values,
    );
    expect(after.rows).toEqual([{ sub: mallory.id }]);
  });
});
