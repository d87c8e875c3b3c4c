/** The meaning of answers at every provider, where its own rows do not say otherwise. */
import type { AnswerRow, Source } from "./types.ts";

export const sharedSources = {
  http: { url: "https://www.rfc-editor.org/rfc/rfc9110#name-status-codes", seen: "2026-11-25" },
  rate: { url: "https://www.rfc-editor.org/rfc/rfc6585#section-4", seen: "2026-11-25" },
  openrouter: { url: "https://openrouter.ai/docs/api-reference/errors", seen: "2026-11-25" },
} as const satisfies Record<string, Source>;

export const sharedAnswers = [
  { status: "5xx", form: "any", verdict: "unverified", source: "http" },
  { status: 402, form: "any", verdict: "no_credit", because: "out_of_credit", source: "openrouter" },
  // Words at the beginning of a message only: further on it may repeat what the request said.
  {
    words: "^.{0,40}\\bbilling\\b.{0,40}\\b(?:disabled|inactive|not active|not enabled)",
    verdict: "no_credit",
    because: "billing_inactive",
    source: "http",
  },
  {
    words:
      "^.{0,20}\\b(?:insufficient (?:balance|credits?|funds)|(?:balance|credits?) .{0,30}(?:depleted|exhausted|too low|used up))",
    verdict: "no_credit",
    because: "out_of_credit",
    source: "openrouter",
  },
  {
    words: "^.{0,80}\\bspend(?:ing)? (?:cap|limit)",
    verdict: "no_credit",
    because: "spend_limit_reached",
    source: "http",
  },
  {
    words:
      "^.{0,40}\\b(?:account|consumer|organi[sz]ation|project|workspace)\\b.{0,60}\\b(?:archived|banned|deactivated|disabled|suspended|terminated)",
    verdict: "rejected",
    because: "account_disabled",
    source: "http",
  },
  { words: "^.{0,20}\\bkey\\b.{0,30}\\bexpired", verdict: "rejected", because: "key_expired", source: "http" },
  {
    words: "^.{0,20}\\bkey\\b.{0,30}\\b(?:deactivated|disabled|revoked)",
    verdict: "rejected",
    because: "key_disabled",
    source: "http",
  },
  {
    words: "^.{0,40}\\b(?:country|location|region|territory)\\b.{0,30}\\bnot (?:available|supported)",
    verdict: "unverified",
    because: "not_in_this_country",
    source: "http",
  },
  {
    words: "^.{0,40}\\bIP\\b.{0,60}\\b(?:allow-?list|not (?:allowed|authorized|permitted)|whitelist)",
    verdict: "restricted",
    because: "network_not_allowed",
    source: "http",
  },
  { status: 401, verdict: "rejected", source: "http" },
  { status: 403, verdict: "restricted", because: "missing_scope", source: "http" },
  { status: 404, verdict: null, ofModel: true, source: "http" },
  { status: 429, verdict: "rate_limited", source: "rate" },
] as const satisfies readonly (AnswerRow & { source: keyof typeof sharedSources })[];
