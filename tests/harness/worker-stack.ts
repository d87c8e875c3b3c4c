/** The stack that the tests of a worker share, but for those that start their own. */
import { inject } from "vitest";
import type { TestStack } from "./stack.ts";

export const stack = await sharedStack();

async function sharedStack(): Promise<TestStack> {
  const answer = await fetch(`${inject("stacks")}/${process.env.VITEST_POOL_ID}`);
  if (!answer.ok) throw new Error(`The stack of this worker did not start: ${await answer.text()}`);
  return answer.json();
}
