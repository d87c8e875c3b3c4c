/** `npm run rotate`: drives the function rotate until every API key is sealed under the primary master key. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { Refusal, runCommand, UsageError } from "./lib/command.ts";
import { projectDir } from "../stack/config.ts";
import { showProgress } from "./lib/progress.ts";
import { type BatchResult, type KeyringUsage, type Project, rewrapBatch, countByKid } from "./lib/rotate-client.ts";

const usage = `Usage: npm run rotate [-- <options>]
  Seals every saved API key anew that is not under the primary master key. It can be ended at any moment: the same command
  goes on from there.

  --primary <kid>   waits until the functions have this primary key; the one that they have when absent
  --dry-run         opens every key that would be sealed anew, and changes nothing
  --batch <number>  keys in one request, 1 to 500; 200 when absent
  --json            for machines
  --state <folder>  of the stack that npm start runs, when it is not .stack

  The project is the one at SUPABASE_URL, with its secret key in SUPABASE_SECRET_KEY; the stack that npm start runs when absent.

Exit code: 0 every key is under the primary one (dry run: every key can be opened), 1 not so or refused, 2 not understood.`;

interface Command {
  readonly project: Project;
  readonly primary: number | undefined;
  readonly isDryRun: boolean;
  readonly batch: number;
  readonly json: boolean;
}

const ownHosts = ["127.0.0.1", "localhost", "[::1]"];

/** What has been done so far. */
interface Tally {
  rewrapped: number;
  left_alone: number;
  /** Credentials whose master key is not in the key ring. */
  readonly locked: Set<string>;
  /** Credentials whose envelope does not open although its master key is there. */
  readonly unreadable: Set<string>;
}

type State = "primary" | "newer" | "retirable" | "needed" | "locked";

const words: Record<State, string> = {
  primary: "primary",
  newer: "not primary yet",
  retirable: "can be retired",
  needed: "still needed",
  locked: "not in the key ring: locked until their users save them again",
};

function readCommand(args: string[]): Command {
  const options = {
    primary: { type: "string" },
    "dry-run": { type: "boolean", default: false },
    batch: { type: "string", default: "200" },
    json: { type: "boolean", default: false },
    state: { type: "string", default: path.join(projectDir, ".stack") },
  } as const;
  try {
    const { values } = parseArgs({ args, options });
    return {
      project: readProject(path.resolve(values.state)),
      primary: values.primary === undefined ? undefined : readNumber("--primary", values.primary, 0, 0xffff_ffff),
      isDryRun: values["dry-run"],
      batch: readNumber("--batch", values.batch, 1, 500),
      json: values.json,
    };
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError((error as Error).message);
  }
}

function readNumber(option: string, text: string, least: number, most: number): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new UsageError(`${option} takes a number from ${least} to ${most}.`);
}

function readProject(stateDir: string): Project {
  const { SUPABASE_URL: url, SUPABASE_SECRET_KEY: secretKey } = process.env;
  if (url && secretKey) {
    const address = URL.parse(url);
    if (!address) throw new UsageError("SUPABASE_URL is no URL.");
    if (address.protocol !== "https:" && !ownHosts.includes(address.hostname))
      throw new UsageError("SUPABASE_URL is not https, and the secret key would be sent for anybody to read.");
    return { url, secretKey };
  }
  if (url || secretKey) throw new UsageError("SUPABASE_URL and SUPABASE_SECRET_KEY belong together.");
  const [running, secrets] = ["running.json", "secrets.json"].map((name) => path.join(stateDir, name));
  if (!existsSync(running!))
    throw new UsageError("No local stack is running. Start it with npm start, or name a project.");
  return {
    url: JSON.parse(readFileSync(running!, "utf8")).url,
    secretKey: JSON.parse(readFileSync(secrets!, "utf8")).secretKey,
  };
}

