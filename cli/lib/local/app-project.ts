/** Runs an app's own project on this machine. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { readConfig } from "../../../stack/config.ts";
import { isByok } from "../../../stack/functions/app-functions.ts";
import { fakeKey, providerIds } from "../../../stack/providers/index.ts";
import type { Stack } from "../../../stack/stack.ts";
import { CommandError } from "../command.ts";
import { typed } from "../typed.ts";
import { runStack } from "./run-stack.ts";

/**
 * Runs the project in a supabase folder: all its migrations, its seed and its functions, until Ctrl-C.
 *
 * @param given what was typed. `state` is absent for the folder that the project's git ignores
 * @throws CommandError if the folder holds no config.toml, or another stack runs on the same state
 */
export async function runAppProject(
  given: Parameters<typeof runStack>[0] & { readonly state: string | undefined },
  supabaseDir: string,
): Promise<void> {
  if (!existsSync(path.join(supabaseDir, "config.toml"))) {
    throw new CommandError(`There is no config.toml in ${supabaseDir}.`, {
      nextStep: "Name the folder that `supabase init` made.",
    });
  }
  const stateDir = given.state === undefined ? makeStateFolder(supabaseDir) : path.resolve(given.state);
  await runStack(given, { supabaseDir, stateDir, app: true }, async (stack) => describe(stack, supabaseDir));
}

/** The CLI's own folder for what is not to be kept, with a list of its own for git: the keys in it stay out of any commit. */
function makeStateFolder(supabaseDir: string): string {
  const folder = path.join(supabaseDir, ".temp", "byok");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(path.join(folder, ".gitignore"), "*\n");
  return folder;
}

function describe(stack: Stack, supabaseDir: string): string {
  const { url, dbUrl, publishableKey, secretKey } = stack;
  const functions = Object.entries(readConfig(supabaseDir).functions).filter(([, { enabled }]) => enabled);
  const ours = functions.find(([, config]) => isByok(supabaseDir, config))?.[0];
  const keys = providerIds.map((id) => `    ${id.padEnd(15)}${fakeKey(id, "works", "demo")}`);
  return `
${supabaseDir}, on this machine only

  API              ${url}
  database         ${dbUrl}
  publishable key  ${publishableKey}
  secret key       ${secretKey}
  functions        ${
    functions
      .map(([slug]) => slug)
      .sort()
      .join(", ") || "none"
  }

Give your app the API's address and the publishable key, such as in .env.local, and run its dev server. It may have any origin.

${
  ours === undefined
    ? `This project has no BYOK yet. ${typed("add")} adds it.`
    : `API keys that the fakes of the providers accept, to save in your app. The function ${ours} asks these fakes alone:
${keys.join("\n")}`
}`;
}
