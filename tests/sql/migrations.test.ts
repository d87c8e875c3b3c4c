/** supabase/migrations/ and the types of the database are made from sql/; nothing of them may be out of date. */
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  grantsFile,
  grantsOf,
  migrationFile,
  migrationFromSql,
  schemaFile,
  seedFile,
  seedFromSql,
  typesOf,
} from "../../cli/lib/schema.ts";
import { stack } from "../harness/worker-stack.ts";
import { type Stack, startStack } from "../../stack/stack.ts";

const { dbUrl } = stack;
const projectDir = path.resolve(import.meta.dirname, "../..");
const sqlFiles = readdirSync(path.join(projectDir, "sql"))
  .filter((name) => name.endsWith(".sql"))
  .sort();
const folder = mkdtempSync(path.join(tmpdir(), "byok-migrations-"));
let fromSql: Stack;

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

test("the migration is what npm run generate makes of sql/", () => {
  expect(readFileSync(migrationFile, "utf8")).toBe(migrationFromSql());
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

test("sql/ file by file and the migrations give the same schema and the same rows", async () => {
  expect(await catalogOf(fromSql.dbUrl)).toEqual(await catalogOf(dbUrl));
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

test("what docs/deploy.md says removes the schema and the roles", async () => {
  const page = readFileSync(path.join(projectDir, "docs/deploy.md"), "utf8");
  const [, statements] = /`(drop schema byok cascade; drop role [\w, ]+;)`/.exec(page)!;
  const client = new Client({ connectionString: fromSql.dbUrl });
  await client.connect();
  try {
    await client.query(`begin; ${statements}`);
    const { rows } = await client.query("select rolname from pg_roles where rolname like 'byok%'");
    expect(rows).toEqual([]);
  } finally {
    await client.query("rollback");
    await client.end();
  }
});

/** Everything about schema byok that the catalog knows, and its rows. */
async function catalogOf(url: string): Promise<unknown> {
  const queries = {
    columns: `select relname, relkind, relrowsecurity, relforcerowsecurity, relacl::text, relowner::regrole, attname,
        format_type(atttypid, atttypmod), attnotnull, attidentity, pg_get_expr(adbin, adrelid), col_description(attrelid, attnum),
        obj_description(attrelid, 'pg_class')
      from pg_class join pg_attribute on attrelid = pg_class.oid and attnum > 0
      left join pg_attrdef on adrelid = attrelid and adnum = attnum
      where relnamespace = 'byok'::regnamespace order by relname, attnum`,
    constraints: `select conrelid::regclass, conname, pg_get_constraintdef(oid) from pg_constraint where connamespace = 'byok'::regnamespace order by 1, 2`,
    functions: `select pg_get_functiondef(oid), proowner::regrole, proacl::text, obj_description(oid, 'pg_proc')
      from pg_proc where pronamespace = 'byok'::regnamespace order by 1`,
    policies: `select polrelid::regclass, polname, polcmd, polroles::regrole[]::text, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid), obj_description(pg_policy.oid)
      from pg_policy join pg_class on pg_class.oid = polrelid where relnamespace = 'byok'::regnamespace order by 1, 2`,
    triggers: `select pg_get_triggerdef(pg_trigger.oid) from pg_trigger join pg_class on pg_class.oid = tgrelid
      where relnamespace = 'byok'::regnamespace and not tgisinternal order by 1`,
    roles: `select rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, rolconfig, shobj_description(oid, 'pg_authid')
      from pg_roles where rolname like 'byok%' order by 1`,
    schema: `select nspacl::text, obj_description(oid, 'pg_namespace') from pg_namespace where nspname = 'byok'`,
    limits: "select * from byok.limits order by name",
  };
  const results = await Promise.all(
    Object.entries(queries).map(async ([name, text]) => [name, await query(url, text)] as const),
  );
  for (const [name, rows] of results) expect(rows.length, name).toBeGreaterThan(0);
  return Object.fromEntries(results);
}

async function query(url: string, text: string): Promise<unknown[][]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query({ text, rowMode: "array" })).rows;
  } finally {
    await client.end();
  }
}
