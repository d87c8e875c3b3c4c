/** Invalid amounts: SQL refuses them with a code, from any caller, and changes nothing. */
import { randomUUID } from "node:crypto";
import type { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { connect, createUsers } from "../harness/sessions.ts";
import { stack } from "../harness/worker-stack.ts";

const { dbUrl, url, secretKey } = stack;
let operator: Client;
let service: Client;
let user: string;

beforeAll(async () => {
  operator = await connect(dbUrl);
  service = await connect(dbUrl, "service_role");
});

afterAll(() => Promise.all([operator.end(), service.end()]));

beforeEach(async () => {
  [user = ""] = await createUsers(operator, 1);
  await service.query("select byok.grant_credits($1, 100, 'test', $2)", [user, randomUUID()]);
});

/** All that billing keeps about the user, and all prices. */
async function everything(): Promise<unknown> {
  const { rows } = await operator.query(
    `select (select jsonb_agg(a) from byok.accounts as a where owner_id = $1) as accounts,
            (select jsonb_agg(e) from byok.entries as e where owner_id = $1) as entries,
            (select jsonb_agg(h) from byok.holds as h where owner_id = $1) as holds,
            (select jsonb_agg(p order by p) from byok.prices as p) as prices`,
    [user],
  );
  return rows;
}

async function refusal(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "accepted",
    (error: { code?: string }) => error.code ?? "no code",
  );
}

describe("grant_credits() in SQL", () => {
  test.each([
    ["0", "PT400"],
    ["-1", "PT400"],
    ["null", "PT400"],
    ["1000000001", "PT400"],
    ["1000000000.000001", "PT400"],
    ["9223372036854775808", "PT400"],
    ["1e400", "PT400"],
    // A part of a microcredit would have to be rounded.
    ["0.0000001", "PT400"],
    ["1.0000005", "PT400"],
    ["'NaN'", "PT400"],
    ["'Infinity'", "PT400"],
    ["'-Infinity'::numeric", "PT400"],
    // Literals that are no exact number find no such function, and a text that spells none finds no such number.
    ["'Infinity'::double precision", "42883"],
    ["1.5::double precision", "42883"],
    ["true", "42883"],
    ["array[1]", "42883"],
    ["'ten'", "22P02"],
    ["''", "22P02"],
    ["'{1}'", "22P02"],
  ])("refuses %s with %s", async (amount, code) => {
    const before = await everything();
    const grant = service.query(`select byok.grant_credits($1, ${amount}, 'test', $2)`, [user, randomUUID()]);
    expect(await refusal(grant)).toBe(code);
    expect(await everything()).toEqual(before);
  });

  test.each([
    ["0.000001", 1],
    ["0.1", 100_000],
    ["'1.5'", 1_500_000],
    ["1e3", 1_000_000_000],
    ["2.50000000", 2_500_000],
    ["999999899.999999", 999_999_899_999_999],
  ])("grants %s credits as %d microcredits, exactly", async (amount, microcredits) => {
    const { rows } = await service.query(
      `select available_credits from byok.grant_credits($1, ${amount}, 'test', $2)`,
      [user, randomUUID()],
    );
    const { rows: accounts } = await operator.query(
      "select available_microcredits, byok.to_credits(available_microcredits) as credits from byok.accounts where owner_id = $1",
      [user],
    );
    expect(accounts[0].available_microcredits).toBe(String(100_000_000 + microcredits));
    expect(rows[0].available_credits).toBe(accounts[0].credits);
  });

  test("refuses what would overflow the account", async () => {
    await operator.query("update byok.accounts set available_microcredits = 9223372036854775807 where owner_id = $1", [
      user,
    ]);
    const before = await everything();
    const grant = service.query("select byok.grant_credits($1, 1, 'test', $2)", [user, randomUUID()]);
    expect(await refusal(grant)).toBe("22003");
    expect(await everything()).toEqual(before);
  });
});

describe("expire_holds() in SQL", () => {
  test.each([
    ...["0", "-1", "null", "(-2147483648)::integer"].map((limit) => [limit, "PT400"]),
    ...["2147483648", "0.5", "1.5", "'NaN'::numeric", "'Infinity'::real", "true"].map((limit) => [limit, "42883"]),
    ...["'1.5'", "'NaN'", "'ten'", "''"].map((limit) => [limit, "22P02"]),
    ["'2147483648'", "22003"],
  ])("refuses %s with %s", async (limit, code) => {
    expect(await refusal(service.query(`select byok.expire_holds(${limit})`))).toBe(code);
  });
});

