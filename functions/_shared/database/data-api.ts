/** The database through the project's Data API: needs no set-up on any Supabase project. */
import { isRecord } from "../json.ts";
import { type Ask, type DatabaseFailure, rpcOver } from "./failures.ts";
import { databaseOver, type FunctionName, type Parameters, type Rows } from "./rpc.ts";
import type { Database } from "./types.ts";

/** Longer than any statement may take there (8 s). */
const patience_ms = 10_000;

/**
 * A gateway before the Data API answers so when the Data API is away: Cloudflare's (520 to 524), and Supabase's own for a project
 * that is paused (540) and a connection that timed out (544).
 * https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/,
 * https://supabase.com/docs/guides/platform/http-status-codes (November 2026)
 */
const awayStatuses = [502, 503, 504, 520, 521, 522, 523, 524, 540, 544];

/**
 * Calls functions of SQL by PostgREST's own rules, which are few:
 * https://docs.postgrest.org/en/stable/references/api/functions.html (November 2026)
 */
export function dataApi(supabaseUrl: string, secretKey: string): Database {
  const functions = `${supabaseUrl.replace(/\/$/, "")}/rest/v1/rpc/`;
  const headers = { apikey: secretKey, "content-profile": "byok", "content-type": "application/json" };
  const ask: Ask = async <Name extends FunctionName>(name: Name, parameters: Parameters<Name>) => {
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), patience_ms);
    try {
      // A redirect is not followed: it would take the secret key along.
      const init = { method: "POST", headers, body: JSON.stringify(parameters), redirect: "manual" } as const;
      const answer = await fetch(`${functions}${name}`, { ...init, signal: patience.signal });
      const body = valueOf(await answer.text());
      if (answer.ok && body !== undefined) return { rows: [body].flat() as Rows<Name> };
      return { failure: failureOf(answer.status, body) };
    } catch {
      return { failure: { isAway: true } };
    } finally {
      clearTimeout(timer);
    }
  };
  return databaseOver(rpcOver(ask, "data-api"));
}

/** The value of an answer, null for one without a body; undefined for a text that is no JSON, such as a gateway's page. */
function valueOf(text: string): unknown {
  if (text === "") return null;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** PostgREST's error, as far as the answer is one: https://docs.postgrest.org/en/stable/references/errors.html */
function failureOf(status: number, body: unknown): DatabaseFailure {
  const fields = isRecord(body) ? [body.code, body.message, body.details] : [];
  const [code, message, details] = fields.map((field) => (typeof field === "string" ? field : undefined));
  return { code, message, details, isAway: awayStatuses.includes(status) };
}
