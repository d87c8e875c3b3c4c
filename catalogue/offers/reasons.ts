/** Why credits do not buy something: what it is, as the subject of "... is not available on platform credits", and what helps. */

export type RefusalReason =
  | "stored"
  | "item_reference"
  | "reasoning_item"
  | "thread"
  | "provider_tool"
  | "address"
  | "length_priced"
  | "dearer"
  | "detail"
  | "cache_lifetime"
  | "account_setting";

const bringKey = "Bring your own API key to use it.";

export const refusalReasons: Readonly<Record<RefusalReason, { readonly what: string; readonly instead: string }>> = {
  stored: { what: "A file or another object stored with the provider", instead: bringKey },
  item_reference: {
    what: "A reference to an item stored with the provider",
    instead: "Send the items themselves: set `store: false` (AI SDK: `providerOptions.openai.store`).",
  },
  reasoning_item: {
    what: "Reasoning that is named by its id alone",
    instead:
      'Nothing is stored on credits: add "reasoning.encrypted_content" to `include`, and send the encrypted content back.',
  },
  thread: {
    what: "A conversation stored with the provider",
    instead: "Send the whole conversation in `messages`, without `thread`.",
  },
  provider_tool: { what: "A tool that the provider runs", instead: bringKey },
  address: {
    what: "Content that the provider fetches from an address",
    instead: "Send the content itself, in base64.",
  },
  length_priced: { what: "Audio or video", instead: bringKey },
  dearer: { what: "An option that costs extra", instead: bringKey },
  detail: {
    what: "A resolution beyond the provider's default",
    instead: "Leave it out, or bring your own API key to use it.",
  },
  cache_lifetime: {
    what: "A prompt cache that lives longer than the provider's default",
    instead: "Leave the lifetime out, or bring your own API key to use it.",
  },
  account_setting: { what: "A setting of the provider account", instead: bringKey },
};

/** The same reason for each of the names. */
export function refuse(reason: RefusalReason, ...names: readonly string[]): Readonly<Record<string, RefusalReason>> {
  return Object.fromEntries(names.map((name) => [name, reason]));
}
