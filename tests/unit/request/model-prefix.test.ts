import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByokError } from "../../../functions/_shared/errors.ts";
import { takeModelPrefix } from "../../../functions/_shared/request/model-prefix.ts";
import { anyText } from "../../harness/drawing/any-text.ts";

const limits = { max_bytes: 1_000, timeout_ms: 10_000 };

const codes = ["model_prefix_missing", "model_too_late", "invalid_request"];

/** A body in chunks of these lengths, the last of which is repeated; it tells how much of it was read. */
function bodyOf(text: string, lengths: readonly number[] = [7]) {
  const bytes = new TextEncoder().encode(text);
  const read = { bytes: 0, isCancelled: false };
  let turn = 0;
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      pull(controller) {
        if (read.bytes >= bytes.length) return controller.close();
        const length = lengths[Math.min(turn++, lengths.length - 1)]!;
        controller.enqueue(bytes.slice(read.bytes, read.bytes + length));
        read.bytes += length;
      },
      cancel() {
        read.isCancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, read };
}

async function take(text: string, lengths?: readonly number[], some: Partial<typeof limits> = {}) {
  const { prefix, body, removed_bytes } = await takeModelPrefix(bodyOf(text, lengths).stream, { ...limits, ...some });
  return { prefix, text: await new Response(body).text(), removed_bytes };
}

