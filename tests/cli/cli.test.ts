import { once } from "node:events";
import { cpSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleFunctions } from "../../cli/lib/bundle.ts";
import { defaultSupabaseDir, projectDir } from "../../stack/config.ts";
import { denoProgram } from "../../stack/functions/deno-program.ts";
import { migrate } from "../../stack/postgres/migrate.ts";
import { type Stack, startStack } from "../../stack/stack.ts";
import { run } from "../harness/processes.ts";

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
  writeFileSync(path.join(supabaseDir, "config.toml"), config.replace(/(?<=^\[db\]\nport = )\d+/m, port));
});

afterAll(async () => {
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The CLI with a home of its own, told not to report to anybody. */
async function supabase(workdir: string, ...args: string[]): Promise<string> {
  const env = {
    HOME: folder,
    SUPABASE_HOME: path.join(folder, ".supabase"),
    SUPABASE_ACCESS_TOKEN: `sbp_${"0".repeat(40)}`,
    SUPABASE_NO_KEYRING: "1",
    SUPABASE_NO_UPDATE_NOTIFIER: "1",
    SUPABASE_TELEMETRY_DISABLED: "1",
    DO_NOT_TRACK: "1",
    CI: "1",
  };
  const { code, output } = await run("supabase", ["--workdir", workdir, "--agent", "no", ...args], { env }).ended;
  if (code !== 0) throw new Error(`supabase ${args.join(" ")} ended with ${code}:\n${output}`);
  // A deprecated or unknown setting in config.toml is a warning of every command.
  expect(output).not.toMatch(/^warn/im);
  return output;
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
  it("`migration list` finds every migration in the folder and in the database", async () => {
    const output = await supabase(folder, "migration", "list");
    expect(versions().length).toBeGreaterThan(0);
    for (const version of versions()) expect(output.split(version)).toHaveLength(3);
  });

  it("`migration up` has nothing to do", async () => {
    expect(await supabase(folder, "migration", "up")).toContain("up to date");
  });

  it("`db push` shows a new migration and applies it, and the stack takes it as applied", async () => {
    const name = "20990101000000_new_table.sql";
    const text = "-- Made by the CLI.\ncreate table public.made_by_cli (id int); -- done\nselect ';';\n-- The end.\n";
    writeFileSync(path.join(supabaseDir, "migrations", name), text);
    expect(await supabase(folder, "db", "push", "--dry-run")).toContain(name);
    expect(await query("select to_regclass('public.made_by_cli') as made")).toEqual([{ made: null }]);
    await supabase(folder, "db", "push", "--yes");
    expect(await query("select to_regclass('public.made_by_cli')::text as made")).toEqual([{ made: "made_by_cli" }]);

    expect(await migrate(stack.dbUrl, path.join(supabaseDir, "migrations"))).toEqual([]);
    await query(
      `drop table public.made_by_cli;
       delete from supabase_migrations.schema_migrations where name = 'new_table'`,
    );
    rmSync(path.join(supabaseDir, "migrations", name));
  });

  it("what the stack records of a migration is what the CLI records", async () => {
    const recorded = "select * from supabase_migrations.schema_migrations order by version";
    const byStack = await query(recorded);
    const sql = postgres(stack.adminDbUrl, { max: 1, onnotice: () => {} });
    await sql.unsafe("drop schema byok cascade; truncate supabase_migrations.schema_migrations");
    await sql.end();
    await supabase(folder, "migration", "up");
    expect(await query(recorded)).toEqual(byStack);
  });

  it("`db query` runs as postgres", async () => {
    expect(await supabase(folder, "db", "query", "select current_user as who")).toMatch(/who.*postgres/s);
  });

  it("`db advisors` finds no error and no warning", async () => {
    const output = await supabase(folder, "db", "advisors", "--level", "info", "--output-format", "json");
    const { results } = JSON.parse(/^\{.*$/m.exec(output)![0]) as {
      results: { level: string; detail: string }[];
    };
    expect(results.filter(({ level }) => level !== "INFO").map(({ detail }) => detail)).toEqual([]);
  });
});

/** What the CLI hands to the platform: by slug, the names of the files, and the settings beside them. */
interface Deployment {
  files: Map<string, string[]>;
  settings: Map<string, object>;
  /** requests for something else */
  strangers: string[];
}

const slugs = ["call", "rotate", "save", "verify"];

describe("supabase functions deploy --use-api", () => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await deploy(projectDir);
  });

  it.each(slugs)("uploads for %s the files it imports, deno.json, and nothing else", async (slug) => {
    const imported = await localModules(projectDir, `functions/${slug}/index.ts`);
    expect(imported.length).toBeGreaterThan(5);
    expect(deployment.files.get(slug)).toEqual([...imported, "deno.json"].sort());
  });

  it.each(slugs)("leaves the check of the token to %s itself", (slug) => {
    expect(deployment.settings.get(slug)).toMatchObject({
      verify_jwt: false,
      entrypoint_path: `functions/${slug}/index.ts`,
      import_map_path: "deno.json",
    });
  });

  it("deploys nothing but these functions", () => {
    expect([...deployment.files.keys()].sort()).toEqual(slugs);
    expect(deployment.strangers).toEqual([]);
  });
});

