/** The operator's command, as the operator runs it. */
import { randomUUID } from "node:crypto";
import path from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { admin, credits, creditsWith, stack, stateDir } from "./credits-stack.ts";

let user: { id: string; email: string };

beforeEach(async () => {
  user = { id: randomUUID(), email: `${randomUUID()}@example.com` };
  await admin.query("delete from auth.users");
  await admin.query("delete from byok.owners");
  await admin.query("insert into auth.users (id, email) values ($1, $2)", [user.id, user.email]);
});

/** Holds the price of an operation, as a call on credits does. */
async function placeHold(requestId: string): Promise<unknown> {
  const { rows } = await admin.query(
    "select hold_id from byok.place_hold($1, $2, 'kernel_build', 'openai', 'gpt-5.4-nano', 10, 10)",
    [user.id, requestId],
  );
  return rows[0].hold_id;
}

async function available(): Promise<number> {
  const { rows } = await admin.query(
    "select available_microcredits / 1e6 as available from byok.accounts where owner_id = $1",
    [user.id],
  );
  return Number(rows[0]?.available ?? 0);
}

describe("grant", () => {
  test("grants once for a key that is given twice", async () => {
    const first = await credits("grant", user.email, "100", "--key", "invoice-1", "--reason", "welcome");
    expect(first).toEqual({ code: 0, output: `Granted 100 credits. ${user.email} has 100 available.\n` });
    const second = await credits("grant", user.id, "100", "--key", "invoice-1", "--json");
    expect(second.code).toBe(0);
    expect(JSON.parse(second.output)).toEqual({ owner_id: user.id, granted: false, available_credits: 100 });
    expect(await available()).toBe(100);
  });

  test("grants to a team, shows what it has and takes it back", async () => {
    const id = randomUUID();
    const granted = await credits("grant", `team:${id}`, "100", "--key", `invoice of ${id}`);
    expect(granted).toEqual({ code: 0, output: `Granted 100 credits. Team ${id} has 100 available.\n` });
    const { rows } = await admin.query("select user_id from byok.owners where id = $1", [id]);
    expect(rows).toEqual([{ user_id: null }]);
    expect((await credits("show", `team:${id}`)).output).toContain("100 credits available, 0 held");
    const revoked = await credits(
      "revoke",
      `team:${id}`,
      "40",
      "--key",
      `refund of ${id}`,
      "--reason",
      "test",
      "--json",
    );
    expect(JSON.parse(revoked.output)).toEqual({ owner_id: id, revoked_credits: 40, available_credits: 60 });
  });

  test("refuses the id of a user as that of a team, and what is no id", async () => {
    const ofUser = await credits("grant", `team:${user.id}`, "1", "--key", "k");
    expect(ofUser).toMatchObject({ code: 1, output: expect.stringContaining("owners_malformed") });
    expect((await credits("grant", "team:red", "1", "--key", "k")).code).toBe(2);
    expect(await available()).toBe(0);
  });

  test("refuses a key that has granted another amount, or another user's credits", async () => {
    await credits("grant", user.email, "100", "--key", "invoice-1");
    const otherAmount = await credits("grant", user.email, "5", "--key", "invoice-1");
    expect(otherAmount).toMatchObject({ code: 1, output: expect.stringContaining("another amount") });
    await admin.query("insert into auth.users (id, email) values (gen_random_uuid(), 'bob@example.com')");
    const otherUser = await credits("grant", "bob@example.com", "100", "--key", "invoice-1");
    expect(otherUser).toMatchObject({ code: 1, output: expect.stringContaining("another owner") });
    expect(await available()).toBe(100);
  });

  test("refuses a user it does not know, and an address that several have", async () => {
    expect(await credits("grant", "nobody@example.com", "1", "--key", "k")).toEqual({
      code: 1,
      output: "There is no user nobody@example.com.\n",
    });
    await admin.query("insert into auth.users (id, email) values (gen_random_uuid(), $1)", [user.email.toUpperCase()]);
    const ambiguous = await credits("grant", user.email, "1", "--key", "k");
    expect(ambiguous).toMatchObject({ code: 1, output: expect.stringContaining(user.id) });
    expect(await available()).toBe(0);
  });

  test.each(["0", "-5", "0.0000001", "1e3", "1.", ".5", "1000000001", "NaN", "", " 5"])(
    "refuses the amount '%s'",
    async (amount) => {
      expect((await credits("grant", user.email, amount, "--key", "k")).code).toBe(2);
      expect(await available()).toBe(0);
    },
  );
});

