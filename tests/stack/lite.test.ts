import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { verifyCredentials } from "@supabase/server/core";
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify, SignJWT } from "jose";
import postgres, { type Sql } from "postgres";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Secrets } from "../../stack/secrets.ts";
import { type Stack, startStack } from "../../stack/stack.ts";
import { makeProject, type Project } from "../harness/fixture.ts";

/** In place before Lite's module looks at the console. */
const printed = vi.hoisted(() => vi.spyOn(console, "error").mockImplementation(() => {}));

type Client = SupabaseClient<any, "app">;

let project: Project;
let stack: Stack;
let admin: Sql;
let server: Client;

beforeAll(async () => {
  project = makeProject();
  stack = await startStack({ ...project, providers: "none", log: () => {} });
  admin = postgres(stack.adminDbUrl, { max: 1, onnotice: () => {} });
  server = client(stack.secretKey);
});

afterAll(async () => {
  await admin?.end();
  await stack?.stop();
  project?.remove();
});

function client(key: string): Client {
  const auth = { persistSession: false, autoRefreshToken: false };
  return createClient(stack.url, key, { auth, db: { schema: "app" } }) as Client;
}

/** A client signed in as a new user. */
async function newUser(): Promise<{ supabase: Client; id: string; email: string; accessToken: string }> {
  const supabase = client(stack.publishableKey);
  const email = `${randomUUID()}@example.com`;
  const { data, error } = await supabase.auth.signUp({
    email,
    password: "password-1",
    options: { data: { name: "Ada" } },
  });
  if (error) throw error;
  return { supabase, email, id: data.user!.id, accessToken: data.session!.access_token };
}

