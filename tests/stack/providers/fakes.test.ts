/** The fakes as servers: paths, records, ports and their end. */
import { describe, expect, test } from "vitest";
import { fakeKey, startFakeProviders } from "../../../stack/providers/index.ts";
import { credential, fakes, generate, recorded, withFakes } from "./fakes.ts";
import { mainProviders } from "../../harness/providers/main.ts";

withFakes();

describe("a fake", () => {
  test.each(mainProviders)("of %s refuses a path it does not have", async (provider) => {
    const url = `${fakes.origins[provider]}/v9/nothing`;
    const answer = await fetch(url, { headers: credential(provider, fakes.platformKeys[provider]) });
    expect(answer.status).toBe(404);
    expect(await answer.json()).toHaveProperty("error");
  });

  test.each(mainProviders)("of %s answers malformed JSON in the provider's shape", async (provider) => {
    const key = fakeKey(provider, "works");
    const url = (await generate(provider, key)).url;
    const answer = await fetch(url, { method: "POST", headers: credential(provider, key), body: "{" });
    expect(answer.status).toBe(400);
    const shapes = { openai: "param", groq: "type", anthropic: "type", google: "status" };
    expect(((await answer.json()) as { error: object }).error).toHaveProperty(shapes[provider]);
  });

  test("of Anthropic wants to know the API version", async () => {
    const url = `${fakes.origins.anthropic}/v1/models`;
    const answer = await fetch(url, { headers: { "x-api-key": fakes.platformKeys.anthropic } });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain("anthropic-version: header is required");
  });

  test.each(mainProviders)("of %s records what it saw and forgets it on demand", async (provider) => {
    const key = fakeKey(provider, "works", "alice");
    await (await generate(provider, key, { text: "remember", maxTokens: 7 })).text();
    await expect
      .poll(() => recorded(provider, key))
      .toMatchObject([{ method: "POST", query: "", status: 200, finished: true, clientGone: false }]);
    const [request] = await recorded(provider, key);
    expect(request?.headers).toMatchObject(credential(provider, key));
    expect(request?.bodyText).toContain("remember");
    expect(request?.bodyText).toMatch(/"(max_tokens|maxOutputTokens)":7/);
    await fetch(`${fakes.origins[provider]}/__fake/requests?key=${key}`, { method: "DELETE" });
    expect(await recorded(provider, key)).toEqual([]);
  });

  test("records paths as they were sent and at most 64 KiB of a body", async () => {
    const key = fakeKey("openai", "works");
    await (await generate("openai", key, { text: "x".repeat(100_000) })).text();
    const [request] = await recorded("openai", key);
    expect(request?.bodyText).toHaveLength(64 * 1024);
    await fetch(`${fakes.origins.openai}/v1//models%2e?a=%2F`, { headers: credential("openai", key) });
    expect((await recorded("openai", key)).at(-1)).toMatchObject({ path: "/v1//models%2e", query: "a=%2F" });
  });

  test("records requests without any credential under the empty key", async () => {
    await fetch(`${fakes.origins.groq}/openai/v1/models?bare`);
    const bare = (await recorded("groq", "")).filter(({ query }) => query === "bare");
    expect(bare).toMatchObject([{ path: "/openai/v1/models", status: 401 }]);
  });

  test("listens on the port it is given, and starts nothing when that is taken", async () => {
    const { port } = new URL(fakes.origins.groq);
    const servers = () => process.getActiveResourcesInfo().filter((name) => name === "TCPServerWrap").length;
    const before = servers();
    await expect(startFakeProviders({ ports: { groq: Number(port) } })).rejects.toThrow("EADDRINUSE");
    await expect.poll(servers).toBe(before);
    const once = await startFakeProviders();
    const ports = { openai: Number(new URL(once.origins.openai).port) };
    await once.stop();
    const again = await startFakeProviders({ ports });
    await again.stop();
    expect(again.origins.openai).toBe(once.origins.openai);
  });

  test("stops while requests hang", async () => {
    const short = await startFakeProviders();
    const headers = credential("openai", fakeKey("openai", "hangs"));
    const hanging = fetch(`${short.origins.openai}/v1/models`, { headers }).catch((error: unknown) => error);
    const waiting = fetch(`${short.origins.groq}/__fake/requests?key=none&gone=1`).catch((error: unknown) => error);
    const recordedUrl = `${short.origins.openai}/__fake/requests`;
    await expect.poll(async () => (await fetch(recordedUrl)).json()).toHaveLength(1);
    await short.stop();
    expect(await hanging).toBeInstanceOf(Error);
    expect(await waiting).toBeDefined();
    await expect(fetch(recordedUrl)).rejects.toThrow("fetch failed");
  });
});

describe("fakeKey()", () => {
  test.each(mainProviders)("makes a fresh key in the format of %s", (provider) => {
    const prefixes = { openai: "sk-proj-", anthropic: "sk-ant-api03-", google: "AQ.", groq: "gsk_" };
    const key = fakeKey(provider, "no_credit", "alice");
    expect(key).toMatch(new RegExp(`^${prefixes[provider]}fake-no_credit-alice-[0-9a-f]{32}$`));
    expect(fakeKey(provider, "no_credit", "alice")).not.toBe(key);
  });

  test("refuses a name that would blur the format", () => {
    expect(() => fakeKey("openai", "works", "a-b")).toThrow(TypeError);
  });
});
