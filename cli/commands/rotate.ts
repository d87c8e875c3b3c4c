import { CommandError, defineCommand, type ExitCode, exitCodes, type Input } from "../lib/command.ts";
import { jsonOption, readNumber, stateOption } from "../lib/options.ts";
import { showProgress } from "../lib/progress.ts";
import { readProject } from "../lib/project.ts";
import { type BatchResult, type KeyringUsage, type Project, rewrapBatch, countByKid } from "../lib/rotate-client.ts";
import { typed } from "../lib/typed.ts";

const options = {
  primary: {
    type: "string",
    value: "<kid>",
    summary: "waits until the functions have this primary key; the one that they have when absent",
  },
  "dry-run": { type: "boolean", summary: "opens every key that it would re-encrypt, and changes nothing" },
  batch: {
    type: "string",
    default: "200",
    value: "<number>",
    summary: "keys in one request, 1 to 500; 200 when absent",
  },
  endpoint: {
    type: "string",
    default: "byok/rotate",
    value: "<path>",
    summary: "the endpoint, after /functions/v1/; byok/rotate when absent",
  },
  json: jsonOption,
  state: stateOption,
} as const;

export const rotate = defineCommand({
  details: `It can be ended at any moment: the same command goes on from there. The project is the one at SUPABASE_URL, with its secret
key in SUPABASE_SECRET_KEY; without them, the stack that ${typed("start")} runs. It is done when every key is under the primary one; a
dry run, when every key can be opened.`,
  operands: [],
  options,
  run,
});

/** The progress so far. */
interface Tally {
  rewrapped: number;
  left_alone: number;
  /** Credentials whose master key is not in the key ring. */
  readonly locked: Set<string>;
  /** Credentials whose envelope does not open although its master key is there. */
  readonly unreadable: Set<string>;
  /** Those of them that are under the primary kid. */
  readonly unreadableUnderPrimary: Set<string>;
  /** Credentials that were left as they are since the functions do not have their provider, and that provider. */
  readonly unknown: Map<string, string>;
}

type State = "primary" | "newer" | "retirable" | "withheld" | "needed" | "locked";

const words: Record<State, string> = {
  primary: "primary",
  newer: "not primary yet",
  retirable: "can be retired",
  withheld:
    "not to be retired yet: keys under the primary one cannot be opened, which may be another key of the same kid",
  needed: "still needed",
  locked: "not in the key ring: locked until their users save them again",
};

/** Kids whose envelopes do not belong there. */
function staleKids({ primary, kids }: KeyringUsage): KeyringUsage["kids"] {
  return kids.filter(({ kid, envelopes, in_ring }) => envelopes > 0 && (kid < primary || !in_ring));
}

function stateOf({ kid, in_ring, envelopes }: KeyringUsage["kids"][number], primary: number, tally: Tally): State {
  if (kid === primary) return "primary";
  if (!in_ring) return "locked";
  if (kid > primary) return "newer";
  if (envelopes > 0) return "needed";
  return tally.unreadableUnderPrimary.size === 0 ? "retirable" : "withheld";
}

/**
 * Re-encrypts everything that is under another key than the primary one, pass after pass until one finds nothing to do:
 * what is saved meanwhile by a function that still has the key ring of before comes under the old key again.
 */
