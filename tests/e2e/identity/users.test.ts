/** Users who may do less than others: anonymous, deleted, banned. */
import { decodeJwt } from "jose";
import { describe, expect, test } from "vitest";
import { generation } from "../../harness/calls.ts";
import { fakeKey, forgetRequests, requestsWith } from "../../harness/fakes.ts";
import { sign } from "../../harness/sign.ts";
import { admin, expectBalance, newByokUser, newUser, stack, type User } from "../../harness/users.ts";
import { expectNobody, listModels, post } from "./callers.ts";

describe("an anonymous user", () => {
  async function anonymous(): Promise<User> {
    const user = await newUser(100);
    return { ...user, accessToken: await sign(stack, { ...decodeJwt(user.accessToken), is_anonymous: true }) };
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
  const user = await newUser();
  expect((await admin.auth.admin.deleteUser(user.id)).error).toBeNull();
  const headers = { authorization: `Bearer ${user.accessToken}` };
  await expectNobody(await post("save", headers, { provider: "openai", api_key: fakeKey("openai", "works") }));
  const { path, body } = generation("openai");
  await expectNobody(await post(`call/${path}`, { ...headers, "x-byok-operation": "kernel_build" }, body));
});

describe.each<[string, (user: User) => Promise<{ error: unknown }>]>([
  ["banned", ({ id }) => admin.auth.admin.updateUserById(id, { ban_duration: "24h" })],
  ["soft-deleted", ({ id }) => admin.auth.admin.deleteUser(id, true)],
])("a user who is %s", (_, end) => {
  test("cannot call, save or check, though the access token lives on, and no backend job can call for them", async () => {
    const { user, apiKey } = await newByokUser("openai", { credits: 100 });
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
  const { user } = await newByokUser("openai");
  await admin.auth.admin.updateUserById(user.id, { ban_duration: "24h" });
  const headers = { authorization: `Bearer ${user.accessToken}` };
  await expectNobody(await listModels(headers));
  await admin.auth.admin.updateUserById(user.id, { ban_duration: "none" });
  expect((await listModels(headers)).status).toBe(200);
});
