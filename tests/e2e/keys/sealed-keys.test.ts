/** API keys that were sealed before they left the page: what `save` takes, and what it refuses. */
import { createClient } from "@supabase/supabase-js";
import { describe, expect, test } from "vitest";
import { createByok } from "../../../client/index.ts";
import { sealApiKey, type SealedApiKey, type SealingKey } from "../../../protocol/sealed-key.ts";
import type { ProviderId } from "../../../functions/_shared/providers/index.ts";
import { ask } from "../../harness/calls.ts";
import { fakeKey, requestsWith } from "../../harness/fakes.ts";
import { findSecrets } from "../../harness/sentinels.ts";
import { functionsUrl, newUser, stack, type User } from "../../harness/users.ts";

async function sealingKey(): Promise<SealingKey> {
  const answer = await fetch(`${functionsUrl}/save`);
  expect(answer.status).toBe(200);
  return (await answer.json()) as SealingKey;
}

async function seal(
  user: User,
  provider: ProviderId,
  apiKey: string,
  place: string | null = null,
): Promise<SealedApiKey> {
  return await sealApiKey(await sealingKey(), { userId: user.id, provider, place }, apiKey);
}

/** The code of what `save` answers; `saved` if it takes the body. */
async function send(user: User, body: object): Promise<string> {
  const answer = await fetch(`${functionsUrl}/save`, {
    method: "POST",
    headers: { authorization: `Bearer ${user.accessToken}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  await answer.body?.cancel();
  return answer.headers.get("x-byok-error") ?? (answer.status === 200 ? "saved" : String(answer.status));
}

/** A session of the user whose requests are written down as they leave. */
async function recorded(user: User) {
  const requests: string[] = [];
  const record: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    requests.push(
      `${request.method} ${request.url}`,
      JSON.stringify([...request.headers]),
      await request.clone().text(),
    );
    return await fetch(request);
  };
  const supabase = createClient(stack.url, stack.publishableKey, {
    global: { fetch: record },
    auth: { persistSession: false },
  });
  const { data } = await user.supabase.auth.getSession();
  await supabase.auth.setSession(data.session!);
  return { byok: createByok(supabase), requests };
}

test.each(["openai", "anthropic", "google", "groq"] as const)(
  "the client seals a key for %s, and calls work with it",
  async (provider) => {
    const user = await newUser();
    const { byok, requests } = await recorded(user);
    const apiKey = fakeKey(provider, "works");
    expect(await byok.save({ provider, key: apiKey })).toMatchObject({ data: { verdict: "verified" }, error: null });
    expect(requests.filter((part) => part.startsWith("POST"))).toContain(`POST ${functionsUrl}/save`);
    expect(findSecrets(requests.join("\n"), { apiKey })).toEqual([]);
    const answer = await ask(user, provider);
    expect([answer.status, answer.headers.get("x-byok-funding")]).toEqual([200, "byok"]);
    await answer.body?.cancel();
  },
);

describe("a recorded request", () => {
  test("is refused when it is sent again, and asks the provider nothing", async () => {
    const user = await newUser();
    const apiKey = fakeKey("openai", "works");
    const sealed_api_key = await seal(user, "openai", apiKey);
    const body = { provider: "openai", sealed_api_key };
    expect(await send(user, body)).toBe("saved");
    await createByok(user.supabase).remove("openai");
    const asked = (await requestsWith(stack, "openai", apiKey)).length;
    expect(await send(user, body)).toBe("sealed_key_refused");
    expect(await requestsWith(stack, "openai", apiKey)).toHaveLength(asked);
    expect((await createByok(user.supabase).list()).data).toEqual([]);
  });

  test("is refused from another user, for another provider and with a bit altered", async () => {
    const [user, thief] = [await newUser(), await newUser()];
    const apiKey = fakeKey("openai", "works");
    const sealed_api_key = await seal(user, "openai", apiKey);
    const altered = {
      ...sealed_api_key,
      ciphertext: sealed_api_key.ciphertext.replace(/^./, (first) => (first === "A" ? "B" : "A")),
    };
    const later = { ...sealed_api_key, issued_at_ms: sealed_api_key.issued_at_ms + 1 };
    expect(await send(thief, { provider: "openai", sealed_api_key })).toBe("sealed_key_refused");
    expect(await send(user, { provider: "groq", sealed_api_key })).toBe("sealed_key_refused");
    expect(await send(user, { provider: "openai", sealed_api_key: altered })).toBe("sealed_key_refused");
    expect(await send(user, { provider: "openai", sealed_api_key: later })).toBe("sealed_key_refused");
    expect(await requestsWith(stack, "openai", apiKey)).toEqual([]);
    expect(await send(user, { provider: "openai", sealed_api_key })).toBe("saved");
  });
});

test("a key comes once, sealed or not, and in the form of a sealed key", async () => {
  const user = await newUser();
  const apiKey = fakeKey("openai", "works");
  const sealed_api_key = await seal(user, "openai", apiKey);
  expect(await send(user, { provider: "openai" })).toBe("invalid_request");
  expect(await send(user, { provider: "openai", api_key: apiKey, sealed_api_key })).toBe("invalid_request");
  expect(await send(user, { provider: "openai", sealed_api_key: { ...sealed_api_key, enc: 1 } })).toBe(
    "invalid_request",
  );
  expect(await send(user, { provider: "openai", sealed_api_key: { ...sealed_api_key, more: 1 } })).toBe(
    "invalid_request",
  );
});
