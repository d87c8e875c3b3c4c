/** Which providers a page is told of, the operator's own endpoints among them, and that no others can be used. */
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createByok } from "../../client/index.ts";
import { type ProviderId, providerIds } from "../../functions/_shared/providers/index.ts";
import type { ListedProvider } from "../../protocol/answers.ts";
import { ask, call, refusalOf, textOfStream } from "../harness/calls.ts";
import { fakeKey, requestsWith } from "../harness/fakes.ts";
import { type OwnStack, startOwnStack } from "../harness/own-stack.ts";
import { balance, functionsUrlOf, newUser, save, stack as everything, verify } from "../harness/users.ts";

let stack: OwnStack;
let house: Server;
const asked: { path: string; headers: IncomingHttpHeaders }[] = [];

/** A server like vLLM, which knows one key and one model. */
async function startHouse(): Promise<string> {
  house = createServer(async (request, response) => {
    const { url: path = "", headers } = request;
    asked.push({ path, headers });
    const reply = (status: number, body: object, more: Record<string, string> = {}) =>
      response.writeHead(status, { "content-type": "application/json", ...more }).end(JSON.stringify(body));
    if (headers["x-api-key"] !== "house-key-1") {
      return reply(401, { error: { message: "Unauthorized", type: "invalid_request_error", code: 401 } });
    }
    if (path === "/models/v1/models")
      return reply(200, { object: "list", data: [{ id: "llama-8b", object: "model" }] });
    if (path === "/models/v1/elsewhere") return reply(302, {}, { location: "http://127.0.0.1:9/models/v1/models" });
    const { model } = (await json(request)) as { model: string };
    return reply(200, { object: "chat.completion", choices: [{ message: { content: `I am ${model}` } }] });
  }).listen(0, "127.0.0.1");
  await once(house, "listening");
  return `http://127.0.0.1:${(house.address() as AddressInfo).port}`;
}

beforeAll(async () => {
  const platformKeys = { openai: fakeKey("openai", "platform"), deepseek: fakeKey("deepseek", "platform") };
  const endpoint = {
    ...{ id: "house", number: 10_001, name: "House models", origin: await startHouse(), base: "/models/v1" },
    ...{ authentication: "x-api-key", listing: "needs_key", keys_url: "https://llm.example.com/keys" },
  };
  stack = await startOwnStack({
    BYOK_PROVIDERS: "mistral,openai,deepseek,house",
    BYOK_PLATFORM_KEYS: JSON.stringify(platformKeys),
    BYOK_ENDPOINTS: JSON.stringify([endpoint]),
  });
});
afterAll(async () => {
  await stack?.stop();
  house.close();
});

async function list(of: { url: string }): Promise<ListedProvider[]> {
  const answer = await fetch(`${functionsUrlOf(of as OwnStack)}/providers`);
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { providers: ListedProvider[] }).providers;
}

test("the list has every provider, those that are offered first and in the operator's order", async () => {
  const providers = await list(stack);
  const offered = ["mistral", "openai", "deepseek", "house"];
  expect(providers.map(({ id }) => id).slice(0, 5)).toEqual([...offered, "anthropic"]);
  expect(providers.map(({ id }) => id).sort()).toEqual([...providerIds, "house"].sort());
  expect(providers.filter(({ enabled }) => enabled).map(({ id }) => id)).toEqual(offered);
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

describe("an endpoint of the operator's own", () => {
  const id = "house" as ProviderId;

  test("is listed for a page, saved for through the client, and called as any provider", async () => {
    expect((await list(stack)).find((provider) => provider.id === id)).toMatchObject({
      ...{ name: "House models", enabled: true, keys_url: "https://llm.example.com/keys", place: null },
      sdk_path: "/models/v1",
    });
    const user = await newUser(0, stack);
    const byok = createByok(user.supabase);
    const refused = await byok.save({ provider: id, key: "house-key-2" });
    expect(refused).toMatchObject({ data: null, error: { code: "api_key_rejected" } });
    const saved = await byok.save({ provider: id, key: "house-key-1" });
    expect(saved).toMatchObject({ data: { verdict: "verified", credential: { provider: "house" } }, error: null });
    expect(await verify(user, id)).toMatchObject({ status: 200, body: { verdict: "verified" } });

    const body = JSON.stringify({ model: "llama-8b", messages: [] });
    const init = { method: "POST", headers: { "content-type": "application/json" }, body };
    asked.length = 0;
    const answer = await call(user, "house/models/v1/chat/completions", init);
    expect([answer.status, answer.headers.get("x-byok-funding")]).toEqual([200, "byok"]);
    expect((await answer.json()).choices[0].message.content).toBe("I am llama-8b");
    const unified = await call(user, "v1/chat/completions", { ...init, body: body.replace("llama", "house/llama") });
    expect((await unified.json()).choices[0].message.content).toBe("I am llama-8b");
    for (const { path, headers } of asked) {
      expect(path).toBe("/models/v1/chat/completions");
      const isClean = ![user.accessToken, user.id].some((secret) => JSON.stringify(headers).includes(secret));
      expect(isClean, "nothing tells who calls").toBe(true);
      expect(headers.authorization).toBeUndefined();
    }
    expect(asked).toHaveLength(2);
  });

  test("is left for no other path and no other host", async () => {
    const user = await newUser(0, stack);
    await createByok(user.supabase).save({ provider: id, key: "house-key-1" });
    asked.length = 0;
    for (const path of ["/admin", "/models/v1/%2e%2e%2fadmin", "/models/v1/@evil.test/x", "/models/v2/models"]) {
      const refused = await call(user, `house${path}`);
      expect([path, refused.status, refusalOf(refused)]).toEqual([path, 404, "unknown_path"]);
    }
    expect(asked).toEqual([]);
    const redirected = await call(user, "house/models/v1/elsewhere");
    expect([redirected.status, refusalOf(redirected)]).toEqual([502, "provider_misbehaved"]);
    expect(asked).toHaveLength(1);
  });
});
