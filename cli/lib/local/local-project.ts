import path from "node:path";
import { defaultSupabaseDir, projectDir } from "../../../stack/config.ts";
import { fakeKey, providerIds } from "../../../stack/providers/index.ts";
import type { Stack } from "../../../stack/stack.ts";
import type { Input } from "../command.ts";
import { createDemoUser, demoCredits, demoEmail } from "../demo/demo-user.ts";
import type { localOptions } from "./local-options.ts";
import { runStack } from "./run-stack.ts";

/**
 * Runs the whole project on this machine, until Ctrl-C.
 *
 * @param watch whether the functions and the page follow changes of their sources
 * @throws CommandError if another stack runs on the same folder
 */
export async function runLocalProject(
  given: Input<typeof localOptions>["options"],
  { watch }: { watch: boolean },
): Promise<void> {
  const { state, ...others } = given;
  const stateDir = path.resolve(state ?? path.join(projectDir, ".stack"));
  await runStack(others, { stateDir, supabaseDir: defaultSupabaseDir, watch, page: true, demoEmail }, async (stack) =>
    describe(stack, await createDemoUser(stack)),
  );
}

function describe(stack: Stack, demoUserId: string): string {
  const { url, dbUrl, publishableKey, secretKey, demoPassword } = stack;
  return `
BYOK for Supabase, on this machine only

  page             ${url}
  API              ${url}
  functions        ${url}/functions/v1/byok
  database         ${dbUrl}
  publishable key  ${publishableKey}
  secret key       ${secretKey}

  demo user        ${demoEmail}, password ${demoPassword}, ${demoCredits} credits at first; sign in to the page as this user
  demo API keys    accepted by the fakes of the providers, to save as the user's own:
${providerIds.map((id) => `    ${id.padEnd(15)}${fakeKey(id, "works", "demo")}`).join("\n")}

A call on the demo user's credits, as a backend job makes it:

${curl(url, secretKey, demoUserId)}`;
}

function curl(url: string, secretKey: string, userId: string): string {
  const body = { model: "gpt-4.1-mini", messages: [{ role: "user", content: "Hello" }] };
  const headers = [
    `apikey: ${secretKey}`,
    `x-byok-user: ${userId}`,
    "x-byok-operation: single_doc_regen",
    "content-type: application/json",
  ];
  return [
    `curl -i ${url}/functions/v1/byok/call/openai/v1/chat/completions`,
    ...headers.map((header) => `  -H '${header}'`),
    `  -d '${JSON.stringify(body)}'`,
  ].join(" \\\n");
}
