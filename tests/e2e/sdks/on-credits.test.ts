/**
 * Unmodified SDKs on credits over several turns: they hand back what an answer held, in their own words, and say the provider's
 * defaults aloud. Each runs a tool and goes on with its result.
 */
import Anthropic from "@anthropic-ai/sdk";
import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { createGroq } from "@ai-sdk/groq";
import { createOpenAI } from "@ai-sdk/openai";
import { GoogleGenAI } from "@google/genai";
import { generateText, jsonSchema, type LanguageModel, stepCountIs, tool } from "ai";
import Groq from "groq-sdk";
import OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { platformModels } from "../../harness/calls.ts";
import { expectBalance, functionsUrl, newUser, type User } from "../../harness/users.ts";

const headers = { "x-byok-operation": "single_doc_regen" };
const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] } as const;
const question = { role: "user" as const, content: "Please use the tool" };
const settingsOf = (user: User, path: string) => ({
  apiKey: user.accessToken,
  baseURL: `${functionsUrl}/call/${path}`,
});

test("the OpenAI SDK on credits hands back chat messages and output items as they came", async () => {
  const user = await newUser(100);
  const client = new OpenAI({ ...settingsOf(user, "openai/v1"), defaultHeaders: headers });
  const model = platformModels.openai;
  const tools = [{ type: "function" as const, function: { name: "weather", parameters } }];
  const first = await client.chat.completions.create({
    model,
    n: 1,
    service_tier: "auto",
    messages: [question],
    tools,
  });
  const message = first.choices[0]!.message;
  const result = { role: "tool" as const, tool_call_id: message.tool_calls![0]!.id, content: "sunny" };
  const second = await client.chat.completions.create({ model, messages: [question, message, result], tools });
  expect(second.choices[0]?.message.content).toBe("Echo: sunny");

  const said = await client.responses.create({ model, input: "hello", previous_response_id: null });
  const again = [
    { role: "user" as const, content: "hello" },
    ...said.output,
    { role: "user" as const, content: "more" },
  ];
  expect((await client.responses.create({ model, input: again as OpenAI.Responses.ResponseInput })).output_text).toBe(
    "Echo: more",
  );
  await expectBalance(user, 92);
});

test("the Anthropic SDK on credits hands back content as it came", async () => {
  const user = await newUser(100);
  const client = new Anthropic({ ...settingsOf(user, "anthropic"), defaultHeaders: headers });
  const request = {
    model: platformModels.anthropic,
    max_tokens: 100,
    tools: [{ name: "weather", input_schema: parameters as any }],
  };
  const { role, content } = await client.messages.create({ ...request, messages: [question] });
  const call = content.find((block) => block.type === "tool_use");
  const result = { type: "tool_result" as const, tool_use_id: call!.id, content: "sunny" };
  const messages = [question, { role, content }, { role: "user" as const, content: [result] }];
  const answer = await client.messages.create({ ...request, messages, service_tier: "auto" });
  expect(answer.content[0]).toMatchObject({ type: "text", text: "Echo: sunny" });
  await expectBalance(user, 96);
});

test("the Google SDK on credits chats on, with the defaults said aloud", async () => {
  const user = await newUser(100);
  const baseUrl = `${functionsUrl}/call/google`;
  const client = new GoogleGenAI({ apiKey: user.accessToken, httpOptions: { baseUrl, headers } });
  const tools = [{ functionDeclarations: [{ name: "weather", parametersJsonSchema: parameters }] }];
  const config = { tools, candidateCount: 1, responseModalities: ["TEXT"] };
  const chat = client.chats.create({ model: platformModels.google, config });
  const call = (await chat.sendMessage({ message: question.content })).functionCalls?.[0];
  const response = { name: call!.name!, response: { output: "sunny" } };
  expect((await chat.sendMessage({ message: { functionResponse: response } })).text).toContain("sunny");
  await expectBalance(user, 96);
});

test("the Groq SDK on credits hands back messages as they came", async () => {
  const user = await newUser(100);
  const client = new Groq({ ...settingsOf(user, "groq"), defaultHeaders: headers });
  const model = platformModels.groq;
  const tools = [{ type: "function" as const, function: { name: "weather", parameters } }];
  const messages = [question];
  const first = await client.chat.completions.create({ model, n: 1, service_tier: "on_demand", messages, tools });
  const message = first.choices[0]!.message;
  const result = { role: "tool" as const, tool_call_id: message.tool_calls![0]!.id, content: "sunny" };
  const second = await client.chat.completions.create({ model, messages: [question, message as any, result], tools });
  expect(second.choices[0]?.message.content).toBe("Echo: sunny");
  await expectBalance(user, 96);
});

describe("the AI SDK on credits", () => {
  const modelsOf: Record<string, (user: User) => LanguageModel> = {
    openai: (user) => createOpenAI({ ...settingsOf(user, "openai/v1"), headers })(platformModels.openai),
    anthropic: (user) => createAnthropic({ ...settingsOf(user, "anthropic/v1"), headers })(platformModels.anthropic),
    google: (user) =>
      createGoogleGenerativeAI({ ...settingsOf(user, "google/v1beta"), headers })(platformModels.google),
    groq: (user) => createGroq({ ...settingsOf(user, "groq/openai/v1"), headers })(platformModels.groq),
  };
  const inputSchema = jsonSchema<{ city: string }>(parameters);
  const tools = { weather: tool({ inputSchema, execute: ({ city }) => `sunny in ${city}` }) };

  test.each(Object.keys(modelsOf))("runs a tool of %s and talks on", async (provider) => {
    const user = await newUser(100);
    const settings = { model: modelsOf[provider]!(user), providerOptions: { openai: { store: false } }, tools };
    const first = await generateText({ ...settings, messages: [question], stopWhen: stepCountIs(2) });
    expect(first.text).toContain("sunny in some city");
    const more = { role: "user" as const, content: "more" };
    const second = await generateText({ ...settings, messages: [question, ...first.response.messages, more] });
    expect(second.text).toBe("Echo: more");
    await expectBalance(user, 94);
  });

  test("is told the setting that helps where it refers to what OpenAI would have stored", async () => {
    const user = await newUser(100);
    const model = modelsOf.openai!(user);
    const { response } = await generateText({ model, messages: [question] });
    const more = { role: "user" as const, content: "more" };
    const second = generateText({ model, maxRetries: 0, messages: [question, ...response.messages, more] });
    await expect(second).rejects.toMatchObject({ statusCode: 403, message: expect.stringContaining("store: false") });
    await expectBalance(user, 98);
  });
});
