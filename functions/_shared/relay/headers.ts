/** Which headers cross the relay, in either direction, and what never does. */
import type { Funding } from "../credits/funding.ts";
import { authenticate } from "../providers/keys.ts";
import type { Provider } from "../providers/types.ts";
import { holdsKey } from "./redaction.ts";

/** Headers that a request needs under BYOK. All others stay behind: the client's authentication, cookies and address. */
const forwardedUnderByok = ["content-type", "accept", "content-encoding"];

/** Headers that come back: no cookies, no organisation ids. Lengths and encodings are this hop's own. */
const returned = /^(?:content-type|retry-after|retry-after-ms|request-id|x-request-id|(?:x|anthropic)-ratelimit-.*)$/;

const rateLimit = /-ratelimit-/;

/**
 * The headers a provider gets: made from scratch, with the payer's API key. Under BYOK the provider's own headers go along, by
 * the rule of its row in the catalogue: they choose features, or one of the user's own organizations.
 */
export function outboundHeaders(
  client: Headers,
  provider: Provider,
  funding: Pick<Funding, "payer" | "apiKey">,
): Headers {
  const headers = new Headers({ "accept-encoding": "identity" });
  if (funding.payer === "byok") {
    copyUnderByok(client, headers, provider);
  } else {
    copy(client, headers, provider.api.features?.onCredits ?? []);
    // It is read as JSON, as it was checked: as a form, or in another charset, the same bytes would have other fields.
    headers.set("content-type", "application/json");
    // An answer in another form would not be passed on, and the provider would have made it for nothing.
    headers.set("accept", "application/json");
  }
  for (const [name, value] of Object.entries(authenticate(provider, funding.apiKey))) headers.set(name, value);
  return headers;
}

function copy(from: Headers, to: Headers, names: readonly string[]): void {
  for (const name of names) {
    const value = from.get(name);
    if (value !== null) to.set(name, value);
  }
}

/** In one pass by forEach(), which reads the list once: for-of may sort it anew for each header, at up to a hundred times the cost. */
function copyUnderByok(from: Headers, to: Headers, provider: Provider): void {
  const prefix = provider.api.features?.prefix;
  const staying = staysBehind(provider);
  from.forEach((value, name) => {
    const isFeature = prefix !== undefined && name.startsWith(prefix) && !staying?.test(name);
    if (isFeature || forwardedUnderByok.includes(name)) to.append(name, value);
  });
}

const staying = new WeakMap<Provider, RegExp | null>();

/** The provider's headers that authenticate or tell who the caller is. */
function staysBehind(provider: Provider): RegExp | null {
  let pattern = staying.get(provider);
  if (pattern === undefined) {
    const names = provider.api.features?.staysBehind;
    pattern = names === undefined ? null : new RegExp(`^(?:${names})$`);
    staying.set(provider, pattern);
  }
  return pattern;
}

/** The provider's answer as the client gets it: status, allowed headers but those that repeat the API key, and the given body. */
export function inbound(
  answer: Response,
  body: BodyInit | null,
  funding: Pick<Funding, "payer" | "owner" | "apiKey" | "microcredits" | "unusedKey">,
): Response {
  const headers = new Headers(fundingHeaders(funding));
  const known = [...answer.headers].filter(([name]) => returned.test(name));
  // One search through all of them: its cost is in the spellings of the key, not in the length of the text.
  const isClean = !holdsKey(known.map(([, value]) => value).join("\n"), funding.apiKey);
  for (const [name, value] of known) {
    if (isClean || !holdsKey(value, funding.apiKey)) headers.set(name, value);
  }
  // The limits that are told there are those of the operator's account.
  if (funding.payer === "platform")
    for (const name of [...headers.keys()]) if (rateLimit.test(name)) headers.delete(name);
  return new Response(body, { status: answer.status, headers });
}

export function fundingHeaders({
  payer,
  owner,
  microcredits,
  unusedKey,
}: Pick<Funding, "payer" | "owner" | "microcredits" | "unusedKey">): Record<string, string> {
  return {
    "x-byok-funding": payer,
    "x-byok-owner": owner,
    "x-byok-credits": String(microcredits / 1_000_000),
    ...(unusedKey ? { "x-byok-unused-key": unusedKey } : {}),
  };
}