/** Kids whose envelopes do not belong there. */
function staleKids({ primary, kids }: KeyringUsage): KeyringUsage["kids"] {
  return kids.filter(({ kid, envelopes, in_ring }) => envelopes > 0 && (kid < primary || !in_ring));
}

function stateOf({ kid, in_ring, envelopes }: KeyringUsage["kids"][number], primary: number): State {
  if (kid === primary) return "primary";
  if (!in_ring) return "locked";
  if (kid > primary) return "newer";
  return envelopes === 0 ? "retirable" : "needed";
}

/**
 * Seals everything anew that is under another key than the primary one, over and over until a pass finds nothing more to do:
 * what is saved meanwhile by a function that still has the key ring of before comes under the old key again.
 */
async function rotate({
  project,
  primary: wanted,
  isDryRun,
  batch,
}: Command): Promise<{ keyringUsage: KeyringUsage; tally: Tally }> {
  const tally: Tally = { rewrapped: 0, left_alone: 0, locked: new Set(), unreadable: new Set() };
  let keyringUsage = await countByKid(project, wanted);
  const { primary } = keyringUsage;
  const newer = keyringUsage.kids.find(({ kid, in_ring, envelopes }) => kid > primary && in_ring && envelopes > 0);
  if (newer) {
    throw new Refusal(
      `Keys are sealed under ${newer.kid}, and a function answers that ${primary} is the primary key. ` +
        "Try again when the newer key ring has reached all functions.",
    );
  }

  const total = staleKids(keyringUsage).reduce((sum, { envelopes }) => sum + envelopes, 0);
  const progress = showProgress(total, "keys");
  let before: number;
  do {
    before = tally.rewrapped;
    for (const { kid, in_ring } of staleKids(keyringUsage)) {
      let after: string | null = null;
      do {
        const result: BatchResult = await rewrapBatch(project, {
          primary,
          kid,
          after,
          limit: batch,
          dry_run: isDryRun,
        });
        tally.rewrapped += result.rewrapped;
        tally.left_alone += result.left_alone;
        for (const id of result.unreadable) (in_ring ? tally.unreadable : tally.locked).add(id);
        progress.add(result.rewrapped + result.left_alone + result.unreadable.length);
        after = result.next;
      } while (after !== null);
    }
    if (!isDryRun) keyringUsage = await countByKid(project, primary);
  } while (!isDryRun && tally.rewrapped > before && staleKids(keyringUsage).length > 0);
  progress.end();
  return { keyringUsage, tally };
}

function describe({ primary, kids }: KeyringUsage, tally: Tally, isDryRun: boolean): string {
  const rows = kids.map((kid) => {
    return `  key ${String(kid.kid).padEnd(10)} ${String(kid.envelopes).padStart(10)}  ${words[stateOf(kid, primary)]}`;
  });
  const { rewrapped, locked, unreadable } = tally;
  return [
    `${isDryRun ? "Would seal" : "Sealed"} ${rewrapped} keys anew; ${locked.size} are locked, ${unreadable.size} cannot be opened.`,
    ...rows,
    ...(unreadable.size > 0 ? ["Credentials whose envelope was damaged or tampered with:"] : []),
    ...[...unreadable].map((id) => `  ${id}`),
  ].join("\n");
}

await runCommand(usage, async () => {
  const command = readCommand(process.argv.slice(2));
  const { keyringUsage, tally } = await rotate(command);
  const { isDryRun, json } = command;
  const kids = keyringUsage.kids.map((kid) => ({ ...kid, state: stateOf(kid, keyringUsage.primary) }));
  const { rewrapped, left_alone, locked, unreadable } = tally;
  const found = { dry_run: isDryRun, primary: keyringUsage.primary, kids, rewrapped, left_alone };
  console.log(
    json
      ? JSON.stringify({ ...found, locked: locked.size, unreadable: [...unreadable] })
      : describe(keyringUsage, tally, isDryRun),
  );
  return isDryRun ? locked.size + unreadable.size === 0 : staleKids(keyringUsage).length === 0;
});
