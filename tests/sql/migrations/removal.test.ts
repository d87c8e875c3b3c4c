/** The SQL that takes the schema out, on a project that has an app's own tables and everything that the product may add. */
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readMigrations } from "../../../cli/lib/migrations.ts";
import { defaultSupabaseDir, projectDir } from "../../../stack/config.ts";
import { allowLogin } from "../../../stack/postgres/logins.ts";
import { migrate } from "../../../stack/postgres/migrate.ts";
import { type BareDatabase, type BareProject, startBareProject } from "../../harness/database/bare-project.ts";
import { databaseOf, rowsOf } from "../../harness/database/catalogue.ts";

const read = (file: string) => readFileSync(path.join(projectDir, file), "utf8");
const removal = globSync("sql/remove/*.sql", { cwd: projectDir }).sort().map(read).join("\n");

/** Stand-ins for extensions that npm does not have: pg_cron, pg_net, Supabase Vault, and Realtime's publication. */
const extensions = `
  create schema cron; create schema net; create schema vault; create publication supabase_realtime;
  alter publication supabase_realtime owner to postgres;
  create table cron.job (jobid bigint generated always as identity, jobname text unique, schedule text, command text);
  create function cron.schedule(text, text, text) returns bigint language sql as
    'insert into cron.job (jobname, schedule, command) values ($1, $2, $3) returning jobid';
  create function cron.unschedule(text) returns boolean language plpgsql as
    'begin delete from cron.job where jobname = $1; if not found then raise ''no such job''; end if; return true; end';
  create function net.http_post(url text, body jsonb default '{}', params jsonb default '{}', headers jsonb default '{}', timeout_milliseconds integer default 5000)
    returns bigint language sql as 'select 1::bigint';
  create table net._http_response (id bigint, status_code integer);
  create table vault.secrets (name text, secret text);
  insert into cron.job (jobname) values ('the app''s');
  insert into vault.secrets values ('byok of the app', 'x');
  grant usage on schema cron, net, vault to postgres;
  grant all on all tables in schema cron, net, vault to postgres;`;
const ofExtensions = {
  jobs: "select jobname from cron.job order by 1",
  secrets: "select name from vault.secrets order by 1",
};

const catalogueOf = (connection: Client | string) => databaseOf(connection, ofExtensions);

/** The app's own, before the product comes: teams, as docs/teams.md has them. */
const appTables = `
  create table public.teams (id uuid primary key, name text);
  create table public.members (team_id uuid references public.teams on delete cascade, user_id uuid references auth.users on delete cascade);
  alter table public.members enable row level security;
  create policy "Members see themselves" on public.members for select to authenticated using (user_id = (select auth.uid()));`;

/** The ties that the app makes with the product, and the secrets that an operator keeps for its schedule. */
const ties = `
  create policy "The server sees members" on public.members for select to byok_server using (true);
  grant select on public.members to byok_server;
  create or replace function byok.owners_of(p_user_id uuid) returns table (owner_id uuid, kind text, role text) language sql stable begin atomic
    select p_user_id, 'user', 'admin' union all select team_id, 'team', 'member' from public.members where user_id = p_user_id;
  end;
  create trigger forget_team after delete on public.teams for each row execute function byok.forget_deleted_team();
  insert into vault.secrets values ('byok_project_url', 'x'), ('byok_secret_key', 'x');
  insert into auth.users (id, email, email_confirmed_at) values ('00000000-0000-4000-8000-0000000000a1', 'ada@example.com', now());
  select byok.grant_credits('00000000-0000-4000-8000-0000000000a1', 5, 'more', 'more-1');`;

async function install({ url }: BareDatabase): Promise<void> {
  await migrate(url, path.join(defaultSupabaseDir, "migrations"));
  const optional = globSync("sql/{examples,optional}/*.sql", { cwd: projectDir });
  for (const file of optional) await rowsOf(url, read(file));
  await allowLogin(url, { role: "byok_functions", password: "of-the-functions" });
  await rowsOf(url, ties);
}

describe.each([17, 15] as const)("on Postgres %i the removal", (release) => {
  let project: BareProject;
  let before: Record<string, unknown[][]>;
  let client: Client;
  const empty = mkdtempSync(path.join(tmpdir(), "byok-no-migrations-"));

  beforeAll(async () => {
    project = await startBareProject(release);
    const database = await project.createDatabase();
    await rowsOf(database.adminUrl, extensions);
    await migrate(database.url, empty);
    await rowsOf(database.url, appTables);
    before = await catalogueOf(database.adminUrl);
    await install(database);
    client = new Client({ connectionString: database.adminUrl });
    await client.connect();
  });
  afterAll(async () => {
    await client?.end();
    await project?.stop();
    rmSync(empty, { recursive: true, force: true });
  });

  /** Every test has a transaction, which is rolled back. */
  beforeEach(async () => void (await client.query("begin")));
  afterEach(async () => void (await client.query("rollback")));

  const asPostgres = (text: string) => client.query(`set local role postgres; ${text}; reset role`);

  test("leaves nothing in the database and in the cluster, and all that is the app's", async () => {
    const installed = await catalogueOf(client);
    expect(installed.jobs).toEqual([["byok-expire-holds"], ["byok-recheck"], ["byok-retry-webhooks"], ["the app's"]]);
    expect(installed.publications).toEqual([["supabase_realtime", "byok", "key_events"]]);
    expect(JSON.stringify(installed.triggers)).toContain("byok_grant_at_signup");
    await asPostgres(removal);
    const after = await catalogueOf(client);
    for (const [about, rows] of Object.entries(before)) expect(after[about], about).toEqual(rows);
    expect(await rowsOf(client, "select email from auth.users")).toEqual([["ada@example.com"]]);
  });

  test("can be run twice, and takes out the migrations alone that are applied after it", async () => {
    for (const _ of [1, 2]) await asPostgres(removal);
    for (const { text } of readMigrations()) await asPostgres(text);
    expect(await rowsOf(client, "select count(*)::int from byok.owners")).toEqual([[0]]);
    await asPostgres(removal);
    const after = await catalogueOf(client);
    for (const [about, rows] of Object.entries(before)) expect(after[about], about).toEqual(rows);
  });

  test("needs none of the extensions", async () => {
    await client.query("drop schema cron, net, vault cascade; drop publication supabase_realtime");
    await asPostgres(removal);
    expect(await rowsOf(client, "select rolname from pg_roles where rolname like 'byok%'")).toEqual([]);
  });

  test.each(["public, byok", "byok,public", "public,\tbyok ,storage"])(
    "refuses while the Data API exposes %j",
    async (list) => {
      await client.query(`alter role authenticator set pgrst.db_schemas = '${list}'`);
      await expect(asPostgres(removal)).rejects.toMatchObject({
        code: "55000",
        message: "schema byok is still exposed in the Data API",
      });
    },
  );

  test("takes no other schema for byok", async () => {
    await client.query("alter role authenticator set pgrst.db_schemas = 'public, not_byok, byok_of_the_app'");
    await asPostgres(removal);
    expect(await rowsOf(client, "select to_regnamespace('byok')")).toEqual([[null]]);
  });
});
