/** The address of all providers, with unmodified clients that speak OpenAI's API: the model's prefix chooses the provider. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { createOpenAI } from "@ai-sdk/openai";
import { ChatOpenAI, OpenAIEmbeddings } from "@langchain/openai";
import { embedMany, generateText, streamText } from "ai";
import OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { providers } from "../../../functions/_shared/providers/index.ts";
import { projectDir } from "../../../stack/config.ts";
import { callUrl, platformModels, prices } from "../../harness/calls.ts";
import { expectOnlyTheKey, fakeKey, type ProviderId, requestsWith } from "../../harness/fakes.ts";
import { mainProviders } from "../../harness/providers/main.ts";
import { collect } from "../../harness/streams.ts";
import { expectBalance, newByokUser, newUser, save, type User } from "../../harness/users.ts";
import { hello, question, weather } from "./sdk.ts";

const operation = "single_doc_regen";
const onCredits = { "x-byok-operation": operation };
const clientOf = (user: User, headers: Record<string, string> = {}) =>
  new OpenAI({ baseURL: callUrl(user, "v1"), apiKey: user.accessToken, defaultHeaders: headers });
const modelOf = (provider: ProviderId) => `${provider}/${providers[provider].models.chat[0]}`;
/** Where the key belongs at the provider's endpoints in OpenAI's form. */
const header = "authorization";

describe.each(mainProviders)("with the user's own key for %s", (provider) => {
  const model = modelOf(provider);

  test("the OpenAI SDK asks, streams and calls a tool", async () => {
    const owner = await newByokUser(provider);
    const { chat } = clientOf(owner.user);
    const { data, response } = await chat.completions.create({ model, messages: [hello] }).withResponse();
    expect(data.choices[0]?.message.content).toBe("Echo: hello");
    expect([response.headers.get("x-byok-funding"), response.headers.get("x-byok-credits")]).toEqual(["byok", "0"]);
    const chunks = await collect(await chat.completions.create({ model, messages: [hello], stream: true }));
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("")).toBe("Echo: hello");
    const tools = [{ type: "function" as const, function: weather }];
    const called = await chat.completions.create({ model, messages: [question], tools });
    expect(called.choices[0]?.message.tool_calls?.[0]).toMatchObject({ function: { name: "weather" } });
    expect(await expectOnlyTheKey(provider, owner, header)).toHaveLength(3);
  });

  test("the AI SDK asks and streams", async () => {
    const owner = await newByokUser(provider);
    const settings = { name: "byok", baseURL: callUrl(owner.user, "v1"), apiKey: owner.user.accessToken };
    const chat = createOpenAICompatible(settings)(model);
    expect((await generateText({ model: chat, prompt: "hello" })).text).toBe("Echo: hello");
    const streamed = streamText({ model: createOpenAI(settings).chat(model), prompt: "hello" });
    expect((await collect(streamed.textStream)).join("")).toBe("Echo: hello");
    expect(await expectOnlyTheKey(provider, owner, header)).toHaveLength(2);
  });

  test("LangChain asks and streams", async () => {
    const owner = await newByokUser(provider);
    const configuration = { baseURL: callUrl(owner.user, "v1") };
    const chat = new ChatOpenAI({ model, apiKey: owner.user.accessToken, configuration });
    expect((await chat.invoke("hello")).text).toBe("Echo: hello");
    const chunks = await collect(await chat.stream("hello"));
    expect(chunks.map(({ text }) => text).join("")).toBe("Echo: hello");
    expect(await expectOnlyTheKey(provider, owner, header)).toHaveLength(2);
  });

  test("the OpenAI SDK raises its own error for a key that the provider refuses, and asks once", async () => {
    const { user, apiKey } = await newByokUser(provider, { behaviour: "rejected" });
    const error = await clientOf(user)
      .chat.completions.create({ model, messages: [hello] })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OpenAI.PermissionDeniedError);
    expect(error).toMatchObject({ code: "api_key_rejected", error: { verdict: "rejected" } });
    expect(await requestsWith(user.stack, provider, apiKey)).toHaveLength(1);
  });
});

test.each(["openai", "groq"] as const)("the OpenAI SDK uses the Responses API of %s", async (provider) => {
  const owner = await newByokUser(provider);
  const said = await clientOf(owner.user).responses.create({ model: modelOf(provider), input: "hello" });
  expect(said.output_text).toBe("Echo: hello");
  const settings = { baseURL: callUrl(owner.user, "v1"), apiKey: owner.user.accessToken };
  const { text } = await generateText({ model: createOpenAI(settings)(modelOf(provider)), prompt: "hello" });
  expect(text).toBe("Echo: hello");
  expect(await expectOnlyTheKey(provider, owner)).toHaveLength(2);
});

