/** The keys of the project itself: a backend job with the secret key acts for the user that it names. */
import { beforeAll, describe, expect, test } from "vitest";
import { generation, refusalOf } from "../../harness/calls.ts";
import { expectOnlyTheKey } from "../../harness/fakes.ts";
import { type ByokUser, expectBalance, newByokUser, newUser, stack } from "../../harness/users.ts";
import { expectNobody, listModels, post } from "./callers.ts";

let owner: ByokUser;
beforeAll(async () => {
  owner = await newByokUser("openai", { credits: 100 });
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
    const other = await newUser();
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
    const user = await newUser(100);
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
