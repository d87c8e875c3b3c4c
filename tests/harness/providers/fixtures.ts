/** What providers answer, from fixtures/providers/: reduced to what matters, each with its source and the day it was read. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ProviderId, providerIds } from "../../../functions/_shared/providers/index.ts";
import type { Reason, Verdict } from "../../../functions/_shared/providers/types.ts";
import { root } from "../sources.ts";

interface Fixture {
  readonly name: string;
  readonly source: string;
  /** ISO 8601. */
  readonly seen: string;
  readonly reason: Reason | null;
}

/** One answer, and what it says about the key; without a body it is no JSON. */
export interface AnswerFixture extends Fixture {
  readonly status: number;
  readonly body?: unknown;
  readonly verdict: Verdict | null;
}

export interface Reply {
  readonly status: number;
  readonly body: unknown;
}

/** What a provider answers to the two steps of a check, what the check finds, and the models that it asks, in order. */
export interface CheckFixture extends Fixture {
  readonly listing: Reply;
  /** The first whose pattern fits the model, and whose path the request, answers; none is a 404. */
  readonly generation: readonly (Reply & { readonly model?: string; readonly path?: "chat" })[];
  readonly verdict: Verdict;
  readonly asked: readonly string[];
}

function read<T>(kind: "answers" | "checks"): [provider: ProviderId, fixture: T][] {
  return providerIds.flatMap((provider) => {
    const text = readFileSync(join(root, "fixtures/providers", provider, `${kind}.json`), "utf8");
    return (JSON.parse(text) as T[]).map((fixture): [ProviderId, T] => [provider, fixture]);
  });
}

export const answerFixtures = read<AnswerFixture>("answers");
export const checkFixtures = read<CheckFixture>("checks");

/** The model that a request for a generation names, in its body or, for Google, its path. */
export function modelIn(path: string, body: string): string {
  const inPath = /\/models\/([^/:]+):/.exec(path)?.[1];
  return inPath === undefined ? String(JSON.parse(body || "{}").model) : decodeURIComponent(inPath);
}

/** What the provider of a fixture answers to a generation. */
export function replyOf(fixture: CheckFixture, path: string, body: string): Reply {
  const model = modelIn(path, body);
  const found = fixture.generation.find(
    (entry) =>
      (entry.model === undefined || new RegExp(entry.model).test(model)) &&
      (entry.path === undefined || path.endsWith("/chat/completions")),
  );
  return found ?? { status: 404, body: notFound(fixture, model) };
}

/** A model that is not there, as the provider of the fixture's listing says it. */
function notFound(fixture: CheckFixture, model: string): unknown {
  const message = `The model \`${model}\` does not exist or you do not have access to it.`;
  const host = new URL(fixture.source).hostname;
  if (host.endsWith("claude.com")) return { type: "error", error: { type: "not_found_error", message } };
  if (host.endsWith("google.dev")) return { error: { code: 404, message, status: "NOT_FOUND" } };
  return { error: { message, type: "invalid_request_error", param: null, code: "model_not_found" } };
}
