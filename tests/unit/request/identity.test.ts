import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ByokError } from "../../../functions/_shared/errors.ts";
import * as identity from "../../../functions/_shared/request/identity.ts";
import { mockDatabase } from "../../harness/database.ts";

const { requireSecretKey } = identity;
const callerToken = (request: Request) => identity.callerToken(request, URL.parse(request.url));

const userId = "0b6f2c1e-8d2a-4c55-9a3e-5d1f0a7b9c31";
const otherId = "f3d0a9b4-17c6-4e0b-8f21-6c2e4d8a5b70";
const secretKey = "sb_secret_example";
const publishableKey = "sb_publishable_example";

/** Takes the claims of every token, and is not asked about OAuth clients. */
const lenient = mockDatabase({ requireClaims: async () => undefined });
const identifyUser = (request: Request, database = lenient) => identity.identifyUser(request, database);
const identifyUserOrBackend = (request: Request, database = lenient) =>
  identity.identifyUserOrBackend(request, URL.parse(request.url), database);

const project = await generateKeyPair("ES256", { extractable: true });
const stranger = await generateKeyPair("ES256");
const publicJwk = { ...(await exportJWK(project.publicKey)), kid: "project", alg: "ES256", use: "sig" };

beforeEach(() => {
  vi.stubEnv("SUPABASE_URL", "https://project.supabase.test");
  vi.stubEnv("SUPABASE_SECRET_KEYS", JSON.stringify({ default: secretKey, jobs: "sb_secret_jobs" }));
  vi.stubEnv("SUPABASE_PUBLISHABLE_KEYS", JSON.stringify({ default: publishableKey }));
  vi.stubEnv("SUPABASE_JWKS", JSON.stringify({ keys: [publicJwk] }));
  // Verification that asks the network would be slow for callers and a way to be fooled.
  vi.stubGlobal("fetch", () => expect.unreachable("the network was asked"));
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

const now = () => Math.floor(Date.now() / 1000);

function claimsOf(changes: JWTPayload = {}): JWTPayload {
  return {
    sub: userId,
    role: "authenticated",
    aud: "authenticated",
    iss: "https://project.supabase.test/auth/v1",
    iat: now(),
    exp: now() + 3600,
    is_anonymous: false,
    ...changes,
  };
}

function tokenOf(changes: JWTPayload = {}, key: CryptoKey = project.privateKey): Promise<string> {
  return new SignJWT(claimsOf(changes)).setProtectedHeader({ alg: "ES256", kid: "project", typ: "JWT" }).sign(key);
}

function requestWith(headers: Record<string, string>, query = ""): Request {
  return new Request(`https://project.supabase.test/functions/v1/byok/call/google/v1beta/models${query}`, { headers });
}

const bearer = (token: string) => requestWith({ authorization: `Bearer ${token}` });
const unauthenticated = {
  code: "unauthenticated",
  status: 401,
  message: "A valid access token is required.",
  details: {},
};

describe.each([
  ["identifyUser()", identifyUser],
  ["identifyUserOrBackend()", identifyUserOrBackend],
])("%s", (_, identify) => {
  test("knows the user of a valid access token", async () => {
    expect(await identify(bearer(await tokenOf()))).toEqual({ userId, isAnonymous: false });
  });

  test("knows a token again without checking its signature, for five minutes", async () => {
    const token = await tokenOf();
    await identify(bearer(token));
    const verify = vi.spyOn(crypto.subtle, "verify");
    expect(await identify(bearer(token))).toEqual({ userId, isAnonymous: false });
    expect(verify).not.toHaveBeenCalled();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 5 * 60_000 });
    expect(await identify(bearer(token))).toEqual({ userId, isAnonymous: false });
    expect(verify).toHaveBeenCalledTimes(1);
    verify.mockRestore();
    vi.useRealTimers();
  });

  test("refuses a token that it knows from the second in which it expires", async () => {
    const token = await tokenOf({ exp: now() + 60 });
    await identify(bearer(token));
    vi.useFakeTimers({ toFake: ["Date"], now: (now() + 60) * 1000 });
    await expect(identify(bearer(token))).rejects.toMatchObject(unauthenticated);
    vi.useRealTimers();
  });

  test("refuses a token that differs by one character from one that it knows", async () => {
    const token = await tokenOf();
    await identify(bearer(token));
    const forged = token.replace(/.(?=.{20}$)/, (character) => (character === "A" ? "B" : "A"));
    await expect(identify(bearer(forged))).rejects.toMatchObject(unauthenticated);
  });

  test("takes the scheme in any case", async () => {
    expect(await identify(requestWith({ authorization: `bearer  ${await tokenOf()}` }))).toMatchObject({ userId });
  });

  test.each<[string, JWTPayload]>([
    ["that expired", { exp: now() - 60 }],
    ["that never expires", { exp: undefined as never }],
    ["that is not valid yet", { nbf: now() + 3600 }],
    ["of another issuer", { iss: "https://other.supabase.test/auth/v1" }],
    ["of an issuer that only begins as ours", { iss: "https://project.supabase.test/auth/v1/x" }],
    ["without an issuer", { iss: undefined as never }],
    ["for another audience", { aud: "anon" }],
    ["without an audience", { aud: undefined as never }],
    ["of the role anon", { role: "anon" }],
    ["of the role service_role", { role: "service_role" }],
    ["without a role", { role: undefined }],
    ["whose subject is no uuid", { sub: "nobody" }],
    ["whose subject only begins with a uuid", { sub: `${userId}'` }],
    ["whose subject only ends with a uuid", { sub: `'${userId}` }],
    ["without a subject", { sub: undefined as never }],
  ])("refuses a token %s", async (_, claims) => {
    await expect(identify(bearer(await tokenOf(claims)))).rejects.toMatchObject(unauthenticated);
  });

  test("refuses a token that another key signed", async () => {
    await expect(identify(bearer(await tokenOf({}, stranger.privateKey)))).rejects.toMatchObject(unauthenticated);
  });

  test("refuses a token whose claims were changed after signing", async () => {
    const [header, , signature] = (await tokenOf()).split(".");
    const claims = Buffer.from(JSON.stringify(claimsOf({ sub: otherId }))).toString("base64url");
    await expect(identify(bearer(`${header}.${claims}.${signature}`))).rejects.toMatchObject(unauthenticated);
  });

  test("refuses a token without a signature", async () => {
    await expect(identify(bearer(new UnsecuredJWT(claimsOf()).encode()))).rejects.toMatchObject(unauthenticated);
  });

  test("refuses a token signed with the public key as if it were a shared secret", async () => {
    const secret = new TextEncoder().encode(JSON.stringify(publicJwk));
    const forged = await new SignJWT(claimsOf()).setProtectedHeader({ alg: "HS256", kid: "project" }).sign(secret);
    await expect(identify(bearer(forged))).rejects.toMatchObject(unauthenticated);
  });

  test.each([
    {},
    { authorization: "" },
    { authorization: "Bearer" },
    { authorization: "Bearer " },
    { authorization: "Bearer nonsense" },
    { authorization: "Bearer a.b.c" },
    { authorization: "Basic dXNlcjpwYXNz" },
    { authorization: `Bearer ${publishableKey}` },
    { authorization: `Bearer ${secretKey}` },
    { apikey: secretKey },
  ])("refuses a request with the headers %j", (headers) =>
    expect(identify(requestWith(headers))).rejects.toMatchObject(unauthenticated),
  );

  test("takes no token that something else is appended to", async () => {
    await expect(identify(requestWith({ authorization: `Bearer ${await tokenOf()} x` }))).rejects.toMatchObject(
      unauthenticated,
    );
  });

  test("does not compare the issuer on a local stack, whose inner address is not the one that Auth signs with", async () => {
    vi.stubEnv("SUPABASE_URL", "http://kong:8000");
    const token = await tokenOf({ iss: "http://127.0.0.1:54321/auth/v1" });
    expect(await identify(bearer(token))).toMatchObject({ userId });
  });

  test("says that the fault is ours when the project's keys are not configured", async () => {
    vi.stubEnv("SUPABASE_JWKS", "nonsense");
    await expect(identify(bearer(await tokenOf()))).rejects.toMatchObject({ code: "internal", details: {} });
  });
});

