/** Two trees under one load: this one, and what a git ref names. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, symlinkSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { projectDir } from "../stack/config.ts";
import type { Served } from "./product.ts";
import type { Stops } from "./stops.ts";

const git = (...args: string[]) => execFileSync("git", ["-C", projectDir, ...args], { encoding: "utf8" }).trim();

/**
 * Checks a ref out beside this tree, with the packages of its lock file.
 *
 * @returns the folder
 * @throws Error when there is no such ref, or it is from before trees could be compared
 */
export function checkOut(ref: string, stops: Stops): string {
  const commit = git("rev-parse", "--verify", "--quiet", `${ref}^{commit}`);
  const tree = path.join(stops.folder("ref"), "tree");
  git("worktree", "add", "--detach", "--quiet", tree, commit);
  stops.push(() => git("worktree", "remove", "--force", tree));
  if (!existsSync(path.join(tree, "bench/serve.ts"))) throw new Error(`${ref} has no bench/serve.ts: it is too old.`);
  const packages = "node_modules";
  if (git("diff", "--stat", commit, "--", "package-lock.json") === "") {
    symlinkSync(path.join(projectDir, packages), path.join(tree, packages));
  } else {
    execFileSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: tree, stdio: ["ignore", "ignore", "inherit"] });
  }
  return tree;
}

/** Serves the product of a tree, in a process of its own that ends with this one. */
export async function serveTree(tree: string, origin: string, stops: Stops): Promise<Served[]> {
  const child = spawn(process.execPath, [path.join(tree, "bench/serve.ts"), origin], {
    cwd: tree,
    stdio: ["pipe", "pipe", "inherit"],
    // Ctrl-C in the terminal is for this process, which stops the other in order.
    detached: true,
  });
  const ended = once(child, "close");
  stops.push(async () => {
    child.stdin.end();
    await ended;
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { value: line } = await lines.next();
  if (line === undefined) throw new Error(`The product of ${tree} did not start.`);
  return JSON.parse(line) as Served[];
}
