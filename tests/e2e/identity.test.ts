/** Who is calling: which tokens are taken, where they may stand, and for whom the secret key acts. */
import { decodeJwt, decodeProtectedHeader, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createByok } from "../../client/index.ts";
import { generation, refusalOf } from "../harness/calls.ts";
import { expectOnlyTheKey, fakeKey, forgetRequests, requestsWith } from "../harness/fakes.ts";
import { withConnection } from "../harness/sessions.ts";
import { type OwnStack, startOwnStack } from "../harness/own-stack.ts";
import {
  adminOf,
  type ByokUser,
  balance,
  expectBalance,
  functionsUrlOf,
  newByokUser,
  newUser,
  type User,
} from "../harness/users.ts";

/** One of its own, since only then can tokens be signed with the project's key. */
let stack: OwnStack;
let owner: ByokUser;
let claims: JWTPayload;
beforeAll(async () => {
  stack = await startOwnStack();
  owner = await newByokUser("openai", { on: stack, credits: 100 });
  claims = decodeJwt(owner.user.accessToken);
});
afterAll(() => stack.stop());

function listModels(headers: Record<string, string>, query = ""): Promise<Response> {
  return fetch(`${functionsUrlOf(stack)}/call/openai/v1/models${query}`, { headers });
}

async function post(slug: string, headers: Record<string, string>, body: unknown = {}): Promise<Response> {
  const init = {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  };
  return await fetch(`${functionsUrlOf(stack)}/${slug}`, init);
}

