/** Behaviour of a provider's fake by key. */
import { describe, expect, test } from "vitest";
import { fakeKey } from "../../../stack/providers/index.ts";
import { fakes, generate, list, readUntil, recorded, withFakes } from "./fakes.ts";
import { cases } from "./refusals.ts";
import { mainProviders } from "../../harness/providers/main.ts";

withFakes();

describe("a key's behaviour", () => {
  test.each(cases)("$behaviour refuses in $provider's own words", async ({ behaviour, provider, expected }) => {
    const [listing, generation, words] = expected;
    const key = fakeKey(provider, behaviour);
    const listed = await list(provider, key);
    const generated = await generate(provider, key);
    expect([listed.status, generated.status]).toEqual([listing, generation]);
    for (const answer of [listed, generated]) {
      const text = await answer.text();
      if (answer.status === 200) expect(text).not.toMatch(/"error"/);
      else expect(text).toMatch(words);
    }
    if (behaviour === "rate_limited") expect(generated.headers.get("retry-after")).toBe("1");
  });

  test("rejected shows part of the key at OpenAI, never all of it", async () => {
    const key = fakeKey("openai", "rejected");
    const text = await (await list("openai", key)).text();
    expect(text).toContain(`sk-proj-*`);
    expect(text).toContain(`*${key.slice(-4)}.`);
    expect(text).not.toContain(key);
  });

  test.each(mainProviders)("hangs accepts and never answers at %s", async (provider) => {
    const key = fakeKey(provider, "hangs");
    const leaving = new AbortController();
    const answer = generate(provider, key, { signal: leaving.signal });
    await expect.poll(() => recorded(provider, key)).toMatchObject([{ status: null, clientGone: false }]);
    leaving.abort();
    await expect(answer).rejects.toThrow("aborted");
    expect(await recorded(provider, key, true)).toMatchObject([{ status: null, finished: false, clientGone: true }]);
  });

  test.each(mainProviders)("resets breaks the connection of %s without an answer", async (provider) => {
    const key = fakeKey(provider, "resets");
    await expect(list(provider, key)).rejects.toThrow("fetch failed");
    expect(await recorded(provider, key)).toMatchObject([{ status: null, finished: false, clientGone: false }]);
  });

  test.each(mainProviders)("redirects points from %s to another provider's origin", async (provider) => {
    const key = fakeKey(provider, "redirects");
    const answers = [await list(provider, key), await generate(provider, key)];
    expect(answers.map(({ status }) => status)).toEqual([302, 307]);
    for (const { headers } of answers) {
      const { origin } = new URL(headers.get("location") ?? "");
      expect(origin).not.toBe(fakes.origins[provider]);
      expect(Object.values(fakes.origins)).toContain(origin);
    }
  });

  test.each(mainProviders)("garbage and broken_json answer 200 with what is no JSON at %s", async (provider) => {
    const page = await list(provider, fakeKey(provider, "garbage"));
    expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html"]);
    const broken = await list(provider, fakeKey(provider, "broken_json"));
    expect([broken.status, broken.headers.get("content-type")]).toEqual([200, "application/json"]);
    await expect(broken.json()).rejects.toThrow(SyntaxError);
  });

  test.each(mainProviders)("echoes puts the key into the error of %s in three forms", async (provider) => {
    const key = fakeKey(provider, "echoes");
    expect(encodeURIComponent(key)).not.toBe(key);
    const answer = await list(provider, key);
    expect(answer.status).toBe(400);
    const { error } = (await answer.json()) as { error: { message: string } };
    for (const form of [key, encodeURIComponent(key), JSON.stringify(key)]) expect(error.message).toContain(form);
  });

  test.each(mainProviders)("cut breaks off JSON and streams of %s in the middle", async (provider) => {
    const key = fakeKey(provider, "cut");
    const whole = await generate(provider, key);
    expect(whole.status).toBe(200);
    await expect(whole.text()).rejects.toThrow("terminated");
    const stream = await generate(provider, key, { stream: true });
    let seen = "";
    const reading = readUntil(stream, (text) => {
      seen = text;
      return false;
    });
    await expect(reading).rejects.toThrow("terminated");
    expect(seen.match(/^data: /gm)).toHaveLength(3);
    for (const { finished, clientGone } of await recorded(provider, key)) {
      expect({ finished, clientGone }).toEqual({ finished: false, clientGone: false });
    }
  });

  test.each(mainProviders)("stalls sends the first events of %s and then nothing", async (provider) => {
    const key = fakeKey(provider, "stalls");
    const leaving = new AbortController();
    const stream = await generate(provider, key, { stream: true, signal: leaving.signal });
    const events = await readUntil(stream, (text) => text.split("\n\n").length > 3);
    expect(events.match(/^data: /gm)).toHaveLength(3);
    leaving.abort();
    expect(await recorded(provider, key, true)).toMatchObject([{ finished: false, clientGone: true }]);
    expect((await generate(provider, key)).status).toBe(200);
  });

  test.each(mainProviders)("drips goes on at %s until the client has left", async (provider) => {
    const key = fakeKey(provider, "drips");
    const leaving = new AbortController();
    const stream = await generate(provider, key, { text: "x", stream: true, signal: leaving.signal });
    await readUntil(stream, (text) => text.split("\n\n").length > 20);
    leaving.abort();
    expect(await recorded(provider, key, true)).toMatchObject([{ finished: false, clientGone: true }]);
  });

  test.each(mainProviders)("cookies adds headers to %s that a relay must not hand on", async (provider) => {
    const { status, headers } = await generate(provider, fakeKey(provider, "cookies"));
    expect(status).toBe(200);
    expect(headers.getSetCookie()).toHaveLength(2);
    expect(headers.get("x-internal-host")).toBe("node-7.internal");
  });

  test("changes when the fake is told so", async () => {
    const key = fakeKey("anthropic", "works");
    expect((await list("anthropic", key)).status).toBe(200);
    const url = `${fakes.origins.anthropic}/__fake/behaviour`;
    const change = (body: object) => fetch(url, { method: "POST", body: JSON.stringify(body) });
    expect((await change({ key, behaviour: "rejected" })).status).toBe(200);
    expect((await list("anthropic", key)).status).toBe(401);
    expect((await change({ key, behaviour: "dances" })).status).toBe(400);
  });
});
