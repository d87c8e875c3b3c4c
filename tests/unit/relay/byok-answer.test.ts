import { describe, expect, test, vi } from "vitest";
import { type ProviderId, providers } from "../../../functions/_shared/providers/index.ts";
import { addressAtCall, addressWithinApi, type ApiAddress } from "../../../functions/_shared/relay/addresses.ts";
import { inboundUnderByok } from "../../../functions/_shared/relay/byok-answer.ts";

const apiKey = "sk-users/own+key";
const credential = { ownerId: "a", userId: "a", credentialId: "b", status: "verified", reason: null };
const byok = { payer: "byok", owner: "user", credential, apiKey, place: null, microcredits: 0 } as const;
const functions = "https://project.supabase.test/functions/v1/byok/call";

function apiOf(id: ProviderId): ApiAddress {
  return { provider: providers[id], origin: providers[id].api.origin, callUrl: `${functions}/${id}` };
}

describe("addressAtCall()", () => {
  const asked = "https://generativelanguage.googleapis.com/v1beta/files";

  test.each([
    ["an absolute address", "https://generativelanguage.googleapis.com/upload/v1beta/files?upload_id=1"],
    ["one with the standard port", "https://generativelanguage.googleapis.com:443/upload/v1beta/files?upload_id=1"],
    ["a relative one", "/upload/v1beta/files?upload_id=1"],
    ["one relative to the folder", "../upload/v1beta/files?upload_id=1"],
    ["one with a fragment", "/upload/v1beta/files?upload_id=1#here"],
    ["one with credentials", "https://a:b@generativelanguage.googleapis.com/upload/v1beta/files?upload_id=1"],
  ])("is the address at call for %s", (_, address) => {
    expect(addressAtCall(address, asked, apiOf("google"))).toBe(`${functions}/google/upload/v1beta/files?upload_id=1`);
  });

  test.each([
    ["another host", "https://evil.test/v1beta/files"],
    ["another host without a scheme", "//evil.test/v1beta/files"],
    ["a longer host", "https://generativelanguage.googleapis.com.evil.test/v1beta/files"],
    ["another scheme", "http://generativelanguage.googleapis.com/v1beta/files"],
    ["another port", "https://generativelanguage.googleapis.com:8443/v1beta/files"],
    ["a path outside the API", "/v2/files"],
    ["a climb", "/v1beta/../admin"],
    ["a path that is read in two ways", "/v1beta/%2e%2e%2fadmin"],
    ["what is no address", "https://"],
    ["a script", "javascript:alert(1)"],
  ])("is null for %s", (_, address) => {
    expect(addressAtCall(address, asked, apiOf("google"))).toBeNull();
    expect(addressWithinApi(address, asked, apiOf("google"))).toBeNull();
  });
});

