/** The fate of a provider's failures on the way to the client, and of an API key in them. */
import { describe, expect, test } from "vitest";
import { type ProviderId, providers } from "../../../functions/_shared/providers/index.ts";
import { authenticate } from "../../../functions/_shared/providers/keys.ts";
import { ask, generation, refusalOf, textOfStream } from "../../harness/calls.ts";
import { mainProviders } from "../../harness/providers/main.ts";
import { fakeKey, requestsWith } from "../../harness/fakes.ts";
import { readToEnd } from "../../harness/streams.ts";
import { newByokUser, newUser, save, stack } from "../../harness/users.ts";

/** The same question without the functions between. */
function askDirectly(provider: ProviderId, apiKey: string): Promise<Response> {
  const { path, body } = generation(provider);
  return fetch(`${stack.origins[provider]}${path.slice(provider.length)}`, {
    method: "POST",
    headers: {
      ...{ "content-type": "application/json", ...providers[provider].api.headers },
      ...authenticate(providers[provider], apiKey),
    },
    body: JSON.stringify(body),
  });
}

describe.each(mainProviders)("%s", (provider) => {
  test(`a redirect of ${provider} is not followed and not handed on`, async () => {
    const { user, apiKey } = await newByokUser(provider, { behaviour: "redirects" });
    const response = await ask(user, provider);
    expect([response.status, refusalOf(response)]).toEqual([502, "provider_misbehaved"]);
    expect(response.headers.get("location")).toBeNull();
    expect(await requestsWith(stack, provider, apiKey)).toHaveLength(1);
    for (const other of mainProviders.filter((id) => id !== provider))
      expect(await requestsWith(stack, other, apiKey)).toEqual([]);
  });

  test(`a connection that ${provider} resets is said to be so, and the question is not asked twice`, async () => {
    const { user, apiKey } = await newByokUser(provider, { behaviour: "resets" });
    const response = await ask(user, provider);
    expect([response.status, refusalOf(response)]).toEqual([502, "provider_unreachable"]);
    expect(await requestsWith(stack, provider, apiKey)).toHaveLength(1);
  });

  test.each([
    { answer: "answer", stream: false },
    { answer: "stream", stream: true },
  ])(`an $answer that ${provider} cuts off breaks off, and does not look whole`, async ({ stream }) => {
    const { user } = await newByokUser(provider, { behaviour: "cut" });
    const { text, isWhole } = await readToEnd(await ask(user, provider, { stream, text: "a".repeat(200) }));
    expect(isWhole).toBe(false);
    if (stream) expect(textOfStream(provider, text)).not.toContain("a".repeat(200));
  });

  test(`an error in which ${provider} repeats the key does not come back, however it is spelled`, async () => {
    const user = await newUser();
    const apiKey = fakeKey(provider, "echoes");
    await save(user, provider, apiKey);
    const response = await ask(user, provider);
    const answer = await response.text();
    expect([response.status, refusalOf(response)]).toEqual([502, "provider_misbehaved"]);
    const spellings = [apiKey, encodeURIComponent(apiKey), JSON.stringify(apiKey).slice(1, -1), apiKey.slice(-32)];
    expect(spellings.some((spelling) => answer.includes(spelling))).toBe(false);
  });

  test(`${provider}'s own words to a key that is rejected are not handed on: they may show a part of it`, async () => {
    const { user, apiKey } = await newByokUser(provider, { behaviour: "rejected" });
    const response = await ask(user, provider);
    const answer = await response.text();
    expect([response.status, refusalOf(response)]).toEqual([403, "api_key_rejected"]);
    expect(response.headers.get("x-byok-verdict")).toBe("rejected");
    expect(answer).toContain('"verdict":"rejected"');
    expect(answer).not.toContain(apiKey.slice(0, 8));
    expect(answer).not.toContain(apiKey.slice(-4));
  });

  test(`${provider}'s words about an account without credit come back, and no SDK asks again`, async () => {
    const { user } = await newByokUser(provider, { behaviour: "no_credit" });
    const response = await ask(user, provider);
    expect(refusalOf(response)).toBeNull();
    expect(response.headers.get("x-byok-verdict")).toBe("no_credit");
    expect(response.headers.get("x-byok-reason")).toMatch(/^(?:out_of_credit|spend_limit_reached)$/);
    expect(response.headers.get("x-should-retry")).toBe("false");
    const exposed = response.headers.get("access-control-expose-headers")?.split(", ");
    expect(exposed).toEqual(expect.arrayContaining(["x-byok-verdict", "x-byok-reason", "x-should-retry"]));
    expect(await response.text()).toMatch(/credit|quota|spend limit/);
  });

  test(`${provider}'s words about a rate limit come back, and whose account it is does not`, async () => {
    const { user } = await newByokUser(provider, { behaviour: "rate_limited" });
    const response = await ask(user, provider);
    const answer = await response.text();
    expect([response.status, refusalOf(response)]).toEqual([429, null]);
    expect(answer).toMatch(/limit|quota/i);
    expect(answer).not.toMatch(/\b(?:org|proj)[-_]\w*fake|projects\/\d/);
  });

  test(`an overload of ${provider} comes as ${provider} says it`, async () => {
    for (const behaviour of ["overloaded", "unavailable"] as const) {
      const { user, apiKey } = await newByokUser(provider, { behaviour });
      const response = await ask(user, provider);
      const own = await askDirectly(provider, apiKey);
      expect(own.status).toBeGreaterThanOrEqual(498);
      expect(refusalOf(response)).toBeNull();
      const { error } = await response.json();
      expect([response.status, error]).toEqual([own.status, (await own.json()).error]);
      expect(error).toBeDefined();
    }
  });
});

test.each([
  { provider: "openai", reason: "missing_scope", words: "Missing scopes: model.request" },
  { provider: "anthropic", reason: "missing_scope", words: "does not have permission" },
  { provider: "groq", reason: "model_not_allowed", words: "The model `openai/gpt-oss-20b` is blocked" },
] as const)("$provider's words about what a key may not do come back: $reason", async ({ provider, reason, words }) => {
  const { user } = await newByokUser(provider, { behaviour: "forbidden" });
  const response = await ask(user, provider);
  expect([response.status, refusalOf(response)]).toEqual([403, null]);
  expect(response.headers.get("x-byok-verdict")).toBe("restricted");
  expect(response.headers.get("x-byok-reason")).toBe(reason);
  expect(await response.text()).toContain(words);
});

test("a key that is limited to other APIs is refused in our own words, with the reason", async () => {
  const { user } = await newByokUser("google", { behaviour: "forbidden" });
  const response = await ask(user, "google");
  expect([response.status, refusalOf(response)]).toEqual([403, "api_key_rejected"]);
  expect(response.headers.get("x-byok-verdict")).toBe("restricted");
  expect(response.headers.get("x-byok-reason")).toBe("api_not_allowed");
});

test("what is no answer of an API comes as it is under BYOK, for the client to judge", async () => {
  const { user } = await newByokUser("openai", { behaviour: "garbage" });
  const response = await ask(user, "openai");
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/html"]);
  expect(await response.text()).toContain("This is no API.");
});

test("a block at a provider's edge is no word about the key", async () => {
  const { user } = await newByokUser("groq", { behaviour: "edge_blocked" });
  const response = await ask(user, "groq");
  expect([response.status, refusalOf(response)]).toEqual([502, "provider_misbehaved"]);
  expect(await response.text()).not.toContain("1010");
});