async function sealAll(
  project: Project,
  { wanted, isDryRun, batch }: { wanted: number | undefined; isDryRun: boolean; batch: number },
): Promise<{ keyringUsage: KeyringUsage; tally: Tally }> {
  const tally: Tally = {
    ...{ rewrapped: 0, left_alone: 0 },
    ...{ locked: new Set(), unreadable: new Set(), unreadableUnderPrimary: new Set(), unknown: new Map() },
  };
  let keyringUsage = await countByKid(project, wanted);
  const { primary } = keyringUsage;
  const newer = keyringUsage.kids.find(({ kid, in_ring, envelopes }) => kid > primary && in_ring && envelopes > 0);
  if (newer) {
    throw new CommandError(
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
        for (const { credential_id, provider } of result.unknown) tally.unknown.set(credential_id, provider);
        progress.add(result.rewrapped + result.left_alone + result.unreadable.length + result.unknown.length);
        after = result.next;
      } while (after !== null);
    }
    if (!isDryRun) keyringUsage = await countByKid(project, primary);
  } while (!isDryRun && tally.rewrapped > before && staleKids(keyringUsage).length > 0);
  progress.end();
  if (keyringUsage.kids.some(({ kid, envelopes }) => kid < primary && envelopes === 0)) {
    for (const id of await unreadableUnder(project, primary, batch)) {
      tally.unreadable.add(id);
      tally.unreadableUnderPrimary.add(id);
    }
  }
  return { keyringUsage, tally };
}

/** Credentials under the primary kid whose envelope does not open. Nothing is changed. */
async function unreadableUnder(project: Project, primary: number, limit: number): Promise<string[]> {
  const unreadable: string[] = [];
  let after: string | null = null;
  do {
    const result: BatchResult = await rewrapBatch(project, { primary, kid: primary, after, limit, dry_run: true });
    unreadable.push(...result.unreadable);
    after = result.next;
  } while (after !== null);
  return unreadable;
}

function describe({ primary, kids }: KeyringUsage, tally: Tally, isDryRun: boolean): string {
  const rows = kids.map((kid) => {
    return `  key ${String(kid.kid).padEnd(10)} ${String(kid.envelopes).padStart(10)}  ${words[stateOf(kid, primary, tally)]}`;
  });
  const { rewrapped, locked, unreadable } = tally;
  return [
    `${isDryRun ? "Would re-encrypt" : "Re-encrypted"} ${rewrapped} keys; ${locked.size} are locked, ${unreadable.size} cannot be opened.`,
    ...rows,
    ...(unreadable.size > 0 ? ["Credentials whose envelope was damaged or tampered with:"] : []),
    ...[...unreadable].map((id) => `  ${id}`),
    ...describeUnknown(tally),
  ].join("\n");
}

/** How many keys there are of each provider that the functions do not have, by its id. */
function countUnknown({ unknown }: Tally): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const provider of unknown.values()) counts[provider] = (counts[provider] ?? 0) + 1;
  return counts;
}

function describeUnknown(tally: Tally): string[] {
  const counts = Object.entries(countUnknown(tally));
  if (counts.length === 0) return [];
  return [
    "Left as they are, since the functions do not have their provider. Put it back into BYOK_ENDPOINTS; BYOK_PROVIDERS need not offer it:",
    ...counts.map(([provider, keys]) => `  ${provider}: ${keys} ${keys === 1 ? "key" : "keys"}`),
  ];
}

async function run({ options: given }: Input<typeof options>): Promise<ExitCode> {
  const { json, "dry-run": isDryRun, primary } = given;
  const wanted = primary === undefined ? undefined : readNumber("--primary", primary, 0, 0xffff_ffff);
  const batch = readNumber("--batch", given.batch, 1, 500);
  const { keyringUsage, tally } = await sealAll(
    { ...readProject(given.state), endpoint: given.endpoint },
    { wanted, isDryRun, batch },
  );
  const kids = keyringUsage.kids.map((kid) => ({ ...kid, state: stateOf(kid, keyringUsage.primary, tally) }));
  const { rewrapped, left_alone, locked, unreadable } = tally;
  const found = { dry_run: isDryRun, primary: keyringUsage.primary, kids, rewrapped, left_alone };
  console.log(
    json
      ? JSON.stringify({ ...found, locked: locked.size, unreadable: [...unreadable], unknown: countUnknown(tally) })
      : describe(keyringUsage, tally, isDryRun),
  );
  const isDone = isDryRun
    ? locked.size + unreadable.size + tally.unknown.size === 0
    : staleKids(keyringUsage).length + tally.unreadableUnderPrimary.size === 0;
  return isDone ? exitCodes.done : exitCodes.failed;
}