test.each(["openai/text-embedding-3-small", "google/gemini-embedding-001"])(
  "the OpenAI SDK, the AI SDK and LangChain embed with %s",
  async (model) => {
    const provider = model.split("/")[0] as ProviderId;
    const owner = await newByokUser(provider);
    const { data } = await clientOf(owner.user).embeddings.create({ model, input: ["a", "b"] });
    expect(data).toHaveLength(2);
    const settings = { name: "byok", baseURL: callUrl(owner.user, "v1"), apiKey: owner.user.accessToken };
    const embedding = createOpenAICompatible(settings).embeddingModel(model);
    expect((await embedMany({ model: embedding, values: ["a", "b"] })).embeddings).toHaveLength(2);
    const langChain = new OpenAIEmbeddings({ model, apiKey: settings.apiKey, configuration: settings });
    expect(await langChain.embedDocuments(["a", "b"])).toHaveLength(2);
    expect((await expectOnlyTheKey(provider, owner, header)).length).toBeGreaterThan(2);
  },
);

test("the OpenAI SDK on credits pays the operation's price, of providers whose own form is OpenAI's", async () => {
  const user = await newUser(100);
  const { chat, embeddings, responses } = clientOf(user, onCredits);
  for (const model of [`openai/${platformModels.openai}`, `groq/${platformModels.groq}`]) {
    const { data, response } = await chat.completions.create({ model, messages: [hello] }).withResponse();
    expect(data.choices[0]?.message.content).toBe("Echo: hello");
    expect(response.headers.get("x-byok-funding")).toBe("platform");
  }
  await responses.create({ model: `openai/${platformModels.openai}`, input: "hello" });
  await embeddings.create({ model: "openai/text-embedding-3-small", input: "hello" });
  await expectBalance(user, 100 - 4 * prices[operation]);
});

test.each([
  ["anthropic", "call/anthropic/v1/messages"],
  ["google", "call/google/v1beta/models/{model}:generateContent"],
] as const)(
  "credits do not buy %s in OpenAI's form, and the refusal names the path that they buy",
  async (id, path) => {
    const user = await newUser(100);
    const { chat } = clientOf(user, onCredits);
    const refused = chat.completions.create({ model: `${id}/${platformModels[id]}`, messages: [hello] });
    await expect(refused).rejects.toMatchObject({
      status: 403,
      code: "not_offered",
      message: expect.stringContaining(path),
    });
    await expectBalance(user, 100);
  },
);

test("the OpenAI SDK lists the models of all keys and those on credits, each with who pays", async () => {
  const { user } = await newByokUser("anthropic");
  await save(user, "google", fakeKey("google", "works"));
  await save(user, "cohere", fakeKey("cohere", "works"));
  const page = await clientOf(user).models.list();
  const found = Object.fromEntries(page.data.map(({ id, ...model }) => [id, (model as any).byok]));
  for (const provider of ["anthropic", "google", "cohere"] as const) {
    for (const model of providers[provider].models.chat) {
      expect(found[`${provider}/${model}`]).toEqual({ funding: "byok" });
    }
  }
  expect(found[`openai/${platformModels.openai}`]).toMatchObject({
    funding: "platform",
    operations: expect.arrayContaining([operation]),
  });
  const owners = new Set(page.data.map(({ owned_by }) => owned_by));
  expect([...owners].sort()).toEqual(["anthropic", "cohere", "google", "groq", "openai"]);
});

describe.each(["README.md", "docs/use.md"])("the sample at the one address in %s", (file) => {
  const samples = readFileSync(path.join(projectDir, file), "utf8").matchAll(/```ts\n([^]*?)```/g);
  const sample = [...samples].map(([, code]) => code!).find((code) => code.includes("${FUNCTIONS}/call/v1`"))!;

  /** Runs it as it stands there: its names are those of an app's page. */
  async function follow(user: User): Promise<unknown> {
    const AsyncFunction = follow.constructor as new (...code: string[]) => (...values: unknown[]) => Promise<unknown>;
    const lines = sample.trimEnd().split("\n");
    const ends = lines.map((line) => line.replace(/^await openai\.chat/, "return await openai.chat"));
    const run = new AsyncFunction("OpenAI", "FUNCTIONS", "session", "messages", "console", ends.join("\n"));
    const session = { access_token: user.accessToken };
    return await run(OpenAI, callUrl(user, "v1").replace(/\/call\/v1$/, ""), session, [hello], { log: () => {} });
  }

  const answered = { choices: [{ message: { content: "Echo: hello" } }] };

  test("works for a user with credits, who pays with them", async () => {
    const user = await newUser(100);
    expect(await follow(user)).toMatchObject(answered);
    await expectBalance(user, 100 - prices[operation]);
  });

  test("works for a user with a key, who pays none", async () => {
    const owner = await newByokUser("openai", { credits: 100 });
    expect(await follow(owner.user)).toMatchObject(answered);
    await expectBalance(owner.user, 100);
  });
});
