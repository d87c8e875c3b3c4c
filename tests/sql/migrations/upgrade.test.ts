/** A database of every released version comes to the newest, with what is in it; migrations refuse any other order. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Migration, nextMigration, readMigrations } from "../../../cli/lib/migrations.ts";
import { direct } from "../../../functions/_shared/database/direct.ts";
import { allowLogin } from "../../../stack/postgres/logins.ts";
import { migrate } from "../../../stack/postgres/migrate.ts";
import { type BareDatabase, type BareProject, startBareProject } from "../../harness/database/bare-project.ts";
import { rowsOf, schemaOf } from "../../harness/database/catalogue.ts";
import { nodeSockets } from "../../harness/database/node-sockets.ts";

const released = readMigrations();
const newest = released.length;

/** A release to come: a column, a table, a parameter more, and a function that the functions of before do not know. */
const changes = `
alter table byok.credentials add column note text;
comment on column byok.credentials.note is 'Made up.';
create table byok.made_up (owner_id uuid primary key references byok.owners (id) on delete cascade);
insert into byok.made_up select id from byok.owners;

drop function byok.read_envelope(uuid, text, uuid);
create function byok.read_envelope(p_user_id uuid, p_provider text, p_team_id uuid default null, p_made_up text default null)
returns table (credential_id uuid, envelope text) language plpgsql security definer set search_path = '' as $$
declare
  v_owner_id uuid := byok.require_owner(p_user_id, p_team_id, 'admin');
  v_previous_claims text := byok.act_for_active(v_owner_id);
begin
  select e.credential_id, e.envelope into credential_id, envelope
  from byok.credentials as c join byok.envelopes as e on e.credential_id = c.id where c.provider = p_provider;
  perform byok.stop_acting(v_previous_claims);
  return next;
end
$$;
revoke execute on function byok.read_envelope(uuid, text, uuid, text) from public;
grant create on schema byok to byok_server;
alter function byok.read_envelope(uuid, text, uuid, text) owner to byok_server;
revoke create on schema byok from byok_server;
grant execute on function byok.read_envelope(uuid, text, uuid, text) to byok_functions;
`;
const toCome: Migration = {
  ...{ version: newest + 1, id: `000${newest + 1}_byok_made_up`, file: "20990101000000_byok_made_up.sql" },
  text: nextMigration(newest + 1, changes),
};

const ada = "00000000-0000-4000-8000-0000000000a1";
const envelope = Buffer.concat([Buffer.from("42594b0100000001", "hex"), Buffer.alloc(348)]).toString("base64");

/** Data as every version takes it: of a user with a key, credits, a call that is charged and one under way, and an app's own function. */
const data = `
insert into auth.users (id, email) values ('${ada}', 'ada@example.com');
insert into byok.operations values ('tidy_up', 'Tidy up', 'Tidies up.');
insert into byok.prices values ('tidy_up', 'openai', 'gpt-5.4-nano', 2000000, null, null, null, null, 100, 1000);
update byok.limits set at_most = 7 where name = 'key_attempts';
select byok.save_credential('${ada}', '${ada}', 'openai', 'abcd', 'verified', '${envelope}', 1);
update byok.credentials set is_paused = true;
select byok.grant_credits('${ada}', 100, 'welcome', 'welcome-1');
select byok.charge_hold('${ada}', h.hold_id) from byok.place_hold('${ada}', 'first', 'tidy_up', 'openai', 'gpt-5.4-nano', 1, 1) as h;
select byok.place_hold('${ada}', 'second', 'tidy_up', 'openai', 'gpt-5.4-nano', 1, 1);
create or replace function byok.owners_of(p_user_id uuid) returns table (owner_id uuid, kind text, role text) language sql stable begin atomic
  select p_user_id, 'user', 'admin' where p_user_id is not null;
end;`;

/** Every row of every table that there is, by table. */
async function rowsOfTables(url: string): Promise<Map<string, unknown[]>> {
  const tables = await rowsOf(
    url,
    "select relname::text from pg_class where relnamespace = 'byok'::regnamespace and relkind = 'r' order by 1",
  );
  const rows = new Map<string, unknown[]>();
  for (const [table] of tables) {
    const found = await rowsOf(url, `select to_jsonb(t) from byok.${String(table)} as t order by to_jsonb(t)::text`);
    rows.set(
      String(table),
      found.map(([row]) => row),
    );
  }
  return rows;
}

