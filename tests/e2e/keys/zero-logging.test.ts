/**
 * A call with the user's own key leaves no trace: not a row, not a transaction, not a line, whatever becomes of it. The one exception
 * is a key that the provider refuses, which is marked once.
 *
 * Secrets are the keys of a few users at each provider, and their prompts and completions. The fakes repeat the prompt in the completion, so one
 * sentinel stands for both. `LEAK_CALLS` says how many calls are made.
 */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type MainProvider, mainProviders } from "../../harness/providers/main.ts";
import { ask, call, refusalOf } from "../../harness/calls.ts";
import { type Behaviour, behave, fakeKey } from "../../harness/fakes.ts";
import { type OwnStack, startOwnStack } from "../../harness/own-stack.ts";
import { findSecrets, spellingsOf } from "../../harness/sentinels.ts";
import { expectBalance, newUser, save, type User } from "../../harness/users.ts";

const workers = 4;

/** Acts of the fakes, in turn, that do not refuse the key. One call in five works. */
const behaviours: Behaviour[] = [
  ...["works", "restricted", "rate_limited", "echoes", "redirects", "works", "forbidden", "garbage", "resets", "cut"],
  ...["works", "overloaded", "broken_json", "cookies", "works", "unavailable", "edge_blocked", "restricted"],
  ...["hangs", "stalls", "drips"],
] as Behaviour[];

/** Each provider's answer to each of them, whole and streamed. */
const kindsOfCall = 2 * mainProviders.length * behaviours.length;
const callCount = Math.max(kindsOfCall, Number(process.env.LEAK_CALLS ?? 0));

interface Caller {
  readonly user: User;
  readonly keys: Readonly<Record<MainProvider, string>>;
  readonly prompt: string;
}

let stack: OwnStack;
let superuser: Client;
let callers: Caller[];
const secrets: Record<string, string> = {};

beforeAll(async () => {
  stack = await startOwnStack();
  superuser = new Client({ connectionString: stack.adminDbUrl });
  superuser.on("error", () => undefined);
  await superuser.connect();
  // Nobody but the tests writes from now on, and the log holds all that Postgres can be told to put into it.
  for (const setting of [
    "autovacuum = off",
    "log_statement = 'all'",
    "log_min_duration_statement = 0",
    "log_parameter_max_length = -1",
    "log_parameter_max_length_on_error = -1",
    "log_error_verbosity = verbose",
    "log_connections = on",
  ]) {
    await superuser.query(`alter system set ${setting}`);
  }
  await superuser.query("select pg_reload_conf()");
  callers = await Promise.all(Array.from({ length: workers }, (_, index) => newCaller(index)));
});
afterAll(async () => {
  await superuser.end();
  await stack.stop();
});

/** A user with a key for each provider. The keys hold characters that every encoding writes in another way. */
async function newCaller(index: number): Promise<Caller> {
  const user = await newUser(100, stack);
  const keys = {} as Record<MainProvider, string>;
  for (const provider of mainProviders) {
    keys[provider] = fakeKey(provider, "echoes");
    await behave(stack, provider, keys[provider], "works");
    expect((await save(user, provider, keys[provider])).status).toBe(200);
    secrets[`key ${index} of ${provider}`] = keys[provider];
  }
  const prompt = `Prömpt+/"${crypto.randomUUID()}`;
  secrets[`prompt ${index}`] = prompt;
  return { user, keys, prompt };
}

/** One call, and what came of it: `200`, `403 api_key_rejected`, `200 broken off`, `left`. Fails where an answer shows a secret. */
async function makeCall({ user, keys, prompt }: Caller, number: number): Promise<string> {
  const behaviour = behaviours[Math.floor(number / (2 * mainProviders.length)) % behaviours.length]!;
  const provider = mainProviders[Math.floor(number / 2) % mainProviders.length]!;
  const stream = number % 2 === 1;
  await behave(stack, provider, keys[provider], behaviour);
  const leaving = new AbortController();
  const isEndless = behaviour === "hangs" || (stream && (behaviour === "stalls" || behaviour === "drips"));
  const signal = behaviour === "hangs" ? AbortSignal.timeout(50) : leaving.signal;
  let outcome = "left";
  try {
    const headers = { "idempotency-key": crypto.randomUUID() };
    const response = await ask(user, provider, { text: prompt, stream, operation: "kernel_build", headers, signal });
    outcome = [response.status, refusalOf(response)].filter(Boolean).join(" ");
    const onlyKeys = Object.fromEntries(Object.entries(keys));
    expect(findSecrets(JSON.stringify([...response.headers]), { ...onlyKeys, prompt })).toEqual([]);
    if (isEndless) {
      await response.body!.getReader().read();
      leaving.abort();
      return `${outcome} left`;
    }
    const text = await response.text().catch(() => undefined);
    if (text === undefined) return `${outcome} broken off`;
    // An answer may repeat the prompt, an error may not; none may show a key.
    expect(findSecrets(text, response.ok ? onlyKeys : { ...onlyKeys, prompt })).toEqual([]);
    return outcome;
  } catch (error) {
    if (error instanceof Error && error.name === "AssertionError") throw error;
    return outcome;
  }
}