describe("grant_credits() through the Data API", () => {
  test.each([
    ...["0", "-1", "-0.5", "0.0000001", "1.0000005", "1000000001", "1e10", "1e400", "-1e400"],
    ...["9007199254740993", "9223372036854775807", "9223372036854775808", "NaN", "Infinity", "0x10", "+5", "05"],
    ...['"0.0000001"', '"1e10"', '"NaN"', '"Infinity"', '"ten"', '""', '"9223372036854775808"'],
    ...["null", "true", "[]", "[5, 5]", "{}", '{"credits": 5}', "undefined"],
  ])("refuses %s with a code", async (amount) => {
    const before = await everything();
    const response = await fetch(`${url}/rest/v1/rpc/grant_credits`, {
      method: "POST",
      headers: { apikey: secretKey, "content-type": "application/json", "content-profile": "byok" },
      body: `{"p_owner_id": "${user}", "p_credits": ${amount}, "p_reason": "test", "p_idempotency_key": "${randomUUID()}"}`,
    });
    const answer = (await response.json()) as { code?: string };
    expect([400, 404]).toContain(response.status);
    expect(answer.code).toMatch(/^[A-Z0-9]{5,8}$|^invalid_request$/);
    expect(await everything()).toEqual(before);
  });
});

// A number with a fraction is rounded by Postgres before a column of whole numbers sees it, so only what rounds to nothing is here.
const noBalances = [
  "-1",
  "null",
  "9223372036854775808",
  "1e400",
  "'NaN'",
  "'NaN'::numeric",
  "'Infinity'",
  "'1.5'",
  "'ten'",
];
/** More than 1e9 credits. */
const tooMany_microcredits = "1000000000000001";
const noAmounts = ["0", "0.4", ...noBalances];
const refusedByColumn = /^(23514|23502|22003|22P02|0A000)$/;

describe("prices", () => {
  const columns = ["microcredits_per_call", "max_output_tokens", "max_input_bytes"];
  const cells = columns.flatMap((column) => noAmounts.map((value) => [column, value] as const));
  const change = (column: string, value: string) =>
    operator.query(
      `update byok.prices set ${column} = ${value} where operation = 'kernel_build' and provider = 'groq'`,
    );

  test.each(cells)("the operator cannot set %s to %s", async (column, value) => {
    const before = await everything();
    expect(await refusal(change(column, value))).toMatch(refusedByColumn);
    expect(await everything()).toEqual(before);
  });

  test.each(["1.5", "1.5e0", "'1.5'", "0.9999999999", "999999999.5", "1.5::real", "'Infinity'::numeric"])(
    "the operator cannot set a price of %s, which is not rounded",
    async (price) => {
      const before = await everything();
      expect(await refusal(change("microcredits_per_call", price))).toBe("23514");
      expect(await everything()).toEqual(before);
    },
  );

  test.each([
    ["microcredits_per_call", "1000000000000001"],
    ["max_output_tokens", "1000001"],
    ["max_input_bytes", "26214401"],
  ])("the operator cannot set %s to more than its limit, %s", async (column, value) => {
    expect(await refusal(change(column, value))).toBe("23514");
  });
});

describe("the tables, even when the operator writes into them by hand", () => {
  const statements = {
    "a hold":
      "insert into byok.holds (owner_id, operation, provider, model, microcredits) values ($1, 'by hand', 'by hand', 'by hand', ",
    "an entry":
      "insert into byok.entries (owner_id, kind, idempotency_key, microcredits) values ($1, 'grant', 'by hand', ",
  };
  const cells = Object.entries(statements).flatMap(([what, statement]) =>
    [...noAmounts, tooMany_microcredits].map((value) => [what, value, statement] as const),
  );

  test.each(cells)("refuse %s of %s", async (_, value, statement) => {
    const before = await everything();
    expect(await refusal(operator.query(`${statement}${value})`, [user]))).toMatch(refusedByColumn);
    expect(await everything()).toEqual(before);
  });

  test.each(
    ["available_microcredits", "unpaid_microcredits"].flatMap((column) => noBalances.map((value) => [column, value])),
  )("refuse an account with %s %s", async (column, value) => {
    const before = await everything();
    const update = operator.query(`update byok.accounts set ${column} = ${value} where owner_id = $1`, [user]);
    expect(await refusal(update)).toMatch(refusedByColumn);
    expect(await everything()).toEqual(before);
  });
});
