/** What is the same in every provider's answers. */
import { isRecord } from "../json.ts";
import type { Answer, Verdict } from "./types.ts";

/** The verdict of a status that means the same everywhere; undefined where the provider's own words decide. */
export function judgeStatus({ status, body }: Answer): Verdict | undefined {
  const isJson = typeof body === "object" && body !== null;
  if (status >= 200 && status < 300) return isJson ? "verified" : "unverified";
  if (status < 400 || status >= 500 || !isJson) return "unverified";
  return undefined;
}

/**
 * The `error` object of an answer, with its text fields; a field that is no text is empty. Google wraps it in an array where a
 * stream was asked for.
 */
export function errorOf(body: unknown): {
  code: string;
  type: string;
  status: string;
  message: string;
  reasons: string;
} {
  const answer: unknown = Array.isArray(body) ? body[0] : body;
  const error = isRecord(answer) && isRecord(answer.error) ? answer.error : {};
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  return {
    code: text(error.code),
    type: text(error.type),
    status: text(error.status),
    message: text(error.message),
    reasons: JSON.stringify(error.details ?? ""),
  };
}

/** The ids in a list of models: `data[].id` or `models[].name`. */
export function modelsOf(listing: unknown): string[] {
  if (!isRecord(listing)) return [];
  const rows = Array.isArray(listing.data) ? listing.data : Array.isArray(listing.models) ? listing.models : [];
  return rows.flatMap((row) => {
    const id = isRecord(row) ? (row.id ?? row.name) : undefined;
    return typeof id === "string" ? [id] : [];
  });
}

/** The first listed model that matches the earliest pattern; the fallback when none does. */
export function pickModel(listing: unknown, patterns: readonly RegExp[], fallback: string): string {
  const models = modelsOf(listing);
  for (const pattern of patterns) {
    const model = models.find((id) => pattern.test(id));
    if (model !== undefined) return model;
  }
  return fallback;
}