describe("identifyUser()", () => {
  test("takes the token from no other place than Authorization", async () => {
    const token = await tokenOf();
    for (const request of [
      requestWith({ "x-api-key": token }),
      requestWith({ "x-goog-api-key": token }),
      requestWith({ "api-key": token }),
      requestWith({}, `?key=${token}`),
    ]) {
      await expect(identifyUser(request)).rejects.toMatchObject(unauthenticated);
    }
  });

  test("lets no backend act for a user", () =>
    expect(identifyUser(requestWith({ apikey: secretKey, "x-byok-user": userId }))).rejects.toMatchObject(
      unauthenticated,
    ));
});

test("identifyUser() has the database decide whether the claims of a token are enough, each time", async () => {
  const refusal = new ByokError("claims_required", { details: { claims: { aal: "aal2" } } });
  const database = mockDatabase({ requireClaims: async () => Promise.reject(refusal) });
  const request = bearer(await tokenOf({ aal: "aal1", client_id: "another-app" }));
  await expect(identifyUser(request, database)).rejects.toBe(refusal);
  await expect(identifyUser(request, database)).rejects.toBe(refusal);
  const claims = expect.objectContaining({ sub: userId, aal: "aal1", client_id: "another-app" });
  expect(database.requireClaims.mock.calls).toEqual([[claims], [claims]]);
});

