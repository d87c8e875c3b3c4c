/** Data read out of an answer on credits, by the forms in which providers write them. */
import { describe, expect, test } from "vitest";
import { type Dialect, dialects, formOf } from "../../../functions/_shared/relay/dialects.ts";
import { Inspector } from "../../../functions/_shared/relay/inspector.ts";

type Name = keyof typeof dialects;

/** Everything that comes of an answer whose parts come one after the other. */
function inspect(name: Name, parts: readonly (string | object)[], { isStream = true, isComplete = true } = {}) {
  const inspector = new Inspector({ dialect: dialects[name], isStream });
  let text = "";
  const contentAfter: boolean[] = [];
  const take = (isEnd: boolean) => {
    const batch = inspector.take(isEnd);
    if (batch) text += new TextDecoder().decode(batch.bytes);
  };
  for (const part of parts) {
    inspector.add(new TextEncoder().encode(typeof part === "string" ? part : eventOf(part)));
    take(false);
    contentAfter.push(inspector.hasContent);
  }
  take(true);
  const { hasContent, hasError, hasLostContent } = inspector;
  return { text, contentAfter, hasContent, hasError, hasLostContent, usage: inspector.usage(isComplete) };
}

const eventOf = (data: object) =>
  `${"type" in data ? `event: ${String(data.type)}\n` : ""}data: ${JSON.stringify(data)}\n\n`;
const counted = (input_tokens: number, cached_input_tokens: number, output_tokens: number, cache_write_tokens = 0) => ({
  input_tokens,
  cached_input_tokens,
  cache_write_tokens,
  output_tokens,
});

/** Samples from the providers' documentation, November 2026: an event without content, one with, and the last ones. */
const streams: Record<
  string,
  { name: Name; quiet: object[]; content: object; end: (object | string)[]; usage: object }
