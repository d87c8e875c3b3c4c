/** Clients that keep an answer on credits from ending. */
import { expect, test } from "vitest";
import { ask } from "../../harness/calls.ts";
import { letPlatformKey } from "../../harness/fakes.ts";
import { startOwnStack } from "../../harness/own-stack.ts";
import { expectBalance, newUser } from "../../harness/users.ts";

test("call charges an answer that goes on, while it goes on", async () => {
  const stack = await startOwnStack({ BYOK_STALL_TIMEOUT_MS: "2000" });
  const leaving = new AbortController();
  try {
    await letPlatformKey(stack, "openai", "drips");
    const user = await newUser(100, stack);
    const question = { operation: "doc_generation", stream: true, signal: leaving.signal };
    const answer = await ask(user, "openai", question);
    expect(answer.status).toBe(200);
    await expectBalance(user, 90);
    // Held until here: an answer that nobody can read any more is let go of when garbage is collected, and the client has left.
    expect(answer.bodyUsed).toBe(false);
  } finally {
    leaving.abort();
    await stack.stop();
  }
});
