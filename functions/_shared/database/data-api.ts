/** The database through the project's Data API: needs no set-up on any Supabase project. */
import { createClient, type PostgrestError } from "@supabase/supabase-js";
import { ByokError, isErrorCode } from "../errors.ts";
import { isRecord, parseJson } from "../json.ts";
import type { Database as Schema } from "./schema.ts";
import type { Credential, Database } from "./types.ts";

type CredentialRow = Schema["byok"]["Tables"]["credentials"]["Row"];

/** Make one for each isolate: every client of supabase-js keeps timers of its own. */
export function dataApi(supabaseUrl: string, secretKey: string): Database {
  const client = createClient<Schema, "byok">(supabaseUrl, secretKey, {
    db: { schema: "byok" },
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
  });
  return {
    async saveCredential({ userId, credentialId, provider, hint, status, envelope, kid }) {
      const rows = resultOf(
        await client.rpc("save_credential", {
          p_user_id: userId,
          p_credential_id: credentialId,
          p_provider: provider,
          p_hint: hint,
          p_status: status,
          p_envelope: envelope,
          p_kid: kid,
        }),
      );
      return credentialOf(onlyRow(rows));
    },

    async readEnvelope(userId, provider) {
      const [row] = resultOf(await client.rpc("read_envelope", { p_user_id: userId, p_provider: provider }));
      return row ? { credentialId: row.credential_id, envelope: row.envelope } : null;
    },

    async markCredential(userId, credentialId, status) {
      const [row] = resultOf(
        await client.rpc("mark_credential", { p_user_id: userId, p_credential_id: credentialId, p_status: status }),
      );
      return row ? credentialOf(row) : null;
    },

    async countAttempt(userId) {
      resultOf(await client.rpc("count_attempt", { p_user_id: userId }));
    },

    async openCall(userId, provider, operation, requestId) {
      const rows = resultOf(
        await client.rpc("open_call", {
          p_user_id: userId,
          p_provider: provider,
          p_request_id: requestId,
          ...(operation === null ? {} : { p_operation: operation }),
        }),
      );
      const row = onlyRow(rows);
      if (row.funding === "byok") return { funding: "byok", credentialId: row.credential_id, envelope: row.envelope };
      return {
        funding: "platform",
        holdId: row.hold_id,
        priceCredits: row.price_credits,
        maxOutputTokens: row.max_output_tokens,
        maxInputBytes: row.max_input_bytes,
        models: row.models,
      };
    },

    async settleHold(userId, holdId) {
      resultOf(await client.rpc("settle_hold", { p_user_id: userId, p_hold_id: holdId }));
    },

    async voidHold(userId, holdId) {
      resultOf(await client.rpc("void_hold", { p_user_id: userId, p_hold_id: holdId }));
    },

    async countEnvelopes() {
      return resultOf(await client.rpc("count_envelopes"));
    },

    async listEnvelopes(kid, after, limit) {
      const rows = resultOf(
        // The types of the schema do not know that an argument may be null.
        await client.rpc("list_envelopes", { p_kid: kid, p_after: after as string, p_limit: limit }),
      );
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
      return resultOf(await client.rpc("replace_envelopes", { p_replacements: rows }));
    },
  };
}

type Result<T> = { readonly data: T; readonly error: null } | { readonly data: null; readonly error: PostgrestError };

/** What SQL raises as SQLSTATE PTxyz with a code of ours as message comes back as that error; all else is internal. */
function resultOf<T>({ data, error }: Result<T>): T {
  if (!error) return data;
  // What is no answer of PostgREST's has none of these fields.
  const { code, message, details: text }: Partial<PostgrestError> = error;
  if (!code?.startsWith("PT") || !isErrorCode(message)) throw new ByokError("internal");
  const details = parseJson(text ?? "");
  throw new ByokError(message, isRecord(details) ? { details } : {});
}

function onlyRow<T>(rows: readonly T[]): T {
  const [row] = rows;
  if (!row) throw new ByokError("internal");
  return row;
}

function credentialOf({ id, provider, hint, status, verified_at, created_at, updated_at }: CredentialRow): Credential {
  return { id, provider, hint, status, verified_at, created_at, updated_at };
}
