/** Strings that have broken programs, in every place that the Data API reads: they show and change nothing of another user's. */
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { replay, runs } from "./drawing.ts";
import { bytesOf, drawnPairs, inUrl } from "./writing.ts";
import { bearer, manyAtATime, Target } from "./target.ts";
import { exchange, requestOf } from "./wire.ts";

vi.setConfig({ testTimeout: 120_000 + 500 * runs });

type Header = [name: string, value: string];

let target: Target;
beforeAll(async () => {
  target = await Target.start();
});
afterAll(() => target?.stop());

/** Inputs of PostgREST. */
const places: Record<string, (text: string) => string> = {
  "a table": (text) => askRest("GET", inUrl(text)),
  "a function": (text) => askRest("POST", `rpc/${inUrl(text)}`, "{}"),
  "a filter": (text) => askRest("GET", `credentials?provider=eq.${inUrl(text)}`),
  "an operator": (text) => askRest("GET", `credentials?owner_id=${inUrl(text)}`),
  "a column": (text) => askRest("GET", `accounts?${inUrl(text)}=eq.1`),
  "or=()": (text) => askRest("GET", `entries?or=(${inUrl(text)})`),
  select: (text) => askRest("GET", `credentials?select=${inUrl(text)}`),
  order: (text) => askRest("GET", `holds?order=${inUrl(text)}`),
  limit: (text) => askRest("GET", `entries?limit=${inUrl(text)}&offset=${inUrl(text)}`),
  "a deletion": (text) => askRest("DELETE", `credentials?provider=eq.${inUrl(text)}&or=(owner_id.neq.${inUrl(text)})`),
  "a change": (text) =>
    askRest("PATCH", `accounts?owner_id=eq.${target.victim.id}`, JSON.stringify({ available: text })),
  "a row": (text) => askRest("POST", "credentials", JSON.stringify({ owner_id: target.victim.id, provider: text })),
  "an argument": (text) =>
    askRest(
      "POST",
      "rpc/grant_credits",
      JSON.stringify({ p_owner_id: text, p_credits: text, p_reason: text, p_idempotency_key: text }),
    ),
  "the profile": (text) => askRest("GET", "envelopes", "", [["accept-profile", bytesOf(text)]]),
  prefer: (text) =>
    askRest("GET", "credentials", "", [
      ["prefer", bytesOf(text)],
      ["range", bytesOf(text)],
    ]),
};

function askRest(method: string, path: string, body = "", headers: Header[] = []): string {
  const { stack, saver } = target;
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

test("naughty strings in a place that the Data API reads show and change nothing of another user's", async () => {
  // The REST server of the local stack, which runs in this process, prints what it cannot parse.
  const quiet = vi.spyOn(console, "error").mockImplementation(() => {});
  onTestFinished(() => quiet.mockRestore());
  const faults: string[] = [];
  await manyAtATime(drawnPairs(Object.values(places)), async ([text, write]) => {
    const request = write(text);
    const { bytes } = await exchange(target.doors[1].port, request);
    const isOthers = !request.includes(target.victim.id) && bytes.includes(target.victim.id);
    if (isOthers || target.secretIn(bytes) || bytes.includes('"envelope"')) faults.push(target.shown(request));
  });
  expect(faults, replay).toEqual([]);
  await target.expectUnharmed();
});
