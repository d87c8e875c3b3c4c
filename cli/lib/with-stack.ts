import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Stack, type StackOptions, startStack } from "../../stack/stack.ts";

/** Works on a stack of its own, of which nothing is left afterwards. */
export async function withStack<T>(
  options: Omit<StackOptions, "stateDir">,
  work: (stack: Stack) => Promise<T>,
): Promise<T> {
  const stateDir = mkdtempSync(path.join(tmpdir(), "byok-"));
  try {
    const stack = await startStack({ ...options, stateDir });
    try {
      return await work(stack);
    } finally {
      await stack.stop();
    }
  } finally {
    rmSync(stateDir, { recursive: true, force: true });
  }
}
