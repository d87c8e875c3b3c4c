/** Clients that keep an answer on credits from ending. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createClient } from "@supabase/supabase-js";
import { expect, test } from "vitest";
import { doubleKey } from "../../local/providers/index.ts";
import { startStack } from "../../local/stack.ts";

test("call charges an answer that goes on, while it goes on", async () => {
  const stateDir = mkdtempSync(path.join(tmpdir(), "byok-slow-"));
  const stack = await startStack({
    stateDir,
    functionsEnv: {
      BYOK_STALL_TIMEOUT_MS: "500",
      BYOK_PLATFORM_KEYS: JSON.stringify({ openai: doubleKey("openai", "drips") }),
    },
  });
  const leaving = new AbortController();
  try {
    const options = { auth: { persistSession: false, autoRefreshToken: false }, db: { schema: "byok" } } as const;
    const user = createClient<any, "byok">(stack.url, stack.publishableKey, options);
    const { data } = await user.auth.signUp({ email: "slow@example.com", password: crypto.randomUUID() });
    await createClient<any, "byok">(stack.url, stack.secretKey, options).rpc("grant_credits", {
      p_user_id: data.user?.id,
      p_credits: 100,
      p_reason: "test",
      p_idempotency_key: "slow",
    });
    const response = await fetch(`${stack.url}/functions/v1/call/openai/v1/chat/completions`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${data.session?.access_token}`,
        "content-type": "application/json",
        "x-byok-operation": "doc_generation",
      },
      body: JSON.stringify({ model: "gpt-4.1-mini", stream: true, messages: [{ role: "user", content: "Hi" }] }),
      signal: leaving.signal,
    });
    expect(response.status).toBe(200);
    const stateOfHold = async () => (await user.from("holds").select("state").single()).data?.state;
    await expect.poll(stateOfHold, { timeout: 20_000 }).toBe("settled");
  } finally {
    leaving.abort();
    await stack.stop();
    rmSync(stateDir, { recursive: true, force: true });
  }
});
