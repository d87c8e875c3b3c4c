/** The meaning of each reason for its user, and the remedy, in one sentence; `{name}` stands for the provider's name. */
import type { Reason } from "./types.ts";

export interface ReasonText {
  readonly sentence: string;
  /** Whether calls go through, or some of them. */
  readonly works: boolean;
  /** The provider's page that helps. */
  readonly help?: "keysUrl" | "billingUrl";
}

export const reasons = {
  account_disabled: {
    sentence: "{name} has closed the account behind this key: ask {name}'s support, or save a key of another account.",
    works: false,
  },
  api_not_allowed: {
    sentence: "This key is limited to other APIs, so calls fail: allow this one at {name}, then check again.",
    works: false,
    help: "keysUrl",
  },
  api_not_enabled: {
    sentence: "The API is turned off in this key's project, so calls fail: turn it on at {name}, then check again.",
    works: false,
    help: "keysUrl",
  },
  app_only: {
    sentence:
      "This key is limited to a mobile app, so calls from here fail: lift the limit at {name}, or save another key.",
    works: false,
    help: "keysUrl",
  },
  billing_inactive: {
    sentence: "Billing is not active for this key's account, so calls fail: set it up at {name}, then check again.",
    works: false,
    help: "billingUrl",
  },
  check_limited: {
    sentence:
      "Only a test question shows whether {name} accepts a key, and this app asks none: the first call will tell.",
    works: true,
  },
  deployment_unknown: {
    sentence:
      "{name} accepts this key, and has no deployment called like a model that the check tried: calls name your own.",
    works: true,
  },
  inconclusive: {
    sentence: "{name} did not answer the test question of the check, so a call may still fail: check again later.",
    works: true,
  },
  key_disabled: {
    sentence: "{name} has turned this key off: make a new one at {name}.",
    works: false,
    help: "keysUrl",
  },
  key_expired: {
    sentence: "This key has expired: make a new one at {name}.",
    works: false,
    help: "keysUrl",
  },
  kind_retired: {
    sentence: "{name} refuses this key, and no longer takes keys of its kind: make a new one at {name}.",
    works: false,
    help: "keysUrl",
  },
  membership_needed: {
    sentence: "The account behind this key belongs to no organization: join one at {name}, then make a new key.",
    works: false,
  },
  missing_scope: {
    sentence: "The key lacks a permission, so some calls may fail: allow it at {name}, then check again.",
    works: true,
    help: "keysUrl",
  },
  model_not_allowed: {
    sentence:
      "{name} does not let this key use the models that the check tried: allow models at {name}, then check again.",
    works: true,
    help: "keysUrl",
  },
  network_not_allowed: {
    sentence:
      "This key is limited to certain IP addresses, so calls from here fail: lift the limit at {name}, or save another key.",
    works: false,
    help: "keysUrl",
  },
  no_chat_model: {
    sentence: "{name} lists no model for this key that can chat, so chats fail: allow one at {name}, then check again.",
    works: true,
    help: "keysUrl",
  },
  not_in_this_country: {
    sentence:
      "{name} does not serve the country that this app calls from, so calls fail: tell the people who run this app.",
    works: false,
  },
  other_region: {
    sentence:
      "This key's project keeps its data in a region that has an address of its own, so calls fail: save it again with that region.",
    works: false,
    help: "keysUrl",
  },
  out_of_credit: {
    sentence: "The account behind this key has no credit left, so calls fail: add credit at {name}, then check again.",
    works: false,
    help: "billingUrl",
  },
  policy_forbids: {
    sentence: "A policy of this key's organization forbids calls from here: ask its administrator.",
    works: false,
  },
  refused_at_edge: {
    sentence: "{name}'s network refused the check before it saw the key: check again later.",
    works: true,
  },
  spend_limit_reached: {
    sentence:
      "The account behind this key has reached its spend limit, so calls fail: raise it at {name}, then check again.",
    works: false,
    help: "billingUrl",
  },
  terms_not_accepted: {
    sentence: "The models that the check tried have terms to accept first: accept them at {name}, then check again.",
    works: true,
    help: "keysUrl",
  },
  verification_needed: {
    sentence:
      "{name} wants the organization behind this key to be verified for these models: verify it at {name}, then check again.",
    works: true,
    help: "keysUrl",
  },
  website_only: {
    sentence:
      "This key is limited to certain websites, so calls from here fail: lift the limit at {name}, or save another key.",
    works: false,
    help: "keysUrl",
  },
  workspace_needed: {
    sentence:
      "{name} wants a workspace named with each call of this key: make a key that belongs to one workspace instead.",
    works: false,
    help: "keysUrl",
  },
  wrong_kind: {
    sentence: "This is not an API key that can run models: make a regular API key at {name}.",
    works: false,
    help: "keysUrl",
  },
} as const satisfies Record<Reason, ReasonText>;
