/** Asks the endpoint rotate, with patience: while a new key ring is rolled out, some functions still have the one before. */
import { setTimeout as delay } from "node:timers/promises";
import type { BatchResult, KeyringUsage } from "../../functions/_shared/keys/rotation.ts";
import { CommandError } from "./command.ts";

export type { BatchResult, KeyringUsage };

export interface Project {
  /** `https://<project>.supabase.co` */
  readonly url: string;
  readonly secretKey: string;
  /** The path of the endpoint after `/functions/v1/`. */
  readonly endpoint: string;
}

/** A batch as the function takes it. */
export interface BatchRequest {
  readonly primary: number;
  readonly kid: number;
  readonly after: string | null;
  readonly limit: number;
  readonly dry_run: boolean;
}

/** Counts envelopes by kid, in the words of a function that has this primary key, if one is wanted. */
export function countByKid(project: Project, primary?: number): Promise<KeyringUsage> {
  return askPatiently<KeyringUsage>(project, undefined, (usage) => primary === undefined || usage.primary === primary);
}

/** Re-encrypts a batch. It may be asked for again: what is done is not done twice. */
export function rewrapBatch(project: Project, batch: BatchRequest): Promise<BatchResult> {
  return askPatiently<BatchResult>(project, batch);
}

/** How long to wait before asking again, in ms, 35 s in all: what ends a rotation must be more than a restart. */
const pauses_ms = [0, 50, 100, 200, 400, 800, ...Array<number>(17).fill(2_000)];

const otherKeyring = "The functions do not have the key ring with this primary key.";

/** @throws CommandError when the function refuses, or has not given a fitting answer for half a minute */
async function askPatiently<T>(project: Project, batch?: BatchRequest, fits: (answer: T) => boolean = () => true) {
  let trouble = "";
  for (const pause_ms of pauses_ms) {
    await delay(pause_ms);
    const result = await ask<T>(project, batch);
    if ("answer" in result && fits(result.answer)) return result.answer;
    trouble = "trouble" in result ? result.trouble : otherKeyring;
  }
  throw new CommandError(`${trouble} What is done is done; the same command goes on from there.`);
}

/** The answer; or, where it may be another one in a moment, what was wrong. */
async function ask<T>(
  { url, secretKey, endpoint }: Project,
  batch?: BatchRequest,
): Promise<{ readonly answer: T } | { readonly trouble: string }> {
  let response: Response;
  let body: any;
  try {
    response = await fetch(`${url}/functions/v1/${endpoint}`, {
      headers: { apikey: secretKey, "content-type": "application/json" },
      // fetch would take the secret key along, to whatever host.
      redirect: "manual",
      ...(batch ? { method: "POST", body: JSON.stringify(batch) } : {}),
    });
    body = isRedirect(response) ? undefined : await response.json();
  } catch {
    return { trouble: "The project cannot be reached." };
  }
  if (response.ok) return { answer: body };
  if (isRedirect(response)) throw new CommandError("SUPABASE_URL leads elsewhere, where the secret key is not sent.");
  if (body?.error?.code === "keyring_changed") return { trouble: otherKeyring };
  if (response.status >= 500) return { trouble: `${endpoint} answers ${response.status}.` };
  if (response.status === 404)
    throw new CommandError(`This project has no ${endpoint}: deploy it first, or name it in --endpoint.`);
  throw new CommandError(body?.error?.message ?? `${endpoint} answers ${response.status}.`);
}

function isRedirect({ status }: Response): boolean {
  return status >= 300 && status <= 399;
}
