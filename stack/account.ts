import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** The account that Postgres runs under, because it refuses to run as root. */
export interface Account {
  uid: number;
  gid: number;
}

/**
 * The account to run Postgres under, or undefined when the current user can run it.
 *
 * @throws when the current user is root and the machine has neither `postgres` nor `nobody`
 */
export function serverAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ["postgres", "nobody"]) {
    const uid = idOf("-u", name);
    const gid = idOf("-g", name);
    if (uid && gid) return { uid, gid };
  }
  throw new Error("Postgres refuses to run as root, and this machine has no account named postgres or nobody");
}

function idOf(flag: "-u" | "-g", name: string): number | undefined {
  const { status, stdout } = spawnSync("id", [flag, name], { encoding: "utf8" });
  return status === 0 ? Number(stdout) : undefined;
}

/** Whether a shell test succeeds for that account; `$1` in the script is the folder. */
export function passes(account: Account | undefined, script: string, folder: string): boolean {
  return spawnSync("/bin/sh", ["-c", script, "sh", folder], { ...account, cwd: "/" }).status === 0;
}

/**
 * The folder for what the server account has to read: the state folder itself, or, when that account cannot
 * enter it (a project below /root, say), a folder of root's that belongs to this state folder alone.
 *
 * @param stateDir with symbolic links resolved
 */
export function serverFolder(stateDir: string, account: Account | undefined): string {
  if (passes(account, 'cd "$1"', stateDir)) return stateDir;
  forgetTemporary();
  const folder = path.join(elsewhere, createHash("sha256").update(stateDir).digest("hex").slice(0, 16));
  mkdirSync(folder, { recursive: true });
  // With any umask, the account has to pass through both on its way to its own folder.
  for (const passage of [elsewhere, folder]) chmodSync(passage, 0o711);
  writeFileSync(path.join(folder, "state-folder"), stateDir);
  if (passes(account, 'cd "$1"', folder)) return folder;
  throw new Error(
    "Postgres cannot run as root, and the account it runs under can enter neither " +
      `${stateDir} nor ${folder}. ` +
      "Move the project to a folder that every user can enter, or start it as an ordinary user",
  );
}

const elsewhere = "/var/lib/supabase-byok";

/**
 * Removes what belongs to temporary state folders that are gone, as those of tests. Others may only be out of
 * reach for now.
 */
function forgetTemporary(): void {
  if (!existsSync(elsewhere)) return;
  const temporary = `${realpathSync(tmpdir())}${path.sep}`;
  for (const name of readdirSync(elsewhere)) {
    const folder = path.join(elsewhere, name);
    const note = path.join(folder, "state-folder");
    const stateDir = existsSync(note) ? readFileSync(note, "utf8") : "";
    if (stateDir.startsWith(temporary) && !existsSync(stateDir)) rmSync(folder, { recursive: true, force: true });
  }
}
