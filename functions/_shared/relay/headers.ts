/** Which headers cross the relay, in either direction, and what never does. */
import type { Funding } from "../credits/funding.ts";
import { authenticate } from "../providers/keys.ts";
import type { CalledProvider } from "../providers/types.ts";
import { holdsKey } from "./redaction.ts";

/** Names and values, for `fetch`: a list costs a third of what Headers do. */
export type HeaderList = [string, string][];

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
  provider: CalledProvider,
  funding: Pick<Funding, "payer" | "apiKey">,
): HeaderList {
  const authentication = Object.entries(authenticate(provider, funding.apiKey));
  const passed = funding.payer === "byok" ? passedUnderByok(client, provider) : passedOnCredits(client, provider);
  return [
    ["accept-encoding", "identity"],
    ...passed.filter(([name]) => !authentication.some(([ours]) => ours === name)),
    ...authentication,
  ];
}

function passedOnCredits(client: Headers, { api }: CalledProvider): HeaderList {
  const passed: HeaderList = [];
  for (const name of api.features?.onCredits ?? []) {
    const value = client.get(name);
    if (value !== null) passed.push([name, value]);
  }
  // It is read as JSON, as it was checked: as a form, or in another charset, the same bytes would have other fields.
  passed.push(["content-type", "application/json"]);
  // An answer in another form would not be passed on, and the provider would have made it for nothing.
  passed.push(["accept", "application/json"]);
  return passed;
}

/** In one pass by forEach(), which reads the list once: for-of may sort it anew for each header, at up to a hundred times the cost. */
function passedUnderByok(client: Headers, provider: CalledProvider): HeaderList {
  const prefix = provider.api.features?.prefix;
  const staying = staysBehind(provider);
  const passed: HeaderList = [];
  client.forEach((value, name) => {
    const isFeature = prefix !== undefined && name.startsWith(prefix) && !staying?.test(name);
    if (isFeature || forwardedUnderByok.includes(name)) passed.push([name, value]);
  });
  return passed;
}

const staying = new WeakMap<CalledProvider, RegExp | null>();

/** The provider's headers that authenticate or tell who the caller is. */
function staysBehind(provider: CalledProvider): RegExp | null {
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
  const known: HeaderList = [];
  answer.headers.forEach((value, name) => {
    // The limits that are told there are those of the operator's account.
    if (returned.test(name) && !(funding.payer === "platform" && rateLimit.test(name))) known.push([name, value]);
  });
  // One search through all of them: its cost is in the spellings of the key, not in the length of the text.
  const isClean = !holdsKey(known.map(([, value]) => value).join("\n"), funding.apiKey);
  const passed = isClean ? known : known.filter(([, value]) => !holdsKey(value, funding.apiKey));
  const response = new Response(body, { status: answer.status });
  for (const [name, value] of fundingHeaders(funding)) response.headers.set(name, value);
  for (const [name, value] of passed) response.headers.set(name, value);
  return response;
}

export function fundingHeaders({
  payer,
  owner,
  microcredits,
  unusedKey,
}: Pick<Funding, "payer" | "owner" | "microcredits" | "unusedKey">): HeaderList {
  return [
    ["x-byok-funding", payer],
    ["x-byok-owner", owner],
    ["x-byok-credits", String(microcredits / 1_000_000)],
    ...(unusedKey ? [["x-byok-unused-key", unusedKey] as [string, string]] : []),
  ];
}
