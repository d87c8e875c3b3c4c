/** Behaviour of every catalogue row at its fake: a new provider needs no line here. */
import { beforeAll, describe, expect, test } from "vitest";
import { offers } from "../../catalogue/offers/index.ts";
import { providerIds, providers } from "../../functions/_shared/providers/index.ts";
import { ask, call, refusalOf, textOf, textOfStream } from "../harness/calls.ts";
import { behave, expectOnlyTheKey, fakeKey, forgetRequests, requestsWith } from "../harness/fakes.ts";
import { newUser, save, verify } from "../harness/users.ts";

describe.each(providerIds)("%s", (provider) => {
  let user: Awaited<ReturnType<typeof newUser>>;
  beforeAll(async () => {
    user = await newUser();
  });

  test("accepts a key that works, and keeps it when a wrong one is refused", async () => {
    const apiKey = fakeKey(provider, "works");
    expect(await save(user, provider, apiKey)).toMatchObject({ status: 200, body: { verdict: "verified" } });
    const wrong = await save(user, provider, fakeKey(provider, "rejected"));
    expect(wrong).toMatchObject({ status: 422, body: { error: { code: "api_key_rejected" } } });
    expect(await verify(user, provider)).toMatchObject({ status: 200, body: { verdict: "verified" } });
  });

  test("tells that the account behind a key cannot pay", async () => {
    const saved = await save(user, provider, fakeKey(provider, "no_credit"));
    expect(saved).toMatchObject({ status: 200, body: { verdict: "no_credit", reason: expect.any(String) } });
  });

  test("answers a call, whole and streamed, that has the key where it belongs and nothing else of the caller", async () => {
    const apiKey = fakeKey(provider, "works");
    await save(user, provider, apiKey);
    const whole = await ask(user, provider, { text: "one" });
    expect(whole.headers.get("x-byok-funding")).toBe("byok");
    expect(textOf(provider, await whole.json())).toBe("Echo: one");
    const streamed = await ask(user, provider, { text: "two", stream: true });
    expect(streamed.headers.get("content-type")).toMatch(/^text\/event-stream/);
    expect(textOfStream(provider, await streamed.text())).toBe("Echo: two");
    const { header, before } = providers[provider].api.authentication;
    for (const { headers } of await expectOnlyTheKey(provider, { user, apiKey })) {
      expect(headers[header] === `${before}${apiKey}`, "the key is in the provider's own header").toBe(true);
    }
  });

  test("answers at the address of all providers, where the model names it", async () => {
    const apiKey = fakeKey(provider, "works");
    await save(user, provider, apiKey);
    await forgetRequests(user.stack, provider, apiKey);
    const { compatible, authentication } = providers[provider].api;
    const model = providers[provider].models.chat[0]!;
    const body = JSON.stringify({ messages: [{ role: "user", content: "hello" }], model: `${provider}/${model}` });
    const headers = { "content-type": "application/json" };
    const answer = await call(user, "v1/chat/completions", { method: "POST", headers, body });
    if (!compatible) {
      expect([answer.status, refusalOf(answer)]).toEqual([404, "unknown_path"]);
      expect(await requestsWith(user.stack, provider, apiKey)).toEqual([]);
      return;
    }
    expect([answer.status, answer.headers.get("x-byok-funding"), answer.headers.get("x-byok-credits")]).toEqual([
      200,
      "byok",
      "0",
    ]);
    expect((await answer.json()).choices[0].message.content).toBe("Echo: hello");
    const { header } = compatible.authentication ?? authentication;
    const [asked, ...others] = await expectOnlyTheKey(provider, { user, apiKey }, header);
    expect(others).toEqual([]);
    expect(asked).toMatchObject({
      path: `${compatible.base}/chat/completions`,
      bodyText: body.replace(`"${provider}/`, '"'),
    });
  });

  test("shows no key in an error that repeats it", async () => {
    const apiKey = fakeKey(provider, "echoes");
    await save(user, provider, apiKey);
    await behave(user.stack, provider, apiKey, "echoes");
    const answer = await ask(user, provider);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    const text = await answer.text();
    for (const form of [apiKey, encodeURIComponent(apiKey), JSON.stringify(apiKey).slice(1, -1)]) {
      expect(text.includes(form), "the key is not in the answer").toBe(false);
    }
  });

  test("is not asked for a path outside its API", async () => {
    const apiKey = fakeKey(provider, "works");
    await save(user, provider, apiKey);
    const before = (await requestsWith(user.stack, provider, apiKey)).length;
    for (const path of ["", "/", "/internal/keys", "/v1alpha0/models"]) {
      const refused = await call(user, `${provider}${path}`);
      expect([path, refused.status, refusalOf(refused)]).toEqual([path, 404, "unknown_path"]);
    }
    expect(await requestsWith(user.stack, provider, apiKey)).toHaveLength(before);
  });
});

test("credits buy nothing of a provider without an offer, though the platform has a key for it", async () => {
  const user = await newUser(100);
  for (const provider of providerIds.filter((id) => !Object.hasOwn(offers, id))) {
    const refused = await ask(user, provider, { operation: "kernel_build" });
    expect([provider, refused.status, refusalOf(refused)]).toEqual([provider, 403, "not_offered"]);
  }
  const { data } = await user.supabase.from("entries").select().neq("kind", "grant");
  expect(data).toEqual([]);
});
