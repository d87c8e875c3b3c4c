/** The file of secrets: the settings that the function reads, as it reads them itself. No value is ever shown. */
import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import path from "node:path";
import { importKeyring } from "../../../../functions/_shared/crypto/keyring.ts";
import { type Env, readEnv } from "../../../../functions/_shared/env.ts";
import { typed } from "../../typed.ts";
import { defineCheck, type Finding, listed, ok, problem, skipped, type SecretsFile, warning } from "../check.ts";

/**
 * Settings as the function reads them. Those that the platform sets are stood in for.
 *
 * @throws Error that names the setting and shows nothing of its value
 */
export function settingsOf({ variables }: SecretsFile): Env {
  const own = Object.entries(variables).filter(([name]) => name.startsWith("BYOK_"));
  return readEnv({
    ...Object.fromEntries(own),
    SUPABASE_URL: "https://project.supabase.co",
    SUPABASE_SECRET_KEYS: '{"default":"-"}',
  });
}

export const secretsSet = defineCheck({
  id: "secrets",
  title: "Secrets",
  needs: ["secrets"],
  run: ({ secrets }) => {
    try {
      const { platformKeys } = settingsOf(secrets);
      const paid = Object.keys(platformKeys);
      const credits = paid.length > 0 ? `credits can pay at ${listed(paid)}` : "no platform key: credits pay nowhere";
      return [ok(`The settings are understood; ${credits}.`)];
    } catch (error) {
      return [
        problem(`The function will not start: ${(error as Error).message}.`, nextStepFor((error as Error).message)),
      ];
    }
  },
});

function nextStepFor(message: string): string {
  if (message.startsWith("BYOK_MASTER_KEYS is not set")) return `Make a key ring and set it: ${typed("deploy")}.`;
  return "docs/reference/settings.md says what each setting takes.";
}

export const keyring = defineCheck({
  id: "keyring",
  title: "Key ring",
  needs: ["secrets"],
  run: async ({ secrets }) => {
    const json = secrets.variables.BYOK_MASTER_KEYS;
    if (!json) return [skipped("There is none in this file.")];
    try {
      const { primary, masterKeys } = await importKeyring(json);
      return [
        ok(`${masterKeys.size === 1 ? "One key" : `${masterKeys.size} keys`}, sound; the primary one is ${primary}.`),
      ];
    } catch (error) {
      return [
        problem(
          `${(error as Error).message}.`,
          `Take it from your backup; a first one comes from ${typed("keyring new")}.`,
        ),
      ];
    }
  },
});

export const secretsPrivate = defineCheck({
  id: "secrets-private",
  title: "Secrets' file",
  needs: ["secrets"],
  run: ({ secrets: { file } }) => {
    const findings: Finding[] = [];
    const name = path.basename(file);
    if (git(file, "ls-files", "--error-unmatch", "--", file)) {
      const nextStep = `Run git rm --cached ${name}, ignore it, and change what is in it: history keeps it.`;
      findings.push(problem(`${name} is committed to git.`, nextStep));
    } else if (git(file, "rev-parse") && !git(file, "check-ignore", "--quiet", "--", file)) {
      findings.push(problem(`git does not ignore ${name}.`, `Add ${name} to .gitignore.`));
    }
    if (process.platform !== "win32" && (statSync(file).mode & 0o077) !== 0) {
      findings.push(warning(`Other users of this machine may read ${name}.`, `Run chmod 600 ${name}.`));
    }
    return findings.length > 0 ? findings : [ok(`${name} is kept out of git, and only you may read it.`)];
  },
});

/** Whether git says yes. Outside a repository, and without git, it says no. */
export function git(file: string, ...args: string[]): boolean {
  try {
    execFileSync("git", args, { cwd: path.dirname(file), stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
