import { randomUUID } from "node:crypto";
import type { SupabaseClient } from "@supabase/supabase-js";
import postgres, { type Sql } from "postgres";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type Client, LiteProject } from "./lite-project.ts";

/** In place before Lite's module looks at the console. */
const printed = vi.hoisted(() => vi.spyOn(console, "error").mockImplementation(() => {}));

let lite: LiteProject;
let admin: Sql;

beforeAll(async () => {
  lite = await LiteProject.start();
  admin = postgres(lite.stack.adminDbUrl, { max: 1, onnotice: () => {} });
});

afterAll(async () => {
  await admin?.end();
  await lite?.stop();
});

describe("row-level security", () => {
  test("a request grants the API roles nothing that the migrations did not", async () => {
    const { supabase } = await lite.newUser();
    await supabase.from("notes").select();
    const [rights] = await admin`
      select
        has_table_privilege('anon', 'app.secrets', 'select') as "anon reads secrets",
        has_table_privilege('authenticated', 'app.secrets', 'select') as "users read secrets",
        has_table_privilege('authenticated', 'app.notes', 'delete') as "users delete notes",
        exists (select from pg_default_acl where defaclnamespace = 'app'::regnamespace) as "future tables"`;
    expect(Object.values(rights!)).toEqual([false, false, false, false]);
  });

  test("a user sees own rows only, and anon is refused", async () => {
    const [ada, bob] = [await lite.newUser(), await lite.newUser()];
    expect((await ada.supabase.from("notes").insert({ body: "hello" })).error).toBeNull();
    expect((await ada.supabase.from("notes").select("body")).data).toEqual([{ body: "hello" }]);
    expect((await bob.supabase.from("notes").select("body")).data).toEqual([]);
    expect(await lite.client(lite.stack.publishableKey).from("notes").select()).toMatchObject({
      status: 401,
      error: { code: "42501" },
    });
    expect(await ada.supabase.from("secrets").select()).toMatchObject({
      status: 403,
      error: { code: "42501" },
    });
  });
});

describe("claims", () => {
  /** Claims in a request's transaction, by what it comes with. */
  async function claimsOf(supabase: Client): Promise<{ legacy: string | null; claims: Record<string, unknown> }> {
    const { data, error } = await supabase.rpc("request_claims");
    if (error) throw new Error(error.message);
    return data[0];
  }

  beforeAll(async () => {
    await admin.unsafe(`
      create function app.request_claims() returns table (legacy text, claims jsonb) language sql as $$
        select concat(current_setting('request.jwt.claim.sub', true), current_setting('request.jwt.claim.role', true)),
          current_setting('request.jwt.claims', true)::jsonb
      $$`);
  });

  test("of a user are the token's, and not also the legacy settings", async () => {
    const { supabase, id } = await lite.newUser();
    await expect
      .poll(() => claimsOf(supabase))
      .toMatchObject({ legacy: "", claims: { sub: id, role: "authenticated" } });
  });

  test("have the role of who comes without a token", async () => {
    expect(await claimsOf(lite.client(lite.stack.publishableKey))).toEqual({ legacy: "", claims: { role: "anon" } });
    expect(await claimsOf(lite.server)).toMatchObject({ legacy: "", claims: { role: "service_role" } });
  });
});

describe("preflights", () => {
  test.each(["rest/v1/notes", "rest/v1/nowhere", "rest/v1/rpc/bytes"])(
    "of %s are answered for every schema",
    async (path) => {
      const response = await fetch(`${lite.stack.url}/${path}`, {
        method: "OPTIONS",
        headers: {
          origin: "http://127.0.0.1:5173",
          "access-control-request-method": "POST",
          "access-control-request-headers": "apikey,authorization,content-profile",
        },
      });
      expect(response.status).toBe(200);
      expect(response.headers.get("access-control-allow-origin")).toBe("*");
      expect(response.headers.get("access-control-allow-methods")).toContain("POST");
      expect(response.headers.get("access-control-allow-headers")).toContain("apikey,authorization,content-profile");
    },
  );
});

describe("functions", () => {
  test("a trigger's function cannot be called", async () => {
    await admin.unsafe("create function app.on_change() returns trigger language plpgsql as 'begin return null; end'");
    const { data, error } = await lite.server.rpc("on_change");
    expect(data).toBeNull();
    expect(error?.code).toMatch(/^(?:PGRST202|42804|0A000)$/);
  });
});