/** Refusals of our own, for a user whose keys work. */
async function beRefused({ user, prompt }: Caller): Promise<void> {
  const body = JSON.stringify({ model: prompt, messages: [{ role: "user", content: prompt }] });
  const post = { method: "POST", headers: { "content-type": "application/json" }, body };
  const token = `${user.accessToken.slice(0, -8)}AAAAAAAA`;
  for (const response of [
    await call(user, "openai/v1//chat/completions", post),
    await call(user, `openai/v2/${encodeURIComponent(prompt)}`, post),
    await call(user, `nobody/v1/${encodeURIComponent(prompt)}`, post),
    await call({ ...user, accessToken: token }, "openai/v1/chat/completions", post),
    await call(user, "openai/v1/chat/completions", { ...post, method: "PURGE" }),
  ]) {
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(findSecrets((await response.text()) + JSON.stringify([...response.headers]), secrets)).toEqual([]);
  }
}

/** Makes calls until `count` are made; how often each outcome came. */
async function makeCalls(count: number): Promise<Map<string, number>> {
  const outcomes = new Map<string, number>();
  let next = 0;
  await Promise.all(
    callers.map(async (caller) => {
      for (let number = next++; number < count; number = next++) {
        const outcome = await makeCall(caller, number);
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
    }),
  );
  return outcomes;
}

/**
 * The id that the next transaction that writes anything will get, in the whole cluster. It stands still only while nobody
 * writes, which is surer than statistics: a row that is written and deleted again leaves none behind in a dump.
 */
async function nextTransactionId(): Promise<string> {
  const { rows } = await superuser.query<{ id: string }>("select pg_snapshot_xmax(pg_current_snapshot())::text as id");
  return rows[0]!.id;
}

/** Rows written to each table of the cluster's database since it was made, catalogs included. */
async function writtenRows(): Promise<unknown[]> {
  // A backend tells what it has counted when it ends. The Data API's listener, which writes nothing, connects again at once.
  await superuser.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()",
  );
  const alive =
    "select 1 from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid() and query !~* '^(listen .*)?$'";
  await vi.waitUntil(async () => (await superuser.query(alive)).rowCount === 0, { timeout: 20_000 });
  await superuser.query("select pg_stat_force_next_flush()");
  const counters = "n_tup_ins, n_tup_upd, n_tup_del, n_tup_hot_upd, n_tup_newpage_upd";
  const { rows } = await superuser.query(
    `select relid::regclass::text as name, ${counters} from pg_stat_all_tables order by 1`,
  );
  return rows;
}

/** Every row of every table that is not Postgres's own, with the transactions that made and locked it. */
async function dump(): Promise<string> {
  const { rows: tables } = await superuser.query<{ name: string }>(
    "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname !~ '^(pg_|information_schema$)' order by 1",
  );
  const lines: string[] = [];
  for (const { name } of tables) {
    const { rows } = await superuser.query(`select ctid, xmin, xmax, t::text as row from ${name} as t order by ctid`);
    lines.push(name, ...rows.map((row) => JSON.stringify(row)));
  }
  return lines.join("\n");
}

function filesOf(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}

function filesHolding(wanted: Readonly<Record<string, string>>): string[] {
  // Deno's cache holds the functions themselves, which name the beginnings of keys.
  const files = [...filesOf(stack.dataDir), ...filesOf(stack.stateDir)].filter((file) => !file.includes("/deno/"));
  return files.flatMap((file) =>
    findSecrets(readFileSync(file), wanted).map((found) => `${path.basename(file)}: ${found}`),
  );
}

/** Rows written before and after a call of every kind and many refusals. */
async function measure() {
  const [written, rows, id] = [await writtenRows(), await dump(), await nextTransactionId()];
  const outcomes = await makeCalls(callCount);
  await Promise.all(callers.map(beRefused));
  const idAfterwards = await nextTransactionId();
  const isUnchanged = (await dump()) === rows;
  return { outcomes, written, id, idAfterwards, isUnchanged, writtenAfterwards: await writtenRows() };
}

