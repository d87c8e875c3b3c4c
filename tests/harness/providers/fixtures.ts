/** Answers of providers, from fixtures/providers/: reduced to what matters, each with its source and the day it was read. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type ProviderId, providerIds } from "../../../functions/_shared/providers/index.ts";
import type { Reason, Verdict } from "../../../functions/_shared/providers/types.ts";
import type { Script } from "../../../stack/providers/script.ts";
import { root } from "../sources.ts";

interface Fixture {
  readonly name: string;
  readonly source: string;
  /** ISO 8601. */
  readonly seen: string;
  readonly reason: Reason | null;
  /** The source has the status and the form of the answer; some of its words are ours. */
  readonly composed?: true;
}

/** One answer, and what it says about the key; without a body it is no JSON. */
export interface AnswerFixture extends Fixture {
  readonly status: number;
  readonly body?: unknown;
  readonly verdict: Verdict | null;
}

/** A provider's answers to the two steps of a check, the check's verdict, and the models that it asks, in order. */
export interface CheckFixture extends Fixture, Script {
  readonly verdict: Verdict;
  readonly asked: readonly string[];
}

function read<T>(kind: "answers" | "checks"): [provider: ProviderId, fixture: T][] {
  return providerIds.flatMap((provider) => {
    const path = join(root, "fixtures/providers", provider, `${kind}.json`);
    const fixtures = existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as T[]) : [];
    return fixtures.map((fixture): [ProviderId, T] => [provider, fixture]);
  });
}

export const answerFixtures = read<AnswerFixture>("answers");
export const checkFixtures = read<CheckFixture>("checks");
