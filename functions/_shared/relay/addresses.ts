/**
 * Addresses of a provider's API inside its answers. Whoever follows one sends it the access token, so the client gets the address
 * at `call` that leads to the same resource.
 */
import { ByokError } from "../errors.ts";
import { isRecord, parseJson } from "../json.ts";
import type { CalledProvider } from "../providers/types.ts";
import { readAtMost } from "../read-at-most.ts";
import { isWithinApi } from "../request/route.ts";

/** Where a provider's API is, and where `call` serves it. */
export interface ApiAddress {
  readonly provider: CalledProvider;
  /** `https://host` of the provider. */
  readonly origin: string;
  /** `https://<project>/functions/v1/byok/call/<provider>`. */
  readonly callUrl: string;
}

/** Longest body with addresses, in characters: a list of a thousand batches has less than one million. */
const maxBodyLength = 4 * 1024 * 1024;

/** An address, relative to the one that was asked or not, as one of the provider's API; null if it is none. */
export function addressWithinApi(address: string, asked: string, { provider, origin }: ApiAddress): URL | null {
  const url = URL.parse(address, asked);
  return url !== null && url.origin === origin && isWithinApi(provider, url.pathname) ? url : null;
}

/** The same address at `call`; null for one that is not within the provider's API. */
export function addressAtCall(address: string, asked: string, api: ApiAddress): string | null {
  const url = addressWithinApi(address, asked, api);
  return url && `${api.callUrl}${url.pathname}${url.search}`;
}

/**
 * The body of an answer, its addresses turned into those at `call` where the catalogue says that it has some; else as it came.
 *
 * @param asked the address that was asked
 * @throws ByokError `provider_misbehaved` for a body that is too long or no JSON, and for an address that is not within the API
 */
export async function bodyAtCall(answer: Response, asked: string, api: ApiAddress): Promise<BodyInit | null> {
  const fields = api.provider.api.addresses?.fields;
  if (!fields || answer.body === null || !patternOf(fields.path).test(new URL(asked).pathname)) return answer.body;
  const text = await readAtMost(answer, maxBodyLength).catch(() => "");
  const body = text.length < maxBodyLength ? parseJson(text) : undefined;
  if (body === undefined) throw new ByokError("provider_misbehaved");
  return JSON.stringify(rewrite(body, fields.names, (address) => requireAtCall(address, asked, api)));
}

/** @throws ByokError `provider_misbehaved` for an address that is not within the provider's API */
export function requireAtCall(address: string, asked: string, api: ApiAddress): string {
  const ours = addressAtCall(address, asked, api);
  if (ours !== null) return ours;
  throw new ByokError("provider_misbehaved", {
    message: "The provider's answer leads to an address outside its API, which would get your access token.",
  });
}

/** The value with each text under one of these names replaced, at any depth. */
function rewrite(value: unknown, names: readonly string[], replace: (address: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => rewrite(item, names, replace));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [
      name,
      names.includes(name) && typeof field === "string" ? replace(field) : rewrite(field, names, replace),
    ]),
  );
}

const patterns = new Map<string, RegExp>();

function patternOf(path: string): RegExp {
  let pattern = patterns.get(path);
  if (!pattern) {
    pattern = new RegExp(`^(?:${path})$`);
    patterns.set(path, pattern);
  }
  return pattern;
}
