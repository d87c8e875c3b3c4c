/** Access tokens: those that are taken, and the places where they may stand. */
import { decodeJwt, decodeProtectedHeader, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import { generation } from "../../harness/calls.ts";
import { expectOnlyTheKey } from "../../harness/fakes.ts";
import { sign } from "../../harness/sign.ts";
import { balance, type ByokUser, newByokUser, stack } from "../../harness/users.ts";
import { expectNobody, listModels, post } from "./callers.ts";

let owner: ByokUser;
let claims: JWTPayload;
beforeAll(async () => {
  owner = await newByokUser("openai", { credits: 100 });
  claims = decodeJwt(owner.user.accessToken);
});

describe("the access token of a call", () => {
  test.each([
    { place: "Authorization: Bearer", headers: (token: string) => ({ authorization: `Bearer ${token}` }) },
    { place: "authorization: bearer", headers: (token: string) => ({ authorization: `bearer ${token}` }) },
    { place: "x-api-key", headers: (token: string) => ({ "x-api-key": token }) },
    { place: "x-goog-api-key", headers: (token: string) => ({ "x-goog-api-key": token }) },
    { place: "api-key", headers: (token: string) => ({ "api-key": token }) },
    {
      place: "x-api-key, beside the project's own key in Authorization",
      headers: (token: string) => ({ authorization: `Bearer ${stack.publishableKey}`, "x-api-key": token }),
    },
  ])("is taken from $place", async ({ headers }) => {
    expect((await listModels(headers(owner.user.accessToken))).status).toBe(200);
    await expectOnlyTheKey("openai", owner);
  });

  test("is taken from ?key=", async () => {
    expect((await listModels({}, `?key=${owner.user.accessToken}`)).status).toBe(200);
  });

  test("is the one in Authorization when there are several, and a bad one there is not made good by another place", async () => {
    await expectNobody(await listModels({ authorization: "Bearer none", "x-api-key": owner.user.accessToken }));
  });

  test("is not taken from places where no SDK puts it", async () => {
    const { accessToken } = owner.user;
    for (const headers of [
      { apikey: accessToken },
      { cookie: `sb-access-token=${accessToken}` },
      { authorization: accessToken },
    ]) {
      await expectNobody(await listModels(headers));
    }
    await expectNobody(await listModels({}, `?access_token=${accessToken}`));
  });
});

describe("a token is refused", () => {
  const hour = 3600;
  const now = () => Math.floor(Date.now() / 1000);
  const unsigned = (header: object, payload: object) =>
    `${[header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".")}.`;

  async function forged(overrides: { kid?: string; alg?: string } = {}): Promise<string> {
    const { privateKey } = await generateKeyPair("ES256");
    const { kid } = decodeProtectedHeader(owner.user.accessToken);
    return new SignJWT(claims)
      .setProtectedHeader({ alg: "ES256", ...(kid ? { kid } : {}), ...overrides })
      .sign(privateKey);
  }

  test.each<[string, () => string | Promise<string>]>([
    ["without any text", () => ""],
    ["that is no JWT", () => "eyJhbGciOiJub25lIn0"],
    ["signed by another key under the project's kid", () => forged()],
    ["signed by another key under a kid of its own", () => forged({ kid: "another" })],
    ["without a signature, alg none", () => unsigned({ alg: "none", typ: "JWT" }, claims)],
    [
      "without a signature, alg none under the project's kid",
      () => unsigned({ ...decodeProtectedHeader(owner.user.accessToken), alg: "none" }, claims),
    ],
    ["signed HS256 with the public key as its secret", () => hmacWithPublicKey()],
    ["whose claims were changed", () => tampered()],
    ["whose signature is cut off", () => owner.user.accessToken.replace(/[^.]*$/, "")],
    ["that has expired", () => sign(stack, { ...claims, iat: now() - 2 * hour, exp: now() - hour })],
    ["that never expires", () => sign(stack, (({ exp: _, ...others }) => others)(claims))],
    ["that is not valid yet", () => sign(stack, { ...claims, nbf: now() + hour })],
    ["of a service role", () => sign(stack, { ...claims, role: "service_role" })],
    ["of a visitor", () => sign(stack, { ...claims, role: "anon" })],
    ["for another audience", () => sign(stack, { ...claims, aud: "another" })],
    ["whose subject is no user", () => sign(stack, { ...claims, sub: "somebody" })],
    ["without a subject", () => sign(stack, (({ sub: _, ...others }) => others)(claims))],
  ])("%s", async (_, make) => {
    const token = await make();
    await expectNobody(await listModels({ authorization: `Bearer ${token}` }));
    await expectNobody(await listModels({ "x-api-key": token }));
    for (const slug of ["save", "verify"]) {
      await expectNobody(await post(slug, { authorization: `Bearer ${token}` }, { provider: "openai" }));
    }
  });

  test("only for what is wrong with it: the same claims signed by the project are taken", async () => {
    expect((await listModels({ authorization: `Bearer ${await sign(stack, claims)}` })).status).toBe(200);
  });

  async function hmacWithPublicKey(): Promise<string> {
    const jwks = await (await fetch(`${stack.url}/auth/v1/.well-known/jwks.json`)).text();
    const { kid } = decodeProtectedHeader(owner.user.accessToken);
    return new SignJWT(claims)
      .setProtectedHeader({ alg: "HS256", ...(kid ? { kid } : {}) })
      .sign(new TextEncoder().encode(jwks));
  }

  function tampered(): string {
    const [header, , signature] = owner.user.accessToken.split(".");
    const other = { ...claims, sub: crypto.randomUUID() };
    return [header, Buffer.from(JSON.stringify(other)).toString("base64url"), signature].join(".");
  }
});

test("a caller that is nobody learns nothing about credits or keys", async () => {
  const { path, body } = generation("openai");
  await expectNobody(await post(`call/${path}`, { "x-byok-operation": "kernel_build" }, body));
  expect(await balance(owner.user)).toEqual({ available: 100, held: 0 });
});
