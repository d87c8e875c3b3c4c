/** Every way in which the functions reach the database, against the one contract. */
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { dataApi } from "../../../functions/_shared/database/data-api.ts";
import { askDirectly, direct } from "../../../functions/_shared/database/direct.ts";
import type { HoldRequest } from "../../../functions/_shared/database/types.ts";
import { lockAccount } from "../../harness/database/account-lock.ts";
import { withConnection } from "../../harness/sessions.ts";
import { describeDatabase } from "./database-contract.ts";
import { type PostgresRelay, startPostgresRelay } from "../../harness/database/postgres-relay.ts";
import { nodeSockets } from "../../harness/database/node-sockets.ts";
import { balance, newUser, stack } from "../../harness/users.ts";

const tls = false;
const directly = direct({ url: stack.functionsDbUrl, tls, sockets: nodeSockets });
afterAll(() => directly.close());

describeDatabase("dataApi()", () => dataApi(stack.url, stack.secretKey));
describeDatabase("direct()", () => directly);

/** A call that credits are to be held for. */
function reserved(userId: string): HoldRequest {
  return {
    ...{ userId, requestId: null, operation: "doc_generation", provider: "openai", model: "gpt-5.4-nano" },
    ...{ maxInputTokens: 10, maxOutputTokens: 10 },
  };
}

/** The discard port of this machine, where nobody listens. */
const nobody = "127.0.0.1:9";
const unavailable = { name: "ByokError", code: "database_unavailable", status: 503 };

describe("dataApi()", () => {
  test("with a key that is not the secret key does nothing", async () => {
    const database = dataApi(stack.url, stack.publishableKey);
    const opening = database.openCall(crypto.randomUUID(), "openai");
    await expect(opening).rejects.toMatchObject({ name: "ByokError", code: "internal" });
  });

  test("that reaches nobody says that the database is unavailable", async () => {
    const reading = dataApi(`http://${nobody}`, stack.secretKey).readEnvelope(crypto.randomUUID(), "openai");
    await expect(reading).rejects.toMatchObject(unavailable);
  });
});

