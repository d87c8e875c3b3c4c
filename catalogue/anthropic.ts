/** Anthropic. https://platform.claude.com/docs/en/api/overview */
import type { Provider } from "./types.ts";

export const anthropic = {
  number: 2,
  name: "Anthropic",
  keys: {
    prefixes: ["sk-ant-"],
    newest: "sk-ant-api03-",
    unsupported: [
      {
        prefix: "sk-ant-admin",
        message: "This is an Anthropic admin key. Make a regular API key instead.",
      },
      {
        prefix: "sk-ant-oat",
        message: "This is an OAuth token of a Claude subscription, not an API key.",
      },
    ],
    variable: "ANTHROPIC_API_KEY",
    keysUrl: "https://platform.claude.com/settings/keys",
    billingUrl: "https://platform.claude.com/settings/billing",
  },
  sdkPaths: { sdk: "", aiSdk: "/v1" },
  api: {
    dialect: "anthropic",
    origin: "https://api.anthropic.com",
    prefixes: ["/v1/"],
    authentication: { header: "x-api-key", before: "" },
    headers: { "anthropic-version": "2023-06-01" },
    // Told that a browser asks, the API refuses the keys of organizations that turn browsers away.
    features: {
      prefix: "anthropic-",
      staysBehind: "anthropic-dangerous-direct-browser-access",
      onCredits: ["anthropic-version"],
      url: "https://github.com/anthropics/anthropic-sdk-typescript/issues/741",
      seen: "2026-11-26",
    },
    addresses: {
      fields: { path: "/v1/messages/batches(?:/[^/]+(?:/cancel)?)?", names: ["results_url"] },
      url: "https://platform.claude.com/docs/en/api/messages/batches/retrieve",
      seen: "2026-11-26",
    },
    compatible: {
      base: "/v1",
      paths: ["/chat/completions"],
      authentication: { header: "authorization", before: "Bearer " },
      dialect: "openai",
      url: "https://platform.claude.com/docs/en/cli-sdks-libraries/libraries/openai-sdk",
      seen: "2026-11-26",
    },
    generation: "/v1/messages",
  },
  check: {
    listing: "/v1/models?limit=1000",
    cheapest: ["haiku", "sonnet", "opus"],
  },
  models: {
    url: "https://platform.claude.com/docs/en/about-claude/models/overview",
    seen: "2026-11-25",
    chat: ["claude-haiku-4-5-20251001", "claude-sonnet-5", "claude-opus-5-5"],
    other: [],
  },
  sources: {
    errors: { url: "https://platform.claude.com/docs/en/api/errors", seen: "2026-11-25" },
    disabled: { url: "https://github.com/anthropics/claude-code/issues/72457", seen: "2026-11-25" },
    credit: { url: "https://github.com/anthropics/claude-code/issues/91322", seen: "2026-11-25" },
    limits: { url: "https://platform.claude.com/docs/en/api/rate-limits", seen: "2026-11-23" },
    workspaces: { url: "https://platform.claude.com/docs/en/build-with-claude/workspaces", seen: "2026-11-25" },
    regions: { url: "https://www.anthropic.com/supported-countries", seen: "2026-11-25" },
  },
  answers: [
    {
      words: "anthropic-workspace-id|identity-linked",
      verdict: "restricted",
      because: "workspace_needed",
      source: "workspaces",
    },
    { words: "organization has been disabled", verdict: "rejected", because: "account_disabled", source: "disabled" },
    { words: "credit balance is too low", verdict: "no_credit", because: "out_of_credit", source: "credit" },
    {
      reason: "enforced_spend_limit_reached",
      verdict: "no_credit",
      because: "spend_limit_reached",
      source: "limits",
    },
    {
      words: "reached your .{0,100}API usage limits",
      verdict: "no_credit",
      because: "spend_limit_reached",
      source: "limits",
    },
    { type: "billing_error", verdict: "no_credit", because: "billing_inactive", source: "errors" },
    {
      type: "forbidden",
      form: "any",
      words: "request not allowed",
      verdict: "unverified",
      because: "not_in_this_country",
      source: "regions",
    },
    { type: "not_found_error", verdict: null, because: "model_not_allowed", ofModel: true, source: "errors" },
    { type: "overloaded_error", verdict: "rate_limited", source: "errors" },
    { status: 529, form: "any", verdict: "rate_limited", source: "errors" },
  ],
} as const satisfies Provider;
