/** An app's whole project on the stack: its migrations and functions beside this product's, for its own dev server. */
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createByok } from "../../client/index.ts";
import { type DenoRelease, hasDeno } from "../../stack/functions/deno-program.ts";
import { fakeKey } from "../../stack/providers/index.ts";
import { type Stack, startStack } from "../../stack/stack.ts";
import { type AppProject, appSecret, makeAppProject } from "../harness/projects/app.ts";

const origin = "http://localhost:3000";
const releases = (["newest", "hosted"] satisfies DenoRelease[]).filter(hasDeno);

describe.each(releases)("an app's project on the %s Deno", (deno) => {
  let project: AppProject;
  let stack: Stack;
  const lines: string[] = [];
  let supabase: SupabaseClient;
  let accessToken: string;
  beforeAll(async () => {
    project = await makeAppProject();
    const stateDir = `${project.supabaseDir}/.temp/byok`;
    stack = await startStack({
      ...{ supabaseDir: project.supabaseDir, stateDir, app: true, deno },
      log: (line) => lines.push(line),
    });
    supabase = createClient(stack.url, stack.publishableKey, { auth: { persistSession: false } });
    const { data, error } = await supabase.auth.signUp({ email: "ada@example.com", password: "password-1" });
    if (error) throw error;
    accessToken = data.session!.access_token;
  });
  afterAll(async () => {
    await stack?.stop();
    project.remove();
  });

  const ask = (slug: string, init: RequestInit = {}) =>
    fetch(`${stack.url}/functions/v1/${slug}`, {
      ...init,
      headers: { authorization: `Bearer ${accessToken}`, ...init.headers },
    });
  const answerOf = async (slug: string, init?: RequestInit) => {
    const answer = await ask(slug, init);
    return [answer.status, await answer.json()];
  };

  test("has all migrations, the app's before and after this product's, and the seed", async () => {
    const sql = postgres(stack.dbUrl, { max: 1 });
    const [{ todos } = {}] = await sql`select count(*)::int as todos from public.todos where key_owner is null`;
    await sql.end();
    expect(todos).toBe(1);
  });

  test("has what migrations refer to, and names an extension that this Postgres lacks", async () => {
    expect(lines).toContain("20240203040506_pulled.sql: this Postgres lacks the extension pg_net");
    const sql = postgres(stack.dbUrl, { max: 1 });
    const [row] = await sql`select (select array_agg(id) from storage.buckets) as buckets,
      (select array_agg(tablename::text) from pg_catalog.pg_publication_tables where pubname = 'supabase_realtime') as published`;
    await sql.end();
    expect(row).toEqual({ buckets: ["avatars"], published: ["todos"] });
  });

  test("runs the app's functions under names of this product's folders, each with its own import map", async () => {
    const posted = { method: "POST", body: "text" };
    expect(await answerOf("save", posted)).toEqual([200, { function: "save", errors: "theirs", body: "text" }]);
    expect(await answerOf("verify")).toEqual([200, { function: "verify" }]);
    expect(await answerOf("call/deeper?and=more")).toEqual([200, { function: "call" }]);
    expect(await answerOf("mapped")).toEqual([200, { function: "mapped" }]);
    expect(await answerOf("elsewhere")).toEqual([200, { function: "elsewhere" }]);
    expect(await answerOf("late")).toEqual([200, { function: "late" }]);
  });

  test("answers 404 for folders that are no function or are switched off", async () => {
    for (const slug of ["_shared", "off", "nonesuch", "constructor"]) {
      expect([slug, ...(await answerOf(slug))]).toEqual([slug, 404, expect.objectContaining({ code: "NOT_FOUND" })]);
    }
  });

  test("asks for a token where nothing says otherwise", async () => {
    const answer = await fetch(`${stack.url}/functions/v1/save`);
    expect(answer.status).toBe(401);
    expect((await fetch(`${stack.url}/functions/v1/open`)).status).toBe(200);
  });

  test("answers 503 for a function that does not load, names it in the log, and runs the others on", async () => {
    expect(await answerOf("broken")).toEqual([503, expect.objectContaining({ code: "BOOT_ERROR" })]);
    expect(lines.join("\n")).toMatch(/\[broken\] broken does not load: /);
    expect(lines.join("\n")).toMatch(/supabase\/functions\/broken\/index\.ts/);
    expect((await answerOf("verify"))[0]).toBe(200);
  });

  test("lets a function that ends its own process take down no other, and starts it again", async () => {
    expect((await ask("open?name=exit")).status).toBe(503);
    await expect.poll(() => answerOf("open?name=throw")).toEqual([418, { caught: "on purpose" }]);
    expect((await answerOf("verify"))[0]).toBe(200);
  });

  test("gives the app's functions their secrets and the project's keys, and nothing of this product's", async () => {
    const valueOf = async (name: string) => ((await answerOf(`open?name=${name}`))[1] as { value: string }).value;
    expect(await valueOf("APP_SECRET")).toBe(appSecret);
    expect(await valueOf("DECLARED")).toBe("in config.toml");
    expect(await valueOf("SUPABASE_URL")).toBe(stack.url);
    expect(await valueOf("SUPABASE_ANON_KEY")).toBe(stack.publishableKey);
    expect(await valueOf("SUPABASE_SERVICE_ROLE_KEY")).toBe(stack.secretKey);
    for (const name of ["BYOK_MASTER_KEYS", "BYOK_DATABASE_URL", "BYOK_PROVIDER_ORIGINS", "BYOK_PLATFORM_KEYS"]) {
      expect([name, await valueOf(name)]).toEqual([name, null]);
    }
  });

  test("saves a key with a fake of its provider and calls on it", async () => {
    const byok = createByok(supabase);
    const saved = await byok.save({ provider: "openai", key: fakeKey("openai", "works") });
    expect(saved.data?.verdict).toBe("verified");
    const { data: endpoint } = await byok.endpoint("openai");
    const models = await fetch(`${endpoint!.sdk}/models`, { headers: { authorization: `Bearer ${accessToken}` } });
    expect([models.status, models.headers.get("x-byok-funding")]).toEqual([200, "byok"]);
  });

  test.for([
    ["GET", "/rest/v1/credentials?select=id", "accept-profile,apikey,authorization,x-client-info"],
    ["PATCH", "/rest/v1/credentials?id=eq.1", "apikey,authorization,content-profile,content-type,prefer,x-client-info"],
    ["POST", "/rest/v1/rpc/my_rights", "apikey,authorization,content-profile,content-type,x-client-info"],
    ["GET", "/rest/v1/todos", "accept-profile,apikey,authorization,x-client-info,x-retry-count"],
    [
      "POST",
      "/auth/v1/token?grant_type=password",
      "apikey,authorization,content-type,x-client-info,x-supabase-api-version",
    ],
    ["GET", "/auth/v1/user", "apikey,authorization,x-client-info,x-supabase-api-version"],
    ["POST", "/functions/v1/byok/save", "apikey,authorization,content-type,x-client-info,x-region"],
    ["POST", "/functions/v1/open", "apikey,authorization,content-type,x-client-info"],
  ] as const)("lets the app's dev server ask %s %s across origins", async ([method, path, headers]) => {
    const preflight = await fetch(stack.url + path, {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": method, "access-control-request-headers": headers },
    });
    expect(preflight.ok).toBe(true);
    expect(["*", origin]).toContain(preflight.headers.get("access-control-allow-origin"));
    const allowed =
      preflight.headers
        .get("access-control-allow-headers")
        ?.toLowerCase()
        .split(/\s*,\s*/) ?? [];
    const granted = allowed.includes("*") ? ["authorization", ...headers.split(",")] : allowed;
    if (!path.includes("/open")) expect(granted).toEqual(expect.arrayContaining(headers.split(",")));
  });

  test("answers the app's dev server so that its page may read it", async () => {
    const headers = { origin, apikey: stack.publishableKey, authorization: `Bearer ${accessToken}` };
    const asked = {
      "/rest/v1/credentials?select=provider": { ...headers, "accept-profile": "byok" },
      "/rest/v1/todos": headers,
      "/rest/v1/nonesuch": headers,
      "/auth/v1/user": headers,
      "/functions/v1/byok/providers": headers,
      "/functions/v1/open": headers,
      "/functions/v1/broken": headers,
      "/functions/v1/nonesuch": headers,
      "/functions/v1/save": { origin },
    };
    for (const [path, sent] of Object.entries(asked)) {
      const answer = await fetch(stack.url + path, { headers: sent });
      expect([path, ["*", origin].includes(answer.headers.get("access-control-allow-origin") ?? "")]).toEqual([
        path,
        true,
      ]);
    }
  });

  test("follows changes of the functions", async () => {
    project.write("supabase/functions/broken/index.ts", `Deno.serve(() => Response.json({ function: "mended" }));`);
    project.write("supabase/functions/added/index.ts", `Deno.serve(() => Response.json({ function: "added" }));`);
    await expect.poll(() => answerOf("broken"), { timeout: 20_000 }).toEqual([200, { function: "mended" }]);
    await expect.poll(() => answerOf("added"), { timeout: 20_000 }).toEqual([200, { function: "added" }]);
    expect((await answerOf("byok/providers"))[0]).toBe(200);
  });
});