describe("direct()", () => {
  test.each([
    ["reaches nobody", `postgresql://byok_functions:password@${nobody}/postgres`],
    ["is not let in", stack.functionsDbUrl.replace(/:[^:@]+@/, ":wrong@")],
  ])("that %s says that the database is unavailable", async (_, url) => {
    const database = direct({ url, tls, sockets: nodeSockets });
    await expect(database.readEnvelope(crypto.randomUUID(), "openai")).rejects.toMatchObject(unavailable);
    await database.close();
  });

  /** A database by way of a relay, with a connection open. */
  async function connected(patience_ms = 10_000): Promise<{ relay: PostgresRelay; read(): Promise<unknown> }> {
    const relay = await startPostgresRelay(stack.functionsDbUrl);
    const database = direct({ url: relay.url, tls, patience_ms, sockets: nodeSockets });
    onTestFinished(() => database.close());
    const { id } = await newUser();
    const read = () => database.readEnvelope(id, "openai");
    expect(await read()).toBeNull();
    return { relay, read };
  }

  test("asks again on the connection that it has, also after a refusal", async () => {
    const relay = await startPostgresRelay(stack.functionsDbUrl);
    const database = direct({ url: relay.url, tls, sockets: nodeSockets });
    onTestFinished(() => database.close());
    const { id } = await newUser();
    const holding = () => database.placeHold(reserved(id));
    await expect(holding()).rejects.toMatchObject({ code: "insufficient_credits" });
    await expect(database.readEnvelope("no-uuid", "openai")).rejects.toMatchObject({ code: "internal" });
    await expect(holding()).rejects.toMatchObject({ code: "insufficient_credits" });
    expect(relay.accepted()).toBe(1);
  });

  test("opens a few connections, however many calls there are at once", async () => {
    const { relay, read } = await connected();
    expect(await Promise.all(Array.from({ length: 100 }, read))).toEqual(Array(100).fill(null));
    expect(relay.accepted()).toBe(5);
  });

  test("lets nobody wait for another's account that is locked, and carries out what was asked for when it is free", async () => {
    const [busy, free, first, second] = [
      await newUser(100),
      await newUser(100),
      await newUser(100),
      await newUser(100),
    ];
    const holding = ({ id }: { id: string }) => directly.placeHold(reserved(id));
    const [held, alsoHeld] = [await holding(busy), await holding(busy)];
    const lock = await lockAccount(stack.adminDbUrl, busy.id);
    // While this statement is under way, what comes next gathers for one statement.
    const others = [holding(first)];
    let isFree = false;
    const carriedOut = Promise.all([
      holding(busy),
      directly.chargeHold(busy.id, held.id),
      directly.voidHold(busy.id, alsoHeld.id, false),
    ]).finally(() => (isFree = true));
    for (const { microcredits } of await Promise.all([...others, holding(second), holding(free)]))
      expect(microcredits).toBe(10_000_000);
    expect(isFree).toBe(false);
    await lock.awaited();
    await lock.release();
    await carriedOut;
    expect(await balance(busy)).toEqual({ available: 80, held: 10 });
  });

  test("opens a new connection when the one that it had was reset", async () => {
    const { relay, read } = await connected();
    relay.reset();
    await expect.poll(() => read().catch(({ code }) => code), { interval: 10 }).toBeNull();
    expect(relay.accepted()).toBe(2);
  });

  test("opens a new connection when Postgres ended the one that it had", async () => {
    const { relay, read } = await connected();
    await withConnection(stack.adminDbUrl, (superuser) =>
      superuser.query("select pg_terminate_backend(pid, 5000) from pg_stat_activity where client_port = any($1)", [
        relay.ports(),
      ]),
    );
    await expect.poll(() => read().catch(({ code }) => code), { interval: 10 }).toBeNull();
    expect(relay.accepted()).toBe(2);
  });

  test("says that the database is unavailable when a connection is reset before the answer, and asks nothing twice", async () => {
    const { relay, read } = await connected();
    relay.freeze();
    const reading = read();
    await new Promise(setImmediate);
    relay.reset();
    await expect(reading).rejects.toMatchObject(unavailable);
    expect(relay.accepted()).toBe(1);
    expect(await read()).toBeNull();
  });

  test("tells that a statement is on its way, or that it waits for a connection", async () => {
    const relay = await startPostgresRelay(stack.functionsDbUrl);
    const { ask, close } = askDirectly({ url: relay.url, tls, sockets: nodeSockets });
    onTestFinished(close);
    const told = () => {
      const { promise, resolve } = Promise.withResolvers<number>();
      return { promise, tell: () => resolve(relay.accepted()) };
    };
    const [waits, isOnItsWay] = [told(), told()];
    await ask("schema_version", {} as never, waits.tell);
    expect(await waits.promise).toBe(0);
    relay.freeze();
    const asking = ask("schema_version", {} as never, isOnItsWay.tell);
    expect(await isOnItsWay.promise).toBe(1);
    relay.reset();
    expect(await asking).toMatchObject({ failure: { isAway: true } });
  });

  test("waits for an answer no longer than it has patience, and then takes a new connection", async () => {
    const { relay, read } = await connected(200);
    relay.freeze();
    await expect(read()).rejects.toMatchObject(unavailable);
    await expect.poll(() => read().catch(({ code }) => code), { interval: 10 }).toBeNull();
    expect(relay.accepted()).toBe(2);
  });

  test("tells nothing to a server without TLS where TLS is asked for", async () => {
    const relay = await startPostgresRelay(stack.functionsDbUrl);
    const database = direct({ url: relay.url, tls: {}, sockets: nodeSockets });
    await expect(database.readEnvelope(crypto.randomUUID(), "openai")).rejects.toMatchObject(unavailable);
    await database.close();
    expect(relay.accepted()).toBe(1);
    expect(relay.sent()).not.toContain("byok_functions");
  });

  test("names no statement and sets nothing, so that any server connection of a pooler will do", async () => {
    const { relay, read } = await connected();
    await read();
    // https://www.postgresql.org/docs/17/protocol-message-formats.html: Parse is P, a length, and the statement's name.
    const names = [...relay.sent().matchAll(/P\0\0..([^\0]*)\0(?:select|set|begin)/gis)].map(([, name]) => name);
    expect(names).toEqual(["", ""]);
    expect(relay.sent()).not.toMatch(/\b(?:set|begin|listen|prepare|declare)\b/i);
  });
});
