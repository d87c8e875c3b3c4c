/** Secrets that are like nothing else, and the search for them in every spelling that they could have leaked in. */
import { providers } from "../../functions/_shared/providers/index.ts";

/** The beginnings that all keys of a kind share, which a page shows: the longest first. */
const publicPrefixes = Object.values(providers)
  .flatMap(({ keys }) => [...keys.prefixes, keys.newest ?? ""])
  .sort((a, b) => b.length - a.length);

/**
 * How a secret could be written: as it is, as URLs, JSON, JSON within JSON, hex, and base64 wherever in the encoded text it
 * begins; and its first eight characters after a public prefix, where a part of it could have been logged on purpose.
 */
export function spellingsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const publicPrefix = publicPrefixes.find((prefix) => secret.startsWith(prefix)) ?? "";
  const json = JSON.stringify(secret).slice(1, -1);
  const base64 = [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString("base64")
      .replaceAll("=", "");
    // The first and the last characters may stand for bits of what is around the secret.
    const inner = encoded.slice(offset === 0 ? 0 : offset + 1, -1);
    return [inner, inner.replaceAll("+", "-").replaceAll("/", "_")];
  });
  return [
    ...new Set([
      secret,
      encodeURIComponent(secret),
      encodeURI(secret),
      json,
      JSON.stringify(json).slice(1, -1),
      bytes.toString("hex"),
      bytes.toString("hex").toUpperCase(),
      ...base64,
      secret.slice(publicPrefix.length).slice(0, 8),
    ]),
  ];
}

/**
 * Where any of the secrets is in a text or in bytes, as `<name> as <number of the spelling>`: a failed test must not print one.
 */
export function findSecrets(haystack: string | Buffer, secrets: Readonly<Record<string, string>>): string[] {
  const bytes = typeof haystack === "string" ? Buffer.from(haystack) : haystack;
  // Many secrets begin alike, and a whole one is only looked for where its beginning is.
  const beginnings = new Map<string, boolean>();
  const holdsBeginningOf = (spelling: string) => {
    const beginning = spelling.slice(0, 8);
    if (!beginnings.has(beginning)) beginnings.set(beginning, bytes.includes(beginning));
    return beginnings.get(beginning)!;
  };
  return Object.entries(secrets).flatMap(([name, secret]) =>
    spellingsOf(secret).flatMap((spelling, index) =>
      holdsBeginningOf(spelling) && bytes.includes(spelling) ? [`${name} as ${index}`] : [],
    ),
  );
}