describe("show", () => {
  test("prints balance, calls under way and last entries", async () => {
    await credits("grant", user.email, "100", "--key", "invoice-1", "--reason", "welcome");
    await placeHold("request-1");
    await admin.query("select byok.charge_hold($1, $2)", [user.id, await placeHold("request-2")]);
    const { code, output } = await credits("show", user.email);
    expect(code).toBe(0);
    expect(output).toMatch(
      /60 credits available, 20 held\n {2}held 20 for kernel_build until 20.+, request request-1\n/,
    );
    expect(output).toMatch(/grant +100 {2}welcome\n.+charge +20 {2}kernel_build, gpt-5\.4-nano\n/);
  });

  test("prints JSON for machines, and zeros for a user without an account", async () => {
    const { code, output } = await credits("show", user.id, "--json");
    expect(code).toBe(0);
    expect(JSON.parse(output)).toEqual({
      owner_id: user.id,
      available_credits: 0,
      held_credits: 0,
      pending: [],
      entries: [],
    });
  });
});

describe("reconcile", () => {
  beforeEach(async () => {
    await admin.query("select byok.grant_credits($1, 100, null, 'invoice-1')", [user.id]);
    const charge = await placeHold("charged");
    await admin.query("select byok.charge_hold($1, $2)", [user.id, charge]);
    await admin.query("select byok.refund_charge($1, $2, 5000000, 'unused')", [user.id, charge]);
    await admin.query("select byok.void_hold($1, $2, true)", [user.id, await placeHold("voided")]);
    await admin.query("select byok.revoke_credits($1, 10, null, 'chargeback-1')", [user.id]);
    await placeHold("pending");
  });

  test("finds nothing in a ledger that adds up", async () => {
    expect(await credits("reconcile")).toEqual({
      code: 0,
      output: "accounts: 1, entries: 4, differences: 0, grants too many: 0\n",
    });
  });

  test.each([
    [
      "available credits",
      "update byok.accounts set available_microcredits = available_microcredits + 5",
      ["available and held microcredits is 75000005, by the ledger 75000000"],
    ],
    [
      "an account without entries",
      "delete from byok.entries",
      ["available and held microcredits is 75000000, by the ledger 0"],
    ],
    [
      "a grant that was raised",
      "update byok.entries set microcredits = 101000000 where kind = 'grant'",
      ["available and held microcredits is 75000000, by the ledger 76000000"],
    ],
    [
      "a hold that is gone",
      "delete from byok.holds",
      ["available and held microcredits is 55000000, by the ledger 75000000"],
    ],
    [
      "a hold that was never placed",
      "insert into byok.holds (owner_id, operation, provider, model, microcredits) select owner_id, 'x', 'x', 'x', 7 from byok.accounts",
      ["available and held microcredits is 75000007, by the ledger 75000000"],
    ],
    [
      "a refund of more than was charged",
      "update byok.entries set microcredits = 21000000 where kind = 'refund'",
      ["what was refunded of charge \\d+ is 21000000, by the ledger at most 20000000"],
    ],
    [
      "a refund without a charge",
      "delete from byok.entries where kind = 'charge'",
      ["what was refunded of charge \\d+ is 5000000, by the ledger at most 0"],
    ],
    [
      "a hold that was charged and is still there",
      "update byok.holds set id = (select id from byok.entries where kind = 'charge')",
      ["hold \\d+ is under way, by the ledger charged"],
    ],
  ])("finds %s and exits with 1", async (_, tampering, expected) => {
    // Triggers off, as only a superuser can, because the ledger would refuse otherwise.
    await admin.query(`set session_replication_role = replica; ${tampering}; reset session_replication_role`);
    const { code, output } = await credits("reconcile");
    expect(code).toBe(1);
    for (const line of expected) expect(output).toMatch(new RegExp(`^${user.email}: ${line}$`, "m"));
  });

  test("prints differences as JSON for machines", async () => {
    await admin.query("update byok.accounts set available_microcredits = available_microcredits + 5");
    const { code, output } = await credits("reconcile", "--json");
    expect(code).toBe(1);
    const difference = {
      owner_id: user.id,
      who: user.email,
      what: "available and held microcredits",
      recorded: "75000005",
      computed: "75000000",
    };
    expect(JSON.parse(output)).toEqual({ accounts: 1, entries: 4, differences: [difference], excess_grants: [] });
  });

  test("finds what was granted beside what sql/ grants, and how it is taken away", async () => {
    // As the guide to custom schemas has it: https://supabase.com/docs/guides/api/using-custom-schemas
    const guide = `
      grant usage on schema byok to anon, authenticated, service_role;
      grant all on all tables in schema byok to anon, authenticated, service_role;
      grant all on all routines in schema byok to anon, authenticated, service_role;
      grant all on all sequences in schema byok to anon, authenticated, service_role;
      alter default privileges for role postgres in schema byok grant all on tables to anon, authenticated, service_role;
      alter default privileges for role postgres in schema byok grant all on routines to anon, authenticated, service_role;
      alter default privileges for role postgres in schema byok grant all on sequences to anon, authenticated, service_role;
      grant select (envelope) on byok.envelopes to public`;
    await admin.query(guide);
    const found = await credits("reconcile");
    const statements = found.output.split("\n").filter((line) => line.endsWith(";"));
    expect(found.code).toBe(1);
    for (const statement of [
      "revoke usage on schema byok from anon;",
      "revoke execute on function byok.act_for(uuid) from authenticated;",
      "revoke execute on function byok.count_envelopes() from anon;",
      "revoke select on table byok.envelopes from service_role;",
      "revoke select (envelope) on table byok.envelopes from public;",
      "revoke update on sequence byok.entry_ids from anon;",
      "alter default privileges for role postgres in schema byok revoke execute on routines from anon;",
    ])
      expect(statements).toContain(statement);
    // Without what is meant to be.
    expect(statements).not.toContain("revoke select on table byok.accounts from authenticated;");

    await admin.query(statements.join("\n"));
    expect((await credits("reconcile")).output).toMatch(/, grants too many: 0$/m);
  });
});

