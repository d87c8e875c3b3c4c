import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nextStamps } from "../../cli/lib/install/stamps.ts";
import { defaultSupabaseDir } from "../../stack/config.ts";
import { migrate } from "../../stack/postgres/migrate.ts";
import { seed } from "../../stack/postgres/seed.ts";
import { type Stack, startStack } from "../../stack/stack.ts";
import { clis, supabase as supabaseWith } from "./supabase-cli.ts";

let folder: string;
/** The repository's supabase folder, but for the database's port. */
let supabaseDir: string;
let stack: Stack;

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), "byok-cli-")));
  supabaseDir = path.join(folder, "supabase");
  cpSync(defaultSupabaseDir, supabaseDir, { recursive: true });
  stack = await startStack({ stateDir: folder, providers: "none" });
  const config = readFileSync(path.join(supabaseDir, "config.toml"), "utf8");
  const port = new URL(stack.dbUrl).port;
  writeFileSync(path.join(supabaseDir, "config.toml"), `${config}\n[db]\nport = ${port}\n`);
});

afterAll(async () => {
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const cli = clis[0]!;

function supabase(workdir: string, ...args: string[]): Promise<string> {
  return supabaseWith(cli, folder, workdir, ...args);
}

async function query<Row extends object>(text: string): Promise<Row[]> {
  const sql = postgres(stack.dbUrl, { max: 1, onnotice: () => {} });
  try {
    return (await sql.unsafe(text)) as unknown as Row[];
  } finally {
    await sql.end();
  }
}

const versions = () => readdirSync(path.join(supabaseDir, "migrations")).map((file) => file.split("_", 1)[0]!);

describe("the Supabase CLI on the running stack", () => {
  test("`migration list` finds every migration in the folder and in the database", async () => {
    const output = await supabase(folder, "migration", "list");
    expect(versions().length).toBeGreaterThan(0);
    for (const version of versions()) expect(output.split(version)).toHaveLength(3);
  });

  test("`migration up` has nothing to do", async () => {
    expect(await supabase(folder, "migration", "up")).toContain("up to date");
  });

  test.each(clis)(
    "`db push` of version $version shows a new migration and applies it, and the stack takes it as applied",
    async (cli) => {
      const push = (...args: string[]) =>
        supabaseWith(cli, folder, folder, "db", "push", cli.database(stack.dbUrl), ...args);
      const name = "20990101000000_new_table.sql";
      const text = "-- Made by the CLI.\ncreate table public.made_by_cli (id int); -- done\nselect ';';\n-- The end.\n";
      writeFileSync(path.join(supabaseDir, "migrations", name), text);
      expect(await push("--dry-run")).toContain(name);
      expect(await query("select to_regclass('public.made_by_cli') as made")).toEqual([{ made: null }]);
      await push("--yes");
      expect(await query("select to_regclass('public.made_by_cli')::text as made")).toEqual([{ made: "made_by_cli" }]);

      expect(await migrate(stack.dbUrl, path.join(supabaseDir, "migrations"))).toEqual([]);
      await query(
        `drop table public.made_by_cli;
       delete from supabase_migrations.schema_migrations where name = 'new_table'`,
      );
      rmSync(path.join(supabaseDir, "migrations", name));
    },
  );

  test.each(clis)(
    "`db push` of version $version takes a new stamp as the last one, whatever stamps are applied",
    async (cli) => {
      const project = path.join(folder, `stamps-${cli.version}`);
      const migrations = path.join(project, "supabase/migrations");
      mkdirSync(migrations, { recursive: true });
      writeFileSync(path.join(project, "supabase/config.toml"), `[db]\nport = ${new URL(stack.dbUrl).port}\n`);
      await query(`create database stamps_${cli.version}`);
      const url = new URL(stack.dbUrl);
      url.pathname = `/stamps_${cli.version}`;
      const applied: string[] = [];
      for (const stamp of ["0001", "2027"]) {
        const [next = ""] = nextStamps([...applied, stamp], new Date(), 1);
        for (const version of [stamp, next]) {
          writeFileSync(path.join(migrations, `${version}_x.sql`), `create table public.t_${version} ();\n`);
          await supabaseWith(cli, folder, project, "db", "push", cli.database(url.href), "--yes");
          applied.push(version);
        }
      }
      expect([...applied].sort()).toEqual(applied);
      await query(`drop database stamps_${cli.version}`);
    },
  );

  test("what the stack records of a migration is what the CLI records", async () => {
    const recorded = "select * from supabase_migrations.schema_migrations order by version";
    const byStack = await query(recorded);
    const sql = postgres(stack.adminDbUrl, { max: 1, onnotice: () => {} });
    await sql.unsafe("drop schema byok cascade; truncate supabase_migrations.schema_migrations");
    await sql.end();
    await supabase(folder, "migration", "up");
    expect(await query(recorded)).toEqual(byStack);
  });

  test("the stack has run the seeds once, and records them as the CLI does", async () => {
    const settings = { enabled: true, sql_paths: ["./seed.sql"] };
    const recorded = "select * from supabase_migrations.seed_files";
    const byStack = await query(recorded);
    expect(byStack).toMatchObject([{ path: "supabase/seed.sql" }]);
    expect(await seed(stack.dbUrl, supabaseDir, settings)).toEqual([]);
    await query("delete from supabase_migrations.seed_files");
    await supabase(folder, "db", "push", cli.database(stack.dbUrl), "--include-seed", "--yes");
    expect(await query(recorded)).toEqual(byStack);
    expect(await query("select from byok.prices")).toHaveLength(33);
  });

  test("seeds are the files that config.toml names, in its order; one that fails leaves nothing", async () => {
    mkdirSync(path.join(supabaseDir, "seeds"));
    const write = (name: string, text: string) => writeFileSync(path.join(supabaseDir, "seeds", name), text);
    write("b1.sql", "insert into public.seeded values ('b1')");
    write("b2.sql", "insert into public.seeded values ('b2')");
    write("a.sql", "create table public.seeded (name text, id int generated always as identity)");
    write("wrong.sql", "insert into public.seeded values ('wrong'); select wrong");
    const run = (...sql_paths: string[]) => seed(stack.dbUrl, supabaseDir, { enabled: true, sql_paths });
    expect(await seed(stack.dbUrl, supabaseDir, { enabled: false, sql_paths: ["seeds/a.sql"] })).toEqual([]);
    const files = ["supabase/seeds/a.sql", "supabase/seeds/b1.sql", "supabase/seeds/b2.sql"];
    expect(await run("seeds/a.sql", "./seeds/b?.sql", "*/b*.sql", "absent/*.sql")).toEqual(files);
    await expect(run("seeds/wrong.sql")).rejects.toThrow("supabase/seeds/wrong.sql cannot be run: column");
    expect(await query("select name from public.seeded order by id")).toEqual([{ name: "b1" }, { name: "b2" }]);
    await query("drop table public.seeded; delete from supabase_migrations.seed_files where path like '%/seeds/%'");
  });

  test("`db query` runs as postgres", async () => {
    expect(await supabase(folder, "db", "query", "select current_user as who")).toMatch(/who.*postgres/s);
  });

  test("`db advisors` finds no error and no warning", async () => {
    const output = await supabase(folder, "db", "advisors", "--level", "info", "--output-format", "json");
    const { results } = JSON.parse(/^\{.*$/m.exec(output)![0]) as {
      results: { level: string; detail: string }[];
    };
    // The advisor does not see that a body in standard SQL is bound when it is made.
    const bound = await supabase(
      folder,
      "db",
      "query",
      "select string_agg(proname, ' ') as bound from pg_proc where pronamespace = 'byok'::regnamespace and prosqlbody is not null",
    );
    const isBound = (detail: string) =>
      bound.split(/\W+/).includes(/^Function `byok\.(\w+)` has a role mutable search_path$/.exec(detail)?.[1] ?? "");
    const found = results.filter(({ level, detail }) => level !== "INFO" && !isBound(detail));
    expect(found.map(({ detail }) => detail)).toEqual([]);
  });
});
