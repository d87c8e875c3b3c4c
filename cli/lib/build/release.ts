/** A release: what has to be true before it, the tarball, and the upload, which has to be asked for. */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { projectDir } from "../../../stack/config.ts";
import { CommandError } from "../command.ts";
import { readFrozen, readMigrations } from "../migrations.ts";
import { rootManifest } from "./manifest.ts";
import { pack } from "./pack.ts";
import { buildPackage, packageDir } from "./package.ts";

/** The programs that a release runs. */
export interface ReleaseTools {
  /** Resolves with what it printed. */
  run(command: string, args: readonly string[]): string;
  /** Builds the package into its folder. */
  build(): Promise<void>;
  /** Packs it into a folder, and names the tarball. */
  pack(folder: string): string;
}

/** The facts about the repository that a release asks for. */
export interface ReleaseState {
  readonly version: string;
  /** package.json's `repository`, which npm compares with the one that a build ran in. */
  readonly repository: unknown;
  /** Migrations that no release has recorded. */
  readonly unfrozen: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

export function releaseState(): ReleaseState {
  const { version, repository } = rootManifest();
  const frozen = new Set(readFrozen().map(({ file }) => file));
  const unfrozen = readMigrations().flatMap(({ file }) => (frozen.has(file) ? [] : [file]));
  return { version, repository, unfrozen, env: process.env };
}

export const releaseTools: ReleaseTools = {
  run: (command, args) =>
    execFileSync(command, args, { cwd: projectDir, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }),
  build: () => buildPackage(),
  pack: (folder) => pack(packageDir, folder).tarball,
};

/** The folder that gets the tarball. */
const tarballDir = path.join(projectDir, "dist");

/**
 * Checks, builds and packs; uploads only if `isPublished`.
 *
 * @param log gets a line for each step
 * @throws CommandError with all that keeps the release from being made, before anything is built
 */
export async function release(
  isPublished: boolean,
  state: ReleaseState,
  { run, build, pack: makeTarball }: ReleaseTools,
  log: (line: string) => void,
): Promise<void> {
  const obstacles = [
    ...(run("git", ["status", "--porcelain"]).trim() === "" ? [] : ["Files are not committed."]),
    ...(state.unfrozen.length === 0 ? [] : [`Not frozen: ${state.unfrozen.join(", ")}.`]),
    ...(isPublished ? obstaclesToPublishing(state) : []),
  ];
  if (obstacles.length > 0) throw new CommandError(obstacles.join("\n"));
  log("npm run check");
  run("npm", ["run", "--silent", "check"]);
  log("npm run build");
  await build();
  mkdirSync(tarballDir, { recursive: true });
  const tarball = makeTarball(tarballDir);
  log(`packed ${path.relative(projectDir, tarball)}`);
  const publish = ["publish", tarball, "--provenance", "--access", "public"];
  if (!isPublished) return log(`Not published. The command would be: npm ${publish.join(" ")}`);
  run("npm", publish);
  log(`published ${state.version}`);
}

/** npm signs the provenance of a package in the build of a public repository alone: https://docs.npmjs.com/generating-provenance-statements, November 2026. */
function obstaclesToPublishing({ repository, env }: ReleaseState): string[] {
  return [
    ...(repository ? [] : ["package.json names no repository, which provenance needs."]),
    ...(env.GITHUB_ACTIONS || env.GITLAB_CI ? [] : ["Provenance needs a build of GitHub Actions or GitLab CI."]),
  ];
}
