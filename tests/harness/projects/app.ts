/** An app's own project, of the kind that this product is added to. */
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync, chmodSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { writeByokFunction } from "../../../cli/lib/bundle/byok-function.ts";
import { defaultSupabaseDir } from "../../../stack/config.ts";

export interface AppProject {
  folder: string;
  supabaseDir: string;
  write(file: string, text: string): void;
  remove(): void;
}

/** Makes the project, with this product in it. Its functions have the names of this product's folders. */
export async function makeAppProject(): Promise<AppProject> {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "app, #1 'ü' ")));
  chmodSync(folder, 0o711);
  const supabaseDir = path.join(folder, "supabase");
  const write = (file: string, text: string) => {
    const target = path.join(folder, file);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, text);
  };
  for (const [file, text] of Object.entries(files)) write(file, text);
  cpSync(path.join(defaultSupabaseDir, "migrations"), path.join(supabaseDir, "migrations"), { recursive: true });
  cpSync(await (bundle ??= makeBundle()), path.join(supabaseDir, "functions/byok"), { recursive: true });
  return { folder, supabaseDir, write, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

let bundle: Promise<string> | undefined;

/** This product's function as it is added to an app, in a folder of its own that goes with this process. */
async function makeBundle(): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), "byok-bundle-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  await writeByokFunction(folder);
  return folder;
}

/** A value of the fixture's secrets, to see which functions get it. */
export const appSecret = "the app's own";

const files = {
  "supabase/config.toml": `
project_id = "app"
[api]
port = 54321
schemas = ["public", "graphql_public", "byok"]
[db.migrations]
enabled = true
[auth.email]
enable_confirmations = false
[edge_runtime]
policy = "per_worker"
[edge_runtime.secrets]
declared = "in config.toml"
[functions.byok]
verify_jwt = false
[functions.open]
verify_jwt = false
[functions.mapped]
verify_jwt = false
import_map = "./functions/mapped/foreign.json"
[functions.off]
enabled = false
[functions.elsewhere]
verify_jwt = false
entrypoint = "./services/elsewhere.ts"
`,
  "supabase/migrations/20240102030405_theirs.sql": `
create table public.todos (id bigint generated always as identity primary key, user_id uuid not null default auth.uid(), title text);
alter table public.todos enable row level security;
create policy "Own todos" on public.todos for all to authenticated using (user_id = auth.uid());
`,
  // As in what `supabase db pull` writes, and in many an app.
  "supabase/migrations/20240203040506_pulled.sql": `
create extension if not exists "pg_net" with schema "extensions";
create extension if not exists "pg_stat_statements" with schema "extensions";
create extension if not exists "pg_trgm" with schema "extensions";
insert into storage.buckets (id, name, public) values ('avatars', 'avatars', true);
create policy "Own avatars" on storage.objects for insert to authenticated
  with check (bucket_id = 'avatars' and (storage.foldername(name))[1] = (select auth.uid())::text);
alter publication supabase_realtime add table public.todos;
`,
  "supabase/migrations/99990102030405_after.sql": `
alter table public.todos add column key_owner uuid references byok.owners (id) on delete set null;
`,
  "supabase/seed.sql": `insert into public.todos (user_id, title) values (gen_random_uuid(), 'seeded');`,
  // It is about the app, not about its functions.
  "package.json": JSON.stringify({ name: "app", type: "module", dependencies: { nothing: "1.0.0" } }),
  "supabase/functions/.env": `APP_SECRET="${appSecret}"\nSUPABASE_URL=https://elsewhere.example\n`,
  "supabase/functions/import_map.json": JSON.stringify({ imports: { shared: "./_shared/errors.ts" } }),
  "supabase/functions/_shared/errors.ts": `export const errors = "theirs";`,
  "supabase/functions/_shared/index.ts": `throw new Error("no function");`,
  "supabase/functions/save/index.ts": `
import { errors } from "shared";
Deno.serve(async (request) => Response.json({ function: "save", errors, body: await request.text() }));`,
  "supabase/functions/verify/index.ts": `
Deno.serve({ port: 8000, onListen() {} }, () => Response.json({ function: "verify" }));`,
  "supabase/functions/call/deno.json": JSON.stringify({ imports: { words: "./words.ts" } }),
  "supabase/functions/call/words.ts": `export const word = "call";`,
  "supabase/functions/call/index.ts": `
import { word } from "words";
export default { fetch: () => Response.json({ function: word }) };`,
  "supabase/functions/mapped/foreign.json": JSON.stringify({ imports: { words: "./strange.ts" } }),
  "supabase/functions/mapped/strange.ts": `export const word = "mapped";`,
  "supabase/functions/mapped/index.ts": `
import { word } from "words";
export default { fetch: () => Response.json({ function: word }) };`,
  "supabase/functions/open/index.ts": `
const cors = { "access-control-allow-origin": "*", "access-control-allow-headers": "authorization, x-client-info, apikey, content-type" };
Deno.serve({
  onError: (error) => Response.json({ caught: error.message }, { status: 418 }),
  handler: async (request, info) => {
    if (request.method === "OPTIONS") return new Response("ok", { headers: cors });
    const asked = new URL(request.url).searchParams.get("name");
    if (asked === "throw") throw new Error("on purpose");
    if (asked === "exit") Deno.exit(3);
    return Response.json({ value: asked === null ? null : (Deno.env.get(asked) ?? null), from: info.remoteAddr.hostname }, { headers: cors });
  },
});
// As a server does that is waited for.
await new Promise(() => {});`,
  "supabase/functions/late/index.ts": `
setTimeout(() => Deno.serve(() => Response.json({ function: "late" })), 50);`,
  "supabase/functions/broken/index.ts": `const answer: = ;`,
  "supabase/functions/off/index.ts": `Deno.serve(() => new Response("off"));`,
  "supabase/services/elsewhere.ts": `Deno.serve(() => Response.json({ function: "elsewhere" }));`,
};
