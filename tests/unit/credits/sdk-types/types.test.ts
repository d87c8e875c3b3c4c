/**
 * Every member of the unions, every field and every value that the pinned SDKs take is let in or refused by name, so that a new
 * version with a new one turns this red until somebody has thought about what it costs.
 */
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { offers } from "../../../../catalogue/offers/index.ts";
import type { FieldsShape, Shape } from "../../../../catalogue/offers/types.ts";
import { SdkTypes } from "../../../harness/sdk-types.ts";

const types = new SdkTypes({
  project: join(import.meta.dirname, "tsconfig.json"),
  file: join(import.meta.dirname, "inputs.ts"),
  exported: "Inputs",
});
afterAll(() => types.close());

/** The shape of the body of the offer for a path. */
function bodyOf(provider: string, path: string): FieldsShape {
  const offer = offers[provider]?.find((one) => new RegExp(one.path).test(path));
  if (!offer) throw new Error(`${provider} offers nothing at ${path}`);
  return offer.body;
}

/** `@google/genai` takes body and generationConfig as one object, and the first content of a list. */
const generate = bodyOf("google", "/v1beta/models/x:generateContent");
const { generationConfig, contents, systemInstruction: _, tools, ...body } = generate.fields;
const googleContent = (contents as { list: Shape }).list;
const { fields, refused } = generationConfig as FieldsShape;
const googleConfig: FieldsShape = {
  fields: {
    ...body,
    ...fields,
    // Content in one of five spellings, which the SDK makes the one that is sent.
    systemInstruction: "json",
    tools: { list: withoutMethods((tools as { list: Shape }).list as FieldsShape) },
  },
  refused: { ...generate.refused, ...refused, ...sdkOwn("httpOptions", "abortSignal", "automaticFunctionCalling") },
};
const googleEmbedding = bodyOf("google", "/v1beta/models/x:embedContent");

/** An SDK's private fields. */
function sdkOwn(...names: string[]): NonNullable<FieldsShape["refused"]> {
  return Object.fromEntries(names.map((name) => [name, "account_setting"]));
}

/** A tool may be an object of the SDK's own, with methods. */
function withoutMethods(tool: FieldsShape): FieldsShape {
  return { ...tool, refused: { ...tool.refused, ...sdkOwn("tool", "callTool") } };
}

test.each<[input: string, shape: Shape]>([
  ["openAiChat", bodyOf("openai", "/v1/chat/completions")],
  ["openAiResponses", bodyOf("openai", "/v1/responses")],
  ["openAiEmbeddings", bodyOf("openai", "/v1/embeddings")],
  ["messages", bodyOf("anthropic", "/v1/messages")],
  ["betaMessages", bodyOf("anthropic", "/v1/messages")],
  ["groqChat", bodyOf("groq", "/openai/v1/chat/completions")],
  ["groqEmbeddings", bodyOf("groq", "/openai/v1/embeddings")],
  ["googleContent", googleContent],
  ["googleConfig", googleConfig],
  [
    "googleEmbedding",
    { ...googleEmbedding, refused: { ...googleEmbedding.refused, ...sdkOwn("httpOptions", "abortSignal") } },
  ],
])("every part of %s is let in or refused by name", (input, shape) => {
  expect(types.missing(input, shape)).toEqual([]);
});

describe("SdkTypes", () => {
  const text: FieldsShape = { fields: { text: "text", extra: "number" } };
  const whole: FieldsShape = {
    fields: {
      known: "text",
      mode: { values: ["slow"], refused: { fast: "dearer" } },
      items: { list: { any: ["text", { by: "type", members: { text }, refused: { search: "provider_tool" } }] } },
    },
    refused: { brand_new: "dearer" },
  };

  test("misses nothing where all is named", () => {
    expect(types.missing("made", whole)).toEqual([]);
  });

  test.each<[missing: string, fields: FieldsShape["fields"]]>([
    ["made.mode = fast", { mode: { values: ["slow"] } }],
    ["made.known: string", { known: "number" }],
    [
      "made.items[]: string",
      { items: { list: { by: "type", members: { text, search: { fields: { query: "text" } } } } } },
    ],
    ["made.items[]: object", { items: { list: { any: ["text"] } } }],
    ["made.items[]<search>", { items: { list: { any: ["text", { by: "type", members: { text } }] } } }],
    [
      "made.items[]<text>.extra",
      {
        items: {
          list: {
            any: [
              "text",
              { by: "type", members: { text: { fields: { text: "text" } } }, refused: { search: "dearer" } },
            ],
          },
        },
      },
    ],
    ["made.brand_new.deep", { brand_new: { fields: {} } }],
  ])("misses %s where it is not", (missing, fields) => {
    expect(types.missing("made", { fields: { ...whole.fields, ...fields }, refused: {} })).toContain(missing);
  });
});
