/** The rules that adapters state are tested over all of them in providers/contract.test.ts; here is how they are applied. */
import { describe, expect, test } from "vitest";
import { platformBody, platformRule, platformSearch } from "../../../functions/_shared/credits/platform.ts";
import { providers } from "../../../functions/_shared/providers/index.ts";
import type { PlatformRule } from "../../../functions/_shared/providers/types.ts";

const rule: PlatformRule = {
  path: /^\/v1\/talk$/,
  fields: ["model", "talk", "options", "tools", "limit"],
  nestedFields: { options: ["warm"] },
  content: ["talk"],
  references: ["file_id", "item_reference"],
  opaque: ["arguments"],
  isClientTool: (tool) => tool.type === "function",
  limit: (body, maxOutputTokens) => ({ ...body, limit: maxOutputTokens }),
};
const limits = { models: ["small", "tiny"], maxOutputTokens: 50 };

function send(body: Record<string, unknown>, path = "/v1/talk", by = rule) {
  return platformBody(by, path, { model: "small", ...body }, limits);
}

function notOffered(field: string, what: string) {
  return expect.objectContaining({
    code: "not_offered",
    status: 403,
    message: `${what} is not available on platform credits. Bring your own API key to use it.`,
    details: { field },
  });
}

describe("platformRule()", () => {
  test("finds the rule for a POST to its path alone", () => {
    const adapter = { ...providers.openai, platformRules: [rule] };
    expect(platformRule(adapter, "POST", "/v1/talk")).toBe(rule);
    expect(platformRule(adapter, "GET", "/v1/talk")).toBeUndefined();
    expect(platformRule(adapter, "POST", "/v1/talks")).toBeUndefined();
  });
});

describe("platformBody()", () => {
  test("sends the body with its output limited", () => {
    expect(send({ talk: "Hi", limit: 900 })).toEqual({ model: "small", talk: "Hi", limit: 50 });
  });

  test.each([undefined, null, 7, ["small"], "Small", "large", "small "])("refuses the model %j", (model) => {
    expect(() => send({ model })).toThrow(notOffered("model", "This model"));
  });

  test("takes the model from the path where the path names it, and never from the body then", () => {
    const inPath = { ...rule, path: /^\/v1\/(?<model>[^/:]+):talk$/ };
    expect(send({ model: "large" }, "/v1/tiny:talk", inPath)).toMatchObject({ limit: 50 });
    expect(() => send({ model: "small" }, "/v1/large:talk", inPath)).toThrow(notOffered("model", "This model"));
  });

  test("names a field that credits do not buy", () => {
    expect(() => send({ storage: 1 })).toThrow(notOffered("storage", "This field"));
  });

  test("looks into objects that have fields of their own", () => {
    expect(send({ options: { warm: 1 } })).toMatchObject({ options: { warm: 1 } });
    expect(() => send({ options: { warm: 1, cold: 2 } })).toThrow(notOffered("options.cold", "This field"));
    for (const options of [null, [], "warm", 1]) {
      expect(() => send({ options })).toThrow(notOffered("options", "This form of the field"));
    }
  });

  test.each(["sk-proj-1234567890", "x".repeat(5000), ""])(
    "does not repeat a field that is named as no field is, for it may be a key: %j",
    (name) => {
      expect(() => send({ [name]: 1 })).toThrow(notOffered("body", "This field"));
      expect(() => send({ options: { [name]: 1 } })).toThrow(notOffered("options", "This field"));
    },
  );

  test("takes tools that run at the client, and only an array of them", () => {
    expect(send({ tools: [{ type: "function" }] })).toMatchObject({ tools: [{ type: "function" }] });
    for (const tools of [
      [{ type: "search" }],
      [{ type: "function" }, { type: "search" }],
      [null],
      ["function"],
      {},
      null,
      "function",
    ]) {
      expect(() => send({ tools })).toThrow(notOffered("tools", "A tool that the provider runs"));
    }
  });

  test.each<[string, unknown]>([
    ["a key", { file_id: "f" }],
    ["a key in an array", [{ file_id: "f" }]],
    ["a key far down", [[{ a: [{ b: { c: [{ file_id: null }] } }] }]]],
    ["a type", [{ type: "item_reference", id: "i" }]],
    ["a key beside an opaque one", [{ arguments: {}, file_id: "f" }]],
  ])("refuses a reference to what is stored with the provider as %s", (_, talk) => {
    expect(() => send({ talk })).toThrow(notOffered("talk", "A file or another object stored with the provider"));
  });

  test.each<[string, unknown]>([
    ["in a text", "the file_id is f"],
    ["as another value", [{ role: "file_id", content: "item_reference" }]],
    ["in the client's own data", [{ arguments: { file_id: "f", type: "item_reference" } }]],
  ])("takes the words of a reference %s", (_, talk) => {
    expect(send({ talk })).toMatchObject({ talk });
  });

  test("finds a reference among 500,000 items", () => {
    const talk: unknown[] = Array.from({ length: 500_000 }, () => 0);
    talk[0] = { file_id: "f" };
    expect(() => send({ talk })).toThrow(expect.objectContaining({ code: "not_offered" }));
  });

  test("finds a reference under 100,000 arrays and does not run out of stack", () => {
    let talk: unknown = { file_id: "f" };
    for (let depth = 0; depth < 100_000; depth++) talk = [talk];
    expect(() => send({ talk })).toThrow(notOffered("talk", "A file or another object stored with the provider"));
  });
});

describe("platformSearch()", () => {
  test("keeps the form of the answer and nothing else", () => {
    expect(platformSearch("?alt=sse&key=k&access_token=t&prettyPrint=1")).toBe("?alt=sse");
    expect(platformSearch("?access_token=t")).toBe("");
    expect(platformSearch("")).toBe("");
  });

  test.each(["?alt=sse%26key%3Dk", "?alt=proto", "?alt=media&alt=sse", "?alt=SSE", "?alt=", "?$alt=sse"])(
    "keeps nothing of %s",
    (search) => expect(platformSearch(search)).toBe(""),
  );
});
