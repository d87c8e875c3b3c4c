/** Packages that a command needs and that the package does not bring, because they are large and few need them. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { CommandError } from "../command.ts";
import { manifest } from "../typed.ts";

/**
 * Passes if npm has installed them where this program finds them.
 *
 * @throws CommandError with the command that installs those that are missing
 */
export function requirePackages(command: string, names: readonly string[], from = import.meta.url): void {
  const folders = createRequire(from).resolve.paths("any") ?? [];
  const missing = names.filter((name) => !folders.some((folder) => existsSync(path.join(folder, name))));
  if (missing.length === 0) return;
  const chosen = missing.map((name) => `${name}@${manifest.peerDependencies?.[name]?.replace("^", "") ?? "latest"}`);
  throw new CommandError(`${command} needs packages that are not installed: ${missing.join(", ")}.`, {
    nextStep: `Install them: npm install --save-dev ${chosen.join(" ")}`,
  });
}