describe("takeModelPrefix()", () => {
  test.each([
    ['{"model":"openai/gpt-5.4-nano","n":1}', "openai", '{"model":"gpt-5.4-nano","n":1}'],
    [
      '{"messages":[{"role":"user","content":"\\"model\\":\\"x/y\\" {["}], "model" : "groq/openai/gpt-oss-20b"}',
      "groq",
      '{"messages":[{"role":"user","content":"\\"model\\":\\"x/y\\" {["}], "model" : "openai/gpt-oss-20b"}',
    ],
    ['{"metadata":{"model":"a/b"},"model":"xai/grok"}', "xai", '{"metadata":{"model":"a/b"},"model":"grok"}'],
    [
      '{"metadata":{"a":1,"model":"a/b"},"model":"xai/grok"}',
      "xai",
      '{"metadata":{"a":1,"model":"a/b"},"model":"grok"}',
    ],
    ['{"user":"model","model":"xai/grok"}', "xai", '{"user":"model","model":"grok"}'],
    ['{"model":"anthropic\\/claude"}', "anthropic", '{"model":"claude"}'],
    ['{"model":"openrouter/anthropic/claude-x"}', "openrouter", '{"model":"anthropic/claude-x"}'],
    ['{"input":"ü/€","model":"xai/grok"', "xai", '{"input":"ü/€","model":"grok"'],
    ['{"model":"/x"}', "", '{"model":"x"}'],
    ['{"model":"__proto__/x","model":"xai/y"}', "__proto__", '{"model":"x","model":"xai/y"}'],
  ])("takes the prefix off %s, and leaves all else as it is", async (body, prefix, rest) => {
    for (const length of [1, 2, 7, 1_000]) {
      expect(await take(body, [length])).toEqual({ prefix, text: rest, removed_bytes: body.length - rest.length });
    }
  });

  test("finds the model wherever it stands in any JSON object, and however the body is cut", async () => {
    const fields = fc.dictionary(
      anyText().filter((name) => name !== "model"),
      fc.jsonValue(),
      { maxKeys: 4 },
    );
    const lengths = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(fields, fields, lengths, fc.constantFrom(0, 2), async (before, after, cuts, space) => {
        const withModel = (model: string) => JSON.stringify({ ...before, model, ...after }, null, space);
        const found = await take(withModel("google/gemini/x"), cuts, { max_bytes: 1e6 });
        expect(found).toEqual({ prefix: "google", text: withModel("gemini/x"), removed_bytes: 7 });
      }),
      { numRuns: 50 },
    );
  });

  test("refuses any other bytes in words of its own, or hands all of them on but a prefix", async () => {
    const pieces = fc.constantFrom(
      '{"',
      '"',
      "model",
      '":"',
      "openai",
      "/",
      "\\",
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      " ",
      "é",
    );
    const starts = fc.constantFrom("", "{", '{"model":"', '{"a":[{"model":"x/y"},');
    const bodies = fc.array(fc.oneof(pieces, anyText({ maxLength: 3 })), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(starts, bodies, fc.integer({ min: 1, max: 9 }), async (start, parts, length) => {
        const body = `${start}${parts.join("")}`;
        const found = await take(body, [length]).catch((error: unknown) => error);
        if (found instanceof ByokError) {
          expect(codes).toContain(found.code);
          return;
        }
        const { prefix, text, removed_bytes } = found as Awaited<ReturnType<typeof take>>;
        expect(removed_bytes).toBeGreaterThan(prefix.length);
        expect(Buffer.byteLength(text)).toBe(Buffer.byteLength(body) - removed_bytes);
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    "{}",
    '{"messages":[{"model":"openai/x"}]}',
    '{"model":"gpt-5.4-nano","x":"a/b"}',
    '{"model":null}',
    '{"model":{"model":"openai/x"}}',
    '{"model":["openai/x"]}',
    '{"model":"openai',
    `{"model":"${"x".repeat(100)}/y"}`,
    '{"mod\\u0065l":"openai/x"}',
    "",
  ])("refuses %s, which names no provider", async (body) => {
    await expect(take(body)).rejects.toMatchObject({ code: "model_prefix_missing", details: { field: "model" } });
  });

  test.each(["[]", '"model"', "--boundary", "model=openai/x", '\ufeff{"model":"openai/x"}'])(
    "refuses %s, which is no JSON object",
    async (body) => {
      await expect(take(body)).rejects.toMatchObject({ code: "invalid_request" });
    },
  );

  test("refuses a request without a body", async () => {
    await expect(takeModelPrefix(null, limits)).rejects.toMatchObject({ code: "model_prefix_missing" });
  });

  test("holds no more of a body than the limit and the chunk that passes it, and lets go of the rest", async () => {
    const { stream, read } = bodyOf(`{"messages":"${"x".repeat(5_000)}","model":"openai/x"}`, [100]);
    await expect(takeModelPrefix(stream, limits)).rejects.toMatchObject({
      code: "model_too_late",
      details: { field: "model", max_bytes: 1_000 },
    });
    expect(read).toEqual({ bytes: 1_100, isCancelled: true });
  });

  test("finds a model that ends with the last byte of the limit", async () => {
    const body = '{"model":"openai/x"}';
    const max_bytes = body.indexOf("/") + 1;
    expect((await take(body, [100], { max_bytes })).prefix).toBe("openai");
    await expect(take(body, [100], { max_bytes: max_bytes - 1 })).rejects.toMatchObject({ code: "model_too_late" });
  });

  test("reads no further than the model before the rest is asked for", async () => {
    const { stream, read } = bodyOf(`{"model":"openai/x","messages":"${"x".repeat(5_000)}"}`, [100]);
    const { body } = await takeModelPrefix(stream, limits);
    expect(read.bytes).toBe(100);
    await body.cancel();
    expect(read).toEqual({ bytes: 100, isCancelled: true });
  });

  test("does not wait longer than it may for the model", async () => {
    const slow = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{"mess')),
    });
    const error = takeModelPrefix(slow, { ...limits, timeout_ms: 10 });
    await expect(error).rejects.toMatchObject({ code: "invalid_request", message: "The body did not come in time." });
  });

  test("fails as the body does", async () => {
    const broken = new ReadableStream<Uint8Array<ArrayBuffer>>({ start: (controller) => controller.error("broken") });
    await expect(takeModelPrefix(broken, limits)).rejects.toBe("broken");
  });
});