let project: BareProject;
let database: BareDatabase;
let folder: string;
beforeAll(async () => {
  project = await startBareProject(17);
});
afterAll(() => project?.stop());
beforeEach(async () => {
  database = await project.createDatabase();
  folder = mkdtempSync(path.join(tmpdir(), "byok-upgrade-"));
});
afterEach(async () => {
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

/** Applies the migrations that this database does not have yet, as the Supabase CLI and the local stack do. */
async function apply(migrations: readonly Migration[], into = folder): Promise<string[]> {
  mkdirSync(into, { recursive: true });
  for (const { file, text } of migrations) writeFileSync(path.join(into, file), text);
  return await migrate(database.url, into);
}

const version = async () => (await rowsOf(database.url, "select byok.schema_version()"))[0]![0];

describe.each(released)("a database of version $version", ({ version: from }) => {
  test("comes to the newest version and beyond with all that is in it", async () => {
    await apply(released.slice(0, from));
    await rowsOf(database.url, data);
    const owners = "select pg_get_functiondef('byok.owners_of(uuid)'::regprocedure)";
    const [before, ownersBefore] = [await rowsOfTables(database.url), await rowsOf(database.url, owners)];
    for (const rows of ["credentials", "envelopes", "accounts", "entries", "holds", "key_events", "prices"]) {
      expect(before.get(rows), rows).not.toEqual([]);
    }

    await apply([...released, toCome]);
    expect(await version()).toBe(newest + 1);
    const after = await rowsOfTables(database.url);
    for (const [table, rows] of before) expect(after.get(table), table).toMatchObject(rows);
    expect(after.get("made_up")).toEqual([{ owner_id: ada }]);
    expect(await rowsOf(database.url, owners)).toEqual(ownersBefore);
  });

  test("gets the schema that a new database gets", async () => {
    await apply(released.slice(0, from));
    await rowsOf(database.url, data.replace(/create or replace[^]*/, "").replace(/^update byok\.limits.*$/m, ""));
    await apply(released);
    const upgraded = await schemaOf(database.url);
    await database.drop();
    database = await project.createDatabase();
    await apply(released, path.join(folder, "new"));
    expect(upgraded).toEqual(await schemaOf(database.url));
  });
});

test("the functions of the release before work on the schema after it", async () => {
  await apply(released);
  await rowsOf(database.url, data);
  await allowLogin(database.url, { role: "byok_functions", password: "of-the-functions" });
  await apply([toCome]);
  const functions = direct({
    url: database.urlAs("byok_functions", "of-the-functions"),
    tls: false,
    sockets: nodeSockets,
  });
  try {
    expect(await functions.readEnvelope(ada, "openai")).toEqual({ credentialId: ada, envelope });
    expect(await functions.openCall(ada, "openai")).toMatchObject({ payer: "platform", unusedKey: "paused" });
    expect(await functions.listPrices()).toHaveLength(1);
    const call = {
      userId: ada,
      requestId: "third",
      operation: "tidy_up",
      provider: "openai",
      model: "gpt-5.4-nano",
    } as const;
    const hold = await functions.placeHold({ ...call, maxInputTokens: 1, maxOutputTokens: 1 });
    expect(await functions.chargeHold(ada, hold.id)).toBe("charged");
  } finally {
    await functions.close();
  }
});

describe("a migration", () => {
  const stamped = (migration: Migration, stamp: string): Migration => ({
    ...migration,
    file: `${stamp}_byok_again.sql`,
  });

  test("is refused where the schema has it already, under another stamp too, and changes nothing", async () => {
    await apply([...released, toCome]);
    const before = await schemaOf(database.url);
    for (const migration of [...released, toCome]) {
      const again = apply([stamped(migration, "21000101000000")], path.join(folder, "again"));
      await expect(again).rejects.toMatchObject({
        cause: { code: "55000", hint: expect.stringContaining("migration repair") },
      });
    }
    expect(await schemaOf(database.url)).toEqual(before);
  });

  test("is refused where the schema lacks the one before, or is not there", async () => {
    const skipped = { ...toCome, text: nextMigration(newest + 2, changes) };
    await expect(apply([skipped])).rejects.toMatchObject({
      cause: { code: "55000", message: expect.stringContaining("version none") },
    });
    expect(await rowsOf(database.url, "select to_regnamespace('byok')")).toEqual([[null]]);
    await apply(released, path.join(folder, "released"));
    await expect(apply([skipped])).rejects.toMatchObject({
      cause: {
        code: "55000",
        message: `schema byok has version ${newest}, and this migration leads from ${newest + 1} to ${newest + 2}`,
      },
    });
    expect(await version()).toBe(newest);
  });
});
