/** Asking a provider whether an API key works. */
import { parseJson } from "../json.ts";
import type { Adapter, Answer, Probe, Verdict } from "./types.ts";

export interface CheckOptions {
  /** Where the provider is. */
  readonly origin: string;
  /** How long each question may take, in ms. */
  readonly timeout_ms: number;
  /** Whether to spend one token of the user's: only that shows whether the account has credit. */
  readonly oneToken: boolean;
}

/** Answers of a provider to a check are small; more than this is none, in characters. */
const maxAnswerLength = 1024 * 1024;

/**
 * Checks a key in two steps. Listing models costs nothing but passes keys without credit and fails restricted keys that work,
 * so one token is generated after it. Never throws: what cannot be found out is `unverified`.
 */
export async function checkKey(adapter: Adapter, apiKey: string, options: CheckOptions): Promise<Verdict> {
  const { listed, next } = await list(adapter, apiKey, options);
  if (listed === "rejected" || listed === "unverified" || listed === "rate_limited" || listed === "no_credit")
    return listed;
  if (!options.oneToken) return listed ?? "unverified";

  const generation = await ask(adapter, apiKey, next, options);
  const generated = generation ? adapter.judge(generation) : "unverified";
  // The question was wrong, for instance about a model this account does not have: the listing has the last word.
  if (generated === null) return listed ?? "unverified";
  return generated === "verified" && listed === "restricted" ? "restricted" : generated;
}

/** What the list of models says about the key, and what to generate next. The list itself, which may be long, is let go of. */
async function list(
  adapter: Adapter,
  apiKey: string,
  options: CheckOptions,
): Promise<{ readonly listed: Verdict | null; readonly next: Probe }> {
  const listing = await ask(adapter, apiKey, adapter.listing, options);
  return { listed: listing ? adapter.judge(listing) : "unverified", next: adapter.generation(listing?.body) };
}

async function ask(adapter: Adapter, apiKey: string, probe: Probe, options: CheckOptions): Promise<Answer | null> {
  const isPost = probe.body !== undefined;
  try {
    const response = await fetch(`${options.origin}${probe.path}`, {
      method: isPost ? "POST" : "GET",
      headers: {
        accept: "application/json",
        "accept-encoding": "identity",
        ...(isPost ? { "content-type": "application/json" } : {}),
        ...probe.headers,
        ...adapter.authenticate(apiKey),
      },
      ...(isPost ? { body: JSON.stringify(probe.body) } : {}),
      redirect: "manual",
      signal: AbortSignal.timeout(options.timeout_ms),
    });
    return { status: response.status, body: parseJson(await readAtMost(response, maxAnswerLength)) };
  } catch {
    // The error of a failed fetch can hold the URL and the headers.
    return null;
  }
}

/** The text of a response, cut off at `maxLength` characters. Throws when the signal is aborted before its end. */
export async function readAtMost(response: Response, maxLength: number, signal?: AbortSignal): Promise<string> {
  let text = "";
  if (!response.body) return text;
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream(), signal ? { signal } : {})) {
    text += chunk;
    if (text.length >= maxLength) return text.slice(0, maxLength);
  }
  return text;
}
