/** The SQL functions of schema `byok` as a Database, whichever way they are called. */
import { ByokError } from "../errors.ts";
import type { UnusedKey } from "../../../protocol/answers.ts";
import type { Database as Schema } from "../../../protocol/schema.ts";
import type { Credential, Database, Hold, HoldOutcome, PricedCall } from "./types.ts";

type Functions = Schema["byok"]["Functions"];
export type FunctionName = keyof Functions;
export type Parameters<Name extends FunctionName> = Functions[Name]["Args"];
/** The rows that a function returns; one row for a function that returns a single value. */
export type Rows<Name extends FunctionName> = Name extends keyof OutParameters
  ? [OutParameters[Name]]
  : Functions[Name]["Returns"] extends readonly (infer Row)[]
    ? Row[]
    : [Functions[Name]["Returns"]];

/** Functions that answer by OUT parameters, which the types of the schema do not know. */
interface OutParameters {
  readonly open_call: OpenedRow;
  readonly place_hold: HoldRow;
}

/**
 * Calls one SQL function, in one round trip. Rows come as JSON has them: times in ISO 8601, microcredits as numbers.
 *
 * @param sent called, once or more, when the statement is on its way or has to wait for a connection; the Data API calls none
 * @throws ByokError as `refusalOf` in failures.ts makes it
 */
export type Rpc = <Name extends FunctionName>(
  name: Name,
  parameters: Parameters<Name>,
  sent?: () => void,
) => Promise<Rows<Name>>;

export function databaseOver(rpc: Rpc): Database {
  return { ...keysOver(rpc), ...callsOver(rpc), ...operatorOver(rpc) };
}

type KeyMethods = "saveCredential" | "readEnvelope" | "markCredential" | "noteRefusal" | "countAttempt";

/** Callers, and the keys that they save and check. */
function keysOver(rpc: Rpc): Pick<Database, "isClientAccepted" | "requireClaims" | KeyMethods> {
  return {
    async isClientAccepted(clientId) {
      const [isAccepted] = await rpc("is_client_accepted", { p_claims: { client_id: clientId } });
      return isAccepted === true;
    },

    async requireClaims(claims) {
      await rpc("require_claims", { p_claims: claims as never });
    },

    async saveCredential({ userId, teamId, credentialId, provider, prefix, hint, status, reason, envelope, kid }) {
      const rows = await rpc("save_credential", {
        p_user_id: userId,
        p_credential_id: credentialId,
        p_provider: provider,
        p_prefix: prefix,
        p_hint: hint,
        p_status: status,
        p_envelope: envelope,
        p_kid: kid,
        ...(reason ? { p_reason: reason } : {}),
        ...teamOf(teamId),
      });
      return credentialOf(onlyRow(rows));
    },

    async readEnvelope(userId, provider, teamId) {
      const [row] = await rpc("read_envelope", { p_user_id: userId, p_provider: provider, ...teamOf(teamId) });
      return row ? { credentialId: row.credential_id, envelope: row.envelope } : null;
    },

    async markCredential(ownerId, credentialId, status, reason, checker) {
      const [row] = await rpc("mark_credential", {
        p_owner_id: ownerId,
        p_credential_id: credentialId,
        p_status: status,
        p_actor: checker.actor,
        ...(reason ? { p_reason: reason } : {}),
        ...(checker.actor === "user" ? { p_actor_id: checker.actorId } : {}),
      });
      return row ? credentialOf(row) : null;
    },

    async noteRefusal({ ownerId, credentialId, userId }, status, reason) {
      const [isNews] = await rpc("note_refusal", {
        p_owner_id: ownerId,
        p_credential_id: credentialId,
        p_status: status,
        // The types of the schema do not know that an argument may be null.
        p_reason: reason as string,
        p_user_id: userId,
      });
      return isNews === true;
    },

    async countAttempt(userId, seal, teamId) {
      await rpc("count_attempt", { p_user_id: userId, ...(seal ? { p_seal: seal } : {}), ...teamOf(teamId) });
    },
  };
}

type CallMethods = "openCall" | "listPrices" | "placeHold" | "chargeHold" | "voidHold" | "refundCharge";

