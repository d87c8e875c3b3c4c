import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { verifyCredentials } from "@supabase/server/core";
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Secrets } from "../../stack/secrets.ts";
import { LiteProject } from "./lite-project.ts";

let lite: LiteProject;

beforeAll(async () => {
  lite = await LiteProject.start();
});
afterAll(() => lite?.stop());

describe("access tokens", () => {
  test("are signed with ES256 by the key in the JWKS, and hold what a hosted project's hold", async () => {
    const { accessToken, id, email } = await lite.newUser();
    const jwks = await (await fetch(`${lite.stack.url}/auth/v1/.well-known/jwks.json`)).json();
    const issuer = `${lite.stack.url}/auth/v1`;
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
    const { accessToken, id } = await lite.newUser();
    const jwks = await (await fetch(`${lite.stack.url}/auth/v1/.well-known/jwks.json`)).json();
    const env = { url: lite.stack.url, publishableKeys: {}, secretKeys: {}, jwks };
    const { data, error } = await verifyCredentials({ token: accessToken, apikey: null }, { auth: "user", env });
    expect(error).toBeNull();
    expect(data?.userClaims?.id).toBe(id);
  });

  test("are still good after a refresh, and sign out works with them", async () => {
    const { supabase, id } = await lite.newUser();
    const { data } = await supabase.auth.refreshSession();
    expect(decodeProtectedHeader(data.session!.access_token).alg).toBe("ES256");
    expect((await supabase.auth.getUser()).data.user?.id).toBe(id);
    expect((await supabase.from("notes").select()).error).toBeNull();
    expect((await supabase.auth.signOut()).error).toBeNull();
  });

  test("are refused when they are forged, expired, or signed with the secret that Lite shares", async () => {
    const { accessToken } = await lite.newUser();
    const { liteSecret, signingKey } = JSON.parse(
      readFileSync(path.join(lite.stateDir, "secrets.json"), "utf8"),
    ) as Secrets;
    const claims = decodeJwt(accessToken);
    const forged = accessToken.replace(/\.[^.]{8}/, (start) => `.${start.slice(1).split("").reverse().join("")}`);
    const inner = await new SignJWT(claims)
      .setProtectedHeader({ alg: "HS256" })
      .sign(new TextEncoder().encode(liteSecret));
    const expired = await new SignJWT({ ...claims, exp: 1 }).setProtectedHeader({ alg: "ES256" }).sign(signingKey);
    const read = (token: string) =>
      fetch(`${lite.stack.url}/rest/v1/notes`, {
        headers: { apikey: lite.stack.publishableKey, "accept-profile": "app", authorization: `Bearer ${token}` },
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
    const user = await fetch(`${lite.stack.url}/auth/v1/user`, {
      headers: { apikey: lite.stack.publishableKey, authorization: `Bearer ${inner}` },
    });
    expect(user.status).toBe(403);
  });
});

describe("auth.admin", () => {
  test("makes, finds, lists, changes and deletes a user who can sign in", async () => {
    const { admin: users } = lite.server.auth;
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
    const session = await lite.client(lite.stack.publishableKey).auth.signInWithPassword({
      email,
      password: "password-2",
    });
    expect(session.data.user?.id).toBe(id);

    expect((await users.deleteUser(id)).error).toBeNull();
    expect((await users.getUserById(id)).error).toMatchObject({ status: 404, code: "user_not_found" });
  });

  test("bans a user for a time, lifts the ban, and soft-deletes a user, whose address is free then", async () => {
    const { admin: users } = lite.server.auth;
    const { id, email } = await lite.newUser();
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
    const { email } = await lite.newUser();
    const { error } = await lite.server.auth.admin.createUser({
      email: email.toUpperCase(),
      password: "password-1",
    });
    expect(error).toMatchObject({ status: 422, code: "email_exists" });
  });

  test("refuses a request without the secret key", async () => {
    const { supabase } = await lite.newUser();
    for (const users of [supabase.auth.admin, lite.client(lite.stack.publishableKey).auth.admin]) {
      expect((await users.listUsers()).error?.status).toBe(403);
      expect((await users.createUser({ email: "eve@example.com", password: "password-1" })).error?.status).toBe(403);
    }
  });

  test("says what is wrong with a user who cannot be made", async () => {
    const { error } = await lite.server.auth.admin.createUser({ email: "no address" });
    expect(error).toMatchObject({ status: 400, code: "validation_failed" });
  });
});

describe("API keys", () => {
  test("a request without one is refused, also from this machine", async () => {
    const answer = await fetch(`${lite.stack.url}/rest/v1/notes`, { headers: { "accept-profile": "app" } });
    expect(answer.status).toBe(401);
  });
});
