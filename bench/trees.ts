/** Two trees under one load: this one, and what a git ref names. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { projectDir } from "../stack/config.ts";
import type { Served } from "./product.ts";

const git = (...args: string[]) => execFileSync("git", ["-C", projectDir, ...args], { encoding: "utf8" }).trim();

/**
 * Checks a ref out beside this tree, with the packages of its lock file.
 *
 * @returns the folder, and what removes it
 * @throws Error when there is no such ref, or it is from before trees could be compared
 */
export function checkOut(ref: string): { tree: string; remove(): void } {
  const commit = git("rev-parse", "--verify", "--quiet", `${ref}^{commit}`);
  const tree = path.join(mkdtempSync(path.join(tmpdir(), "byok-ref-")), "tree");
  git("worktree", "add", "--detach", "--quiet", tree, commit);
  const remove = () => {
    git("worktree", "remove", "--force", tree);
    rmSync(path.dirname(tree), { recursive: true, force: true });
  };
  try {
    if (!existsSync(path.join(tree, "bench/serve.ts"))) throw new Error(`${ref} has no bench/serve.ts: it is too old.`);
    const packages = "node_modules";
    if (git("diff", "--stat", commit, "--", "package-lock.json") === "") {
      symlinkSync(path.join(projectDir, packages), path.join(tree, packages));
    } else {
      execFileSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: tree, stdio: ["ignore", "ignore", "inherit"] });
    }
    return { tree, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Serves the product of a tree, in a process of its own that ends with this one. */
export async function serveTree(tree: string, origin: string): Promise<{ served: Served[]; stop(): Promise<void> }> {
  const child = spawn(process.execPath, [path.join(tree, "bench/serve.ts"), origin], {
    cwd: tree,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(child, "close");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { value: line } = await lines.next();
  if (line === undefined) throw new Error(`The product of ${tree} did not start.`);
  const stop = async () => {
    child.stdin.end();
    await ended;
  };
  return { served: JSON.parse(line) as Served[], stop };
}
