/** Answers on credits as providers write them, word for word: what each costs, and how much of an error a client sees. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ask, call, generation, type Question } from "../../harness/calls.ts";
import { type ProviderId, resetPlatformKeys, script } from "../../harness/fakes.ts";
import { type OwnStack, startOwnStack } from "../../harness/own-stack.ts";
import { withConnection } from "../../harness/sessions.ts";
import { expectBalance, newUser, type User } from "../../harness/users.ts";

let stack: OwnStack;
beforeAll(async () => {
  stack = await startOwnStack();
  // Before any call: the functions remember prices for a minute.
  await withConnection(stack.adminDbUrl, async (client) => {
    await client.query("insert into byok.operations values ('metered', 'Metered', 'Paid by the token.')");
    await client.query(
      "insert into byok.prices values ('metered', 'anthropic', 'claude-haiku-4-5', null, $1, $2, $3, $4, 1000, 10000)",
      [1_000_000, 100_000, 1_250_000, 5_000_000],
    );
  });
});
afterAll(() => stack.stop());
afterEach(() => resetPlatformKeys(stack));

/** Its price is 10. */
const operation = "doc_generation";

interface Dialect {
  readonly provider: ProviderId;
  /** Where it is not the provider's usual path. */
  readonly path?: string;
  readonly question: Question;
  /** Events before any content, one with content, and an error. */
  readonly preamble: readonly object[];
  readonly content: object;
  readonly error: object;
}

const account = "org-abcdefghijklmnopqrst";
const preambleOfChat = { choices: [{ index: 0, delta: { role: "assistant", content: "" } }] };
const contentOfChat = { choices: [{ index: 0, delta: { content: "Hi" } }] };

