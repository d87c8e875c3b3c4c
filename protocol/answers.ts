/** Types of what the functions answer. */
import type { ProviderId } from "../catalogue/index.ts";
import type { PlaceRule } from "../catalogue/types.ts";

/** The place that a page asks for beside a key. */
export interface ListedPlace {
  readonly kind: PlaceRule["kind"];
  readonly required: boolean;
  /** Where users find it, in one sentence. */
  readonly hint: string;
  readonly example: string;
  /** The places that there are, with a name for users; null where any label of the right form may be one. */
  readonly choices: readonly { readonly place: string; readonly name: string }[] | null;
}

/** Facts about a provider for a page. */
export interface ListedProvider {
  readonly id: ProviderId;
  /** As users know it. */
  readonly name: string;
  /** Whether keys for it can be saved and used. A key of a provider that is not offered any more can still be removed. */
  readonly enabled: boolean;
  /** Whether credits buy anything of it. */
  readonly on_credits: boolean;
  /** Where users make and revoke keys. */
  readonly keys_url: string;
  /** Where users agree to have a key made, in the place of pasting one; null where they cannot. The client makes the rest of it. */
  readonly connect_url: string | null;
  /** Where users add credit; null if no page for it is known. */
  readonly billing_url: string | null;
  /** Beginnings of keys at present; empty if they are not known. They decide nothing: formats change. */
  readonly key_prefixes: readonly string[];
  /** The part of its address that users name with a key; null for most. */
  readonly place: ListedPlace | null;
  /** The rest of the base URL for the provider's own SDK, after `call/<id>`. */
  readonly sdk_path: string;
  /** The same for its package of the AI SDK. */
  readonly ai_sdk_path: string;
}

/** Why a saved API key is not used and credits pay: the app took the right to bring keys away, or the owner paused the key. */
export type UnusedKey = "not_allowed" | "paused";
