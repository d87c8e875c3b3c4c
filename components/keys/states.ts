/** The states of a key: what they mean for its user, and the action that helps. Their words are in `texts.ts`. */
import type { Credential } from "../../client/types.ts";
import { reasons } from "../../catalogue/reasons.ts";
import type { Texts } from "../texts.ts";
import type { UsableProvider } from "./providers.ts";

export type KeyStatus = Credential["status"] | "none";

export type Tone = "neutral" | "good" | "warning" | "bad";

interface StateRow {
  readonly tone: Tone;
  /** Whether calls go through; they never fall back to credits while a key is saved. */
  readonly works: boolean;
  /** The one action that its row offers beside the problem. */
  readonly action?: "check" | "replace" | "saveAgain" | "resume";
  /** A page of the provider's that helps. */
  readonly help?: "keysUrl" | "billingUrl";
}

const rows: Readonly<Record<Credential["status"] | "paused" | "not_offered" | "not_allowed", StateRow>> = {
  verified: { tone: "good", works: true },
  restricted: { tone: "warning", works: true, action: "check", help: "keysUrl" },
  rate_limited: { tone: "warning", works: true, action: "check" },
  unverified: { tone: "warning", works: true, action: "check" },
  no_credit: { tone: "bad", works: false, action: "check", help: "billingUrl" },
  rejected: { tone: "bad", works: false, action: "replace", help: "keysUrl" },
  locked: { tone: "bad", works: false, action: "saveAgain" },
  /** Its owner leaves it unused; calls are paid as if there were none. */
  paused: { tone: "neutral", works: false, action: "resume" },
  /** The app took the right to use keys away, so credits pay. */
  not_allowed: { tone: "neutral", works: false },
  /** A key of a provider that the operator does not offer any more. */
  not_offered: { tone: "bad", works: false },
};

export interface KeyState extends StateRow {
  /** One word. */
  readonly label: string;
  /** The problem, for the user; null if there is none. */
  readonly problem: string | null;
  /** The words of the link to the page that helps. */
  readonly link: string | null;
}

/** The state of a saved key, in the words of the reason where the check found one. */
export function stateOf(
  texts: Texts,
  credential: Pick<Credential, "status" | "reason" | "is_paused">,
  provider: UsableProvider,
): KeyState {
  const state = stateForAdmins(texts, credential, provider);
  const asks = state.problem !== null && state.tone === "bad" && provider.enabled && !provider.may_manage_keys;
  return asks ? { ...state, problem: `${state.problem} ${texts.team.askAdmin}` } : state;
}

/** Whether calls go through on the team's key; null where no team's pays. */
export function doesTeamKeyWork(texts: Texts, provider: UsableProvider): boolean | null {
  const { team_key } = provider;
  if (team_key === null) return null;
  return stateOf(texts, { ...team_key, is_paused: false }, { ...provider, may_bring_key: true }).works;
}

/** For those who may change the key. */
function stateForAdmins(
  texts: Texts,
  { status, reason, is_paused }: Pick<Credential, "status" | "reason" | "is_paused">,
  provider: UsableProvider,
): KeyState {
  const name = !provider.enabled
    ? "not_offered"
    : !provider.may_bring_key
      ? "not_allowed"
      : is_paused
        ? "paused"
        : status;
  const row = rows[name];
  const { label, problem, link = null } = texts.states[name];
  // A newer server may know more reasons.
  const known = name === status && reason && Object.hasOwn(reasons, reason) ? reason : null;
  if (!known) {
    const orRemove =
      (row.action === "replace" || row.action === "saveAgain") && provider.may_manage_keys
        ? provider.team_key
          ? ` ${texts.team.ofMember.orRemove}`
          : provider.on_credits
            ? ` ${texts.orRemove}`
            : ""
        : "";
    return { ...row, label, link, problem: problem && `${problem(provider.name)}${orRemove}` };
  }
  const { works, help } = reasons[known] as { works: boolean; help?: "keysUrl" | "billingUrl" };
  const { help: _, ...others } = row;
  return {
    ...others,
    ...(row.works && !works ? { works, tone: "bad" as const, action: "replace" as const } : {}),
    ...(help ? { help } : {}),
    label,
    problem: texts.reason(known, provider.name),
    link: help ? texts.help[help](provider.name) : null,
  };
}

/** The meaning of a state in a sentence or two, for screen readers. */
export function stateInWords(texts: Texts, credential: Credential, provider: UsableProvider): string {
  const { label, problem } = stateOf(texts, credential, provider);
  return `${label}. ${problem ?? texts.keys.works(provider.name)}`;
}

/** A key as users recognise it: `your OpenAI key ending in 1234`. */
export function keyInWords(
  texts: Texts,
  { name }: Pick<UsableProvider, "name">,
  { hint }: Pick<Credential, "hint">,
): string {
  return texts.keys.yourKey(name, hint);
}
