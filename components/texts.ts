/**
 * Every text of the components, in one language. An app that speaks another one passes its own to the prop `texts`; TypeScript
 * says what is missing.
 */
import { pastedProblems } from "../catalogue/pasted-problems.ts";
import { reasons } from "../catalogue/reasons.ts";
import type { ByokError, Credential, Reason } from "../client/types.ts";
import { englishOfTeams } from "./texts-of-teams.ts";

/** An error with its details, for a text by its code. */
type ErrorOf<Code extends ByokError["code"]> = Extract<ByokError, { code: Code }>;

const plural = (count: number, one: string, many: string) => (count === 1 ? one : many);

interface StateText {
  /** One word. */
  readonly label: string;
  /** The problem in one or two sentences; null if there is none. */
  readonly problem: ((name: string) => string) | null;
  /** The link to the provider's page that helps. */
  readonly link?: string;
}

/** By the status of a key. */
const states: Readonly<Record<Credential["status"] | "paused" | "not_offered" | "not_allowed", StateText>> = {
  verified: { label: "Active", problem: null },
  restricted: {
    label: "Limited",
    problem: () => "This key lacks a permission, so some calls may fail.",
    link: "Edit permissions",
  },
  rate_limited: {
    label: "Rate limited",
    problem: (name: string) => `The key works, but ${name} is limiting the account right now. Wait a moment.`,
  },
  unverified: {
    label: "Not checked",
    problem: (name: string) => `${name} could not be reached to check this key. It is saved and in use.`,
  },
  no_credit: {
    label: "No credit",
    problem: (name: string) => `Your ${name} account is out of credit, so calls fail.`,
    link: "Add credit",
  },
  rejected: {
    label: "Rejected",
    problem: (name: string) => `${name} no longer accepts this key, so calls fail.`,
    link: "Make a new key",
  },
  locked: {
    label: "Locked",
    problem: () => "This key can no longer be opened here, so calls fail.",
  },
  paused: { label: "Paused", problem: () => "This key is saved and not used until it is resumed." },
  not_allowed: {
    label: "Not used",
    problem: () => "This plan does not include API keys. This one stays saved for when it does.",
  },
  not_offered: {
    label: "Not offered",
    problem: (name: string) => `This app no longer offers ${name}, so the key is not used.`,
  },
};