/** Everything that the function `save` answered to keys that a provider does not accept, and to bad requests, with the key in each. */
async function pasteKeys(): Promise<{ answer: string; apiKey: string }[]> {
  const answers: { answer: string; apiKey: string }[] = [];
  for (const behaviour of ["rejected", "resets", "echoes", "garbage", "redirects"] as const) {
    const apiKey = fakeKey("openai", behaviour);
    secrets[`pasted key ${behaviour}`] = apiKey;
    const other = await newUser(0, stack);
    for (const body of [
      { provider: "openai", api_key: apiKey },
      { provider: apiKey, api_key: apiKey },
      { provider: "openai", api_key: { nested: apiKey } },
      { provider: "openai", api_key: `${apiKey}\u0000é` },
    ]) {
      const response = await fetch(`${stack.url}/functions/v1/byok/save`, {
        method: "POST",
        headers: { authorization: `Bearer ${other.accessToken}`, "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      answers.push({ answer: await response.text(), apiKey });
    }
  }
  return answers;
}

let measured: Awaited<ReturnType<typeof measure>>;
let pasted: Awaited<ReturnType<typeof pasteKeys>>;
beforeAll(
  async () => {
    measured = await measure();
    pasted = await pasteKeys();
  },
  60_000 + 100 * callCount,
);

test(`${callCount} calls with the user's own key, well or badly ended, write nothing anywhere in the database`, () => {
  const { outcomes, written, id, idAfterwards, isUnchanged, writtenAfterwards } = measured;
  expect(idAfterwards).toBe(id);
  expect(isUnchanged, "every row is as it was").toBe(true);
  expect(writtenAfterwards).toEqual(written);
  expect([...outcomes.keys()]).toEqual(
    expect.arrayContaining([
      ...["200", "200 broken off", "200 left", "left", "429", "503"],
      ...["403 api_key_rejected", "502 provider_misbehaved", "502 provider_unreachable"],
    ]),
  );
  if (process.env.LEAK_CALLS)
    console.log(
      [...outcomes]
        .sort()
        .map((outcome) => outcome.join(": "))
        .join("\n"),
    );
});

test.each(["rejected", "no_credit"] as const)(
  "calls with a key that is %s mark it once, and write nothing else",
  async (behaviour) => {
    const { user, keys } = callers[0]!;
    await behave(stack, "groq", keys.groq, behaviour);
    const before = (await dump()).split("\n");
    await (await ask(user, "groq", {})).text();
    const status = async () =>
      (await user.supabase.from("credentials").select("status").eq("provider", "groq")).data?.[0]?.status;
    await expect.poll(status).toBe(behaviour);
    const marked = (await dump()).split("\n");
    const isOfTheMark = (line: string) => line.includes(`,groq,`) && line.includes(`,${behaviour},`);
    const added = marked.filter((line) => !before.includes(line));
    // The credential, and the event in its history.
    expect(added.filter(isOfTheMark)).toHaveLength(2);
    expect(added.filter((line) => !isOfTheMark(line))).toEqual([]);
    const id = await nextTransactionId();
    for (let count = 0; count < 5; count++) await (await ask(user, "groq", {})).text();
    expect(await nextTransactionId()).toBe(id);
    expect((await dump()).split("\n")).toEqual(marked);
  },
);

test("a call on credits does write, which the same measures show", async () => {
  const user = await newUser(100, stack);
  const [written, rows, id] = [await writtenRows(), await dump(), await nextTransactionId()];
  await (await ask(user, "openai", { operation: "single_doc_regen" })).text();
  await expectBalance(user, 98);
  expect(BigInt(await nextTransactionId())).toBeGreaterThan(BigInt(id));
  expect(await dump()).not.toBe(rows);
  expect(await writtenRows()).not.toEqual(written);
});

test("keys that a provider does not accept, and bad requests to save, show no key either", async () => {
  for (const { answer, apiKey } of pasted) expect(findSecrets(answer, { apiKey })).toEqual([]);
  expect(await callers[0]!.user.supabase.from("credentials").select()).toMatchObject({ error: null });
});

test("the functions print nothing, whatever happens", () => {
  expect(stack.printed).toEqual([]);
});

test("no key, prompt or completion is in Postgres's log, though it holds every statement with its parameters", () => {
  const log = stack.postgresLog.join("");
  expect(log.split("open_call").length).toBeGreaterThan(callCount);
  expect(log).toContain(callers[0]!.user.id);
  expect(findSecrets(log, secrets)).toEqual([]);
  const tokens = Object.fromEntries(callers.map(({ user }, index) => [`access token ${index}`, user.accessToken]));
  expect(Object.values(tokens).some((token) => log.includes(token))).toBe(false);
});

test("no key, prompt or completion is in a dump, in a file of the database, its log of changes included, or in any other file of the stack", async () => {
  expect(findSecrets(await dump(), secrets)).toEqual([]);
  const marker = `control ${crypto.randomUUID()}`;
  await superuser.query("create table public.control (text text)");
  await superuser.query("insert into public.control values ($1)", [marker]);
  await superuser.query("checkpoint");
  // Text written on purpose is found, in the table and in the log of changes, so the search works.
  expect(filesHolding({ marker }).length).toBeGreaterThanOrEqual(2);
  expect(filesHolding(secrets)).toEqual([]);
});

test("a secret is found in each spelling", () => {
  const secret = callers[0]!.keys.openai;
  for (const before of ["", "a", "ab"]) {
    const basic = Buffer.from(`${before}${secret}:after`).toString("base64");
    expect(findSecrets(basic, { secret }).length).toBeGreaterThan(0);
  }
  for (const spelling of spellingsOf(secret)) expect(findSecrets(`around ${spelling} it`, { secret })).not.toEqual([]);
});
