/** Which providers a page is told of, and that no others can be used. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { providerIds } from "../../functions/_shared/providers/index.ts";
import type { ListedProvider } from "../../functions/_shared/providers/types.ts";
import { ask, call, refusalOf } from "../harness/calls.ts";
import { fakeKey, requestsWith } from "../harness/fakes.ts";
import { type OwnStack, startOwnStack } from "../harness/own-stack.ts";
import { functionsUrlOf, newUser, save, stack as everything, verify } from "../harness/users.ts";

let stack: OwnStack;
beforeAll(async () => {
  stack = await startOwnStack({ BYOK_PROVIDERS: "mistral,openai" });
});
afterAll(() => stack.stop());

async function list(of: { url: string }): Promise<ListedProvider[]> {
  const answer = await fetch(`${functionsUrlOf(of as OwnStack)}/providers`);
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { providers: ListedProvider[] }).providers;
}

test("the list has every provider, those that are offered first and in the operator's order", async () => {
  const providers = await list(stack);
  expect(providers.map(({ id }) => id).slice(0, 3)).toEqual(["mistral", "openai", "anthropic"]);
  expect(providers.map(({ id }) => id).sort()).toEqual([...providerIds].sort());
  expect(providers.filter(({ enabled }) => enabled).map(({ id }) => id)).toEqual(["mistral", "openai"]);
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