/** A call, from the question who pays to the end of its charge. */
function callsOver(rpc: Rpc): Pick<Database, CallMethods> {
  return {
    async openCall(userId, provider, teamId, call) {
      const parameters = { p_user_id: userId, p_provider: provider, ...teamOf(teamId) };
      const rows = await rpc("open_call", call ? { ...parameters, p_call: pricedCallOf(call) } : parameters);
      const row = onlyRow(rows);
      if (row.payer !== "byok") {
        const { team_id: teamId, unused_key: unusedKey, hold } = row;
        return { payer: "platform", teamId, unusedKey, hold: hold && holdOf(hold) };
      }
      const { team_id, credential_id, envelope, status, reason } = row;
      return { payer: "byok", teamId: team_id, credentialId: credential_id, envelope, status, reason };
    },

    async listPrices() {
      const rows = await rpc("list_prices", {} as never);
      return rows.map((row) => ({
        operation: row.operation,
        provider: row.provider,
        model: row.model,
        isMetered: row.microcredits_per_call === null,
        maxOutputTokens: row.max_output_tokens,
        max_input_bytes: row.max_input_bytes,
      }));
    },

    async placeHold({ userId, teamId, requestId, operation, provider, model, maxInputTokens, maxOutputTokens }) {
      const rows = await rpc("place_hold", {
        p_user_id: userId,
        // The types of the schema do not know that an argument may be null.
        p_request_id: requestId as string,
        p_operation: operation,
        p_provider: provider,
        p_model: model,
        p_max_input_tokens: maxInputTokens,
        p_max_output_tokens: maxOutputTokens,
        ...teamOf(teamId),
      });
      return holdOf(onlyRow(rows));
    },

    async chargeHold(ownerId, holdId) {
      return outcomeOf(await rpc("charge_hold", { p_owner_id: ownerId, p_hold_id: holdId }));
    },

    async voidHold(ownerId, holdId, wasAsked) {
      return outcomeOf(await rpc("void_hold", { p_owner_id: ownerId, p_hold_id: holdId, p_was_asked: wasAsked }));
    },

    async refundCharge(ownerId, chargeId, { microcredits, reason, usage }) {
      const rows = await rpc("refund_charge", {
        p_owner_id: ownerId,
        p_charge_id: chargeId,
        p_microcredits: microcredits,
        p_reason: reason,
        ...(usage && {
          p_input_tokens: usage.input_tokens,
          p_cached_input_tokens: usage.cached_input_tokens,
          p_cache_write_tokens: usage.cache_write_tokens,
          p_output_tokens: usage.output_tokens,
        }),
      });
      return onlyRow(rows);
    },
  };
}

type OperatorMethods = "countEnvelopes" | "listEnvelopes" | "replaceEnvelopes" | "takeDueCredentials";

/** Keys of all owners, for the operator's rotation and the schedule of checks. */
function operatorOver(rpc: Rpc): Pick<Database, OperatorMethods> {
  return {
    async takeDueCredentials(olderThan_hours, limit) {
      const rows = await rpc("take_due_credentials", { p_older_than_hours: olderThan_hours, p_limit: limit });
      return rows.map(({ credential_id, owner_id, ...due }) => {
        return { credentialId: credential_id, ownerId: owner_id, ...due };
      });
    },

    countEnvelopes: () => rpc("count_envelopes", {} as never),

    async listEnvelopes(kid, after, limit) {
      // The types of the schema do not know that an argument may be null.
      const rows = await rpc("list_envelopes", { p_kid: kid, p_after: after as string, p_limit: limit });
      return rows.map(({ credential_id, owner_id, provider, envelope }) => {
        return { credentialId: credential_id, ownerId: owner_id, provider, envelope };
      });
    },

    async replaceEnvelopes(replacements) {
      const rows = replacements.map(({ ownerId, credentialId, envelope, sealed }) => ({
        owner_id: ownerId,
        credential_id: credentialId,
        old_envelope: envelope,
        new_envelope: sealed?.envelope ?? null,
        new_kid: sealed?.kid ?? null,
      }));
      return await rpc("replace_envelopes", { p_replacements: rows });
    },
  };
}

function pricedCallOf({ requestId, operation, model, maxInputTokens, maxOutputTokens }: PricedCall) {
  return {
    request_id: requestId,
    operation,
    model,
    max_input_tokens: maxInputTokens,
    max_output_tokens: maxOutputTokens,
  };
}

/** A team goes along where one is named. */
function teamOf(teamId: string | null | undefined): { p_team_id?: string } {
  return teamId ? { p_team_id: teamId } : {};
}

interface OpenedRow {
  readonly payer: "byok" | "platform";
  readonly team_id: string | null;
  readonly credential_id: string;
  readonly envelope: string;
  readonly status: string;
  readonly reason: string | null;
  readonly unused_key: UnusedKey | null;
  readonly hold: HoldRow | null;
}

interface HoldRow {
  readonly hold_id: number;
  readonly microcredits: number;
  /** Null for a flat price, as the other rates are. */
  readonly microcredits_per_1000_input_tokens: number | null;
  readonly microcredits_per_1000_cached_input_tokens: number;
  readonly microcredits_per_1000_cache_write_tokens: number;
  readonly microcredits_per_1000_output_tokens: number;
}

function holdOf(row: HoldRow): Hold {
  const input_microcredits = row.microcredits_per_1000_input_tokens;
  return {
    id: row.hold_id,
    microcredits: row.microcredits,
    rates:
      input_microcredits === null
        ? null
        : {
            input_microcredits,
            cached_input_microcredits: row.microcredits_per_1000_cached_input_tokens,
            cache_write_microcredits: row.microcredits_per_1000_cache_write_tokens,
            output_microcredits: row.microcredits_per_1000_output_tokens,
          },
  };
}

function outcomeOf([outcome]: readonly string[]): HoldOutcome {
  return outcome === "charged" ? "charged" : "voided";
}

function onlyRow<T>(rows: readonly T[]): T {
  const [row] = rows;
  if (row === undefined || row === null) throw new ByokError("internal");
  return row;
}

type CredentialRow = Schema["byok"]["Tables"]["credentials"]["Row"];

function credentialOf({
  id,
  provider,
  prefix,
  hint,
  status,
  reason,
  is_paused,
  last_used_on,
  verified_at,
  created_at,
  updated_at,
}: CredentialRow): Credential {
  return { id, provider, prefix, hint, status, reason, is_paused, last_used_on, verified_at, created_at, updated_at };
}
