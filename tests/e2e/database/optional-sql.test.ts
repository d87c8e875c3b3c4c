/** The optional files about the life of keys, on stand-ins for pg_net, pg_cron and Realtime's publication: none of them is in npm. */
import { createHmac, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { Client } from "pg";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { projectDir } from "../../../stack/config.ts";
import { stack } from "../../harness/worker-stack.ts";

const secret = randomBytes(32);
const owner = "00000000-0000-4000-8000-0000000000d0";
let client: Client;

/** Everything happens in one transaction, which is rolled back. */
beforeEach(async () => {
  client = new Client({ connectionString: stack.adminDbUrl });
  await client.connect();
  // All locks or none: a file that changes the tables in another transaction meanwhile is not met halfway.
  await vi.waitUntil(lockTables, { timeout: 20_000 });
  await client.query(`create schema net; create schema cron; grant usage on schema net, cron to postgres;
    create table net.requests (id bigint generated always as identity, url text, body jsonb, headers jsonb);
    create table net._http_response (id bigint, status_code integer);
    create table cron.jobs (name text, schedule text, command text);
    create function net.http_post(url text, body jsonb default '{}', params jsonb default '{}', headers jsonb default '{}', timeout_milliseconds integer default 5000)
      returns bigint language sql as 'insert into net.requests (url, body, headers) values (url, body, headers) returning id';
    create function cron.schedule(text, text, text) returns bigint language sql as 'insert into cron.jobs values ($1, $2, $3) returning 1::bigint';
    grant all on all tables in schema net to postgres; grant all on all tables in schema cron to postgres;
    create publication supabase_realtime; alter publication supabase_realtime owner to postgres;
    grant create on database postgres to postgres;
    set local role postgres;
    insert into auth.users (id, email) values ('${owner}', 'optional@example.com');`);
});

afterEach(async () => {
  await client.query("rollback");
  await client.end();
});

async function lockTables(): Promise<boolean> {
  await client.query("begin");
  try {
    await client.query("lock table byok.owners, byok.credentials, byok.key_events in share row exclusive mode nowait");
    return true;
  } catch {
    await client.query("rollback");
    return false;
  }
}

async function run(name: string): Promise<void> {
  await client.query(readFileSync(path.join(projectDir, "sql/optional", name), "utf8"));
}

async function rowsOf(query: string): Promise<any[]> {
  return (await client.query(query)).rows;
}

/** Saves a key and lets a check say this of it. */
async function saveAndMark(status: string): Promise<void> {
  const envelope = Buffer.concat([Buffer.from("42594b0100000001", "hex"), Buffer.alloc(348)]).toString("base64");
  await client.query(`select byok.save_credential($1, $1, 'openai', 'abcd', 'verified', $2, 1)`, [owner, envelope]);
  await client.query("select byok.mark_credential($1, $1, $2)", [owner, status]);
}

async function withWebhook(url = "https://app.example.com/hook"): Promise<void> {
  await run("key_webhook.sql");
  await client.query("insert into byok.webhooks (url, secret) values ($1, $2)", [
    url,
    `whsec_${secret.toString("base64")}`,
  ]);
}

test("the webhook tells when a key dies, signed as Standard Webhooks says", async () => {
  await withWebhook();
  await run("key_webhook.sql");
  await saveAndMark("rejected");
  const requests = await rowsOf("select url, body, body::text as text, headers from net.requests");
  expect(requests).toHaveLength(1);
  const { url, body, text, headers } = requests[0];
  expect(url).toBe("https://app.example.com/hook");
  expect(body).toMatchObject({
    type: "byok.key.verdict_changed",
    data: { owner_id: owner, provider: "openai", hint: "abcd", status: "rejected", actor: "user" },
  });
  const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${text}`;
  expect(headers["webhook-signature"]).toBe(`v1,${createHmac("sha256", secret).update(signed).digest("base64")}`);
  expect(Math.abs(Number(headers["webhook-timestamp"]) - Date.now() / 1000)).toBeLessThan(60);
  expect(await rowsOf("select name, command from cron.jobs")).toContainEqual({
    name: "byok-retry-webhooks",
    command: "select byok.retry_webhooks()",
  });
});

test("hmac_sha256() agrees with another implementation, also for keys longer than a block", async () => {
  await run("key_webhook.sql");
  for (const length of [0, 1, 32, 64, 65, 131]) {
    const [key, message] = [randomBytes(length), randomBytes(200)];
    const { rows } = await client.query("select byok.hmac_sha256($1, $2) as hmac", [key, message]);
    expect(rows[0].hmac).toEqual(createHmac("sha256", key).update(message).digest());
  }
});

test("what was not taken is sent again, six times at most, and what was taken is forgotten", async () => {
  await withWebhook();
  await saveAndMark("rejected");
  const due = () => client.query("update byok.webhook_deliveries set next_attempt_at = now()");
  const retry = async () => (await rowsOf("select byok.retry_webhooks() as sent"))[0].sent;
  expect(await retry()).toBe(0);
  for (let attempt = 2; attempt <= 6; attempt++) {
    await due();
    await client.query("insert into net._http_response select max(id), 500 from net.requests");
    expect(await retry()).toBe(1);
  }
  expect((await rowsOf("select distinct headers ->> 'webhook-id' as id from net.requests")).length).toBe(1);
  await due();
  expect(await retry()).toBe(0);
  expect(await rowsOf("select from byok.webhook_deliveries")).toEqual([]);
  await client.query("select byok.mark_credential($1, $1, 'no_credit')", [owner]);
  await due();
  await client.query("insert into net._http_response select max(id), 204 from net.requests");
  expect(await retry()).toBe(0);
  expect(await rowsOf("select from byok.webhook_deliveries")).toEqual([]);
});

test("a webhook that cannot be sent keeps nobody from a change, and nothing is left of a deleted user", async () => {
  await withWebhook();
  await saveAndMark("rejected");
  expect(await rowsOf("select from byok.webhook_deliveries")).toHaveLength(1);
  await client.query(
    "reset role; drop function net.http_post(text, jsonb, jsonb, jsonb, integer); set local role postgres",
  );
  await client.query("select byok.mark_credential($1, $1, 'locked')", [owner]);
  expect(await rowsOf(`select status from byok.credentials where owner_id = '${owner}'`)).toEqual([
    { status: "locked" },
  ]);
  await client.query("delete from auth.users where id = $1", [owner]);
  expect(await rowsOf("select from byok.webhook_deliveries")).toEqual([]);
});

test("no role but the operator's reads the webhooks, and every function has an empty search_path", async () => {
  await run("key_webhook.sql");
  for (const role of ["anon", "authenticated", "service_role", "byok_server", "byok_events", "byok_functions"]) {
    for (const table of ["webhooks", "webhook_deliveries"]) {
      const { rows } = await client.query("select has_table_privilege($1, $2, 'select') as may", [
        role,
        `byok.${table}`,
      ]);
      expect([role, table, rows[0].may]).toEqual([role, table, false]);
    }
  }
  expect(
    await rowsOf(`select proname from pg_proc where pronamespace = 'byok'::regnamespace and prosqlbody is null
      and not coalesce(proconfig @> array['search_path=""'], false)`),
  ).toEqual([]);
});

test("an address without https, and a secret that is none, are refused", async () => {
  await run("key_webhook.sql");
  const insert = "insert into byok.webhooks (url, secret) values ($1, $2)";
  await client.query("savepoint before");
  for (const row of [
    ["http://app.example.com", `whsec_${secret.toString("base64")}`],
    ["https://app.example.com", "secret"],
  ]) {
    await expect(client.query(insert, row)).rejects.toMatchObject({ code: "23514" });
    await client.query("rollback to before");
  }
});

test("Realtime is told of events, and of no other table", async () => {
  await run("realtime.sql");
  await run("realtime.sql");
  const query = "select schemaname, tablename from pg_publication_tables where pubname = 'supabase_realtime'";
  expect(await rowsOf(query)).toEqual([{ schemaname: "byok", tablename: "key_events" }]);
});

test("the schedule asks the function recheck with the secrets of the Vault", async () => {
  await run("recheck_schedule.sql");
  const [job] = await rowsOf("select name, schedule, command from cron.jobs where name = 'byok-recheck'");
  expect(job.schedule).toBe("*/10 * * * *");
  await client.query(`reset role; create schema vault; create table vault.decrypted_secrets (name text, decrypted_secret text);
    insert into vault.decrypted_secrets values ('byok_project_url', 'https://p.supabase.co'), ('byok_secret_key', 'sb_secret_x');`);
  await client.query(job.command);
  expect(await rowsOf("select url, body, headers ->> 'apikey' as apikey from net.requests")).toEqual([
    {
      url: "https://p.supabase.co/functions/v1/byok/recheck",
      body: { limit: 20, older_than_hours: 168 },
      apikey: "sb_secret_x",
    },
  ]);
});
