/** Verdicts of save and verify on a key, whatever the provider does. */
import { describe, expect, test } from "vitest";
import { type MainProvider, mainProviders } from "../../harness/providers/main.ts";
import type { Verdict } from "../../../functions/_shared/providers/types.ts";
import { ask, refusalOf } from "../../harness/calls.ts";
import { type Behaviour, behave, fakeKey, requestsWith, script } from "../../harness/fakes.ts";
import { checkFixtures } from "../../harness/providers/fixtures.ts";
import { newByokUser, newUser, save, stack, verify } from "../../harness/users.ts";

type Verdicts = Record<MainProvider, Verdict>;

const all = (verdict: Verdict): Verdicts => ({ openai: verdict, anthropic: verdict, google: verdict, groq: verdict });

const verdicts: { behaviour: Behaviour; expected: Verdicts }[] = [
  { behaviour: "works", expected: all("verified") },
  { behaviour: "rejected", expected: all("rejected") },
  { behaviour: "restricted", expected: all("restricted") },
  { behaviour: "forbidden", expected: all("restricted") },
  { behaviour: "no_credit", expected: all("no_credit") },
  { behaviour: "rate_limited", expected: all("rate_limited") },
  // Two providers say which key they are too busy for; the other two are merely down.
  { behaviour: "overloaded", expected: { ...all("rate_limited"), openai: "unverified", google: "unverified" } },
  { behaviour: "unavailable", expected: all("unverified") },
  { behaviour: "edge_blocked", expected: all("unverified") },
  { behaviour: "resets", expected: all("unverified") },
  { behaviour: "garbage", expected: all("unverified") },
  { behaviour: "broken_json", expected: all("unverified") },
  { behaviour: "redirects", expected: all("unverified") },
  { behaviour: "echoes", expected: all("unverified") },
];

const worksWith = (verdict: Verdict) => ["verified", "restricted", "rate_limited"].includes(verdict);

/** Does something for all providers at once; the results by provider. */
async function eachProvider<T>(work: (provider: MainProvider) => Promise<T>): Promise<Record<MainProvider, T>> {
  const results = await Promise.all(mainProviders.map(async (provider) => [provider, await work(provider)] as const));
  return Object.fromEntries(results) as Record<MainProvider, T>;
}

test.each(verdicts)(
  "save tells what it means that a provider answers a key with $behaviour",
  async ({ behaviour, expected }) => {
    const user = await newUser();
    const keys = await eachProvider(async (provider) => fakeKey(provider, behaviour));
    const answers = await eachProvider((provider) => save(user, provider, keys[provider]));
    const { data: stored } = await user.supabase.from("credentials").select("provider, hint, status, verified_at");
    for (const provider of mainProviders) {
      const verdict = expected[provider];
      const { status, body } = answers[provider];
      const row = stored?.find((credential) => credential.provider === provider);
      if (verdict === "rejected") {
        expect([provider, status, body.error.verdict]).toEqual([provider, 422, verdict]);
        expect(row).toBeUndefined();
      } else {
        expect([provider, status, body.verdict]).toEqual([provider, 200, verdict]);
        const verified_at = worksWith(verdict) ? expect.any(String) : null;
        expect(row).toEqual({ provider, hint: keys[provider].slice(-4), status: verdict, verified_at });
      }
      expect(JSON.stringify([body, row ?? null]).includes(keys[provider]), "the key is never in an answer").toBe(false);
    }
  },
);

test.each(verdicts)(
  "verify marks what it means that a provider answers a key with $behaviour",
  async ({ behaviour, expected }) => {
    const user = await newUser();
    const keys = await eachProvider(async (provider) => fakeKey(provider, "works"));
    const before = await eachProvider(async (provider) => (await save(user, provider, keys[provider])).body.credential);
    await eachProvider((provider) => behave(stack, provider, keys[provider], behaviour));
    const answers = await eachProvider((provider) => verify(user, provider));
    const { data: stored } = await user.supabase.from("credentials").select("provider, id, status, verified_at");
    for (const provider of mainProviders) {
      const verdict = expected[provider];
      const { status, body } = answers[provider];
      const row = stored?.find((credential) => credential.provider === provider);
      expect(row).toMatchObject({ provider, id: before[provider].id, status: verdict });
      if (verdict === "rejected") expect([provider, status, body.error.verdict]).toEqual([provider, 422, verdict]);
      else expect([provider, status, body.verdict]).toEqual([provider, 200, verdict]);
      expect(body.credential ?? body.error.credential).toMatchObject(row!);
      // An outage is no news about a key: when it last worked is kept.
      expect(Date.parse(row!.verified_at!) > Date.parse(before[provider].verified_at)).toBe(worksWith(verdict));
      expect(JSON.stringify(body).includes(keys[provider]), "the key is never in an answer").toBe(false);
    }
  },
);

