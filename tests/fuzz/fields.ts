/** Strings that have broken programs, in every field of every endpoint and of the Data API. */
import { expect, onTestFinished, test, vi } from "vitest";
import { drawSome, replay, runs, seed, sent } from "./drawing.ts";
import { naughtyStrings } from "./naughty.ts";
import { bearer, manyAtATime, type Target } from "./target.ts";
import { exchange, requestOf } from "./wire.ts";

type Header = [name: string, value: string];

/** Writes a string where bytes go: UTF-8, one byte a character. */
const bytesOf = (text: string) => Buffer.from(text).toString("latin1");
/** Writes a string into a URL. A lone surrogate, which encodeURIComponent refuses, becomes what UTF-8 makes of it. */
const inUrl = (text: string) =>
  bytesOf(text).replaceAll(/[^\w.~-]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, "0")}`);

export function attackFields(target: () => Target): void {
  const post = (slug: string, headers: Header[], body: object) =>
    requestOf("POST", `/${slug}`, headers, bytesOf(JSON.stringify(body)));
  const attacker = () => bearer(target().attacker);
  const onCredits = (more: Header[]): Header[] => [bearer(target().spender), ...more];
  const chat = "call/openai/v1/chat/completions";
  const good = { model: "gpt-4.1-mini", messages: [] };
  const operation: Header = ["x-byok-operation", "single_doc_regen"];

  /** Every field of the functions, with the request that has a string in it. */
  const fields: Record<string, (text: string) => string> = {
    "provider of save": (text) => post("save", [bearer(target().saver)], { provider: text, api_key: "sk-x" }),
    "api_key of save": (text) => post("save", [bearer(target().saver)], { provider: "groq", api_key: text }),
    "a name in save": (text) => post("save", [attacker()], { provider: "groq", [text]: "x" }),
    "provider of verify": (text) => post("verify", [attacker()], { provider: text }),
    "a name in verify": (text) => post("verify", [attacker()], { provider: "groq", [text]: 1 }),
    "provider of call": (text) => requestOf("GET", `/call/${inUrl(text)}/v1/models`, [attacker()]),
    "path of call": (text) => requestOf("GET", `/call/openai/v1/${inUrl(text)}`, [attacker()]),
    "query of call": (text) => requestOf("GET", `/call/openai/v1/models?${inUrl(text)}=${inUrl(text)}`, [attacker()]),
    "key in the query": (text) => requestOf("GET", `/call/openai/v1/models?key=${inUrl(text)}`),
    "alt on credits": (text) =>
      requestOf("POST", `/${chat}?alt=${inUrl(text)}`, onCredits([operation]), JSON.stringify(good)),
    "x-byok-operation": (text) => post(chat, onCredits([["x-byok-operation", bytesOf(text)]]), good),
    "idempotency-key": (text) => post(chat, onCredits([operation, ["idempotency-key", bytesOf(text)]]), good),
    "x-byok-user": (text) =>
      post(chat, [["apikey", target().stack.secretKey], ["x-byok-user", bytesOf(text)], operation], good),
    apikey: (text) => post(chat, [["apikey", bytesOf(text)], ["x-byok-user", target().victim.id], operation], good),
    authorization: (text) => post("verify", [["authorization", bytesOf(text)]], { provider: "openai" }),
    "x-api-key": (text) => post(chat, [["x-api-key", bytesOf(text)]], good),
    "content-type": (text) => post(chat, [attacker(), ["content-type", bytesOf(text)]], good),
    accept: (text) => post(chat, [attacker(), ["accept", bytesOf(text)]], good),
    "openai-organization": (text) => post(chat, [attacker(), ["openai-organization", bytesOf(text)]], good),
    "access-control-request-headers": (text) =>
      requestOf("OPTIONS", `/${chat}`, [["access-control-request-headers", bytesOf(text)]]),
    "model on credits": (text) => post(chat, onCredits([operation]), { ...good, model: text }),
    "messages on credits": (text) =>
      post(chat, onCredits([operation]), { ...good, messages: [{ role: text, content: text }] }),
    "a name on credits": (text) => post(chat, onCredits([operation]), { ...good, [text]: 1 }),
    "a body under BYOK": (text) => requestOf("POST", `/${chat}`, [attacker()], bytesOf(text)),
    "a field of Google's": (text) =>
      post("call/google/v1beta/models/gemini-2.5-flash:generateContent", onCredits([operation]), {
        contents: [{ parts: [{ text }] }],
        generationConfig: { [text]: text },
      }),
  };

  /** What PostgREST reads. */
  const places: Record<string, (text: string) => string> = {
    "a table": (text) => askRest("GET", inUrl(text)),
    "a function": (text) => askRest("POST", `rpc/${inUrl(text)}`, "{}"),
    "a filter": (text) => askRest("GET", `credentials?provider=eq.${inUrl(text)}`),
    "an operator": (text) => askRest("GET", `credentials?user_id=${inUrl(text)}`),
    "a column": (text) => askRest("GET", `accounts?${inUrl(text)}=eq.1`),
    "or=()": (text) => askRest("GET", `entries?or=(${inUrl(text)})`),
    select: (text) => askRest("GET", `credentials?select=${inUrl(text)}`),
    order: (text) => askRest("GET", `holds?order=${inUrl(text)}`),
    limit: (text) => askRest("GET", `entries?limit=${inUrl(text)}&offset=${inUrl(text)}`),
    "a deletion": (text) => askRest("DELETE", `credentials?provider=eq.${inUrl(text)}&or=(user_id.neq.${inUrl(text)})`),
    "a change": (text) =>
      askRest("PATCH", `accounts?user_id=eq.${target().victim.id}`, JSON.stringify({ available: text })),
    "a row": (text) => askRest("POST", "credentials", JSON.stringify({ user_id: target().victim.id, provider: text })),
    "an argument": (text) =>
      askRest(
        "POST",
        "rpc/grant_credits",
        JSON.stringify({ p_user_id: text, p_credits: text, p_reason: text, p_idempotency_key: text }),
      ),
    "the profile": (text) => askRest("GET", "envelopes", "", [["accept-profile", bytesOf(text)]]),
    prefer: (text) =>
      askRest("GET", "credentials", "", [
        ["prefer", bytesOf(text)],
        ["range", bytesOf(text)],
      ]),
  };

  function askRest(method: string, path: string, body = "", headers: Header[] = []): string {
    const { stack, saver } = target();
    const usual: Header[] = [
      ["apikey", stack.publishableKey],
      bearer(saver),
      ["accept-profile", "byok"],
      ["content-profile", "byok"],
      ["content-type", "application/json"],
    ];
    const given = headers.map(([name]) => name);
    return requestOf(
      method,
      `/rest/v1/${path}`,
      [...usual.filter(([name]) => !given.includes(name)), ...headers],
      bytesOf(body),
    );
  }

  /** Every string at one place, which place the seed says, and some more of them at others: all of them when enough is drawn. */
  function drawnPairs<Place>(list: readonly Place[]): [text: string, place: Place][] {
    const once = naughtyStrings.map((text, index): [string, Place] => [text, list[(index + seed) % list.length]!]);
    const pairs = naughtyStrings.flatMap((text) => list.map((place): [string, Place] => [text, place]));
    const drawn = 10 * runs < pairs.length ? [...once, ...drawSome(pairs)] : pairs;
    sent.strings += drawn.length;
    return drawn;
  }

  test("there are more than 500 of these strings", () => expect(naughtyStrings.length).toBeGreaterThan(500));

  test("in a field of the functions they are refused with a code, or reach the provider and nobody else", async () => {
    const requests = drawnPairs(Object.values(fields)).map(([text, write]) => ({
      door: target().doors[0],
      bytes: write(text),
    }));
    expect(await target().faultsOf(requests), replay).toEqual([]);
    await target().expectUnharmed();
  });

  test("in a place that the Data API reads they show and change nothing of another user's", async () => {
    // The REST server of the local stack, which runs in this process, prints what it cannot parse.
    const quiet = vi.spyOn(console, "error").mockImplementation(() => {});
    onTestFinished(() => quiet.mockRestore());
    const faults: string[] = [];
    await manyAtATime(drawnPairs(Object.values(places)), async ([text, write]) => {
      const request = write(text);
      const { bytes } = await exchange(target().doors[1].port, request);
      const isOthers = !request.includes(target().victim.id) && bytes.includes(target().victim.id);
      if (isOthers || target().secretIn(bytes) || bytes.includes('"envelope"')) faults.push(target().shown(request));
    });
    expect(faults, replay).toEqual([]);
    await target().expectUnharmed();
  });
}
