import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type DatabaseFailure, rpcOver } from "../../../functions/_shared/database/failures.ts";
import type { Way } from "../../../functions/_shared/database/notices.ts";
import { schemaVersion } from "../../../functions/_shared/database/version.ts";

const printed: string[] = [];
beforeEach(() => void vi.spyOn(console, "error").mockImplementation((line) => void printed.push(line)));
afterEach(() => void printed.splice(0));

/** A way to the database that fails as it is told, one after the other, and then answers. */
function failing(failures: readonly DatabaseFailure[], way: Way = "data-api") {
  let asked = 0;
  const rpc = rpcOver(async () => {
    const failure = failures[asked++];
    return failure ? { failure } : { rows: ["done"] as never };
  }, way);
  return { rpc, asked: () => asked };
}

const user = { p_owner_id: "ada", p_hold_id: 1, p_was_asked: false };
const call = { p_user_id: "ada", p_provider: "openai" };
const deadlock = { code: "40P01", message: "deadlock detected" };
/** As PostgREST 14 answers on a connection that broke. */
const brokenConnection = { code: "", message: "", details: null };
const unavailable = { code: "database_unavailable" };

describe("rpcOver()", () => {
  test.each(["40P01", "40001"])(
    "asks again what Postgres rolled back with %s, and no more than twice",
    async (code) => {
      const twice = failing([{ code }, { code }]);
      await expect(twice.rpc("open_call", call)).resolves.toEqual(["done"]);
      const always = failing(Array(9).fill({ code }));
      await expect(always.rpc("open_call", call)).rejects.toMatchObject(unavailable);
      expect(always.asked()).toBe(3);
    },
  );

  test("asks again on a broken connection what changes nothing the second time, once for each of the pool and no more", async () => {
    const all = failing(Array(10).fill(brokenConnection));
    await expect(all.rpc("charge_hold", user)).resolves.toEqual(["done"]);
    const more = failing(Array(20).fill(brokenConnection));
    await expect(more.rpc("void_hold", user)).rejects.toMatchObject(unavailable);
    expect(more.asked()).toBe(11);
  });

  test("asks once on a broken connection what may have been carried out", async () => {
    for (const [name, parameters] of [
      ["open_call", call],
      ["count_attempt", { p_user_id: "ada" }],
    ] as const) {
      const once = failing([brokenConnection]);
      await expect(once.rpc(name, parameters)).rejects.toMatchObject(unavailable);
      expect(once.asked()).toBe(1);
    }
  });

  test.each<[string, DatabaseFailure]>([
    ["away", { isAway: true }],
    ["away, whatever the code", { code: "40P01", isAway: true }],
    ["restarting", { code: "57P01" }],
    ["refusing", { code: "PT402", message: "insufficient_credits" }],
    ["failing", { code: "XX001" }],
  ])("asks once when the database is %s", async (_, failure) => {
    const once = failing([failure]);
    await expect(once.rpc("charge_hold", user)).rejects.toThrow();
    expect(once.asked()).toBe(1);
  });
});

describe("rpcOver() where a function is missing", () => {
  /** Codes of the refusals, and the functions asked for, if the schema answers about its version as this says. */
  async function outcomeOf(code: string, version: number | DatabaseFailure) {
    const asked: string[] = [];
    const rpc = rpcOver(async (name) => {
      asked.push(name);
      if (name !== "schema_version") return { failure: { code } };
      return typeof version === "number" ? { rows: [version] as never } : { failure: version };
    }, "direct");
    const refusal = await rpc("open_call", call).catch((error: { code: string }) => error.code);
    return { refusal, asked };
  }
  const both = ["open_call", "schema_version"];

  test.each(["42883", "3F000", "PGRST202"])(
    "asks the schema for its version after %s, and says if it is outdated",
    async (code) => {
      expect(await outcomeOf(code, schemaVersion - 1)).toEqual({ refusal: "schema_outdated", asked: both });
      expect(await outcomeOf(code, { code })).toEqual({ refusal: "schema_outdated", asked: both });
    },
  );

  test("blames no schema that is as new as the functions, or newer", async () => {
    for (const version of [schemaVersion, schemaVersion + 1]) {
      expect(await outcomeOf("42883", version)).toEqual({ refusal: "internal", asked: both });
    }
  });

  test("blames no schema while the database is away", async () => {
    expect((await outcomeOf("42883", { isAway: true })).refusal).toBe("internal");
    expect((await outcomeOf("42883", { code: "42883", isAway: true })).refusal).toBe("internal");
  });

  test("asks for no version after any other failure", async () => {
    for (const code of ["PGRST106", "42703", "XX000", "57P01"]) {
      expect((await outcomeOf(code, schemaVersion - 1)).asked).toEqual(["open_call"]);
    }
  });
});

describe("the operator", () => {
  /** Lines printed when a way to the database fails so. */
  async function noticesOf(way: Way, ...failures: DatabaseFailure[]): Promise<string[]> {
    const { rpc } = failing(failures, way);
    for (const _ of failures) await rpc("open_call", call).catch(() => undefined);
    return printed;
  }

  test.each<[Way, string, DatabaseFailure, RegExp]>([
    [
      "data-api",
      "a schema that is exposed before it exists",
      { code: "PGRST002", isAway: true },
      /migrations.*PGRST002/,
    ],
    ["data-api", "a schema that is not exposed", { code: "PGRST106" }, /exposed schemas.*PGRST106/],
    ["data-api", "migrations that are not applied", { code: "PGRST202" }, /migrations.*PGRST202/],
    ["data-api", "a Data API that does not answer", { isAway: true }, /Data API .* does not answer/],
    ["data-api", "a Data API with broken connections", brokenConnection, /Data API .* does not answer/],
    [
      "direct",
      "a role without a password",
      { code: "28P01", isAway: true },
      /restore.*alter role byok_functions.*28P01/,
    ],
    ["direct", "a pooler that does not know the role", { code: "XX000", isAway: true }, /alter role byok_functions/],
    ["direct", "an address where nobody is", { code: "ECONNREFUSED", isAway: true }, /BYOK_DATABASE_URL.*ECONNREFUSED/],
    ["direct", "migrations that are not applied", { code: "3F000" }, /migrations.*3F000/],
  ])("by way of the %s reads what to do about %s, once", async (way, _, failure, says) => {
    expect(await noticesOf(way, failure, failure, failure)).toEqual([expect.stringMatching(says)]);
  });

  test("reads nothing about what concerns a call", async () => {
    const refusal = { code: "PT402", message: "insufficient_credits", details: '{"price_credits": 10}' };
    expect(await noticesOf("direct", refusal, { code: "23503" }, { code: "22P02" }, {})).toEqual([]);
  });

  test("reads of a failure nothing but its code", async () => {
    const failure = { code: "08006 s3cret", message: "s3cret of ada", details: "s3cret", isAway: true };
    const lines = await noticesOf("direct", failure, { ...failure, code: "28P01" });
    expect(lines).toHaveLength(2);
    expect(lines.join("\n")).not.toMatch(/s3cret|ada\b/);
  });

  test("reads nothing while a statement that was asked again is carried out", async () => {
    const { rpc } = failing([deadlock, brokenConnection]);
    await rpc("charge_hold", user);
    expect(printed).toEqual([]);
  });
});
