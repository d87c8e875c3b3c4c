/** Asking a provider whether an API key works. */
import { reasons } from "../../../catalogue/reasons.ts";
import { parseJson } from "../json.ts";
import { readAtMost } from "../read-at-most.ts";
import { type Classified, classify } from "./classify.ts";
import { authenticate } from "./keys.ts";
import { chatModels, generationProbe, isResponsesOnly, listingProbe, responsesProbe } from "./probe.ts";
import type { Answer, Finding, Probe, Provider } from "./types.ts";

export interface CheckOptions {
  /** Where the provider is. */
  readonly origin: string;
  /** How long each question may take, in ms; all of them together take three times as long at most. */
  readonly timeout_ms: number;
  /** Whether to spend one token of the user's: only that shows whether the account has credit. */
  readonly oneToken: boolean;
}

/** Answers of a provider to a check are small; more than this is none, in characters. */
const maxAnswerLength = 1024 * 1024;

/** Most models that one check asks. */
const maxModels = 3;

const silent: Classified = { verdict: null, reason: null, isOfModel: false, isElsewhere: false };
const unasked: Classified = { ...silent, verdict: "unverified" };

/**
 * Checks a key in two steps. Listing models costs nothing but passes keys without credit and fails restricted keys that work,
 * so one token is generated after it. Never throws: what cannot be found out is `unverified`.
 */
export async function checkKey(provider: Provider, apiKey: string, options: CheckOptions): Promise<Finding> {
  const found = await find(provider, apiKey, options);
  const { retired } = provider.keys;
  const isRetired =
    found.verdict === "rejected" && found.reason === null && retired && apiKey.startsWith(retired.prefix);
  return isRetired ? { verdict: "rejected", reason: "kind_retired" } : found;
}

async function find(provider: Provider, apiKey: string, options: CheckOptions): Promise<Finding> {
  const until_ms = performance.now() + 3 * options.timeout_ms;
  const questions = { provider, apiKey, options, until_ms };
  if (!options.oneToken && !listProves(provider)) return { verdict: "unverified", reason: "check_limited" };
  const { listed, models } = await list(questions);
  if (!options.oneToken || !isWorthAToken(listed)) {
    return { verdict: listed.verdict ?? "unverified", reason: listed.reason };
  }
  if (models.length === 0) return { verdict: "restricted", reason: "no_chat_model" };

  const tried: Classified[] = [];
  for (const model of models.slice(0, maxModels)) {
    const generated = await generate(questions, model);
    if (generated.verdict !== null && !generated.isOfModel) return concluded(listed, generated);
    tried.push(generated);
  }
  return undecided(listed, tried);
}

/** Whether a generation can tell more than the list did. */
function isWorthAToken({ verdict, reason }: Classified): boolean {
  if (verdict === null || verdict === "verified") return true;
  return verdict === "restricted" && (reason === null || reasons[reason].works);
}

/** A generation has the last word, but for a key that generates and may not list. */
function concluded(listed: Classified, { verdict, reason }: Classified): Finding {
  if (verdict === "verified" && listed.verdict === "restricted") {
    return { verdict: "restricted", reason: listed.reason };
  }
  return { verdict: verdict ?? "unverified", reason };
}

/** No model answered: says what was found out, which is what the last of them said about itself, or what the list said. */
function undecided(listed: Classified, tried: readonly Classified[]): Finding {
  const last = tried.findLast(({ verdict }) => verdict !== null);
  if (last?.verdict) return { verdict: last.verdict, reason: last.reason };
  if (listed.verdict === "restricted") return { verdict: "restricted", reason: listed.reason };
  if (listed.verdict === "verified" && tried.every(({ isOfModel }) => isOfModel)) {
    return { verdict: "restricted", reason: "model_not_allowed" };
  }
  // Our question was wrong in another way.
  return { verdict: "unverified", reason: "inconclusive" };
}

export interface Questions {
  readonly provider: Provider;
  readonly apiKey: string;
  readonly options: Pick<CheckOptions, "origin" | "timeout_ms">;
  /** When the last answer has to be there, on the clock of `performance.now()`. */
  readonly until_ms: number;
}

/** The verdict of the list of models about the key, and the models to ask next. The list itself may be long, and is not kept. */
async function list(
  questions: Questions,
): Promise<{ readonly listed: Classified; readonly models: readonly string[] }> {
  const { provider } = questions;
  const probe = listingProbe(provider);
  if (!probe) return { listed: silent, models: provider.models.chat };
  const listing = await ask(questions, probe);
  const listed = listing ? classify(provider, listing) : unasked;
  return {
    listed: listProves(provider) ? listed : silent,
    models: listed.verdict === "verified" ? modelsToAsk(provider, listing?.body) : provider.models.chat,
  };
}

/** Those of the list, unless calls name deployments, which it does not have. */
function modelsToAsk(provider: Provider, listing: unknown): readonly string[] {
  return provider.check.deployments ? provider.models.chat : chatModels(provider, listing);
}

/** Whether the list of models says anything about the key; what anyone gets does not. */
function listProves({ check }: Provider): boolean {
  return check.listing !== undefined && !check.isPublic;
}

/** Generates one token with a model, at the endpoint that serves it. */
async function generate(questions: Questions, model: string): Promise<Classified> {
  const { provider } = questions;
  const elsewhere = responsesProbe(provider, model);
  if (elsewhere && isResponsesOnly(provider, model)) return await classified(questions, elsewhere);
  const generated = await classified(questions, generationProbe(provider, model));
  return elsewhere && generated.isElsewhere ? await classified(questions, elsewhere) : generated;
}

async function classified(questions: Questions, probe: Probe): Promise<Classified> {
  const answer = await ask(questions, probe);
  return answer ? classify(questions.provider, answer) : unasked;
}

/**
 * Asks a provider one question with a key. Never throws: null where no answer came in time.
 *
 * @param maxLength longest answer that is read, in characters; of a longer one no JSON is left
 */
export async function ask(
  { provider, apiKey, options, until_ms }: Questions,
  probe: Probe,
  maxLength = maxAnswerLength,
): Promise<Answer | null> {
  const isPost = probe.body !== undefined;
  const left_ms = Math.min(options.timeout_ms, until_ms - performance.now());
  if (left_ms <= 0) return null;
  try {
    const response = await fetch(`${options.origin}${probe.path}`, {
      method: isPost ? "POST" : "GET",
      headers: {
        accept: "application/json",
        "accept-encoding": "identity",
        ...(isPost ? { "content-type": "application/json" } : {}),
        ...provider.api.headers,
        ...authenticate(provider, apiKey),
      },
      ...(isPost ? { body: JSON.stringify(probe.body) } : {}),
      redirect: "manual",
      signal: AbortSignal.timeout(left_ms),
    });
    return { status: response.status, body: parseJson(await readAtMost(response, maxLength)) };
  } catch {
    // The error of a failed fetch can hold the URL and the headers.
    return null;
  }
}