describe("row-level security", () => {
  test("a request grants the API roles nothing that the migrations did not", async () => {
    const { supabase } = await newUser();
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
    const [ada, bob] = [await newUser(), await newUser()];
    expect((await ada.supabase.from("notes").insert({ body: "hello" })).error).toBeNull();
    expect((await ada.supabase.from("notes").select("body")).data).toEqual([{ body: "hello" }]);
    expect((await bob.supabase.from("notes").select("body")).data).toEqual([]);
    expect(await client(stack.publishableKey).from("notes").select()).toMatchObject({
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
    const { supabase, id } = await newUser();
    await expect
      .poll(() => claimsOf(supabase))
      .toMatchObject({ legacy: "", claims: { sub: id, role: "authenticated" } });
  });

  test("have the role of who comes without a token", async () => {
    expect(await claimsOf(client(stack.publishableKey))).toEqual({ legacy: "", claims: { role: "anon" } });
    expect(await claimsOf(server)).toMatchObject({ legacy: "", claims: { role: "service_role" } });
  });
});

describe("preflights", () => {
  test.each(["rest/v1/notes", "rest/v1/nowhere", "rest/v1/rpc/bytes"])(
    "of %s are answered for every schema",
    async (path) => {
      const response = await fetch(`${stack.url}/${path}`, {
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
    const { data, error } = await server.rpc("on_change");
    expect(data).toBeNull();
    expect(error?.code).toMatch(/^(?:PGRST202|42804|0A000)$/);
  });
});

describe("values", () => {
  test.each([{ a: [1, "two", null] }, [1, 2], "text", 5, true])(
    "the jsonb argument %j arrives as what it is",
    async (value) => {
      const { data, error } = await server.rpc("describe", { p_value: value });
      expect(error).toBeNull();
      const kind = Array.isArray(value) ? "array" : typeof value;
      expect(data).toEqual([{ kind, value }]);
    },
  );

  test.each(["draft", "meta"])(
    "the column %s of type json or jsonb keeps an object that is inserted",
    async (column) => {
      const { supabase, id } = await newUser();
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
    const double = (value: unknown) => server.rpc(`double_${type}`, { p_value: value });
    expect((await double(5)).data).toBe(10);
    expect(await double([5])).toMatchObject({ status: 400, error: { code: "22P02" } });
  });

  test("bytea goes in and comes out in Postgres's hexadecimal form", async () => {
    const { supabase } = await newUser();
    const picture = "\\x00ff5c27";
    const { data, error } = await supabase.from("notes").insert({ body: "x", picture }).select("picture").single();
    expect(error).toBeNull();
    expect(data).toEqual({ picture });
    expect((await server.rpc("bytes", { p_value: picture })).data).toBe(4);
  });

  test("times are printed in ISO 8601", async () => {
    const { supabase } = await newUser();
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
    const answer = await server.rpc("raise", { p_state: code });
    expect(answer.status).toBe(status);
    expect(answer.error).toMatchObject({ code, message: "a message", details: "a detail", hint: "a hint" });
  });

  test("a refused row is not printed", async () => {
    const { supabase } = await newUser();
    const { error } = await supabase.from("notes").insert({ body: "forbidden" });
    expect(error).toMatchObject({ code: "23514" });
    expect(printed.mock.calls).toEqual([]);
  });

  test("a schema that config.toml does not name is refused", async () => {
    const { error, status } = await (server as unknown as SupabaseClient).schema("auth").from("users").select();
    expect(status).toBe(406);
    expect(error?.code).toBe("PGRST106");
  });
});

describe("the database before the first migration", () => {
  test("auth.uid() and its like read the claims", async () => {
    const { supabase, id, email } = await newUser();
    const { data } = await supabase.rpc("claims");
    expect(data).toEqual({ uid: id, role: "authenticated", email, user: "authenticated" });
    expect((await server.rpc("claims")).data).toMatchObject({
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
    const sql = postgres(stack.dbUrl, { max: 1, onnotice: () => {} });
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
    const sql = postgres(stack.dbUrl, { max: 1, onnotice: () => {} });
    await sql.unsafe(`create function app.${name}() returns int language sql return 7`);
    await sql.end();
    await vi.waitFor(async () => expect((await server.rpc(name)).data).toBe(7), { timeout: 5_000 });
  });
});

describe("access tokens", () => {
  test("are signed with ES256 by the key in the JWKS, and hold what a hosted project's hold", async () => {
    const { accessToken, id, email } = await newUser();
    const jwks = await (await fetch(`${stack.url}/auth/v1/.well-known/jwks.json`)).json();
    const issuer = `${stack.url}/auth/v1`;
    const { payload, protectedHeader } = await jwtVerify(accessToken, createLocalJWKSet(jwks), {
      issuer,
      audience: "authenticated",
    });
    expect(protectedHeader).toEqual({ alg: "ES256", typ: "JWT", kid: jwks.keys[0].kid });
    expect(jwks.keys[0]).not.toHaveProperty("d");
    expect(payload).toEqual({
      iss: issuer,
      sub: id,
      aud: "authenticated",
      role: "authenticated",
      email,
      phone: "",
      aal: "aal1",
      amr: [{ method: "password", timestamp: expect.any(Number) }],
      session_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      app_metadata: { provider: "email", providers: ["email"] },
      user_metadata: expect.objectContaining({ name: "Ada" }),
      is_anonymous: false,
      iat: expect.any(Number),
      exp: payload.iat! + 3600,
    });
  });

  test("satisfy @supabase/server", async () => {
    const { accessToken, id } = await newUser();
    const jwks = await (await fetch(`${stack.url}/auth/v1/.well-known/jwks.json`)).json();
    const env = { url: stack.url, publishableKeys: {}, secretKeys: {}, jwks };
    const { data, error } = await verifyCredentials({ token: accessToken, apikey: null }, { auth: "user", env });
    expect(error).toBeNull();
    expect(data?.userClaims?.id).toBe(id);
  });

  test("are still good after a refresh, and sign out works with them", async () => {
    const { supabase, id } = await newUser();
    const { data } = await supabase.auth.refreshSession();
    expect(decodeProtectedHeader(data.session!.access_token).alg).toBe("ES256");
    expect((await supabase.auth.getUser()).data.user?.id).toBe(id);
    expect((await supabase.from("notes").select()).error).toBeNull();
    expect((await supabase.auth.signOut()).error).toBeNull();
  });

  test("are refused when they are forged, expired, or signed with the secret that Lite shares", async () => {
    const { accessToken } = await newUser();
    const { liteSecret, signingKey } = JSON.parse(
      readFileSync(path.join(project.stateDir, "secrets.json"), "utf8"),
    ) as Secrets;
    const claims = decodeJwt(accessToken);
    const forged = accessToken.replace(/\.[^.]{8}/, (start) => `.${start.slice(1).split("").reverse().join("")}`);
    const inner = await new SignJWT(claims)
      .setProtectedHeader({ alg: "HS256" })
      .sign(new TextEncoder().encode(liteSecret));
    const expired = await new SignJWT({ ...claims, exp: 1 }).setProtectedHeader({ alg: "ES256" }).sign(signingKey);
    const read = (token: string) =>
      fetch(`${stack.url}/rest/v1/notes`, {
        headers: { apikey: stack.publishableKey, "accept-profile": "app", authorization: `Bearer ${token}` },
      });
    expect((await read(accessToken)).status).toBe(200);
    for (const [token, code] of [
      [forged, "PGRST301"],
      [inner, "PGRST301"],
      [expired, "PGRST303"],
    ] as const) {
      const answer = await read(token);
      expect(answer.status).toBe(401);
      expect(await answer.json()).toMatchObject({ code });
    }
    const user = await fetch(`${stack.url}/auth/v1/user`, {
      headers: { apikey: stack.publishableKey, authorization: `Bearer ${inner}` },
    });
    expect(user.status).toBe(403);
  });
});

describe("auth.admin", () => {
  test("makes, finds, lists, changes and deletes a user who can sign in", async () => {
    const { admin: users } = server.auth;
    const email = `${randomUUID()}@example.com`;
    const made = await users.createUser({
      email,
      password: "password-1",
      email_confirm: true,
      user_metadata: { a: 1 },
    });
    expect(made.error).toBeNull();
    const { id } = made.data.user!;
    expect(made.data.user).toMatchObject({
      email,
      role: "authenticated",
      user_metadata: { a: 1 },
      is_anonymous: false,
    });
    expect((await users.getUserById(id)).data.user?.email).toBe(email);
    expect((await users.listUsers({ perPage: 1_000 })).data.users.map((user) => user.id)).toContain(id);

    const changed = await users.updateUserById(id, { password: "password-2", user_metadata: { b: 2 } });
    expect(changed.data.user?.user_metadata).toEqual({ a: 1, b: 2 });
    const session = await client(stack.publishableKey).auth.signInWithPassword({
      email,
      password: "password-2",
    });
    expect(session.data.user?.id).toBe(id);

    expect((await users.deleteUser(id)).error).toBeNull();
    expect((await users.getUserById(id)).error).toMatchObject({ status: 404, code: "user_not_found" });
  });

  test("bans a user for a time, lifts the ban, and soft-deletes a user, whose address is free then", async () => {
    const { admin: users } = server.auth;
    const { id, email } = await newUser();
    const banned = await users.updateUserById(id, { ban_duration: "24h" });
    const until_ms = Date.parse((banned.data.user as { banned_until?: string } | null)?.banned_until ?? "");
    expect(Math.abs(until_ms - Date.now() - 24 * 3_600_000)).toBeLessThan(60_000);
    const lifted = await users.updateUserById(id, { ban_duration: "none" });
    expect(lifted.data.user).not.toHaveProperty("banned_until");

    expect((await users.deleteUser(id, true)).error).toBeNull();
    expect((await users.getUserById(id)).data.user).toHaveProperty("deleted_at");
    expect((await users.createUser({ email, password: "password-1" })).error).toBeNull();
  });

  test("refuses an email address that is taken", async () => {
    const { email } = await newUser();
    const { error } = await server.auth.admin.createUser({
      email: email.toUpperCase(),
      password: "password-1",
    });
    expect(error).toMatchObject({ status: 422, code: "email_exists" });
  });

  test("refuses a request without the secret key", async () => {
    const { supabase } = await newUser();
    for (const users of [supabase.auth.admin, client(stack.publishableKey).auth.admin]) {
      expect((await users.listUsers()).error?.status).toBe(403);
      expect((await users.createUser({ email: "eve@example.com", password: "password-1" })).error?.status).toBe(403);
    }
  });

  test("says what is wrong with a user who cannot be made", async () => {
    const { error } = await server.auth.admin.createUser({ email: "no address" });
    expect(error).toMatchObject({ status: 400, code: "validation_failed" });
  });
});

describe("API keys", () => {
  test("a request without one is refused, also from this machine", async () => {
    const answer = await fetch(`${stack.url}/rest/v1/notes`, { headers: { "accept-profile": "app" } });
    expect(answer.status).toBe(401);
  });
});