async function expectNobody(response: Response): Promise<void> {
  expect([response.status, refusalOf(response)]).toEqual([401, "unauthenticated"]);
}

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
    ["that has expired", () => stack.sign({ ...claims, iat: now() - 2 * hour, exp: now() - hour })],
    ["that never expires", () => stack.sign((({ exp: _, ...others }) => others)(claims))],
    ["that is not valid yet", () => stack.sign({ ...claims, nbf: now() + hour })],
    ["of a service role", () => stack.sign({ ...claims, role: "service_role" })],
    ["of a visitor", () => stack.sign({ ...claims, role: "anon" })],
    ["for another audience", () => stack.sign({ ...claims, aud: "another" })],
    ["whose subject is no user", () => stack.sign({ ...claims, sub: "somebody" })],
    ["without a subject", () => stack.sign((({ sub: _, ...others }) => others)(claims))],
  ])("%s", async (_, make) => {
    const token = await make();
    await expectNobody(await listModels({ authorization: `Bearer ${token}` }));
    await expectNobody(await listModels({ "x-api-key": token }));
    for (const slug of ["save", "verify"]) {
      await expectNobody(await post(slug, { authorization: `Bearer ${token}` }, { provider: "openai" }));
    }
  });

  test("only for what is wrong with it: the same claims signed by the project are taken", async () => {
    expect((await listModels({ authorization: `Bearer ${await stack.sign(claims)}` })).status).toBe(200);
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

describe("the project's keys", () => {
  test.each<[string, () => Record<string, string>]>([
    ["the publishable key alone", () => ({ apikey: stack.publishableKey })],
    ["the publishable key as a token", () => ({ authorization: `Bearer ${stack.publishableKey}` })],
    ["the publishable key with x-byok-user", () => ({ apikey: stack.publishableKey, "x-byok-user": owner.user.id })],
    ["the secret key alone", () => ({ apikey: stack.secretKey })],
    [
      "the secret key as a token with x-byok-user",
      () => ({ authorization: `Bearer ${stack.secretKey}`, "x-byok-user": owner.user.id }),
    ],
    ["the secret key with a x-byok-user that is no id", () => ({ apikey: stack.secretKey, "x-byok-user": "somebody" })],
    ["the secret key with an empty x-byok-user", () => ({ apikey: stack.secretKey, "x-byok-user": "" })],
    ["a wrong secret key with x-byok-user", () => ({ apikey: `${stack.secretKey}x`, "x-byok-user": owner.user.id })],
    ["x-byok-user alone", () => ({ "x-byok-user": owner.user.id })],
    ["nothing", () => ({})],
  ])("%s makes nobody of a call", async (_, headers) => {
    await expectNobody(await listModels(headers()));
  });

  test("x-byok-user is refused beside a user's token, even the user's own id", async () => {
    const other = await newUser(0, stack);
    for (const id of [owner.user.id, other.id]) {
      await expectNobody(await listModels({ authorization: `Bearer ${owner.user.accessToken}`, "x-byok-user": id }));
    }
  });

  test("the secret key with x-byok-user calls with the key of that user", async () => {
    const { user } = owner;
    const headers = { apikey: stack.secretKey, "x-byok-user": user.id.toUpperCase() };
    const response = await listModels(headers);
    expect([response.status, response.headers.get("x-byok-funding")]).toEqual([200, "byok"]);
    const requests = await expectOnlyTheKey("openai", owner);
    expect(requests.some((request) => JSON.stringify(request).includes(stack.secretKey))).toBe(false);
  });

  test("the secret key with x-byok-user spends the credits of that user", async () => {
    const user = await newUser(100, stack);
    expect(await actFor(user.id)).toEqual([200, null]);
    await expectBalance(user, 98);
  });

  test("the secret key with the id of nobody spends nothing", async () => {
    expect(await actFor(crypto.randomUUID())).toEqual([401, "unauthenticated"]);
  });

  test.each(["save", "verify"])("%s takes no secret key as a user's token", async (slug) => {
    const body = { provider: "openai", ...(slug === "save" ? { api_key: "k" } : {}) };
    for (const headers of [
      // A backend job checks the key of a user, and saves none.
      ...(slug === "save" ? [{ apikey: stack.secretKey, "x-byok-user": owner.user.id }] : []),
      { apikey: stack.secretKey },
      { authorization: `Bearer ${stack.secretKey}`, "x-byok-user": owner.user.id },
      { "x-api-key": owner.user.accessToken },
    ]) {
      await expectNobody(await post(slug, headers as unknown as Record<string, string>, body));
    }
  });

  async function actFor(userId: string) {
    const { path, body } = generation("openai");
    const headers = { apikey: stack.secretKey, "x-byok-user": userId, "x-byok-operation": "single_doc_regen" };
    const response = await post(`call/${path}`, headers, body);
    return [response.status, refusalOf(response)];
  }
});

describe("an anonymous user", () => {
  async function anonymous(): Promise<User> {
    const user = await newUser(100, stack);
    return { ...user, accessToken: await stack.sign({ ...decodeJwt(user.accessToken), is_anonymous: true }) };
  }

  test.each([
    { slug: "save", body: { provider: "openai", api_key: "k" } },
    { slug: "verify", body: { provider: "openai" } },
  ])("cannot have a key checked by $slug, and is told to sign up", async ({ slug, body }) => {
    const { accessToken } = await anonymous();
    const response = await post(slug, { authorization: `Bearer ${accessToken}` }, body);
    expect(await response.clone().text()).toContain("Sign up");
    await expectNobody(response);
  });

  test("may spend credits", async () => {
    const user = await anonymous();
    const { path, body } = generation("openai");
    const headers = { authorization: `Bearer ${user.accessToken}`, "x-byok-operation": "single_doc_regen" };
    expect((await post(`call/${path}`, headers, body)).status).toBe(200);
    await expectBalance(user, 98);
  });
});

test("a user who was deleted is nobody, though the access token lives on", async () => {
  const user = await newUser(0, stack);
  expect((await adminOf(stack).auth.admin.deleteUser(user.id)).error).toBeNull();
  const headers = { authorization: `Bearer ${user.accessToken}` };
  await expectNobody(await post("save", headers, { provider: "openai", api_key: fakeKey("openai", "works") }));
  const { path, body } = generation("openai");
  await expectNobody(await post(`call/${path}`, { ...headers, "x-byok-operation": "kernel_build" }, body));
});

describe.each<[string, (user: User) => Promise<{ error: unknown }>]>([
  ["banned", ({ id }) => adminOf(stack).auth.admin.updateUserById(id, { ban_duration: "24h" })],
  ["soft-deleted", ({ id }) => adminOf(stack).auth.admin.deleteUser(id, true)],
])("a user who is %s", (_, end) => {
  test("cannot call, save or check, though the access token lives on, and no backend job can call for them", async () => {
    const { user, apiKey } = await newByokUser("openai", { on: stack, credits: 100 });
    const asUser = { authorization: `Bearer ${user.accessToken}` };
    const asBackend = { apikey: stack.secretKey, "x-byok-user": user.id };
    expect((await listModels(asUser)).status).toBe(200);
    expect((await listModels(asBackend)).status).toBe(200);
    await forgetRequests(stack, "openai", apiKey);

    expect((await end(user)).error).toBeNull();
    const { path, body } = generation("anthropic");
    for (const caller of [asUser, asBackend]) {
      await expectNobody(await listModels(caller));
      await expectNobody(await post(`call/${path}`, { ...caller, "x-byok-operation": "single_doc_regen" }, body));
    }
    await expectNobody(await post("verify", asUser, { provider: "openai" }));
    const other = fakeKey("openai", "works");
    await expectNobody(await post("save", asUser, { provider: "openai", api_key: other }));

    const asked = [await requestsWith(stack, "openai", apiKey), await requestsWith(stack, "openai", other)];
    expect(asked).toEqual([[], []]);
    await expectBalance(user, 100);
  });
});

test("a user whose ban is lifted calls again", async () => {
  const { user } = await newByokUser("openai", { on: stack });
  const { admin } = adminOf(stack).auth;
  await admin.updateUserById(user.id, { ban_duration: "24h" });
  const headers = { authorization: `Bearer ${user.accessToken}` };
  await expectNobody(await listModels(headers));
  await admin.updateUserById(user.id, { ban_duration: "none" });
  expect((await listModels(headers)).status).toBe(200);
});

describe("the token of an OAuth client", () => {
  async function viaClient(client_id: string) {
    const { user } = await newByokUser("openai", { on: stack, credits: 100 });
    const accessToken = await stack.sign({ ...decodeJwt(user.accessToken), client_id });
    const asUser = { authorization: `Bearer ${accessToken}` };
    const removed = async () => {
      const headers = { ...asUser, apikey: stack.publishableKey, "accept-profile": "byok", "content-profile": "byok" };
      const init = { method: "DELETE", headers: { ...headers, prefer: "return=representation" } };
      return (await (
        await fetch(`${stack.url}/rest/v1/credentials?select=provider&provider=eq.openai`, init)
      ).json()) as unknown;
    };
    return { user, asUser, removed };
  }

  test("is refused unless the operator accepts the client, everywhere", async () => {
    const { user, asUser, removed } = await viaClient("another-app");
    const { path, body } = generation("openai");
    await expectNobody(await listModels(asUser));
    await expectNobody(await post(`call/${path}`, asUser, body));
    await expectNobody(await post("verify", asUser, { provider: "openai" }));
    await expectNobody(await post("save", asUser, { provider: "openai", api_key: fakeKey("openai", "works") }));
    expect(await removed()).toEqual([]);
    expect((await listModels({ authorization: `Bearer ${user.accessToken}` })).status).toBe(200);
  });

  test("is taken from a client that the operator accepts", async () => {
    await asOperator("insert into byok.oauth_clients values ('our-desktop-app')");
    const { asUser, removed } = await viaClient("our-desktop-app");
    expect((await listModels(asUser)).status).toBe(200);
    expect((await post("verify", asUser, { provider: "openai" })).status).toBe(200);
    expect(await removed()).toEqual([{ provider: "openai" }]);
  });
});

test("claims that the operator demands are asked for by save, verify and remove alike, and not by calls", async () => {
  const { user } = await newByokUser("openai", { on: stack });
  const byok = createByok(user.supabase as never);
  await asOperator(`insert into byok.required_claims values ('second_factor', '{"aal": "aal2"}')`);
  onTestFinished(() => asOperator("delete from byok.required_claims"));

  const required = { code: "claims_required", claims: { aal: "aal2" } };
  for (const result of [
    await byok.save({ provider: "openai", key: fakeKey("openai", "works") }),
    await byok.verify("openai"),
    await byok.remove("openai"),
  ]) {
    expect(result).toMatchObject({ data: null, error: required });
  }
  expect((await byok.list()).data).toHaveLength(1);

  const strong = await stack.sign({ ...decodeJwt(user.accessToken), aal: "aal2" });
  const asUser = { authorization: `Bearer ${strong}` };
  expect((await listModels({ authorization: `Bearer ${user.accessToken}` })).status).toBe(200);
  expect((await post("verify", asUser, { provider: "openai" })).status).toBe(200);
});

async function asOperator(statement: string): Promise<void> {
  await withConnection(stack.adminDbUrl, (operator) => operator.query(statement));
}

test("a caller that is nobody learns nothing about credits or keys", async () => {
  const { path, body } = generation("openai");
  await expectNobody(await post(`call/${path}`, { "x-byok-operation": "kernel_build" }, body));
  expect(await balance(owner.user)).toEqual({ available: 100, held: 0 });
});
