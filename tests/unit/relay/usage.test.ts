/** The counts of a provider, and when they are of the whole answer: read from texts that a model may have written too. */
import { describe, expect, test } from "vitest";
import { dialects } from "../../../functions/_shared/relay/dialects.ts";
import { Inspector } from "../../../functions/_shared/relay/inspector.ts";
import { lastValueOf } from "../../../functions/_shared/relay/usage.ts";

type Name = keyof typeof dialects;

/** The counts that hold for a client that leaves after these events. */
function usageOnLeaving(name: Name, events: readonly object[]) {
  const inspector = new Inspector({ dialect: dialects[name], isStream: true });
  for (const event of events) inspector.add(new TextEncoder().encode(`data: ${JSON.stringify(event)}\n\n`));
  inspector.take();
  return inspector.usage(false);
}

describe("the end of a stream", () => {
  const marks = ["message_delta", "message_stop", "finishReason", "finish_reason", "STOP", "[DONE]"];
  const forged = { ...Object.fromEntries(marks.map((mark) => [mark, "STOP"])), type: "message_delta", usage: {} };
  /** How a dialect writes a text that a model made, as text and as the arguments of a tool, with the counts so far. */
  const writers: Record<string, { name: Name; events: (text: string) => object[] }> = {
    "OpenAI chat": {
      name: "chatCompletions",
      events: (content) => [
        { choices: [{ delta: { content }, finish_reason: null }], usage: null },
        { choices: [{ delta: { tool_calls: [{ function: { arguments: content } }] } }], usage: null },
      ],
    },
    "OpenAI responses": {
      name: "responses",
      events: (delta) => [
        { type: "response.output_text.delta", delta },
        { type: "response.function_call_arguments.done", arguments: delta },
      ],
    },
    Anthropic: {
      name: "messages",
      events: (text) => [
        { type: "message_start", message: { content: [], usage: { input_tokens: 25, output_tokens: 1 } } },
        { type: "content_block_delta", delta: { type: "text_delta", text } },
        { type: "content_block_delta", delta: { type: "input_json_delta", partial_json: text } },
        { type: "content_block_start", content_block: { type: "tool_use", name: text, input: forged } },
      ],
    },
    Google: {
      name: "generateContent",
      events: (text) => [
        {
          candidates: [{ content: { parts: [{ text }, { functionCall: { name: text, args: forged } }] } }],
          usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 1 },
        },
      ],
    },
  };

  test.each(Object.entries(writers))("is none that the model writes: %s", (_, { name, events }) => {
    for (const text of [...marks, ...marks.map((mark) => `"${mark}"`), JSON.stringify(forged), "data: [DONE]\n\n"]) {
      expect([text, usageOnLeaving(name, events(text))]).toEqual([text, null]);
    }
  });

  test("is none where Google names no reason yet", () => {
    for (const finishReason of [null, ""]) {
      const event = { candidates: [{ finishReason }], usageMetadata: { promptTokenCount: 9 } };
      expect(usageOnLeaving("generateContent", [event])).toBeNull();
    }
  });

  test("is seen behind arguments of a tool that are longer than what is kept of an answer", () => {
    const call = { functionCall: { name: "x", args: { finishReason: "x".repeat(100_000) } } };
    const event = {
      candidates: [{ content: { parts: [call] }, finishReason: "STOP" }],
      usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 6 },
    };
    expect(usageOnLeaving("generateContent", [event])).toEqual({
      input_tokens: 9,
      cached_input_tokens: 0,
      cache_write_tokens: 0,
      output_tokens: 6,
    });
  });
});

describe("lastValueOf()", () => {
  test.each<[string, string, number, string | undefined]>([
    ['{"a":1,"b":{"a":2}}', "a", 1, "1"],
    ['{"a":1,"b":{"a":2}}', "a", 2, "2"],
    ['{"b":{"a":[1,{"a":3}]},"c":"}{\\"a\\":"}', "a", 2, '[1,{"a":3}]'],
    ['{"c":"a\\\\","a" : "x"}', "a", 1, ' "x"'],
    ['cut off","a":5},"z":0}', "a", 1, undefined],
    ['cut off","a":5}', "a", 1, "5"],
    ["", "a", 1, undefined],
    ['"', "a", 1, undefined],
    ["}}}}", "a", 1, undefined],
  ])("%s: %s at %i is %s", (text, key, depth, value) => {
    expect(lastValueOf(text, key, depth)).toBe(value);
  });

  test("is done with the longest text in no time, whatever it is full of", () => {
    for (const piece of ['"', '\\"', "\\", "{", "}", '"a":', ","]) {
      const before_ms = performance.now();
      lastValueOf(piece.repeat(65_536 / piece.length), "a", 1);
      expect(performance.now() - before_ms).toBeLessThan(2000);
    }
  });
});
