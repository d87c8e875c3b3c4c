/** The states of a key in words: their meaning for the user, and the action that helps. */
import type { Credential, Provider } from "../client/types.ts";
import type { IconName } from "./icons.tsx";
import { inWords, textOf } from "./reasons.ts";

export type KeyStatus = Credential["status"] | "none";

export interface KeyState {
  readonly label: string;
  readonly tone: "neutral" | "good" | "warning" | "bad";
  readonly icon: IconName;
  /** Whether calls go through; they never fall back to credits while a key is saved. */
  readonly works: boolean;
  /** The action that its button shows as the one to take. */
  readonly suggestedAction?: "check" | "save";
  /** One sentence: what it means, and what to do. */
  description(provider: Pick<Provider, "name" | "on_credits">): string;
  /** A page of the provider's that helps. */
  readonly help?: { readonly url: "keysUrl" | "billingUrl"; label(name: string): string };
}

export const states: Readonly<Record<KeyStatus, KeyState>> = {
  none: {
    label: "No key",
    tone: "neutral",
    icon: "none",
    works: true,
    description: ({ name, on_credits }) =>
      on_credits
        ? `Calls to ${name} cost credits until you add a key of your own.`
        : `Calls to ${name} need a key of your own.`,
  },
  verified: {
    label: "Verified",
    tone: "good",
    icon: "check",
    works: true,
    description: ({ name }) => `Calls to ${name} are billed to your ${name} account and cost 0 credits.`,
  },
  restricted: {
    label: "Restricted",
    tone: "warning",
    icon: "warning",
    works: true,
    description: ({ name }) =>
      `The key works but lacks a permission, so some calls may fail: allow it at ${name}, then check again.`,
    help: { url: "keysUrl", label: (name) => `Permissions at ${name}` },
  },
  rate_limited: {
    label: "Rate-limited",
    tone: "warning",
    icon: "clock",
    works: true,
    description: ({ name }) =>
      `The key works, but ${name} is limiting your account right now: wait a moment, then check again.`,
  },
  unverified: {
    label: "Not checked",
    tone: "warning",
    icon: "cloud",
    works: true,
    suggestedAction: "check",
    description: ({ name }) => `The key is saved and in use, but ${name} could not be reached to check it: try again.`,
  },
  no_credit: {
    label: "No credit",
    tone: "bad",
    icon: "wallet",
    works: false,
    suggestedAction: "check",
    description: ({ name }) =>
      `The account behind this key cannot pay, so calls fail: add credit at ${name}, then check again.`,
    help: { url: "billingUrl", label: (name) => `Billing at ${name}` },
  },
  rejected: {
    label: "Rejected",
    tone: "bad",
    icon: "cross",
    works: false,
    suggestedAction: "save",
    description: ({ name, on_credits }) =>
      `${name} no longer accepts this key, so calls fail: replace it${on_credits ? ", or remove it to use credits" : ""}.`,
    help: { url: "keysUrl", label: (name) => `Keys at ${name}` },
  },
  locked: {
    label: "Locked",
    tone: "bad",
    icon: "lock",
    works: false,
    suggestedAction: "save",
    description: ({ on_credits }) =>
      `This key can no longer be opened here, so calls fail: save it again${on_credits ? ", or remove it to use credits" : ""}.`,
  },
};

/** A key of a provider that the operator does not offer any more. */
const notOffered: KeyState = {
  label: "Not offered",
  tone: "bad",
  icon: "cross",
  works: false,
  description: ({ name }) => `This app no longer offers ${name}, so the key is not used: remove it.`,
};

const helpLabels = {
  keysUrl: (name: string) => `Keys at ${name}`,
  billingUrl: (name: string) => `Billing at ${name}`,
};

/** The state of a saved key, in the words of the reason where the check found one. */
export function stateOf(
  credential: Pick<Credential, "status" | "reason"> | undefined,
  { enabled }: Pick<Provider, "enabled">,
): KeyState {
  if (!credential) return states.none;
  if (!enabled) return notOffered;
  const state = states[credential.status];
  const reason = textOf(credential.reason);
  if (!reason) return state;
  const { help: _, ...others } = state;
  return {
    ...others,
    ...(state.works && !reason.works ? { works: false, tone: "bad", icon: "cross", suggestedAction: "save" } : {}),
    description: ({ name }) => inWords(reason, name),
    ...(reason.help ? { help: { url: reason.help, label: helpLabels[reason.help] } } : {}),
  };
}

/** A key as users recognise it: `your OpenAI key ending in 1234`. */
export function keyInWords({ name }: Provider, { hint }: Pick<Credential, "hint">): string {
  return hint ? `your ${name} key ending in ${hint}` : `your ${name} key`;
}
