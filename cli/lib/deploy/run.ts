/** Shows the plan of a deployment, or carries it out. */
import { createHash } from "node:crypto";
import { isRecord, parseJson } from "../../../functions/_shared/json.ts";
import { CommandError } from "../command.ts";
import { readPrivate } from "./private-folder.ts";
import { readState, type State } from "./state.ts";
import { type Deployment, keyringFile, type Step } from "./steps.ts";
import type { SupabaseProgram } from "./supabase-program.ts";

/** A step as it is shown. */
export interface PlannedStep {
  readonly id: string;
  readonly title: string;
  /** As it is typed; null for work on this machine alone. */
  readonly command: string | null;
  readonly note: string | null;
  readonly status: "open" | "done" | "nothing to do";
}

export function planOf(steps: readonly Step[], folder: string): PlannedStep[] {
  const state = readState(folder);
  return steps.map((step) => ({
    ...{ id: step.id, title: step.title, note: step.note ?? null },
    command: step.command ? `npx supabase ${step.command.map(quoted).join(" ")}` : null,
    status: step.isSkipped ? "nothing to do" : isDone(step, state) ? "done" : "open",
  }));
}

/** As a shell takes it. */
function quoted(word: string): string {
  return /^[\w./:=@-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function isDone(step: Step, state: State): boolean {
  return step.isDone?.() ?? state.isDone(step.id, step.fingerprint());
}

export function describePlan(plan: readonly PlannedStep[]): string {
  return plan
    .map(({ title, command, note, status }, at) =>
      [
        `${at + 1}. ${title}${status === "open" ? "" : ` (${status})`}`,
        ...(command ? [`     ${command}`] : []),
        ...(note ? [`   ${note}`] : []),
      ].join("\n"),
    )
    .join("\n\n");
}

/**
 * Every step that is not done with the things as they are now, one after the other.
 *
 * @throws CommandError at the first one that fails; the next run begins there
 */
export async function carryOut(
  deployment: Deployment,
  steps: readonly Step[],
  program: SupabaseProgram,
  { say, isYes }: { readonly say: (line: string) => void; readonly isYes: boolean },
): Promise<void> {
  const state = readState(deployment.folder);
  let isKeyringElsewhere = false;
  for (const [at, step] of steps.entries()) {
    const name = `${at + 1}/${steps.length} ${step.title}`;
    if (step.id === "keyring") isKeyringElsewhere = await ringIsElsewhere(deployment, program);
    if (isKeyringElsewhere && step.id.startsWith("keyring")) {
      say(`${name}: the project has a key ring that was made elsewhere, which is kept`);
      continue;
    }
    if (step.isSkipped) {
      say(`${name}: nothing to do`);
      continue;
    }
    if (isDone(step, state)) {
      say(`${name}: done before`);
      continue;
    }
    say(name);
    step.prepare?.();
    if (step.command) await program.run([...step.command, ...(isYes ? ["--yes"] : [])]);
    state.record(step.id, step.fingerprint());
  }
}

/**
 * A key ring that the project has must never be replaced by another: no saved key could be opened any more.
 *
 * @returns whether the project has one and this machine has none
 * @throws CommandError if they differ
 */
async function ringIsElsewhere({ ref, folder, commands }: Deployment, program: SupabaseProgram): Promise<boolean> {
  const secret = (await readSecrets(program, commands.listSecrets(ref))).find(
    ({ name }) => name === "BYOK_MASTER_KEYS",
  );
  if (!secret) return false;
  const own = readPrivate(keyringFile(folder))?.trim();
  if (own === undefined) return true;
  if (createHash("sha256").update(own).digest("hex") !== secret.digest) {
    throw new CommandError(`The project has another key ring than ${keyringFile(folder)}. Nothing was changed.`, {
      nextStep: "Put the project's key ring into that file, or take the file away to keep the project's.",
    });
  }
  return false;
}

/** Names of the project's secrets, and the SHA-256 of each value in hexadecimal, which is all that the platform shows. */
async function readSecrets(
  program: SupabaseProgram,
  command: readonly string[],
): Promise<{ name: string; digest: string }[]> {
  const output = parseJson(await program.read(command));
  const rows = isRecord(output) ? output.secrets : output;
  if (!Array.isArray(rows)) {
    throw new CommandError("supabase secrets list does not say which secrets the project has. Nothing was changed.");
  }
  return rows
    .filter(isRecord)
    .map(({ name, value, digest }) => ({ name: String(name), digest: String(value ?? digest) }));
}
