/** The SQL functions of schema `byok` as a Database, whichever way they are called. */
import { ByokError } from "../errors.ts";
import type { Database as Schema } from "./schema.ts";
import type { Credential, Database, OpenedCall } from "./types.ts";

type Functions = Schema["byok"]["Functions"];
export type FunctionName = keyof Functions;
export type Parameters<Name extends FunctionName> = Functions[Name]["Args"];
/** What a function returns, as rows; what returns a single value gives one. */
export type Rows<Name extends FunctionName> = Functions[Name]["Returns"] extends readonly (infer Row)[]
  ? Row[]
  : [Functions[Name]["Returns"]];

/**
 * Calls one SQL function, in one round trip. Rows come as JSON has them: times in ISO 8601, microcredits as numbers.
 *
 * @throws ByokError as `refusalOf` in failures.ts makes it
 */
export type Rpc = <Name extends FunctionName>(name: Name, parameters: Parameters<Name>) => Promise<Rows<Name>>;

export function databaseOver(rpc: Rpc): Database {
  return {
    async isClientAccepted(clientId) {
      const [isAccepted] = await rpc("is_client_accepted", { p_claims: { client_id: clientId } });
      return isAccepted === true;
    },

    async requireClaims(claims) {
      await rpc("require_claims", { p_claims: claims as never });
    },

    async saveCredential({ userId, credentialId, provider, hint, status, reason, envelope, kid }) {
      const rows = await rpc("save_credential", {
        p_user_id: userId,
        p_credential_id: credentialId,
        p_provider: provider,
        p_hint: hint,
        p_status: status,
        p_envelope: envelope,
        p_kid: kid,
        ...(reason ? { p_reason: reason } : {}),
      });
      return credentialOf(onlyRow(rows));
    },

    async readEnvelope(userId, provider) {
      const [row] = await rpc("read_envelope", { p_user_id: userId, p_provider: provider });
      return row ? { credentialId: row.credential_id, envelope: row.envelope } : null;
    },

    async markCredential(userId, credentialId, status, reason) {
      const [row] = await rpc("mark_credential", {
        p_user_id: userId,
        p_credential_id: credentialId,
        p_status: status,
        ...(reason ? { p_reason: reason } : {}),
      });
      return row ? credentialOf(row) : null;
    },

    async countAttempt(userId) {
      await rpc("count_attempt", { p_user_id: userId });
    },

    async openCall(userId, provider, operation, requestId) {
      const rows = await rpc("open_call", {
        p_user_id: userId,
        p_provider: provider,
        p_request_id: requestId,
        ...(operation === null ? {} : { p_operation: operation }),
      });
      return openedCallOf(onlyRow(rows));
    },

    async settleHold(userId, holdId) {
      await rpc("settle_hold", { p_user_id: userId, p_hold_id: holdId });
    },

    async voidHold(userId, holdId) {
      await rpc("void_hold", { p_user_id: userId, p_hold_id: holdId });
    },

    countEnvelopes: () => rpc("count_envelopes", {} as never),

    async listEnvelopes(kid, after, limit) {
      // The types of the schema do not know that an argument may be null.
      const rows = await rpc("list_envelopes", { p_kid: kid, p_after: after as string, p_limit: limit });
      return rows.map(({ credential_id, user_id, provider, envelope }) => {
        return { credentialId: credential_id, userId: user_id, provider, envelope };
      });
    },

    async replaceEnvelopes(replacements) {
      const rows = replacements.map(({ userId, credentialId, envelope, sealed }) => ({
        user_id: userId,
        credential_id: credentialId,
        old_envelope: envelope,
        new_envelope: sealed?.envelope ?? null,
        new_kid: sealed?.kid ?? null,
      }));
      return await rpc("replace_envelopes", { p_replacements: rows });
    },
  };
}

/** What `open_call` answers. */
export type OpenedRow = Functions["open_call"]["Returns"][number];

export function openedCallOf(row: OpenedRow): OpenedCall {
  if (row.funding === "byok") return { funding: "byok", credentialId: row.credential_id, envelope: row.envelope };
  return {
    funding: "platform",
    holdId: row.hold_id,
    price_microcredits: row.price_microcredits,
    maxOutputTokens: row.max_output_tokens,
    maxInput_bytes: row.max_input_bytes,
    models: row.models,
  };
}

function onlyRow<T>(rows: readonly T[]): T {
  const [row] = rows;
  if (!row) throw new ByokError("internal");
  return row;
}

type CredentialRow = Schema["byok"]["Tables"]["credentials"]["Row"];

function credentialOf({
  id,
  provider,
  hint,
  status,
  reason,
  verified_at,
  created_at,
  updated_at,
}: CredentialRow): Credential {
  return { id, provider, hint, status, reason, verified_at, created_at, updated_at };
}
