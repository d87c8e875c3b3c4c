/** How a shape is applied, with shapes made up for it. What the catalogue says of providers is tested in offers.test.ts. */
import { describe, expect, test } from "vitest";
import type { FieldsShape, Shape } from "../../../catalogue/offers/types.ts";
import { type Copying, copyShape } from "../../../functions/_shared/credits/shapes.ts";

function copying(readsSnakeCase = false): Copying {
  return { model: "small", readsSnakeCase, met: { image: 0, document: 0, mediaChars: 0 } };
}

function copy(value: unknown, shape: Shape, how = copying()): unknown {
  return copyShape(value, shape, how);
}

function notOffered(field: string, what: string, instead = "Bring your own API key to use it.") {
  const message = `${what} is not available on platform credits. ${instead}`;
  return expect.objectContaining({ code: "not_offered", status: 403, message, details: { field } });
}

const part: Shape = {
  by: "type",
  members: { text: { fields: { text: "text" } }, picture: { fields: { data: { media: "image", as: "base64" } } } },
  untyped: { text: "text" },
  refused: { search: "provider_tool" },
};
const talk: FieldsShape = { fields: { parts: { list: part }, note: "text" }, refused: { file: "stored" } };

describe("copyShape()", () => {
  test("copies what the shape names, at any depth", () => {
    const value = { parts: [{ type: "text", text: "Hi" }, { text: "Hello" }], note: "n" };
    expect(copy(value, talk)).toEqual(value);
  });

  test("refuses a field that the shape does not name, by its path", () => {
    expect(() => copy({ parts: [{ text: "Hi" }, { text: "Hi", extra: 1 }] }, talk)).toThrow(
      notOffered("parts.1.extra", "This field"),
    );
  });

  test("says why it refuses a field or type that it knows, and what helps", () => {
    expect(() => copy({ file: {} }, talk)).toThrow(
      notOffered("file", "A file or another object stored with the provider"),
    );
    expect(() => copy({ parts: [{ type: "search" }] }, talk)).toThrow(
      notOffered("parts.0.type", "A tool that the provider runs"),
    );
    expect(() =>
      copy({ image: "https://example.com/x.png" }, { fields: { image: { media: "image", as: "base64" } } }),
    ).toThrow(
      notOffered("image", "Content that the provider fetches from an address", "Send the content itself, in base64."),
    );
  });

  test("refuses a type that the shape does not name, and one that is no text", () => {
    expect(() => copy({ parts: [{ type: "brand_new" }] }, talk)).toThrow(
      notOffered("parts.0.type", "This kind of content"),
    );
    for (const type of [1, {}, ["text"]]) {
      expect(() => copy({ parts: [{ type, text: "Hi" }] }, talk)).toThrow(
        notOffered("parts.0.type", "This form of the field"),
      );
    }
  });

  test.each(["toString", "__proto__", "constructor", "hasOwnProperty"])("knows no field or type as %s", (name) => {
    const value = JSON.parse(`{"${name}":{}}`);
    expect(() => copy(value, talk)).toThrow(expect.objectContaining({ code: "not_offered" }));
    expect(() => copy({ parts: [{ type: name }] }, talk)).toThrow(expect.objectContaining({ code: "not_offered" }));
  });

  test.each(["sk-proj-1234567890", "x".repeat(5000), "", "a b"])(
    "does not repeat a field that is named as no field is, for it may be a key: %j",
    (name) => {
      expect(() => copy({ [name]: 1 }, talk)).toThrow(notOffered("body", "This field"));
      expect(() => copy({ parts: [{ text: "Hi", [name]: 1 }] }, talk)).toThrow(notOffered("parts.0", "This field"));
    },
  );

  test("repeats no value", () => {
    const secret = "sk-proj-1234567890";
    for (const value of [
      { file: secret },
      { parts: secret },
      { parts: [{ type: secret }] },
      { note: { [secret]: 1 } },
    ]) {
      try {
        copy(value, talk);
        expect.unreachable();
      } catch (error) {
        expect(JSON.stringify([error, (error as Error).message])).not.toContain(secret);
      }
    }
  });

  test.each<[Shape, unknown[], unknown[]]>([
    ["text", ["", "x"], [1, true, {}, []]],
    ["number", [0, 1.5, -1], ["1", true, {}, []]],
    ["boolean", [true, false], ["true", 1, {}, []]],
    ["model", ["small", "models/small"], ["large", "models/large", 1, {}]],
    [{ values: ["auto", 1, false] }, ["auto", 1, false], ["other", 2, true, {}, [], "1"]],
    [{ list: "text" }, [[], ["a"]], ["a", {}, [1], [["a"]]]],
    [{ map: "number" }, [{}, { a: 1 }], [[], "a", { a: "b" }]],
    [{ any: ["text", { list: "number" }] }, ["a", [1]], [1, {}, ["a"]]],
    [{ fields: { a: "text" } }, [{}, { a: "b" }], [[], "a", 1, { a: 1 }]],
  ])("takes as %j what has its form", (shape, right, wrong) => {
    for (const value of right) expect(copy(value, shape)).toEqual(value);
    for (const value of wrong) {
      expect(() => copy(value, shape)).toThrow(expect.objectContaining({ code: "not_offered" }));
    }
  });

  test("takes null for whatever the shape names, and leaves it out where it names nothing: it asks for nothing", () => {
    expect(copy({ note: null, parts: null, file: null, brand_new: null }, talk)).toEqual({ note: null, parts: null });
    expect(copy({ parts: [{ type: null, text: "Hi" }] }, talk)).toEqual({ parts: [{ text: "Hi" }] });
  });

  test("does not send what is ignored", () => {
    expect(copy({ a: { any: ["thing"] }, b: null }, { fields: { a: "ignored", b: "ignored" } })).toEqual({});
  });

  test.each([["9000"], [0], [-1], [true], [[10]], [{}]])("reads no limit in %j", (limit) => {
    expect(copy({ limit }, { fields: { limit: "limit" } })).toEqual({ limit: Infinity });
  });

  test("refuses an object that means something else without a field", () => {
    const shape: Shape = { fields: { id: "text", text: "text" }, needs: { text: "item_reference" } };
    expect(copy({ id: "1", text: "" }, shape)).toEqual({ id: "1", text: "" });
    for (const value of [{ id: "1" }, { id: "1", text: null }]) {
      expect(() => copy(value, shape)).toThrow(
        expect.objectContaining({ code: "not_offered", details: { field: "text" } }),
      );
    }
  });

  test("does not look into the client's own data, but for its depth", () => {
    const own = { type: "search", file: [{ file_id: null }], __proto__: 1 };
    expect(copy(own, "json")).toBe(own);
    let deep: unknown = 1;
    for (let depth = 0; depth < 200; depth++) deep = [deep];
    expect(() => copy({ own: deep }, { fields: { own: "json" } })).toThrow(
      notOffered("own", "Data that is nested this deep"),
    );
  });

  test.each(["https://example.com/x.png", "HTTP://x", "files/x y.pdf?", "file_123:abc", "gs://bucket/x", " data:x"])(
    "takes no address where data belongs: %j",
    (value) => {
      for (const as of ["data_url", "base64"] as const) {
        expect(() => copy(value, { media: "image", as })).toThrow(
          expect.objectContaining({ code: "not_offered", details: { field: "body" } }),
        );
      }
    },
  );

  test("counts images and documents", () => {
    const how = copying();
    copy(
      {
        parts: [
          { type: "picture", data: "AAAA" },
          { type: "picture", data: "data:image/png;base64,AA==" },
        ],
      },
      talk,
      how,
    );
    copy("AAAA", { media: "document", as: "base64" }, how);
    expect(how.met).toEqual({ image: 2, document: 1, mediaChars: 34 });
  });

  test("is done with 500,000 items, and with 100,000 arrays in each other", () => {
    const items = Array.from({ length: 500_000 }, () => ({ text: "Hi" }));
    expect(() => copy({ parts: [...items, { type: "search" }] }, talk)).toThrow(
      notOffered("parts.500000.type", "A tool that the provider runs"),
    );
    let nested: unknown = { type: "search" };
    for (let depth = 0; depth < 100_000; depth++) nested = [nested];
    expect(() => copy({ parts: nested }, talk)).toThrow(notOffered("parts.0", "This form of the field"));
    expect(() => copy({ own: nested }, { fields: { own: "json" } })).toThrow(
      notOffered("own", "Data that is nested this deep"),
    );
  });
});