/** https://docs.claude.com/en/docs/build-with-claude/streaming and the others in `relay/dialects.ts`, November 2026. */
const dialects: Record<string, Dialect> = {
  "OpenAI's responses": {
    provider: "openai",
    path: "openai/v1/responses",
    question: { more: { messages: undefined, input: "hello" } },
    preamble: [{ type: "response.created", response: { id: "resp_1", output: [], usage: null, error: null } }],
    content: { type: "response.output_text.delta", delta: "Hi" },
    error: {
      type: "response.failed",
      response: { id: "resp_1", status: "failed", error: { code: "server_error", message: `${account} has no quota` } },
    },
  },
  "OpenAI's chat": {
    provider: "openai",
    question: {},
    preamble: [preambleOfChat],
    content: contentOfChat,
    error: { error: { message: `The server had an error, ${account}`, type: "server_error", code: null } },
  },
  "Groq's chat": {
    provider: "groq",
    question: {},
    preamble: [{ ...preambleOfChat, x_groq: { id: "req_1" } }],
    content: contentOfChat,
    error: { error: { message: `Failed for ${account}`, type: "internal_server_error" } },
  },
  "Anthropic's messages": {
    provider: "anthropic",
    question: {},
    preamble: [
      { type: "message_start", message: { type: "message", content: [], usage: { input_tokens: 9 } } },
      { type: "ping" },
    ],
    content: { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Hi" } },
    error: { type: "error", error: { type: "overloaded_error", message: `Overloaded for ${account}` } },
  },
  "Google's generateContent": {
    provider: "google",
    question: {},
    preamble: [{ candidates: [{ content: { role: "model", parts: [{ text: "" }] }, index: 0 }] }],
    content: { candidates: [{ content: { role: "model", parts: [{ text: "Hi" }] }, index: 0 }] },
    error: { error: { code: 503, message: `Overloaded for ${account}`, status: "UNAVAILABLE" } },
  },
};

function streamOf(events: readonly object[]): string {
  const name = (event: object) => ("type" in event ? `event: ${String(event.type)}\n` : "");
  return events.map((event) => `${name(event)}data: ${JSON.stringify(event)}\n\n`).join("");
}

/** Has the provider answer the platform's key so, and asks it. */
async function answerTo(user: User, { provider, path, question }: Dialect, status: number, body: unknown) {
  const reply = { status, body };
  await script(stack, provider, stack.platformKeys[provider], { listing: reply, generation: [reply] });
  const asked = { stream: typeof body === "string", ...question, operation };
  const usual = generation(provider, asked);
  return path === undefined
    ? await ask(user, provider, asked)
    : await call(user, path, {
        method: "POST",
        headers: { "content-type": "application/json", "x-byok-operation": operation },
        body: JSON.stringify(usual.body),
      });
}

/** The ledger after its grant, with the reasons of what was given back. */
async function costs(user: User): Promise<string[]> {
  const { data } = await user.supabase.from("entries").select("kind, microcredits, reason").order("id");
  return (data ?? []).slice(1).map(({ kind, microcredits, reason }) => {
    return [kind, microcredits / 1e6, ...(kind === "refund" ? [reason] : [])].join(" ");
  });
}

/** Expense borne for a user today, in credits. */
async function borne(user: User): Promise<number> {
  const { rows } = await withConnection(stack.adminDbUrl, (client) =>
    client.query("select unpaid_microcredits / 1e6 as borne from byok.accounts where owner_id = $1", [user.id]),
  );
  return Number(rows[0].borne);
}

/** Has the platform have borne so many credits for a user today. */
async function bearAlready(user: User, credits: number): Promise<void> {
  await withConnection(stack.adminDbUrl, (client) =>
    client.query("update byok.accounts set unpaid_microcredits = $2 where owner_id = $1", [user.id, credits * 1e6]),
  );
}

describe.each(Object.entries(dialects))("an error inside a stream of %s", (_, dialect) => {
  test("with nothing delivered costs nothing, and counts against no limit", async () => {
    const user = await newUser(100, stack);
    const answer = await answerTo(user, dialect, 200, streamOf([...dialect.preamble, dialect.error]));
    expect(answer.status).toBe(200);
    const text = await answer.text();
    expect(text).toContain('"error"');
    expect(text).not.toContain(account);
    await expectBalance(user, 100);
    expect(await costs(user)).toEqual(["charge 10", "refund 10 nothing_delivered"]);
    expect(await borne(user)).toBe(0);
  });

  test("after some content is at the platform's expense, within the limit of the day", async () => {
    const user = await newUser(200, stack);
    const events = streamOf([...dialect.preamble, dialect.content, dialect.error]);
    const text = await (await answerTo(user, dialect, 200, events)).text();
    expect(text).toContain("Hi");
    expect(text).not.toContain(account);
    await expectBalance(user, 200);
    expect(await costs(user)).toEqual(["charge 10", "refund 10 broken_off"]);
    expect(await borne(user)).toBe(10);
    await bearAlready(user, 95);
    await (await answerTo(user, dialect, 200, events)).text();
    await expectBalance(user, 190);
    expect(await costs(user)).toEqual(["charge 10", "refund 10 broken_off", "charge 10"]);
  });

  test("that never comes is none: what ends after its preamble is borne as broken off", async () => {
    const user = await newUser(100, stack);
    await (await answerTo(user, dialect, 200, streamOf(dialect.preamble))).text();
    await expectBalance(user, 100);
    expect(await costs(user)).toEqual(["charge 10", "refund 10 broken_off"]);
    expect(await borne(user)).toBe(10);
  });
});

test("what Groq's model failed to write does not come with the error, and is at the platform's expense", async () => {
  const user = await newUser(100, stack);
  const novel = "Call me Ishmael. ".repeat(1_000);
  const error = {
    message: `Failed to generate JSON. Please adjust your prompt. ${novel}`,
    type: "invalid_request_error",
    code: "json_validate_failed",
    failed_generation: novel,
    schema: { novel },
  };
  const answer = await answerTo(user, dialects["Groq's chat"]!, 400, { error, model_output: novel });
  expect(answer.status).toBe(400);
  const body = await answer.json();
  expect(Object.keys(body)).toEqual(["error"]);
  expect(Object.keys(body.error).sort()).toEqual(["code", "message", "type"]);
  expect(body.error).toMatchObject({ code: "json_validate_failed", type: "invalid_request_error" });
  expect(body.error.message.length).toBeLessThanOrEqual(400);
  await expectBalance(user, 100);
  expect(await costs(user)).toEqual([]);
  expect(await borne(user)).toBe(10);
  await bearAlready(user, 95);
  await (await answerTo(user, dialects["Groq's chat"]!, 400, { error })).text();
  await expectBalance(user, 90);
  expect(await costs(user)).toEqual(["charge 10"]);
});

test("the same holds for such an error inside a stream, before any content", async () => {
  const user = await newUser(100, stack);
  const { preamble } = dialects["Groq's chat"]!;
  const error = { message: "Failed to call a function.", type: "invalid_request_error", code: "tool_use_failed" };
  const events = streamOf([...preamble, { error: { ...error, failed_generation: "Call me Ishmael. ".repeat(99) } }]);
  const answer = await answerTo(user, dialects["Groq's chat"]!, 200, events);
  expect(await answer.text()).not.toContain("Ishmael");
  await expectBalance(user, 100);
  expect(await costs(user)).toEqual(["charge 10", "refund 10 broken_off"]);
  expect(await borne(user)).toBe(10);
  await bearAlready(user, 95);
  await (await answerTo(user, dialects["Groq's chat"]!, 200, events)).text();
  await expectBalance(user, 90);
});

test("input that Anthropic wrote to its cache costs its own price", async () => {
  const usage = {
    input_tokens: 10,
    cache_creation_input_tokens: 1_000,
    cache_read_input_tokens: 100,
    output_tokens: 5,
  };
  const reply = { status: 200, body: { type: "message", content: [{ type: "text", text: "Hi" }], usage } };
  await script(stack, "anthropic", stack.platformKeys.anthropic, { listing: reply, generation: [reply] });
  const user = await newUser(100, stack);
  await (await ask(user, "anthropic", { operation: "metered" })).text();
  // 10 tokens at 1 credit for 1000, 100 at 0.1, 1000 at 1.25 and 5 at 5.
  await expectBalance(user, 98.705);
  const { data } = await user.supabase.from("entries").select().eq("kind", "refund");
  expect(data).toEqual([
    expect.objectContaining({
      ...{
        reason: "unused",
        input_tokens: 1_110,
        cached_input_tokens: 100,
        cache_write_tokens: 1_000,
        output_tokens: 5,
      },
    }),
  ]);
});
