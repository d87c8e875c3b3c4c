/** The form of the cases in cases-*.ts: requests that credits pay, and what they do not pay in them. */

export type Json = Record<string, unknown>;

export interface OfferCase {
  readonly path: string;
  /** The smallest body of its kind. */
  readonly body: Json;
  /** The model that path or body names. */
  readonly model: string;
  /** Additions that bodies may have, with nothing left out or changed on the way. */
  readonly welcome: readonly Json[];
  /** Additions that bodies may have, and their replacements; a field without an entry there is left out. */
  readonly changed?: readonly (readonly [addition: Json, becomes: Json])[];
  /** Where the output is limited: a field, or an object and its field; absent where there is no output in tokens. */
  readonly limit?: readonly [field: string, nested?: string];
  /** Fields always sent, whatever the client says. */
  readonly always?: Json;
  /** How the user is named to the provider, by the hash `5eedc0de`. */
  readonly user?: Json;
  /** How a stream is asked for its token counts. */
  readonly usage?: Json;
  /** A body with one small image, and the tokens that it counts for. */
  readonly image?: { readonly body: Json; readonly tokens: number };
  /** Additions that are refused, by the field that the refusal names. */
  readonly refused: readonly (readonly [field: string, addition: Json])[];
}

export interface ProviderCases {
  /** At least one for each offer. */
  readonly offered: readonly OfferCase[];
  /** Paths of the provider's API that credits never pay. */
  readonly notOffered: readonly string[];
}

export const image = "data:image/png;base64,AA==";
