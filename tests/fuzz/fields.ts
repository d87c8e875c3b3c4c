/** Strings that have broken programs, in every field of every endpoint. */
import { expect, test } from "vitest";
import { replay } from "./drawing.ts";
import { naughtyStrings } from "./naughty.ts";
import { bytesOf, drawnPairs, inUrl } from "./writing.ts";
import { bearer, type Target } from "./target.ts";
import { requestOf, type WireAnswer } from "./wire.ts";

type Header = [name: string, value: string];

export function attackFields(target: () => Target): void {
  const post = (slug: string, headers: Header[], body: object) =>
    requestOf("POST", `/byok/${slug}`, headers, bytesOf(JSON.stringify(body)));
  const attacker = () => bearer(target().attacker);
  const onCredits = (more: Header[]): Header[] => [bearer(target().spender), ...more];
  const chat = "call/openai/v1/chat/completions";
  const gemini = "call/google/v1beta/models/gemini-3.5-flash-lite:generateContent";
  const good = { model: "gpt-4.1-mini", messages: [] };
  const operation: Header = ["x-byok-operation", "single_doc_regen"];

  /** Every field of the functions, with the request that has a string in it. */
  const fields: Record<string, (text: string) => string> = {
    "provider of save": (text) => post("save", [bearer(target().saver)], { provider: text, api_key: "sk-x" }),
    "api_key of save": (text) => post("save", [bearer(target().saver)], { provider: "groq", api_key: text }),
    "a name in save": (text) => post("save", [attacker()], { provider: "groq", [text]: "x" }),
    "provider of verify": (text) => post("verify", [attacker()], { provider: text }),
    "a name in verify": (text) => post("verify", [attacker()], { provider: "groq", [text]: 1 }),
    "provider of call": (text) => requestOf("GET", `/byok/call/${inUrl(text)}/v1/models`, [attacker()]),
    "path of call": (text) => requestOf("GET", `/byok/call/openai/v1/${inUrl(text)}`, [attacker()]),
    "query of call": (text) =>
      requestOf("GET", `/byok/call/openai/v1/models?${inUrl(text)}=${inUrl(text)}`, [attacker()]),
    "key in the query": (text) => requestOf("GET", `/byok/call/openai/v1/models?key=${inUrl(text)}`),
    "alt on credits": (text) =>
      requestOf("POST", `/byok/${chat}?alt=${inUrl(text)}`, onCredits([operation]), JSON.stringify(good)),
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
      requestOf("OPTIONS", `/byok/${chat}`, [["access-control-request-headers", bytesOf(text)]]),
    "model on credits": (text) => post(chat, onCredits([operation]), { ...good, model: text }),
    "a role on credits": (text) =>
      post(chat, onCredits([operation]), { ...good, messages: [{ role: text, content: "" }] }),
    "words on credits": (text) =>
      post(chat, onCredits([operation]), { ...good, messages: [{ role: "user", content: text }] }),
    "a name on credits": (text) => post(chat, onCredits([operation]), { ...good, [text]: 1 }),
    "a schema on credits": (text) =>
      post(chat, onCredits([operation]), { ...good, functions: [{ name: "f", parameters: { [text]: text } }] }),
    "a body under BYOK": (text) => requestOf("POST", `/byok/${chat}`, [attacker()], bytesOf(text)),
    "words for Google": (text) => post(gemini, onCredits([operation]), { contents: [{ parts: [{ text }] }] }),
    "a name for Google": (text) =>
      post(gemini, onCredits([operation]), { contents: [], generationConfig: { [text]: text } }),
  };

  /** Those of which credits buy any string, or all that a header can hold. */
  const boughtFields = [
    "alt on credits",
    "idempotency-key",
    "words on credits",
    "a schema on credits",
    "words for Google",
  ];

  test("there are more than 500 of these strings", () => expect(naughtyStrings.length).toBeGreaterThan(500));

  test("in a field of the functions they are refused with a code, or reach the provider and nobody else", async () => {
    const requests = drawnPairs(Object.entries(fields)).map(([text, [field, write]]) => ({
      door: target().doors[0],
      bytes: write(text),
      field,
    }));
    const paid = new Set<string>();
    const note = ({ headers }: WireAnswer, { field }: { field: string }) => {
      if (headers["x-byok-funding"] === "platform") paid.add(field);
    };
    expect(await target().faultsOf(requests, note), replay).toEqual([]);
    expect([...paid]).toEqual(expect.arrayContaining(boughtFields));
    await target().expectUnharmed();
  });
}