export const english = {
  /** BCP 47: of numbers, lists and times. */
  locale: "en",

  keys: {
    title: "API keys",
    about: "With your own key, calls are billed to your account at the provider.",
    loading: "Loading your API keys",
    offline: "You are offline. What you type stays here; save it when you are back.",
    notAllowed: "Your plan does not include API keys of your own.",
    /** To members of a team, who see no buttons. */
    managed: "An admin of your team manages these keys.",
    /** Beside a provider without a key. */
    usesCredits: "Uses credits",
    needsKey: "Needs your own key",
    unavailable: "Not in your plan",
    costsNothing: "0 credits",
    checked: (when: string) => `Checked ${when}`,
    lastTried: (when: string) => `Last tried ${when}`,
    lastWorked: (when: string) => `Last worked ${when}`,
    /** The key itself, for screen readers: its beginning, which all of its kind share, and its end. */
    ending: (hint: string) => `Key ending in ${hint}`,
    saved: "Key saved",
    /** A saved key as users recognise it, within a sentence. */
    yourKey: (name: string, hint: string) => (hint ? `your ${name} key ending in ${hint}` : `your ${name} key`),
    old: (age: string) => `This key was saved ${age}. Consider replacing it.`,
    saving: "Saving…",
    checking: "Checking…",
    savingWith: (name: string) => `Saving your key and checking it with ${name}.`,
    checkingKey: (key: string) => `Checking ${key}.`,
    slow: (name: string) => `${name} is slow to answer. This can take up to half a minute.`,
    add: "Add key",
    remove: "Remove",
    more: "More for",
    check: "Check again",
    replace: "Replace key",
    saveAgain: "Save again",
    pause: "Pause key",
    resume: "Resume key",
    history: "History",
    /** Opens the history of all keys, also of those that are gone. */
    allHistory: "Key history",
    manage: (name: string) => `Manage keys at ${name}`,
    addProvider: "Add a provider",
    search: "Search providers",
    noMatch: (text: string) => `No provider matches “${text}”.`,
    works: (name: string) => `Calls to ${name} are billed to your ${name} account and cost 0 credits.`,
    withoutKey: (name: string, onCredits: boolean) =>
      onCredits ? `Calls to ${name} cost credits.` : `Calls to ${name} need a key.`,
  },

  states,
  orRemove: "Replace it, or remove it to use credits.",
  /** Why a check came to its result. */
  reason: (reason: Reason, name: string): string => reasons[reason].sentence.replaceAll("{name}", name),
  help: {
    keysUrl: (name: string) => `Open your keys at ${name}`,
    billingUrl: (name: string) => `Open billing at ${name}`,
  },

  form: {
    label: (name: string) => `${name} API key`,
    getOne: "Get a key",
    startsWith: (prefixes: string) => `Starts with ${prefixes}`,
    or: "or",
    /** By the kind of place that belongs to a key. */
    place: { region: "Region", resource: "Resource" },
    optional: "optional",
    connect: (name: string) => `Connect ${name}`,
    orPaste: "or paste a key",
    notConnected: (name: string) => `${name} did not hand out a key. Connect again.`,
    noPlace: "Default",
    show: "Show key",
    save: "Save & Verify",
    cancel: "Cancel",
    stays: (key: string) => `${key} stays until the new one is accepted.`,
    empty: "Paste your key first.",
    offline: "You are offline, so nothing was sent. Your key stays in the field.",
    cleaned: "Only the key was kept of what you pasted.",
    likely: (name: string) => `This looks like ${/^[AEIOUX]/i.test(name) ? "an" : "a"} ${name} key.`,
    addThere: (name: string) => `Add it to ${name}`,
    /** By the kind of text that was pasted in place of a key. */
    notAKey: pastedProblems,
    notSaved: "It was not saved. Copy all of it, or make a new one.",
    unchanged: (key: string) => `Nothing changed: ${key} is still in place.`,
    brokeOff: "The connection broke off while your key was on its way. Try again.",
  },

  removing: {
    title: (key: string) => `Remove ${key}?`,
    onCredits: (name: string) => `Calls to ${name} will cost credits again.`,
    withoutKey: (name: string) => `Calls to ${name} will fail without a key.`,
    everywhere: (name: string) => `The key is deleted here. To end it everywhere, revoke it at ${name}.`,
    confirm: "Remove key",
    busy: "Removing…",
    done: "Removed.",
  },

  /** Events of the keys for a provider, each in a few words. */
  keyHistory: {
    title: (name: string) => `History of your ${name} key`,
    /** Of the keys for all providers. */
    titleOfAll: "History of your keys",
    empty: "Nothing has happened yet.",
    close: "Close",
    kinds: {
      saved: "Added",
      replaced: "Replaced",
      removed: "Removed",
      paused: "Paused",
      resumed: "Resumed",
      locked: "Could not be opened",
      rotated: "Encrypted anew",
    },
    /** By the status that a check or a call found. */
    verdicts: {
      verified: (name: string) => `${name} accepted it`,
      restricted: (name: string) => `${name} limited it`,
      rate_limited: (name: string) => `${name} limited its rate`,
      unverified: (name: string) => `${name} could not be reached`,
      no_credit: (name: string) => `${name} reported no credit`,
      rejected: (name: string) => `${name} refused it`,
      locked: () => "Could not be opened",
    },
    /** The actor, or the caller or check that found it. */
    by: {
      me: "You",
      user: "You",
      member: "A member of your team",
      operator: "The operator of this app",
      schedule: "A scheduled check",
    },
  },

  team: englishOfTeams,

  trust: {
    line: "Encrypted for you. Never shown again, never logged.",
    more: "How it works",
    facts: [
      "Your browser encrypts the key before it is sent. It is stored encrypted, bound to its owner.",
      "Nobody can read it here again: only its public beginning and last four characters show.",
      "Calls go from this app’s server straight to the provider. The key is in no log.",
      "Use a key for this app alone, with a spending limit at the provider, and replace it from time to time.",
    ],
    link: "Read more",
  },

  credits: {
    title: "Credits",
    about: "Used for providers without your own key.",
    loading: "Loading your credits",
    offline: "You are offline. The balance may have changed since.",
    /** After the number. */
    left: (credits: number) => plural(credits, "credit left", "credits left"),
    amount: (credits: number, digits: string) => `${digits} ${plural(credits, "credit", "credits")}`,
    get: "Get credits",
    none: "No credits yet",
    noneAbout: "Add an API key to start, or get credits for this app.",
    addKey: "Add an API key",
    held: (amount: string) => `${amount} on hold for calls in progress`,
    billed: (names: string, count: number) =>
      plural(
        count,
        `${names} is billed to your account: 0 credits.`,
        `${names} are billed to your accounts: 0 credits.`,
      ),
    failing: (names: string, count: number) =>
      `Calls to ${names} are failing. Replace or remove your ${plural(count, "key", "keys")}: credits are not used instead.`,
    unused: "No call uses them now: there is a key for every provider.",
    low: (operations: string) => `Running low: not enough for ${operations}.`,
    out: (names: string) => `Out of credits. Calls to ${names} need a key, or more credits.`,
    prices: "What a call costs on credits",
    byUsage: "by usage",
    others: (count: number) => `${count} ${plural(count, "other", "others")}`,
  },

  history: {
    title: "History",
    empty: "Charges, refunds and new credits appear here.",
    what: "What and when",
    credits: "Credits",
    more: "Show more",
    loading: "Loading…",
    granted: "Credits added",
    revoked: "Credits taken back",
    call: "Call",
    refund: { unused: "refund: used less than held", other: "refund: the call did not finish" },
  },

  errors: {
    offline: "The server could not be reached. Check your connection and try again.",
    session_expired: "Your session has expired. Sign in again to go on.",
    too_many_attempts: (_: ErrorOf<"too_many_attempts">, time: string) => `Too many attempts. Try again after ${time}.`,
    api_key_rejected: (name: string) => `${name} refuses this key.`,
    credential_not_found: "This key was replaced or removed in the meantime.",
    envelope_unreadable: "This key can no longer be opened here. Save it again.",
    sealed_key_refused: "This took too long. Try again.",
    admins_only: "Only an admin of your team may change its API keys.",
    not_a_member: "You no longer belong to this team, so nothing was changed.",
    byok_not_allowed: "This plan does not include API keys.",
    unsupported_browser: "This browser cannot encrypt your key. Update it, and use HTTPS.",
    begun_by_another: "Someone else began this connection in this tab, so no key was saved. Connect again.",
    second_factor: "Confirm that it is you with your second factor first, then try again.",
    claims_required: "Your session may not change API keys. Sign in again in the way that this app asks for.",
    invalid_request: "This could not be done. Reload the page and try again.",
    /** Of the server itself, which says what is wrong with a key or a user, in English, and never repeats a key. */
    server: (message: string) => message,
    other: "Something went wrong on our side. Try again in a moment.",
  },
  tryAgain: "Try again",
  theProvider: "The provider",
  newTab: "(opens in a new tab)",
  justNow: "just now",
};

/** The texts of one language. */
export type Texts = typeof english;