describe("the command line", () => {
  test.each([
    [["grant", "ada@example.com", "5"]],
    [["grant", "ada@example.com", "--key", "k"]],
    [["show"]],
    [["show", "ada@example.com", "--key", "k"]],
    [["reconcile", "everything"]],
    [["reconcile", "--loudly"]],
    [["reconcile", "--db-url", "no-url"]],
  ])("exits with 2 and the usage for %j", async (args) => {
    const { code, output } = await credits(...args);
    expect(code).toBe(2);
    expect(output).toContain(`Usage: npm run credits -- ${args[0]}`);
  });

  test.each([[[]], [["spend", "ada@example.com"]]])("exits with 2 and the commands for %j", async (args) => {
    const { code, output } = await credits(...args);
    expect(code).toBe(2);
    expect(output).toMatch(/^ {2}credits grant +puts credits into an account/m);
  });

  test.each([
    ["a wrong password", (url: string) => url.replace(":postgres@", ":s3cr3t-word@"), 1],
    ["a host that is unknown", () => "postgresql://postgres:s3cr3t-word@host.invalid/postgres", 1],
    ["a password that breaks the URL", () => "postgresql://postgres:s3cr3t-word/@h@ost:x/postgres", 2],
    ["a server without TLS, where the URL asks for it", (url: string) => `${url}?sslmode=verify-full`, 1],
    ["a database without the schema", (url: string) => url.replace(/\/postgres$/, "/template1"), 1],
  ])("says what is wrong with %s, and no password", async (_, change, expected) => {
    const { code, output } = await creditsWith({ BYOK_OPERATOR_DB_URL: change(stack.dbUrl) }, "reconcile");
    expect(code).toBe(expected);
    expect(output).not.toContain("s3cr3t-word");
    expect(output).not.toMatch(/^ +at /m);
  });

  test("takes --db-url before the environment", async () => {
    const nowhere = "postgresql://postgres:postgres@host.invalid/postgres";
    expect((await creditsWith({ BYOK_OPERATOR_DB_URL: nowhere }, "reconcile", "--db-url", stack.dbUrl)).code).toBe(0);
  });

  test("finds the local stack", async () => {
    expect((await creditsWith({ BYOK_OPERATOR_DB_URL: "" }, "reconcile", "--state", stateDir)).code).toBe(0);
  });

  test("says that no local stack is running", async () => {
    const { code, output } = await creditsWith(
      { BYOK_OPERATOR_DB_URL: "" },
      "reconcile",
      "--state",
      path.join(stateDir, "nowhere"),
    );
    expect(code).toBe(2);
    expect(output).toContain("npm start");
  });
});
