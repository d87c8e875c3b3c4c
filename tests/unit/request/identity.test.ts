import { type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import { describe, expect, test, vi } from "vitest";
import {
  bearer,
  claimsOf,
  identifyUser,
  identifyUserOrBackend,
  now,
  otherId,
  publicJwk,
  publishableKey,
  requestWith,
  secretKey,
  stranger,
  tokenOf,
  unauthenticated,
  useProject,
  userId,
} from "./tokens.ts";

useProject();

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

test("identifyUser() refuses an anonymous user, and says what to do", async () => {
  await expect(identifyUser(bearer(await tokenOf({ is_anonymous: true })))).rejects.toMatchObject({
    code: "unauthenticated",
    message: "Sign up to save an API key: anonymous users cannot.",
  });
});

describe("identifyUserOrBackend()", () => {
  test("tells an anonymous user", async () => {
    const request = bearer(await tokenOf({ is_anonymous: true }));
    expect(await identifyUserOrBackend(request)).toEqual({ userId, isAnonymous: true });
  });
});
