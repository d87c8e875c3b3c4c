/** supabase/migrations/ and the types of the database are made from sql/; nothing of them may be out of date. */
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import {
  guardOf,
  integrityOf,
  migrationFromSql,
  nextMigration,
  readFrozen,
  readMigrations,
} from "../../../cli/lib/migrations.ts";
import { grantsFile, grantsOf, schemaFile, seedFile, seedFromSql, typesOf } from "../../../cli/lib/schema.ts";
import { dataApi } from "../../../functions/_shared/database/data-api.ts";
import { direct } from "../../../functions/_shared/database/direct.ts";
import { schemaVersion } from "../../../functions/_shared/database/version.ts";
import { rowsOf as query, schemaOf } from "../../harness/database/catalogue.ts";
import { nodeSockets } from "../../harness/database/node-sockets.ts";
import { stack } from "../../harness/worker-stack.ts";
import { projectDir } from "../../../stack/config.ts";
import { type Stack, startStack } from "../../../stack/stack.ts";

const { dbUrl } = stack;
const sqlFiles = readdirSync(path.join(projectDir, "sql"))
  .filter((name) => name.endsWith(".sql"))
  .sort();
const folder = mkdtempSync(path.join(tmpdir(), "byok-migrations-"));
let fromSql: Stack;

beforeEach(() => void vi.spyOn(console, "error").mockReturnValue());

beforeAll(async () => {
  const supabaseDir = path.join(folder, "supabase");
  mkdirSync(path.join(supabaseDir, "migrations"), { recursive: true });
  const config = readFileSync(path.join(projectDir, "supabase/config.toml"), "utf8");
  writeFileSync(path.join(supabaseDir, "config.toml"), config.replaceAll('"../', `"${projectDir}/`));
  for (const [index, name] of sqlFiles.entries()) {
    const version = String(20260101000000 + index);
    cpSync(path.join(projectDir, "sql", name), path.join(supabaseDir, "migrations", `${version}_${name}`));
  }
  fromSql = await startStack({
    stateDir: path.join(folder, "state"),
    supabaseDir,
    providers: "none",
    log: () => undefined,
  });
});

