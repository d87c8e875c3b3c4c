/** Accounts in every state, by name. */
import type { Credential } from "../../../client/types.ts";
import { type Account, credentialOf } from "./fake-byok.ts";

const long_ms = 220 * 86_400_000;
const longAgo = new Date(Date.now() - long_ms).toISOString();
const of = (provider: string, status: Credential["status"], changes: Partial<Credential> = {}) =>
  credentialOf(provider, { status, ...changes });

const anthropic = { prefix: "sk-ant-api03-", hint: "08f1" };
const google = { prefix: "AIza", hint: "2ba7" };
const groq = { prefix: "gsk_", hint: "Qx3T" };

export const scenes: Readonly<Record<string, Account>> = {
  new: { credits: 0 },
  credits: { credits: 100, entries: 1 },
  mixed: {
    credits: 80,
    entries: 9,
    credentials: [
      of("openai", "verified"),
      of("anthropic", "restricted", anthropic),
      of("google", "no_credit", google),
    ],
  },
  failing: {
    credits: 80,
    entries: 3,
    credentials: [
      of("openai", "rejected"),
      of("anthropic", "locked", anthropic),
      of("google", "unverified", google),
      of("groq", "rate_limited", groq),
    ],
  },
  reasons: {
    credits: 3,
    entries: 3,
    credentials: [
      of("openai", "no_credit", { reason: "spend_limit_reached" }),
      of("google", "restricted", { ...google, reason: "website_only" }),
      of("groq", "verified", { ...groq, created_at: longAgo, updated_at: longAgo }),
      of("mistral", "verified", { prefix: "", hint: "" }),
    ],
  },
  all: {
    credits: 12.5,
    held: 10,
    entries: 40,
    credentials: [
      of("openai", "verified"),
      of("anthropic", "verified", anthropic),
      of("google", "verified", google),
      of("groq", "verified", groq),
    ],
  },
  forbidden: { credits: 80, entries: 3, mayBringKey: false, credentials: [of("openai", "verified")] },
  history: {
    credits: 80,
    entries: 3,
    credentials: [of("openai", "rejected"), of("anthropic", "verified", anthropic)],
    keyEvents: [
      { kind: "verdict_changed", status: "rejected", actor: "schedule" },
      { kind: "verdict_changed", status: "no_credit", reason: "spend_limit_reached" },
      { kind: "resumed" },
      { kind: "paused", actor: "member" },
      { kind: "rotated", actor: "operator" },
      { kind: "replaced" },
      ...Array.from({ length: 20 }, () => ({ kind: "verdict_changed", status: "rate_limited" }) as const),
      { kind: "saved", hint: "12ab" },
    ],
  },
  "large team": {
    credits: 900,
    entries: 1_000,
    role: "admin",
    credentials: [of("openai", "verified")],
    keyEvents: [
      { kind: "removed", provider: "groq", hint: "Qx3T", actor: "member" },
      { kind: "saved", provider: "gone", hint: "" },
      ...Array.from({ length: 998 }, () => ({ kind: "verdict_changed", actor: "member" }) as const),
    ],
  },
  admin: { credits: 80, entries: 3, role: "admin", credentials: [of("openai", "verified")] },
  member: {
    credits: 0,
    role: "member",
    credentials: [of("openai", "verified"), of("anthropic", "rejected", anthropic)],
  },
  "failing member": {
    credits: 80,
    entries: 3,
    role: "member",
    credentials: [
      of("openai", "no_credit"),
      of("anthropic", "locked", anthropic),
      of("google", "rate_limited", google),
      of("groq", "verified", { ...groq, is_paused: true }),
    ],
  },
  /** The user's own page, where the teams' keys pay. */
  "team pays": {
    credits: 80,
    entries: 3,
    credentials: [of("anthropic", "rejected", anthropic), of("groq", "verified", { ...groq, is_paused: true })],
    teamKeys: [
      { team: "team", provider: "openai", status: "verified", reason: null },
      { team: "team", provider: "anthropic", status: "verified", reason: null },
      { team: "team", provider: "google", status: "no_credit", reason: null },
      { team: "team", provider: "groq", status: "verified", reason: null },
    ],
  },
  "team pays all": { credits: 0, teamKeys: [{ team: "team", provider: "openai", status: "verified", reason: null }] },
  stranger: { credits: 0, role: "stranger" },
  low: { credits: 12, entries: 3 },
  out: { credits: 1, entries: 3 },
  long: { credits: 900, entries: 1_000, credentials: [of("openai", "verified")] },
};
