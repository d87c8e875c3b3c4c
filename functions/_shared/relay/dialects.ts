/**
 * How generation APIs write what they answer: where generated content stands, which events carry none, and where the
 * provider counts what it bills. Data that survives a round trip through JSON; `events.ts` and `usage.ts` read it.
 */

/** Where the provider says that an answer has ended. A model can write the same words into its text and its calls of tools. */
export interface FinalField {
  readonly key: string;
  /** How deep the provider writes it, arrays counted, 1 for a field of the event itself. What a model makes is deeper. */
  readonly depth: number;
  /** The value that it must have; null for any text. */
  readonly value: string | null;
}

export interface Dialect {
  /** Paths of what was generated, through arrays, in the body of an answer and in the data of an event. */
  readonly content: readonly string[];
  /** Names below these paths that tell form, not content: a role or an index delivers nothing. */
  readonly form: readonly string[];
  /** Types of events that have content only if one of the paths does. An event of any other type has some. Null: no types. */
  readonly quietTypes: readonly string[] | null;
  /** Where token counts stand: the path, in which all fields are optional. Later ones overwrite earlier ones. */
  readonly usage: readonly string[];
  /** The field that an event must have for its counts to be of the whole answer; null if counts come with the last event only. */
  readonly finalField: FinalField | null;
  /** Whether each event counts all so far. If such an answer ends well, its last counts are of the whole, without that field too. */
  readonly countsSoFar: boolean;
  /** Paths within a usage object. Each count is the sum of those that are there. */
  readonly counts: {
    readonly input: readonly string[];
    readonly cachedInput: readonly string[];
    readonly cacheWrite: readonly string[];
    readonly output: readonly string[];
  };
}

const openaiCounts = {
  input: ["prompt_tokens"],
  cachedInput: ["prompt_tokens_details.cached_tokens"],
  cacheWrite: ["prompt_tokens_details.cache_write_tokens"],
  // Reasoning tokens are among them.
  output: ["completion_tokens"],
} as const;

export const dialects = {
  /**
   * https://platform.openai.com/docs/api-reference/chat-streaming, November 2026. `usage` comes in the last chunk but one, if
   * `stream_options.include_usage` asks for it; Groq sends `x_groq.usage` unasked: https://console.groq.com/docs/api-reference
   */
  chatCompletions: {
    content: ["choices"],
    form: ["index", "role", "finish_reason"],
    quietTypes: null,
    usage: ["x_groq.usage", "usage"],
    finalField: null,
    countsSoFar: false,
    counts: openaiCounts,
  },
  /** https://platform.openai.com/docs/api-reference/responses-streaming, November 2026. */
  responses: {
    content: ["output", "item", "part", "delta"],
    form: ["id", "type", "status", "role", "call_id", "name", "phase"],
    quietTypes: [
      "keepalive",
      "error",
      "response.created",
      "response.queued",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
      "response.reasoning_summary_part.added",
      "response.failed",
    ],
    usage: ["response.usage", "usage"],
    finalField: null,
    countsSoFar: false,
    counts: {
      input: ["input_tokens"],
      cachedInput: ["input_tokens_details.cached_tokens"],
      cacheWrite: ["input_tokens_details.cache_write_tokens"],
      output: ["output_tokens"],
    },
  },
  /** https://platform.openai.com/docs/api-reference/embeddings/object, November 2026. No streams. */
  embeddings: {
    content: ["data"],
    form: ["object", "index"],
    quietTypes: null,
    usage: ["usage"],
    finalField: null,
    countsSoFar: false,
    counts: openaiCounts,
  },
  /**
   * https://docs.claude.com/en/docs/build-with-claude/streaming, November 2026. `input_tokens` are those that no cache was
   * involved in; `message_start` has the input, `message_delta` the whole count.
   */
  messages: {
    content: ["content", "message.content", "content_block", "delta"],
    form: ["id", "type", "name", "stop_reason", "stop_sequence"],
    quietTypes: [
      "ping",
      "error",
      "message_start",
      "message_delta",
      "message_stop",
      "content_block_start",
      "content_block_delta",
      "content_block_stop",
    ],
    usage: ["message.usage", "usage"],
    finalField: { key: "type", depth: 1, value: "message_delta" },
    // The count of `message_start` has the input, and of the output next to nothing.
    countsSoFar: false,
    counts: {
      input: ["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"],
      cachedInput: ["cache_read_input_tokens"],
      cacheWrite: ["cache_creation_input_tokens"],
      output: ["output_tokens"],
    },
  },
  /** https://ai.google.dev/api/generate-content#UsageMetadata, November 2026. Every event has counts, the last one of all. */
  generateContent: {
    content: ["candidates.content", "embedding", "embeddings"],
    form: ["role"],
    quietTypes: null,
    usage: ["usageMetadata"],
    finalField: { key: "finishReason", depth: 3, value: null },
    countsSoFar: true,
    counts: {
      input: ["promptTokenCount", "toolUsePromptTokenCount"],
      cachedInput: ["cachedContentTokenCount"],
      // Writing is billed only where a client makes a cache of its own, which credits do not buy.
      cacheWrite: [],
      output: ["candidatesTokenCount", "thoughtsTokenCount"],
    },
  },
} as const satisfies Record<string, Dialect>;

/** Which dialect a path answers in, by its end. */
const dialectOfPath: readonly (readonly [RegExp, Dialect])[] = [
  [/\/chat\/completions$/, dialects.chatCompletions],
  [/\/responses$/, dialects.responses],
  [/\/embeddings$/, dialects.embeddings],
  [/\/messages$/, dialects.messages],
  [/:\w+$/, dialects.generateContent],
];

/** How an answer on credits is written. */
export interface AnswerForm {
  readonly dialect: Dialect;
  /** Whether it is an event stream; otherwise it is JSON, and one event as a whole. */
  readonly isStream: boolean;
}

/** The form of an answer to a path that credits pay for. */
export function formOf(path: string, { headers }: Pick<Response, "headers">): AnswerForm {
  const dialect = dialectOfPath.find(([pattern]) => pattern.test(path))?.[1] ?? dialects.chatCompletions;
  return { dialect, isStream: /^text\/event-stream/i.test(headers.get("content-type") ?? "") };
}
