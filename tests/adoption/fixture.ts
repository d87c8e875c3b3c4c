/** A project of somebody's, into which the package goes as its tarball. */
import { type SpawnSyncOptions, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

export interface Fixture {
  readonly name: string;
  /**
   * Makes the project, puts the package into it, and looks at the outcome.
   *
   * @returns what was seen, in a few words
   * @throws when something is not as it should be
   */
  run(project: Project): string | Promise<string>;
}

/** Programs of the repository stay out of the way: a project has its own. */
const ownPath = (process.env.PATH ?? "")
  .split(path.delimiter)
  .filter((folder) => !folder.includes("node_modules"))
  .join(path.delimiter);

export class Project {
  readonly folder: string;
  readonly tarball: string;

  constructor(folder: string, tarball: string) {
    this.folder = folder;
    this.tarball = tarball;
    mkdirSync(folder, { recursive: true });
  }

  /** @throws with its output, if the command fails */
  run(command: string, args: readonly string[], { cwd = ".", env = {} }: { cwd?: string; env?: object } = {}): string {
    const options: SpawnSyncOptions = {
      cwd: path.join(this.folder, cwd),
      encoding: "utf8",
      env: { ...withoutNpm(), PATH: ownPath, CI: "1", NEXT_TELEMETRY_DISABLED: "1", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    };
    const { status, stdout, stderr, error } = spawnSync(command, args, options);
    const output = `${stdout}${stderr}`;
    if (error || status !== 0) {
      throw new Error(
        `${command} ${args.join(" ")} ended with ${status}: ${error?.message ?? ""}\n${output.slice(-4000)}`,
      );
    }
    return output;
  }

  write(files: Readonly<Record<string, string | object>>): void {
    for (const [name, content] of Object.entries(files)) {
      const file = path.join(this.folder, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, typeof content === "string" ? content : `${JSON.stringify(content, null, 2)}\n`);
    }
  }

  /** Installs packages, and this one from its tarball. */
  install(packages: readonly string[], options: { cwd?: string; env?: object } = {}): void {
    const flags = ["--no-audit", "--no-fund", "--prefer-offline"];
    this.run("npm", ["install", ...flags, this.tarball, "@supabase/supabase-js@2.119.1", ...packages], options);
  }

  byok(args: readonly string[], options: { cwd?: string } = {}): string {
    return this.run("npx", ["--no-install", "supabase-byok", ...args], options);
  }

  /** Commits everything, so that `changes()` shows what came later. */
  commit(): void {
    const author = ["-c", "user.name=adopter", "-c", "user.email=adopter@example.com"];
    this.run("git", ["init", "-q", "."]);
    this.write({ ".gitignore": "node_modules\n.next\ndist\n.env*\n" });
    this.run("git", ["add", "-A"]);
    this.run("git", [...author, "commit", "-qm", "before"]);
  }

  /** Files that differ from the last commit, as git says it. */
  changes(): string {
    return this.run("git", ["status", "--porcelain", "-uall"]).trim();
  }
}

function withoutNpm(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD|NODE_OPTIONS)/i.test(name)),
  );
}

export function expectTo(isSo: boolean, what: string, seen = ""): void {
  if (!isSo) throw new Error(`It should ${what}.\n${seen}`);
}