test("identifyUser() refuses an anonymous user, and says what to do", async () => {
  await expect(identifyUser(bearer(await tokenOf({ is_anonymous: true })))).rejects.toMatchObject({
    code: "unauthenticated",
    message: "Sign up to save an API key: anonymous users cannot.",
  });
});

describe("requireSecretKey()", () => {
  test.each([secretKey, "sb_secret_jobs"])("lets the secret key %s pass", async (apikey) => {
    await expect(requireSecretKey(requestWith({ apikey }))).resolves.toBeUndefined();
  });

  test("refuses everybody else, users too", async () => {
    const token = await tokenOf();
    for (const headers of [
      {},
      { apikey: publishableKey },
      { apikey: "sb_secret_wrong" },
      { apikey: token },
      { authorization: `Bearer ${token}` },
      { authorization: `Bearer ${secretKey}` },
      { "x-api-key": secretKey },
    ]) {
      await expect(requireSecretKey(requestWith(headers))).rejects.toMatchObject({
        code: "unauthenticated",
        message: "The project's secret key is needed, in the header apikey.",
      });
    }
  });
});

describe("identifyUserOrBackend()", () => {
  test("refuses the token of an OAuth client that the operator does not accept", async () => {
    const database = mockDatabase({ isClientAccepted: async () => false });
    for (const client_id of ["another-app", "", 7]) {
      await expect(identifyUserOrBackend(bearer(await tokenOf({ client_id })), database)).rejects.toMatchObject({
        code: "unauthenticated",
        message: "Access tokens of this OAuth client are not accepted here.",
      });
      expect(database.isClientAccepted).toHaveBeenLastCalledWith(String(client_id));
    }
  });

  test("takes the token of an accepted OAuth client, and asks about it once a minute", async () => {
    const database = mockDatabase({ isClientAccepted: async () => true });
    const request = bearer(await tokenOf({ client_id: "our-desktop-app" }));
    const calls = () => database.isClientAccepted.mock.calls;
    expect(await identifyUserOrBackend(request, database)).toMatchObject({ userId });
    expect(await identifyUserOrBackend(request, database)).toMatchObject({ userId });
    expect(calls()).toEqual([["our-desktop-app"]]);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
    database.isClientAccepted.mockResolvedValue(false);
    await expect(identifyUserOrBackend(request, database)).rejects.toMatchObject({ code: "unauthenticated" });
    vi.useRealTimers();
  });

  test("asks nothing about the tokens of the project's own sessions, nor about a backend job", async () => {
    for (const request of [
      bearer(await tokenOf({ client_id: null })),
      bearer(await tokenOf()),
      requestWith({ apikey: secretKey, "x-byok-user": userId }),
    ]) {
      expect(await identifyUserOrBackend(request, mockDatabase())).toMatchObject({ userId });
    }
  });

  test("tells an anonymous user", async () => {
    const request = bearer(await tokenOf({ is_anonymous: true }));
    expect(await identifyUserOrBackend(request)).toEqual({ userId, isAnonymous: true });
  });

  test("takes the token from wherever an SDK puts it", async () => {
    const token = await tokenOf();
    for (const request of [
      requestWith({ "x-api-key": token }),
      requestWith({ "x-goog-api-key": token }),
      requestWith({ "api-key": token }),
      requestWith({}, `?key=${token}`),
      requestWith({ authorization: `Bearer ${publishableKey}`, "x-api-key": token }),
    ]) {
      expect(await identifyUserOrBackend(request)).toEqual({ userId, isAnonymous: false });
    }
  });

  test("does not try another place when the first holds a bad token", async () => {
    const request = requestWith({ authorization: "Bearer nonsense", "x-api-key": await tokenOf() });
    await expect(identifyUserOrBackend(request)).rejects.toMatchObject(unauthenticated);
  });

  test.each([secretKey, "sb_secret_jobs"])(
    "lets a backend job with the secret key %s act for a user",
    async (apikey) => {
      expect(await identifyUserOrBackend(requestWith({ apikey, "x-byok-user": userId }))).toEqual({
        userId,
        isAnonymous: false,
      });
    },
  );

  test("writes the user that a backend job names the way the database does", async () => {
    const request = requestWith({ apikey: secretKey, "x-byok-user": userId.toUpperCase() });
    expect(await identifyUserOrBackend(request)).toMatchObject({ userId });
  });

  test.each<Record<string, string>>([
    {},
    { apikey: "" },
    { apikey: publishableKey },
    { apikey: "sb_secret_wrong" },
    { authorization: `Bearer ${secretKey}` },
  ])("lets nobody with %j act for a user", async (headers) => {
    const request = requestWith({ ...headers, "x-byok-user": userId });
    await expect(identifyUserOrBackend(request)).rejects.toMatchObject(unauthenticated);
  });

  test("lets no user act for another", async () => {
    const token = await tokenOf();
    for (const actedFor of [otherId, userId, ""]) {
      const request = requestWith({
        authorization: `Bearer ${token}`,
        apikey: publishableKey,
        "x-byok-user": actedFor,
      });
      await expect(identifyUserOrBackend(request)).rejects.toMatchObject(unauthenticated);
    }
  });

  test.each(["", "nobody", `${userId} or true`, `${userId}0`])("refuses the user %j of a backend job", (actedFor) =>
    expect(identifyUserOrBackend(requestWith({ apikey: secretKey, "x-byok-user": actedFor }))).rejects.toMatchObject(
      unauthenticated,
    ),
  );
});

describe("callerToken()", () => {
  test("looks at Authorization, x-api-key, x-goog-api-key, api-key and ?key=, in this order", () => {
    const places = {
      authorization: "Bearer first",
      "x-api-key": "second",
      "x-goog-api-key": "third",
      "api-key": "fourth",
    };
    const tokens = [0, 1, 2, 3, 4].map((skipped) =>
      callerToken(requestWith(Object.fromEntries(Object.entries(places).slice(skipped)), "?key=fifth")),
    );
    expect(tokens).toEqual(["first", "second", "third", "fourth", "fifth"]);
    expect(callerToken(requestWith({}))).toBeNull();
    expect(callerToken(requestWith({ "x-api-key": "", "x-goog-api-key": "third" }))).toBe("third");
    expect(callerToken(requestWith({ "x-goog-api-key": "" }, "?key=fourth"))).toBe("fourth");
  });

  test("passes by the project's own keys, which supabase-js sends without a session", () => {
    expect(callerToken(requestWith({ authorization: `Bearer ${publishableKey}`, "x-api-key": "second" }))).toBe(
      "second",
    );
    expect(callerToken(requestWith({ authorization: `Bearer ${secretKey}` }))).toBeNull();
  });
});
