/** Needs of a command that the package does not meet: a newer Node, and packages that are large and that few need. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { CommandError } from "../command.ts";
import { manifest } from "../typed.ts";

/** @throws CommandError on an older Node than `oldest`, such as `22.13` */
export function requireNode(command: string, oldest: string, version = process.versions.node): void {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = oldest.split(".").map(Number);
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  throw new CommandError(`${command} needs Node ${oldest} or newer, and this is ${version}.`);
}

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
