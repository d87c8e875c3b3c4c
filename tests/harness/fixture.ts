/**
 * A small project of its own for the tests of the local stack, so that they do not depend on what the
 * product's schema is.
 */
import { chmodSync, cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { projectDir } from "../../stack/config.ts";

export interface Project {
  supabaseDir: string;
  stateDir: string;
  write(file: string, text: string): void;
  remove(): void;
}

const firstMigration = "supabase/migrations/20260101000000_first.sql";

/** @param files more files, or others, by path from the project's folder */
export function makeProject(files: Record<string, string> = {}): Project {
  // Every start has to cope with such a name, so all tests run in one. The folder itself can be entered by
  // the account of Postgres.
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "byok, #1 'ü' ")));
  const stateDir = path.join(folder, "state");
  mkdirSync(stateDir);
  chmodSync(folder, 0o711);
  const write = (file: string, text: string) => {
    const target = path.join(folder, file);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, text);
  };
  const all = {
    "supabase/config.toml": config(),
    [firstMigration]: migration,
    "functions/probe/index.ts": probe,
    ...files,
  };
  for (const [file, text] of Object.entries(all)) write(file, text);
  // Deno takes packages from node_modules where a package.json is.
  for (const file of ["deno.json", "package.json"]) cpSync(path.join(projectDir, file), path.join(folder, file));
  symlinkSync(path.join(projectDir, "node_modules"), path.join(folder, "node_modules"));
  return {
    supabaseDir: path.join(folder, "supabase"),
    stateDir,
    write,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** As the real config.toml in all that the stack reads; functions share the repository's packages. */
function config(): string {
  const functions = ["probe", "guarded", "broken"].map((slug) => {
    const file = slug === "guarded" ? "probe" : slug;
    return `
[functions.${slug}]
verify_jwt = ${slug === "guarded"}
import_map = "../deno.json"
entrypoint = "../functions/${file}/index.ts"
`;
  });
  return `
project_id = "fixture"
[api]
schemas = ["public", "app"]
[db]
[auth]
${functions.join("")}`;
}

const migration = `
-- Tables with row-level security and grants for some, as in any real schema.
create schema app;
grant usage on schema app to anon, authenticated, service_role;

create table app.notes (
  id bigint generated always as identity primary key,
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  body text not null check (body <> 'forbidden'),
  picture bytea,
  meta jsonb not null default '{}',
  draft json,
  created_at timestamptz not null default '2026-11-23 08:00:00.5+00',
  local_time timestamp not null default '2026-11-23 08:00:00.5'
);
alter table app.notes enable row level security;
create policy "Owners do everything" on app.notes to authenticated using (user_id = (select auth.uid()));
grant select, insert on app.notes to authenticated;

create table app.secrets (word text primary key);
alter table app.secrets enable row level security;

create table app.finished (work text primary key);
grant select, insert on app.finished to service_role;

create function app.describe(p_value jsonb) returns table (kind text, value jsonb) language sql
  return (jsonb_typeof(p_value), p_value);
create function app.bytes(p_value bytea) returns int language sql return octet_length(p_value);
create function app.double_bigint(p_value bigint) returns bigint language sql return 2 * p_value;
create function app.double_integer(p_value integer) returns integer language sql return 2 * p_value;
create function app.claims() returns jsonb language sql stable
  return jsonb_build_object(
    'uid', auth.uid(), 'role', auth.role(), 'email', auth.email(), 'user', current_user);
create function app.raise(p_state text) returns void language plpgsql as $$
begin
  raise exception 'a message' using errcode = p_state, detail = 'a detail', hint = 'a hint';
end
$$;
-- The end; the CLI records this comment as a statement.
`;

const probe = `
import { createClient } from "@supabase/supabase-js";
declare const EdgeRuntime: { waitUntil(promise: Promise<unknown>): void };
const secretKey = JSON.parse(Deno.env.get("SUPABASE_SECRET_KEYS")!).default;

async function finish(work: string) {
  await new Promise((resolve) => setTimeout(resolve, 300));
  const supabase = createClient(Deno.env.get("SUPABASE_URL")!, secretKey);
  const { error } = await supabase.schema("app").from("finished").insert({ work });
  if (error) throw new Error(error.message);
}

const attempts: Record<string, (query: URLSearchParams) => unknown> = {
  env: () => Object.keys(Deno.env.toObject()).sort(),
  home: () => Deno.env.get("HOME") ?? null,
  net: (query) => fetch(query.get("url")!).then((response) => response.status),
  connect: (query) => Deno.connect({ hostname: "127.0.0.1", port: Number(query.get("port")) }),
  listen: () => Deno.listen({ hostname: "0.0.0.0", port: 0 }),
  write: (query) => Deno.writeTextFile(query.get("file")!, "x"),
  run: () => new Deno.Command("/bin/true").output(),
  fork: () => import("node:child_process").then(({ execFileSync }) => execFileSync("/bin/true")),
  ffi: () => Deno.dlopen("libc.so.6", {}),
  sys: () => Deno.hostname(),
  escalate: () => Deno.permissions.request({ name: "run" }).then(({ state }) => state),
  read: (query) => Deno.readTextFile(query.get("file")!),
  throw: () => { throw new Error(\`it was \${secretKey}\`); },
  later: (query) => EdgeRuntime.waitUntil(finish(query.get("work")!)),
};

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const attempt = pathname.split("/").at(-1)!;
    try {
      return Response.json({ result: await attempts[attempt]!(searchParams) ?? null });
    } catch (error) {
      if (attempt === "throw") throw error;
      return Response.json({ refused: (error as Error).name });
    }
  },
};
`;