describe("supabase functions deploy --use-api --workdir, of what `npm run bundle` makes,", () => {
  let bundle: string;
  let deployment: Deployment;
  beforeAll(async () => {
    bundle = path.join(folder, "bundle");
    await bundleFunctions(bundle);
    deployment = await deploy(bundle);
  });

  it.each(slugs)("uploads for %s the modules it consists of, and nothing else", async (slug) => {
    expect(deployment.files.get(slug)).toEqual(await localModules(bundle, `functions/${slug}/index.js`));
    expect(deployment.settings.get(slug)).toMatchObject({
      verify_jwt: false,
      entrypoint_path: `functions/${slug}/index.js`,
    });
  });

  it("deploys nothing but these functions", () => {
    expect([...deployment.files.keys()].sort()).toEqual(slugs);
    expect(deployment.strangers).toEqual([]);
  });
});

/** Deploys the functions of a folder to a platform on this machine. */
async function deploy(workdir: string): Promise<Deployment> {
  const ref = "abcdefghijklmnopqrst";
  const deployment: Deployment = { files: new Map(), settings: new Map(), strangers: [] };
  const api = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url!, "http://api");
    const body = Buffer.concat(await request.toArray());
    response.setHeader("content-type", "application/json");
    if (pathname.endsWith("/functions/deploy")) {
      const slug = searchParams.get("slug")!;
      const form = await new Response(body, {
        headers: { "content-type": request.headers["content-type"]! },
      }).formData();
      const names = form.getAll("file").map((file) => (file as File).name);
      deployment.files.set(slug, names.sort());
      deployment.settings.set(slug, JSON.parse(String(form.get("metadata"))));
      response.writeHead(201).end(JSON.stringify({ id: slug, slug, name: slug, status: "ACTIVE", version: 1 }));
    } else if (request.method === "PUT") {
      response.end(JSON.stringify({ functions: [] }));
    } else {
      if (pathname !== `/v1/projects/${ref}`) deployment.strangers.push(`${request.method} ${pathname}`);
      response.writeHead(404).end("{}");
    }
  });
  await once(api.listen(0, "127.0.0.1"), "listening");
  const url = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
  const profile = path.join(folder, "profile.yaml");
  writeFileSync(profile, `name: loopback\napi_url: ${url}\ndashboard_url: ${url}\nproject_host: 127.0.0.1\n`);
  try {
    await supabase(workdir, "functions", "deploy", "--use-api", "--yes", `--remote=${ref}`, "--profile", profile);
  } finally {
    api.close();
  }
  return deployment;
}

/** What Deno says that a module imports from a folder, itself included, as paths from that folder. */
async function localModules(root: string, entrypoint: string): Promise<string[]> {
  const env = { DENO_DIR: path.join(folder, "deno"), DENO_NO_UPDATE_CHECK: "1" };
  const { output } = await run(denoProgram(), ["info", "--json", "--no-lock", path.join(root, entrypoint)], { env })
    .ended;
  const { modules } = JSON.parse(output) as { modules: { local?: string }[] };
  const files = modules.flatMap(({ local }) => (local ? [path.relative(root, local)] : []));
  return files.filter((file) => !file.startsWith("node_modules") && !file.startsWith("..")).sort();
}