afterAll(async () => {
  await fromSql?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const migrations = readMigrations();

describe("the migrations", () => {
  test("are never changed after the release that froze them", () => {
    const released = migrations.slice(0, readFrozen().length);
    expect(released.map(({ file, text }) => ({ file, integrity: integrityOf(text) }))).toEqual(
      readFrozen().map(({ file, integrity }) => ({ file, integrity })),
    );
  });

  test.each(migrations)("$id begins with its guard, and raises the version at its end", ({ version, text }) => {
    expect(text).toContain(`\n\n${guardOf(version)}\n`);
    const [head] = text.split("do $$", 1);
    expect(head).toMatch(/^(?:--.*\n|\n)*$/);
    if (version > 1) expect(text.endsWith(nextMigration(version, "").split(guardOf(version))[1]!)).toBe(true);
  });

  test("lead to the version that the functions need", async () => {
    expect(await query(dbUrl, "select byok.schema_version()")).toEqual([[schemaVersion]]);
    expect(schemaVersion).toBe(migrations.length);
  });

  test("replace no function that an app replaces, after the first", () => {
    const replaced = Array.from(
      migrationFromSql().matchAll(/^comment on function byok\.(\w+)\([^)]*\) is\s+'[^']*(?:''[^']*)*\breplaces it\b/gm),
      ([, name]) => name!,
    );
    expect(replaced.sort()).toEqual([
      "may_bring_key",
      "may_use_credits",
      "on_key_event",
      "owners_of",
      "records_last_use",
    ]);
    const change = new RegExp(
      `\\b(?:create|replace|alter|drop)\\s+function\\s[^;]*\\bbyok\\.(?:${replaced.join("|")})\\(`,
      "i",
    );
    expect("create or replace function byok.owners_of(uuid)").toMatch(change);
    expect(migrations.slice(1).filter(({ text }) => change.test(text))).toEqual([]);
  });

  test("applied one after the other give the same schema and the same rows as sql/, file by file", async () => {
    expect(await schemaOf(dbUrl)).toEqual(await schemaOf(fromSql.dbUrl));
  });
});

describe("functions that are newer than the schema", () => {
  const ways = {
    dataApi: () => dataApi(fromSql.url, fromSql.secretKey),
    direct: () => direct({ url: fromSql.functionsDbUrl, tls: false, sockets: nodeSockets }),
  };

  test.each(Object.entries(ways))(
    "%s() says that the schema is outdated, and works again once it is not",
    async (_, open) => {
      const database = open();
      const user = crypto.randomUUID();
      const missing = ["open_call(uuid,text,uuid,jsonb)", "list_envelopes(bigint,uuid,integer)"];
      const hide = (version: number) => [
        `create or replace function byok.schema_version() returns integer language sql stable set search_path = '' as 'select ${version}'`,
        ...missing.map((name) => `alter function byok.${name} rename to hidden_${name.split("(")[0]}`),
      ];
      const show = [
        readFileSync(path.join(projectDir, "sql/95_version.sql"), "utf8").replace(
          "create function",
          "create or replace function",
        ),
        ...missing.map((name) => `alter function byok.hidden_${name} rename to ${name.split("(")[0]}`),
      ];
      const ask = () => [database.openCall(user, "openai"), database.listEnvelopes(1, null, 1)];
      const codes = async () =>
        (await Promise.allSettled(ask())).map((answer) => (answer.status === "rejected" ? answer.reason.code : "done"));
      try {
        await query(fromSql.dbUrl, hide(schemaVersion - 1).join(";"));
        await expect.poll(codes).toEqual(["schema_outdated", "schema_outdated"]);
        await query(fromSql.dbUrl, show.join(";"));
        await expect.poll(codes).toEqual(["unauthenticated", "done"]);
        // On a schema that is not older, something else is wrong.
        await query(fromSql.dbUrl, hide(schemaVersion).join(";"));
        await expect.poll(codes).toEqual(["internal", "internal"]);
      } finally {
        await query(fromSql.dbUrl, show.join(";"));
        if ("close" in database) await (database as ReturnType<typeof direct>).close();
      }
    },
  );
});

test("the seeds are what npm run generate makes of the examples, and change nothing where they have run", async () => {
  const text = readFileSync(seedFile, "utf8");
  expect(text).toBe(seedFromSql());
  const rows =
    "select to_jsonb(p), to_jsonb(o) from byok.prices as p join byok.operations as o on o.name = p.operation";
  const before = await query(dbUrl, rows);
  await query(dbUrl, text);
  expect(await query(dbUrl, rows)).toEqual(before);
});

test("the migrations alone sell nothing: operations and prices are the operator's", async () => {
  expect(await query(fromSql.dbUrl, "select from byok.operations union all select from byok.prices")).toEqual([]);
});

test("the types of the database are what npm run generate makes of it", async () => {
  expect(readFileSync(schemaFile, "utf8")).toBe(await typesOf(dbUrl));
});

test("the intended grants are what npm run generate makes of it", async () => {
  expect(readFileSync(grantsFile, "utf8")).toBe(await grantsOf(dbUrl));
});

test("the Supabase CLI sees no difference either", async () => {
  const difference = await promisify(execFile)(
    path.join(projectDir, "node_modules/.bin/supabase"),
    ["db", "diff", `--from=${fromSql.dbUrl}`, `--to=${dbUrl}`, "--schema=byok"],
    { cwd: folder, env: { ...process.env, PGSSLMODE: "disable", SUPABASE_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" } },
  );
  expect(difference.stdout.trim()).toBe("");
});

test("the migrations apply as a role that is no superuser", async () => {
  const rows = await query(
    dbUrl,
    "select rolsuper, rolcreaterole, rolbypassrls from pg_roles where rolname = current_user",
  );
  expect(rows).toEqual([[false, true, true]]);
});

test("the migrations schedule the sweep where pg_cron is installed", async () => {
  const client = new Client({ connectionString: dbUrl });
  await client.connect();
  try {
    await client.query(`
      begin;
      create schema cron;
      create table cron.scheduled (name text, schedule text, command text);
      create function cron.schedule(text, text, text) returns bigint language sql as
        $$ insert into cron.scheduled values ($1, $2, $3); select 1::bigint $$;
    `);
    await client.query(readFileSync(path.join(projectDir, "sql/91_schedule.sql"), "utf8"));
    const { rows } = await client.query("select * from cron.scheduled");
    expect(rows).toEqual([
      { name: "byok-expire-holds", schedule: "* * * * *", command: "select byok.expire_holds(1000)" },
    ]);
    await client.query(rows[0].command);
  } finally {
    await client.query("rollback");
    await client.end();
  }
});

test("the role of the functions cannot log in until the operator lets it", async () => {
  const client = new Client({ connectionString: dbUrl });
  await client.connect();
  try {
    await client.query("begin");
    await client.query("grant byok_functions to postgres with inherit true");
    await client.query("drop owned by byok_functions; drop role byok_functions");
    await client.query(readFileSync(path.join(projectDir, "sql/80_direct.sql"), "utf8"));
    const { rows } = await client.query("select rolcanlogin from pg_roles where rolname = 'byok_functions'");
    expect(rows).toEqual([{ rolcanlogin: false }]);
    await client.query("alter role byok_functions login password 'of-the-operator'");
  } finally {
    await client.query("rollback");
    await client.end();
  }
});
