/** When the functions learn that a client has left: at once, or on a hosted project only when they write to it. */
import { expect, inject } from "vitest";
import { type ProviderId, requestsOnceLeft, requestsWith } from "./fakes.ts";
import type { TestStack } from "./stack.ts";

/** Whether they learn it while there is nothing to write. */
export const isNoticedAtOnce = inject("runtime")?.workerLife === undefined;

/**
 * Checks what becomes of the one request at a silent provider whose client has left: it ends too, or goes on where only writing
 * tells. The functions have answered others by then, so that they have heard of the end of the connection.
 */
export async function expectFollowedInSilence(
  on: TestStack,
  provider: ProviderId,
  apiKey: string,
  answerAnother: () => Promise<unknown>,
): Promise<void> {
  for (let i = 0; i < 5; i++) await answerAnother();
  const requests = isNoticedAtOnce ? requestsOnceLeft(on, provider, apiKey) : requestsWith(on, provider, apiKey);
  expect(await requests).toMatchObject([{ finished: false, clientGone: isNoticedAtOnce }]);
}