> = {
  "OpenAI chat": {
    name: "chatCompletions",
    quiet: [{ id: "chatcmpl-1", choices: [{ index: 0, delta: { role: "assistant", content: "", refusal: null } }] }],
    content: { choices: [{ index: 0, delta: { content: "Hi" }, finish_reason: null }], usage: null },
    end: [
      { choices: [{ index: 0, delta: {}, finish_reason: "stop" }], usage: null },
      {
        choices: [],
        usage: {
          prompt_tokens: 19,
          completion_tokens: 10,
          total_tokens: 29,
          prompt_tokens_details: { cached_tokens: 8, cache_write_tokens: 6 },
          completion_tokens_details: { reasoning_tokens: 4 },
        },
      },
      "data: [DONE]\n\n",
    ],
    usage: counted(19, 8, 10, 6),
  },
  Groq: {
    name: "chatCompletions",
    quiet: [{ choices: [{ index: 0, delta: { role: "assistant", content: "" } }], x_groq: { id: "req_1" } }],
    content: { choices: [{ index: 0, delta: { reasoning: "Well" } }] },
    end: [
      {
        choices: [{ index: 0, delta: {}, finish_reason: "stop" }],
        x_groq: { id: "req_1", usage: { queue_time: 0.02, prompt_tokens: 7, completion_tokens: 5, total_time: 0.1 } },
      },
      "data: [DONE]\n\n",
    ],
    usage: counted(7, 0, 5),
  },
  "OpenAI responses": {
    name: "responses",
    quiet: [
      { type: "response.created", response: { id: "resp_1", output: [], usage: null, error: null } },
      { type: "response.output_item.added", item: { id: "msg_1", type: "message", role: "assistant", content: [] } },
      { type: "response.content_part.added", part: { type: "output_text", text: "", annotations: [] } },
    ],
    content: { type: "response.output_text.delta", delta: "Hi" },
    end: [
      {
        type: "response.completed",
        response: {
          error: null,
          output: [{ type: "message", content: [{ type: "output_text", text: "Hi" }] }],
          tools: [{ type: "function", parameters: { properties: { usage: { input_tokens: 0 } } } }],
          usage: {
            input_tokens: 37,
            input_tokens_details: { cached_tokens: 5, cache_write_tokens: 30 },
            output_tokens: 11,
            output_tokens_details: { reasoning_tokens: 3 },
          },
          user: null,
          metadata: { usage: '{"input_tokens":0}' },
        },
      },
    ],
    usage: counted(37, 5, 11, 30),
  },
  Anthropic: {
    name: "messages",
    quiet: [
      {
        type: "message_start",
        message: {
          id: "msg_1",
          type: "message",
          role: "assistant",
          content: [],
          usage: { input_tokens: 25, cache_creation_input_tokens: 100, cache_read_input_tokens: 50, output_tokens: 1 },
        },
      },
      { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
      { type: "ping" },
    ],
    content: { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Hi" } },
    end: [
      { type: "content_block_stop", index: 0 },
      { type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, usage: { output_tokens: 15 } },
      { type: "message_stop" },
    ],
    usage: counted(175, 50, 15, 100),
  },
  Google: {
    name: "generateContent",
    quiet: [{ candidates: [{ content: { role: "model", parts: [{ text: "" }] }, index: 0 }], usageMetadata: {} }],
    content: {
      candidates: [{ content: { parts: [{ text: "Hi" }], role: "model" }, index: 0 }],
      usageMetadata: { promptTokenCount: 9, totalTokenCount: 9 },
    },
    end: [
      `data: ${JSON.stringify({
        candidates: [{ content: { parts: [{ functionCall: { args: { usageMetadata: 0 } } }] }, finishReason: "STOP" }],
        usageMetadata: {
          promptTokenCount: 9,
          cachedContentTokenCount: 2,
          candidatesTokenCount: 6,
          thoughtsTokenCount: 30,
          toolUsePromptTokenCount: 1,
        },
      })}\r\n\r\n`,
    ],
    usage: counted(10, 2, 36),
  },
};

describe.each(Object.entries(streams))("a stream of %s", (_, { name, quiet, content, end, usage }) => {
  test("has content from the event on that brings some", () => {
    const { contentAfter } = inspect(name, [": comment\n\n", ...quiet, content]);
    expect(contentAfter).toEqual([false, ...quiet.map(() => false), true]);
  });

  test("has the provider's counts, whole or cut anywhere", () => {
    const parts = [...quiet, content, ...end];
    expect(inspect(name, parts)).toMatchObject({ hasError: false, usage });
    const text = parts.map((part) => (typeof part === "string" ? part : eventOf(part))).join("");
    const cut = Array.from({ length: Math.ceil(text.length / 7) }, (_, at) => text.slice(at * 7, at * 7 + 7));
    expect(inspect(name, cut)).toMatchObject({ text, usage });
    expect(inspect(name, parts, { isComplete: false }).usage).toEqual(usage);
  });

  test("has none before its end", () => {
    expect(inspect(name, [...quiet, content], { isComplete: false }).usage).toBeNull();
  });

  test(`has those of its last event without the mark of the end: ${dialects[name].countsSoFar}`, () => {
    expect(inspect(name, [...quiet, content]).usage === null).toBe(!dialects[name].countsSoFar);
  });
});

describe("an error inside an answer that began well", () => {
  const long = "x".repeat(5000);
  const errors: [string, Name, object][] = [
    ["Anthropic's", "messages", { type: "error", error: { type: "overloaded_error", message: "Overloaded" } }],
    ["OpenAI's", "responses", { type: "error", code: "server_error", message: "It failed", param: null }],
    [
      "a response that failed",
      "responses",
      {
        type: "response.failed",
        response: { id: "resp_1", status: "failed", error: { code: "server_error", message: "It failed" } },
      },
    ],
    ["Google's", "generateContent", { error: { code: 503, message: "Overloaded", status: "UNAVAILABLE" } }],
    ["Groq's", "chatCompletions", { error: { message: "failed", type: "invalid", failed_generation: long } }],
    [
      "OpenRouter's",
      "chatCompletions",
      { error: { code: 502, message: "gone" }, choices: [{ delta: { content: "" } }] },
    ],
  ];

  test.each(errors)("is noticed before any content: %s", (_, name, error) => {
    expect(inspect(name, [error])).toMatchObject({ hasError: true, hasContent: false });
  });

  test("tells whether it holds what the model had generated", () => {
    expect(errors.map(([whose, name, error]) => [whose, inspect(name, [error]).hasLostContent])).toEqual(
      errors.map(([whose]) => [whose, whose === "Groq's"]),
    );
  });

  test.each(errors)("passes on as named fields, none of them the provider's own text: %s", (_, name, error) => {
    const data = {
      ...error,
      account: "org-of-the-operator",
      error: { ...(error as any).error, failed_generation: long },
    };
    const { text } = inspect(name, [data]);
    expect(text.length).toBeLessThan(600);
    expect(text).not.toContain("operator");
    expect(text).toMatch(/^(event: [\w.]+\n)?data: \{.*\}\n\n$/);
  });

  test("is noticed after content, and content is still told", () => {
    const content = streams.Anthropic!.content;
    const { hasError, hasContent, text } = inspect("messages", [
      content,
      content,
      { type: "error", error: { type: "api_error", message: "org-abcdefghijklmnop is out of credits" } },
    ]);
    expect({ hasError, hasContent }).toEqual({ hasError: true, hasContent: true });
    expect(text).not.toContain("credits");
  });

  test("is noticed in JSON too, also in an array", () => {
    for (const text of ['{"error":{"message":"no"}}', '[{"error":{"message":"no"}}]']) {
      expect(inspect("chatCompletions", [text], { isStream: false })).toMatchObject({
        hasError: true,
        hasContent: false,
      });
    }
  });

  test("is not seen in what the model writes, nor where it is null", () => {
    const { hasError, text } = inspect("chatCompletions", [
      { choices: [{ delta: { content: '{"error": {"message": "no"}}' } }] },
      { choices: [{ delta: { content: "then" } }], error: null },
    ]);
    expect(hasError).toBe(false);
    expect(text).toContain("then");
  });
});

describe("a JSON answer", () => {
  test.each<[string, Name, object, object | null]>([
    [
      "chat",
      "chatCompletions",
      { choices: [{ message: { content: "Hi" } }], usage: { prompt_tokens: 3, completion_tokens: 2 } },
      counted(3, 0, 2),
    ],
    [
      "responses",
      "responses",
      { type: "x", output: [], usage: { input_tokens: 3, output_tokens: 2 }, user: null },
      counted(3, 0, 2),
    ],
    [
      "embeddings",
      "embeddings",
      { data: [{ embedding: [0.1] }], usage: { prompt_tokens: 8, total_tokens: 8 } },
      counted(8, 0, 0),
    ],
    [
      "Anthropic",
      "messages",
      { type: "message", content: [{ type: "text", text: "Hi" }], usage: { input_tokens: 3, output_tokens: 2 } },
      counted(3, 0, 2),
    ],
    [
      "Google",
      "generateContent",
      { candidates: [], usageMetadata: { promptTokenCount: 4, candidatesTokenCount: 1 }, modelVersion: "x" },
      counted(4, 0, 1),
    ],
    [
      "more written to the cache than came in anew",
      "chatCompletions",
      { usage: { prompt_tokens: 9, prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 7 } } },
      counted(9, 4, 0, 5),
    ],
    ["no counts", "chatCompletions", { choices: [] }, null],
    ["counts of no kind", "chatCompletions", { usage: { prompt_tokens: "3", completion_tokens: 2 } }, null],
    ["counts below zero", "chatCompletions", { usage: { prompt_tokens: 3, completion_tokens: -2 } }, null],
    ["parts of a token", "chatCompletions", { usage: { prompt_tokens: 3.5, completion_tokens: 2 } }, null],
    [
      "more from the cache than came in",
      "chatCompletions",
      { usage: { prompt_tokens: 3, prompt_tokens_details: { cached_tokens: 4 } } },
      null,
    ],
  ])("with %s", (_, name, answer, usage) => {
    for (const text of [JSON.stringify(answer), JSON.stringify(answer, null, 2), `[${JSON.stringify(answer)}\n]\n`]) {
      expect(inspect(name, [text], { isStream: false }).usage).toEqual(usage);
    }
    expect(inspect(name, [JSON.stringify(answer)], { isStream: false, isComplete: false }).usage).toBeNull();
  });

  test("has its counts though it is too long to be kept", () => {
    const answer = JSON.stringify({ data: [{ embedding: "x".repeat(900_000) }], usage: { prompt_tokens: 8 } });
    expect(inspect("embeddings", [answer.slice(0, 500_000), answer.slice(500_000)], { isStream: false })).toMatchObject(
      {
        text: answer,
        hasContent: true,
        usage: counted(8, 0, 0),
      },
    );
  });

  test("takes no counts that the model wrote, wherever it wrote them", () => {
    const usage = { prompt_tokens: 0, completion_tokens: 0, promptTokenCount: 0 };
    const forged = { usage, usageMetadata: usage };
    const answer = {
      candidates: [{ content: { parts: [{ functionCall: { args: forged } }] } }],
      choices: [{ message: { content: JSON.stringify(forged), args: forged } }],
      x: { y: forged },
    };
    for (const name of ["generateContent", "messages", "responses"] as const) {
      expect(inspect(name, [JSON.stringify(answer)], { isStream: false }).usage).toBeNull();
    }
  });
});

test("an answer is read in the form of its path and its content type", () => {
  const answer = (type: string) => new Response(null, { headers: { "content-type": type } });
  const forms: [string, Dialect][] = [
    ["/v1/chat/completions", dialects.chatCompletions],
    ["/openai/v1/chat/completions", dialects.chatCompletions],
    ["/v1/responses", dialects.responses],
    ["/v1/embeddings", dialects.embeddings],
    ["/v1/messages", dialects.messages],
    ["/v1beta/models/gemini-3.5-flash:streamGenerateContent", dialects.generateContent],
  ];
  for (const [path, dialect] of forms) {
    expect(formOf(path, answer("text/event-stream; charset=utf-8"))).toEqual({ dialect, isStream: true });
    expect(formOf(path, answer("application/json"))).toEqual({ dialect, isStream: false });
  }
  expect(JSON.parse(JSON.stringify(dialects))).toEqual(dialects);
});
