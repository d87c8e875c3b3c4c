/** What an adapter must know about its provider, in the words the provider itself uses. One entry for each in the registry. */
import type { Verdict } from "../../../functions/_shared/providers/types.ts";
import { anthropicFacts } from "./facts-anthropic.ts";
import { googleFacts } from "./facts-google.ts";
import { groqFacts } from "./facts-groq.ts";
import { openaiFacts } from "./facts-openai.ts";

export interface Facts {
  /** In every envelope in every database: never another. */
  readonly number: number;
  readonly origin: string;
  readonly prefixes: readonly string[];
  /** The one header that authenticates, with its value for the key `sk-key`. */
  readonly authentication: Readonly<Record<string, string>>;
  /** Keys that never work here. */
  readonly wrongKinds: readonly string[];
  /** Keys that may work, some of them of forms that only look wrong. */
  readonly possibleKeys: readonly string[];
  /** Lists of models, with the one that a check should generate with: the cheapest. */
  readonly picks: readonly (readonly [listing: unknown, model: string])[];
  /** The body of an answer (undefined: no JSON), and what it says about the key. */
  readonly verdicts: readonly (readonly [what: string, status: number, body: unknown, verdict: Verdict | null])[];
  /** The form of the provider's errors. */
  readonly errorForm: (status: number) => unknown;
}

export const facts: Readonly<Record<string, Facts>> = {
  openai: openaiFacts,
  anthropic: anthropicFacts,
  google: googleFacts,
  groq: groqFacts,
};
