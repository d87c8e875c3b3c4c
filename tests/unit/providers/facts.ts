/** What an adapter must know about its provider, in the words the provider itself uses. One entry for each in the registry. */
import type { Verdict } from "../../../functions/_shared/providers/types.ts";
import { anthropicFacts } from "./facts-anthropic.ts";
import { googleFacts } from "./facts-google.ts";
import { groqFacts } from "./facts-groq.ts";
import { openaiFacts } from "./facts-openai.ts";

export type Json = Record<string, unknown>;

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
  /** At least one for each of the adapter's platform rules. */
  readonly offers: readonly Offer[];
  /** Paths of the provider's API that credits never pay for. */
  readonly notOffered: readonly string[];
}

/** A request that credits pay for, and what they do not pay for in it. */
export interface Offer {
  readonly path: string;
  /** The smallest body of its kind. */
  readonly body: Json;
  /** The model that path or body names. */
  readonly model: string;
  /** What bodies may have beside it, with nothing left out or changed on the way. */
  readonly welcome: readonly Json[];
  /** Where the output is capped: a field, or an object and its field; absent where there is no output in tokens. */
  readonly cap?: readonly [field: string, nested?: string];
  /** What is always sent, whatever the client says. */
  readonly always?: Json;
  /** Additions that are refused, by the field that the refusal names. */
  readonly refused: readonly (readonly [field: string, addition: Json])[];
}

export const facts: Readonly<Record<string, Facts>> = {
  openai: openaiFacts,
  anthropic: anthropicFacts,
  google: googleFacts,
  groq: groqFacts,
};
