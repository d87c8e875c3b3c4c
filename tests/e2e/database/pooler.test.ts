/** The direct way through a transaction pooler, where pgbouncer is installed; says so where it is not. */
import { afterAll, describe, expect, test, vi } from "vitest";
import { direct } from "../../../functions/_shared/database/direct.ts";
import { findPgBouncer, startPgBouncer } from "./pgbouncer.ts";
import { nodeSockets } from "../../harness/database/node-sockets.ts";
import { balance, newUser, stack } from "../../harness/users.ts";
import { describeDatabase } from "./database-contract.ts";

const program = findPgBouncer();

if (program === undefined) {
  test("no transaction pooler is installed", () => {
    console.warn("not tested: the direct way through a transaction pooler (apt-get install pgbouncer)");
  });
} else {
  const pooler = await startPgBouncer(program, stack.functionsDbUrl);
  const database = direct({ url: pooler.url, tls: false, sockets: nodeSockets });
  afterAll(async () => {
    await database.close();
    await pooler.stop();
  });

  describeDatabase("direct() through a transaction pooler", () => database);

  describe("direct() through a transaction pooler", () => {
    test("shares few connections among many calls", async () => {
      const user = await newUser(100);
      const reserved = {
        ...{ userId: user.id, requestId: null, operation: "single_doc_regen", provider: "openai" as const },
        ...{ model: "gpt-5.4-nano", maxInputTokens: 10, maxOutputTokens: 10 },
      } as const;
      const holds = await Promise.all(Array.from({ length: 40 }, () => database.placeHold(reserved)));
      expect(new Set(holds.map(({ id }) => id)).size).toBe(40);
      expect(await balance(user)).toMatchObject({ available: 20, held: 80 });
    });

    test("that is not let in says that the database is unavailable, and the operator what to do", async () => {
      const print = vi.spyOn(console, "error").mockReturnValue();
      const refused = direct({ url: pooler.url.replace(/:[^:@]+@/, ":wrong@"), tls: false, sockets: nodeSockets });
      const readings = [0, 1].map(() => refused.readEnvelope(crypto.randomUUID(), "openai"));
      for (const outcome of await Promise.allSettled(readings))
        expect(outcome).toMatchObject({ status: "rejected", reason: { code: "database_unavailable" } });
      await refused.close();
      expect(print.mock.calls).toEqual([[expect.stringMatching(/^BYOK: .*alter role byok_functions login password/)]]);
      print.mockRestore();
    });
  });
}