describe("copyShape() for a provider that reads snake_case", () => {
  const shape: Shape = {
    fields: { inlineData: { by: "mimeType", members: { "image/png": { fields: { displayName: "text" } } } } },
    refused: { fileData: "address" },
  };

  test("reads both spellings and sends one", () => {
    const sent = { inlineData: { mimeType: "image/png", displayName: "x" } };
    expect(copy(sent, shape, copying(true))).toEqual(sent);
    expect(copy({ inline_data: { mime_type: "image/png", display_name: "x" } }, shape, copying(true))).toEqual(sent);
  });

  test("refuses both spellings of what it refuses", () => {
    for (const field of ["fileData", "file_data"]) {
      expect(() => copy({ [field]: {} }, shape, copying(true))).toThrow(
        notOffered(field, "Content that the provider fetches from an address", "Send the content itself, in base64."),
      );
    }
  });

  test("refuses one field in two spellings: which of them counts is the provider's choice", () => {
    const png = { mimeType: "image/png" };
    expect(() => copy({ inlineData: png, inline_data: png }, shape, copying(true))).toThrow(
      notOffered("inlineData", "This form of the field"),
    );
    expect(() => copy({ inlineData: { ...png, mime_type: "video/mp4" } }, shape, copying(true))).toThrow(
      notOffered("inlineData.mime_type", "This field"),
    );
  });

  test("is not done for other providers", () => {
    expect(() => copy({ inline_data: {} }, shape)).toThrow(notOffered("inline_data", "This field"));
  });
});