describe("inboundUnderByok()", () => {
  const pass = (id: ProviderId, path: string, body: BodyInit | null, headers: Record<string, string> = {}) =>
    inboundUnderByok(new Response(body, { headers }), byok, `${providers[id].api.origin}${path}`, apiOf(id));

  test.each<[ProviderId, string]>([
    ["openai", "/v1/batches/batch_1"],
    ["anthropic", "/v1/messages"],
    ["anthropic", "/v1/messages/batches/msgbatch_1/results"],
    ["google", "/v1beta/files/1"],
  ])("hands on the body of %s at %s as it came, unread", async (id, path) => {
    const { origin } = providers[id].api;
    const answer = new Response(`{ "results_url": "${origin}/v1/x", "uri": "${origin}/v1beta/files/1" }`);
    const { body } = answer;
    const response = await inboundUnderByok(answer, byok, `${origin}${path}`, apiOf(id));
    expect(response.body).toBe(body);
  });

  test.each(["/v1/messages/batches", "/v1/messages/batches/msgbatch_1", "/v1/messages/batches/msgbatch_1/cancel"])(
    "leads to the results of a batch at call, in the answer to %s",
    async (path) => {
      const results_url = "https://api.anthropic.com/v1/messages/batches/msgbatch_1/results";
      const batch = { id: "msgbatch_1", results_url, request_counts: { succeeded: 1 }, archived_at: null };
      const given = path.endsWith("batches") ? { data: [batch, { ...batch, results_url: null }] } : batch;
      const response = await pass("anthropic", path, JSON.stringify(given), { "content-type": "application/json" });
      const ours = `${functions}/anthropic/v1/messages/batches/msgbatch_1/results`;
      expect(await response.json()).toEqual(
        path.endsWith("batches")
          ? {
              data: [
                { ...batch, results_url: ours },
                { ...batch, results_url: null },
              ],
            }
          : { ...batch, results_url: ours },
      );
      expect(response.headers.get("content-type")).toBe("application/json");
    },
  );

  test.each([
    ["leads to another host", '{"results_url":"https://evil.test/v1/messages/batches/1/results"}'],
    ["leads to another host, deep within", '{"data":[{"a":{"results_url":"https://evil.test/"}}]}'],
    ["spells the name with escapes", '{"results\\u005furl":"https://evil.test/"}'],
    ["is no JSON", "<html>"],
    ["is empty", ""],
    ["is longer than any batch", JSON.stringify("x".repeat(4 * 1024 * 1024))],
  ])("refuses a batch that %s", async (_, body) => {
    await expect(pass("anthropic", "/v1/messages/batches/1", body)).rejects.toMatchObject({
      code: "provider_misbehaved",
    });
  });

  test("refuses a batch whose body breaks off", async () => {
    const body = new ReadableStream({ start: (controller) => controller.error(new Error("reset")) });
    await expect(pass("anthropic", "/v1/messages/batches/1", body)).rejects.toMatchObject({
      code: "provider_misbehaved",
    });
  });

  test("leads on at call with Google's uploads, and tells how far they are", async () => {
    const { headers } = await pass("google", "/upload/v1beta/files", null, {
      "x-goog-upload-url": "https://generativelanguage.googleapis.com/upload/v1beta/files?upload_id=1",
      "x-goog-upload-control-url": "https://generativelanguage.googleapis.com/upload/v1beta/files?upload_id=1",
      "x-goog-upload-status": "active",
      "x-goog-upload-chunk-granularity": "8388608",
      "x-goog-safety-encoding": "none",
    });
    expect(Object.fromEntries(headers)).toEqual({
      "x-byok-funding": "byok",
      "x-byok-owner": "user",
      "x-byok-credits": "0",
      "x-goog-upload-url": `${functions}/google/upload/v1beta/files?upload_id=1`,
      "x-goog-upload-control-url": `${functions}/google/upload/v1beta/files?upload_id=1`,
      "x-goog-upload-status": "active",
      "x-goog-upload-chunk-granularity": "8388608",
    });
  });

  test("refuses an upload that goes on elsewhere, and lets its body go", async () => {
    const cancel = vi.fn();
    const headers = { "x-goog-upload-url": "https://evil.test/upload/v1beta/files?upload_id=1" };
    const upload = pass("google", "/upload/v1beta/files", new ReadableStream({ cancel }), headers);
    await expect(upload).rejects.toMatchObject({
      code: "provider_misbehaved",
      message: expect.stringContaining("access token"),
    });
    expect(cancel).toHaveBeenCalledOnce();
  });

  test("keeps back an address that holds the API key", async () => {
    const url = `https://generativelanguage.googleapis.com/upload/v1beta/files?key=${encodeURIComponent(apiKey)}`;
    const { headers } = await pass("google", "/upload/v1beta/files", null, { "x-goog-upload-url": url });
    expect(headers.get("x-goog-upload-url")).toBeNull();
  });

  test.each([
    ["/v1/realtime/calls/rtc_1", `${functions}/openai/v1/realtime/calls/rtc_1`],
    ["https://api.openai.com/v1/realtime/calls/rtc_1", `${functions}/openai/v1/realtime/calls/rtc_1`],
    ["https://evil.test/v1/realtime/calls/rtc_1", null],
    ["/dashboard", null],
  ])("turns the Location %s into %s", async (location, ours) => {
    const { headers } = await pass("openai", "/v1/realtime/calls", "v=0", { location });
    expect(headers.get("location")).toBe(ours);
  });
});
