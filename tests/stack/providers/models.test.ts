/** Which models the fakes serve, and that they keep to the schema of an answer. */
import Anthropic from "@anthropic-ai/sdk";
import { GoogleGenAI } from "@google/genai";
import Groq from "groq-sdk";
import OpenAI from "openai";
import { expect, test } from "vitest";
import { catalogue } from "../../../catalogue/index.ts";
import { fakeKey } from "../../../stack/providers/index.ts";
import { mainProviders } from "../../harness/providers/main.ts";
import { credential, fakes, lenient, withFakes } from "./fakes.ts";

withFakes();

function generateWith(provider: (typeof mainProviders)[number], model: string): Promise<Response> {
  const { generation } = catalogue[provider].api;
  const body =
    provider === "google"
      ? { contents: [{ role: "user", parts: [{ text: "hello" }] }] }
      : { model, max_tokens: 10, messages: [{ role: "user", content: "hello" }] };
  return fetch(`${fakes.origins[provider]}${generation.replace("{model}", model)}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...credential(provider, fakeKey(provider, "works")) },
    body: JSON.stringify(body),
  });
}

test.each(mainProviders)("the fake of %s serves the models of its row, and refuses others in its words", async (id) => {
  for (const model of catalogue[id].models.chat.slice(0, 2)) expect((await generateWith(id, model)).status).toBe(200);
  const refused = await generateWith(id, "model-of-yesterday");
  expect(refused.status).toBe(404);
  const words = {
    openai: '"code":"model_not_found"',
    anthropic: '"message":"model: model-of-yesterday"',
    google: "models/model-of-yesterday is not found for API version v1beta",
    groq: '"code":"model_not_found"',
  };
  expect(await refused.text()).toContain(words[id]);
});

test("a fine-tuned model is served where its base is", async () => {
  expect((await generateWith("openai", "ft:gpt-5.4-nano:acme::b1")).status).toBe(200);
  expect((await generateWith("openai", "ft:gpt-of-yesterday:acme::b1")).status).toBe(404);
});

const schema = {
  type: "object",
  properties: {
    city: { type: "string" },
    kind: { enum: ["town", "village"] },
    people: { type: "array", items: { $ref: "#/$defs/person" } },
    area: { anyOf: [{ type: "number", minimum: 5 }, { type: "null" }] },
  },
  required: ["city", "kind", "people", "area"],
  additionalProperties: false,
  $defs: { person: { type: "object", properties: { age: { type: "integer" }, isHome: { type: "boolean" } } } },
};
const sample = { city: "some city", kind: "town", people: [{ age: 1, isHome: true }], area: 5 };
const messages = [{ role: "user" as const, content: "hello" }];
const format = { type: "json_schema" as const, json_schema: { name: "place", schema } };

test("the fakes keep to a JSON schema: OpenAI's chats and responses", async () => {
  const client = new OpenAI({ apiKey: fakeKey("openai", "works"), baseURL: `${lenient.origins.openai}/v1` });
  const chat = await client.chat.completions.create({ model: "gpt-5.4-nano", messages, response_format: format });
  expect(JSON.parse(chat.choices[0]!.message.content!)).toEqual(sample);
  const text = { format: { type: "json_schema" as const, name: "place", schema } };
  const response = await client.responses.create({ model: "gpt-5.4-nano", input: "hello", text });
  expect(JSON.parse(response.output_text)).toEqual(sample);
});

test("the fakes keep to a JSON schema: Groq's chats", async () => {
  const client = new Groq({ apiKey: fakeKey("groq", "works"), baseURL: lenient.origins.groq });
  const chat = await client.chat.completions.create({ model: "openai/gpt-oss-20b", messages, response_format: format });
  expect(JSON.parse(chat.choices[0]!.message.content!)).toEqual(sample);
});

test("the fakes keep to a JSON schema: Anthropic's messages", async () => {
  const client = new Anthropic({ apiKey: fakeKey("anthropic", "works"), baseURL: lenient.origins.anthropic });
  const output_config = { format: { type: "json_schema" as const, schema } };
  const request = { model: "claude-haiku-4-5", max_tokens: 1000, messages, output_config };
  const { content } = await client.messages.create(request);
  expect(content.map((block) => block.type === "text" && JSON.parse(block.text))).toEqual([sample]);
});

test("the fakes keep to a JSON schema: Google's generations", async () => {
  const baseUrl = lenient.origins.google;
  const { models } = new GoogleGenAI({ apiKey: fakeKey("google", "works"), httpOptions: { baseUrl } });
  const config = { responseMimeType: "application/json", responseJsonSchema: schema };
  const answer = await models.generateContent({ model: "gemini-3.5-flash-lite", contents: "hello", config });
  expect(JSON.parse(answer.text!)).toEqual(sample);
});
