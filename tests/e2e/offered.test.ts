/** Which providers a page is told of, and that no others can be used. */
import { Client } from "pg";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { providerIds } from "../../functions/_shared/providers/index.ts";
import type { ListedProvider } from "../../functions/_shared/providers/types.ts";
import { ask, call, refusalOf, textOfStream } from "../harness/calls.ts";
import { fakeKey, requestsWith } from "../harness/fakes.ts";
import { type OwnStack, startOwnStack } from "../harness/own-stack.ts";
import { balance, functionsUrlOf, newUser, save, stack as everything, verify } from "../harness/users.ts";

let stack: OwnStack;
beforeAll(async () => {
  const platformKeys = { openai: fakeKey("openai", "platform"), deepseek: fakeKey("deepseek", "platform") };
  stack = await startOwnStack({
    BYOK_PROVIDERS: "mistral,openai,deepseek",
    BYOK_PLATFORM_KEYS: JSON.stringify(platformKeys),
  });
});
afterAll(() => stack.stop());

async function list(of: { url: string }): Promise<ListedProvider[]> {
  const answer = await fetch(`${functionsUrlOf(of as OwnStack)}/providers`);
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { providers: ListedProvider[] }).providers;
}

test("the list has every provider, those that are offered first and in the operator's order", async () => {
  const providers = await list(stack);
  expect(providers.map(({ id }) => id).slice(0, 4)).toEqual(["mistral", "openai", "deepseek", "anthropic"]);
  expect(providers.map(({ id }) => id).sort()).toEqual([...providerIds].sort());
  expect(providers.filter(({ enabled }) => enabled).map(({ id }) => id)).toEqual(["mistral", "openai", "deepseek"]);
  expect(providers.find(({ id }) => id === "openai")).toEqual({
    id: "openai",
    name: "OpenAI",
    enabled: true,
    on_credits: true,
    keys_url: "https://platform.openai.com/api-keys",
    connect_url: null,
    billing_url: "https://platform.openai.com/settings/organization/billing",
    key_prefixes: ["sk-"],
    place: {
      kind: "region",
      required: false,
      hint: expect.stringMatching(/^[A-Z].+\.$/),
      example: "eu",
      choices: expect.arrayContaining([{ place: "eu", name: "Europe" }]),
    },
    sdk_path: "/v1",
    ai_sdk_path: "/v1",
  });
  expect(providers[0]).toMatchObject({ on_credits: false, billing_url: null, key_prefixes: [], place: null });
});

test("without the setting all are offered, in the order of the catalogue", async () => {
  const providers = await list(everything);
  expect(providers.map(({ id }) => id)).toEqual(providerIds);
  expect(providers.every(({ enabled }) => enabled)).toBe(true);
});

test("a provider that is not offered takes no key and no call, and is not asked", async () => {
  const user = await newUser(100, stack);
  const apiKey = fakeKey("anthropic", "works");
  const unknown = { status: 404, body: { error: { code: "unknown_provider" } } };
  expect(await save(user, "anthropic", apiKey)).toMatchObject(unknown);
  expect(await verify(user, "anthropic")).toMatchObject(unknown);
  const called = await ask(user, "anthropic", { operation: "kernel_build" });
  expect([called.status, refusalOf(called)]).toEqual([404, "unknown_provider"]);
  const body = JSON.stringify({ model: "anthropic/claude-haiku-4-5" });
  const byModel = await call(user, "v1/chat/completions", { method: "POST", body });
  expect([byModel.status, refusalOf(byModel)]).toEqual([404, "unknown_provider"]);
  expect(await requestsWith(stack, "anthropic", apiKey)).toEqual([]);
  expect(await requestsWith(stack, "anthropic", stack.platformKeys.anthropic)).toEqual([]);
  expect(await save(user, "mistral", fakeKey("mistral", "works"))).toMatchObject({ status: 200 });
});

test("credits buy the least of chat from a provider that speaks OpenAI's API, at the operator's own price", async () => {
  const postgres = new Client({ connectionString: stack.dbUrl });
  await postgres.connect();
  const price =
    "insert into byok.prices values ('kernel_build', 'deepseek', 'deepseek-v4-flash', null, $1, $1, $1, $2, 1000, 10000)";
  await postgres.query(price, [100_000, 1_000_000]).finally(() => postgres.end());
  const user = await newUser(100, stack);
  const question = { operation: "kernel_build", model: "deepseek-v4-flash" };
  // The functions look for a price that they do not know once a second at most.
  const answer = await vi.waitFor(async () => {
    const asked = await ask(user, "deepseek", { ...question, stream: true });
    expect(asked.status).toBe(200);
    return asked;
  }, 70_000);
  expect(answer.headers.get("x-byok-funding")).toBe("platform");
  expect(textOfStream("deepseek", await answer.text())).toBe("Echo: hello");
  // 2 tokens in and 3 out, as the provider counts them.
  await vi.waitFor(async () => expect((await balance(user)).available).toBe(100 - 0.0032), 10_000);
  const refused = await ask(user, "deepseek", { ...question, more: { tools: [{ type: "web_search" }] } });
  expect(refusalOf(refused)).toBe("not_offered");
});