describe("values", () => {
  test.each([{ a: [1, "two", null] }, [1, 2], "text", 5, true])(
    "the jsonb argument %j arrives as what it is",
    async (value) => {
      const { data, error } = await lite.server.rpc("describe", { p_value: value });
      expect(error).toBeNull();
      const kind = Array.isArray(value) ? "array" : typeof value;
      expect(data).toEqual([{ kind, value }]);
    },
  );

  test.each(["draft", "meta"])(
    "the column %s of type json or jsonb keeps an object that is inserted",
    async (column) => {
      const { supabase, id } = await lite.newUser();
      const value = { tags: ["a"] };
      const { data } = await supabase
        .from("notes")
        .insert({ body: "x", [column]: value })
        .select(column)
        .single();
      expect(data).toEqual({ [column]: value });
      const [row] = await admin`
      select jsonb_typeof(${admin(column)}::jsonb) as kind from app.notes where user_id = ${id}`;
      expect(row).toEqual({ kind: "object" });
    },
  );

  test.each(["bigint", "integer"])("a list of one number is refused for a %s, which takes a number", async (type) => {
    const double = (value: unknown) => lite.server.rpc(`double_${type}`, { p_value: value });
    expect((await double(5)).data).toBe(10);
    expect(await double([5])).toMatchObject({ status: 400, error: { code: "22P02" } });
  });

  test("bytea goes in and comes out in Postgres's hexadecimal form", async () => {
    const { supabase } = await lite.newUser();
    const picture = "\\x00ff5c27";
    const { data, error } = await supabase.from("notes").insert({ body: "x", picture }).select("picture").single();
    expect(error).toBeNull();
    expect(data).toEqual({ picture });
    expect((await lite.server.rpc("bytes", { p_value: picture })).data).toBe(4);
  });

  test("times are printed in ISO 8601", async () => {
    const { supabase } = await lite.newUser();
    const { data } = await supabase.from("notes").insert({ body: "x" }).select("created_at, local_time").single();
    expect(data).toEqual({ created_at: "2026-11-23T08:00:00.5+00:00", local_time: "2026-11-23T08:00:00.5" });
  });
});

describe("errors", () => {
  test.each([
    ["PT402", 402],
    ["PT429", 429],
    ["P0001", 400],
    ["AP001", 400],
    ["40001", 500],
    ["53300", 503],
    ["28000", 403],
    ["22023", 400],
    ["23505", 409],
  ])("SQLSTATE %s is answered with HTTP %i and all that the error says", async (code, status) => {
    const answer = await lite.server.rpc("raise", { p_state: code });
    expect(answer.status).toBe(status);
    expect(answer.error).toMatchObject({ code, message: "a message", details: "a detail", hint: "a hint" });
  });

  test("a refused row is not printed", async () => {
    const { supabase } = await lite.newUser();
    const { error } = await supabase.from("notes").insert({ body: "forbidden" });
    expect(error).toMatchObject({ code: "23514" });
    expect(printed.mock.calls).toEqual([]);
  });

  test("a schema that config.toml does not name is refused", async () => {
    const { error, status } = await (lite.server as unknown as SupabaseClient).schema("auth").from("users").select();
    expect(status).toBe(406);
    expect(error?.code).toBe("PGRST106");
  });
});

describe("the database before the first migration", () => {
  test("auth.uid() and its like read the claims", async () => {
    const { supabase, id, email } = await lite.newUser();
    const { data } = await supabase.rpc("claims");
    expect(data).toEqual({ uid: id, role: "authenticated", email, user: "authenticated" });
    expect((await lite.server.rpc("claims")).data).toMatchObject({
      uid: null,
      role: "service_role",
      user: "service_role",
    });
  });

  test("auth.uid() follows request.jwt.claims alone, as functions that act for a user set it", async () => {
    const id = randomUUID();
    const [row] = await admin.begin(async (sql) => {
      await sql`select set_config('request.jwt.claims', ${JSON.stringify({ sub: id })}, true)`;
      return sql`select auth.uid() as id`;
    });
    expect(row).toEqual({ id });
  });

  test("postgres has the powers that it has on a hosted project, and no more", async () => {
    const sql = postgres(lite.stack.dbUrl, { max: 1, onnotice: () => {} });
    const [role] = await sql`
      select rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication
      from pg_roles where rolname = current_user`;
    expect(role).toEqual({
      rolsuper: false,
      rolcreaterole: true,
      rolcreatedb: true,
      rolbypassrls: true,
      rolreplication: true,
    });
    await expect(sql`create table auth.mine ()`).rejects.toThrow("permission denied for schema auth");
    await expect(sql`alter table auth.users disable row level security`).rejects.toThrow("must be owner");
    await expect(sql`copy (select 1) to program 'true'`).rejects.toThrow("permission denied");
    const [owner] = await admin`
        select pg_get_userbyid(nspowner) as name from pg_namespace where nspname = 'supabase_migrations'`;
    expect(owner).toEqual({ name: "postgres" });
    await sql.end();
  });

  test("the API knows a function that is made while it runs", async () => {
    const name = `made_${Date.now()}`;
    const sql = postgres(lite.stack.dbUrl, { max: 1, onnotice: () => {} });
    await sql.unsafe(`create function app.${name}() returns int language sql return 7`);
    await sql.end();
    await vi.waitFor(async () => expect((await lite.server.rpc(name)).data).toBe(7), { timeout: 5_000 });
  });
});
