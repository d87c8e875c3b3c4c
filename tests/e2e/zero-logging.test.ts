/** A call with the user's own key leaves no trace: not a row, not a transaction, not a line. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { providerIds } from "../../functions/_shared/providers/index.ts";
import { ask, textOf, textOfStream } from "./calls.ts";
import { behave, doubleKey } from "./doubles.ts";
import { type OwnStack, startOwnStack } from "./own-stack.ts";
import { expectBalance, newByokUser, newUser, save, type User } from "./users.ts";

let stack: OwnStack;
let superuser: Client;
beforeAll(async () => {
  stack = await startOwnStack();
  superuser = new Client({ connectionString: stack.adminDbUrl });
  await superuser.connect();
  // Nobody but the tests writes from now on.
  await superuser.query("alter system set autovacuum = off");
  await superuser.query("select pg_reload_conf()");
});
afterAll(async () => {
  await superuser.end();
  await stack.stop();
});

/**
 * The id that the next transaction that writes anything will get, in the whole cluster. It stands still only while nobody
 * writes, which is surer than statistics: those come late, and a row that is inserted and deleted again leaves none behind.
 */
async function nextTransactionId(): Promise<string> {
  const { rows } = await superuser.query<{ id: string }>("select pg_snapshot_xmax(pg_current_snapshot())::text as id");
  return rows[0]!.id;
}

/** Every row of the product's tables with the transactions that made and locked it. */
async function allRows(): Promise<unknown> {
  const { rows: tables } = await superuser.query<{ name: string }>(
    "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = 'byok' order by 1",
  );
  const all: unknown[] = [];
  for (const { name } of tables) {
    all.push([name, (await superuser.query(`select ctid, xmin, xmax, t.* from ${name} as t order by ctid`)).rows]);
  }
  return all;
}

async function userWithAllKeys(): Promise<{ user: User; keys: string[] }> {
  const user = await newUser(100, stack);
  const keys: string[] = [];
  for (const provider of providerIds) {
    const apiKey = doubleKey(provider, "works");
    await save(user, provider, apiKey);
    keys.push(apiKey);
  }
  return { user, keys };
}

test("calls with the user's own key write nothing anywhere in the database", async () => {
  const { user } = await userWithAllKeys();
  const failing = await newByokUser("openai", { behaviour: "rate_limited", credits: 100, on: stack });
  const revoked = await newByokUser("openai", { behaviour: "rejected", credits: 100, on: stack });
  const [rows, id] = [await allRows(), await nextTransactionId()];

  for (const provider of providerIds) {
    for (let repetition = 0; repetition < 3; repetition++) {
      const headers = { "idempotency-key": crypto.randomUUID() };
      const answer = await ask(user, provider, { operation: "kernel_build", headers });
      expect(textOf(provider, await answer.json())).toBe("Echo: hello");
      const stream = await ask(user, provider, { operation: "kernel_build", stream: true });
      expect(textOfStream(provider, await stream.text())).toBe("Echo: hello");
    }
  }
  expect((await ask(failing.user, "openai", { operation: "kernel_build" })).status).toBe(429);
  expect((await ask(revoked.user, "openai", { operation: "kernel_build" })).status).toBe(403);

  expect(await nextTransactionId()).toBe(id);
  expect(await allRows()).toEqual(rows);
});

test("a call on credits does write, which the same measure shows", async () => {
  const user = await newUser(100, stack);
  const [rows, id] = [await allRows(), await nextTransactionId()];
  await (await ask(user, "openai", { operation: "single_doc_regen" })).text();
  await expectBalance(user, 98);
  expect(BigInt(await nextTransactionId())).toBeGreaterThan(BigInt(id));
  expect(await allRows()).not.toEqual(rows);
});

test("the functions print nothing, whatever happens", async () => {
  const { user, keys } = await userWithAllKeys();
  for (const behaviour of [
    "works",
    "rejected",
    "rate_limited",
    "unavailable",
    "resets",
    "redirects",
    "garbage",
    "cut",
    "echoes",
  ] as const) {
    for (const [index, provider] of providerIds.entries()) {
      await behave(stack, provider, keys[index]!, behaviour);
      await (await ask(user, provider)).text().catch(() => undefined);
      await (await ask(user, provider, { stream: true })).text().catch(() => undefined);
      await save(user, provider, doubleKey(provider, behaviour));
      await save(user, provider, keys[index]!);
    }
  }
  await (await ask(await newUser(1, stack), "openai", { operation: "kernel_build" })).text();
  expect(stack.printed).toEqual([]);
});

test("neither key nor question nor answer is in any file of the database, its log of changes included", async () => {
  const { user, keys } = await userWithAllKeys();
  const [question, marker] = ["a question like no other", crypto.randomUUID()];
  for (const provider of providerIds) {
    const response = await ask(user, provider, { text: `${question} ${marker}` });
    expect(textOf(provider, await response.json())).toContain(marker);
  }
  await superuser.query("create table public.control (text text)");
  await superuser.query("insert into public.control values ($1)", [`written ${marker.toUpperCase()}`]);
  await superuser.query("checkpoint");
  const holding = (text: string) => filesOf(stack.dataDir).filter((file) => readFileSync(file).includes(text));
  // What was written on purpose is found, so the search works.
  expect(holding(marker.toUpperCase())).not.toEqual([]);
  for (const secret of [marker, ...keys, ...keys.map((key) => btoa(key))]) expect(holding(secret)).toEqual([]);
});

function filesOf(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}