test.each(mainProviders)("save tells why, beside the verdict, in every case that is known of %s", async (provider) => {
  const user = await newUser();
  const cases = checkFixtures.filter(([id]) => id === provider).map(([, fixture]) => fixture);
  expect(cases.length).toBeGreaterThan(5);
  for (const { name, verdict, reason, ...given } of cases) {
    const apiKey = fakeKey(provider, "works");
    await script(stack, provider, apiKey, given);
    const { body } = await save(user, provider, apiKey);
    const { verdict: said, reason: why = null } = body.error ?? body;
    expect({ name, verdict: said, reason: why }).toEqual({ name, verdict, reason });
    if (body.credential) expect(body.credential).toMatchObject({ status: verdict, reason });
    expect(JSON.stringify(body).includes(apiKey), "the key is never in an answer").toBe(false);
  }
});

describe.each(mainProviders)("%s", (provider) => {
  test(`save asks ${provider} for a list, which is free, and for one token`, async () => {
    const apiKey = fakeKey(provider, "works");
    await save(await newUser(), provider, apiKey);
    const [listing, generation, ...others] = await requestsWith(stack, provider, apiKey);
    expect(listing?.method).toBe("GET");
    expect(generation?.method).toBe("POST");
    expect(generation?.bodyText).toMatch(/"(max_tokens|max_completion_tokens|maxOutputTokens)":1\b/);
    expect(others).toEqual([]);
  });

  test(`save follows no redirect of ${provider}`, async () => {
    const apiKey = fakeKey(provider, "redirects");
    await save(await newUser(), provider, apiKey);
    for (const other of mainProviders.filter((id) => id !== provider))
      expect(await requestsWith(stack, other, apiKey)).toEqual([]);
  });

  test(`an unverified key for ${provider} is used, and verified once the provider is back`, async () => {
    const user = await newUser();
    const apiKey = fakeKey(provider, "unavailable");
    expect((await save(user, provider, apiKey)).body.credential.status).toBe("unverified");
    await behave(stack, provider, apiKey, "works");
    expect((await ask(user, provider)).headers.get("x-byok-funding")).toBe("byok");
    expect((await verify(user, provider)).body.credential.status).toBe("verified");
  });
});

test.each([
  { provider: "openai", apiKey: `sk-admin-${crypto.randomUUID()}`, kind: "admin key" },
  { provider: "anthropic", apiKey: `sk-ant-admin01-${crypto.randomUUID()}`, kind: "admin key" },
  { provider: "anthropic", apiKey: `sk-ant-oat01-${crypto.randomUUID()}`, kind: "OAuth token" },
] as const)(
  "save refuses an $kind for $provider with the reason, and does not send it there",
  async ({ provider, apiKey, kind }) => {
    const { status, body } = await save(await newUser(), provider, apiKey);
    expect(status).toBe(400);
    expect(body.error).toMatchObject({
      code: "invalid_request",
      field: "api_key",
      message: expect.stringContaining(kind),
    });
    expect(await requestsWith(stack, provider, apiKey)).toEqual([]);
  },
);

test.each([
  { what: "nothing", apiKey: "" },
  { what: "blanks", apiKey: " \n\t" },
  { what: "959 characters", apiKey: "k".repeat(959) },
  { what: "a blank within", apiKey: "sk-proj- fake" },
  { what: "a line break within", apiKey: "sk-proj-\r\nx-injected: 1" },
  { what: "letters beyond ASCII", apiKey: "sk-prój-ključ-1234567" },
])("save refuses $what as a key, and does not repeat it", async ({ apiKey }) => {
  const { status, body } = await save(await newUser(), "openai", apiKey);
  expect(status).toBe(400);
  expect(body.error).toMatchObject({ code: "invalid_request", field: "api_key" });
  if (apiKey.trim()) expect(JSON.stringify(body)).not.toContain(apiKey.trim());
});

test("save takes blanks around a pasted key away", async () => {
  const user = await newUser();
  const apiKey = fakeKey("openai", "works");
  expect((await save(user, "openai", `  OPENAI_API_KEY="${apiKey}",\n`)).body.verdict).toBe("verified");
  await ask(user, "openai");
  expect(await requestsWith(stack, "openai", apiKey)).toHaveLength(3);
});

test("save keeps a key of 254 characters whole", async () => {
  const user = await newUser();
  const apiKey = "k".repeat(222) + crypto.randomUUID().replaceAll("-", "");
  await behave(stack, "openai", apiKey, "works");
  expect((await save(user, "openai", apiKey)).body.verdict).toBe("verified");
  expect((await ask(user, "openai")).status).toBe(200);
});

test("save shows the last four characters of a key, but of a short one none", async () => {
  const user = await newUser();
  const apiKey = crypto.randomUUID().slice(0, 15);
  await behave(stack, "openai", apiKey, "works");
  expect((await save(user, "openai", apiKey)).body.credential.hint).toBe("");
  expect((await save(user, "openai", `${apiKey}-long`)).status).toBe(422);
});

test("a key that verify finds rejected stays, and its calls go on failing", async () => {
  const { user } = await newByokUser("openai", { behaviour: "rejected", credits: 100 });
  expect((await verify(user, "openai")).status).toBe(422);
  expect(refusalOf(await ask(user, "openai", { operation: "kernel_build" }))).toBe("api_key_rejected");
});

test("verify without a saved key says that there is none", async () => {
  const { status, body } = await verify(await newUser(), "groq");
  expect(status).toBe(404);
  expect(body.error.code).toBe("credential_not_found");
});
