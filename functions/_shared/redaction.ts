/** Taking an API key out of a text that came from a provider. */

/** Keys this long have a beginning that says whose they are; shorter ones are no provider's. */
const maskedKeyLength = 16;
const beginningLength = 8;

/**
 * Takes an API key out of a text: as it is, as URLs, hex, JSON, JSON within JSON and base64 write it (base64 wherever in the
 * encoded text the key begins), and masked, that is, whatever begins as the key does up to the next space or quotation mark.
 *
 * @param isCut whether the text was cut off: then its end goes too, as far as it could hold the first part of a key
 */
export function redact(text: string, apiKey: string, isCut = false): string {
  const spellings = spellingsOf(apiKey);
  const clean = spellings.reduce((rest, spelling) => rest.replaceAll(spelling, "[redacted]"), text);
  const uncut = isCut ? clean.slice(0, -Math.max(...spellings.map(({ length }) => length))) : clean;
  return apiKey.length < maskedKeyLength ? uncut : uncut.replace(maskedLike(apiKey), "[redacted]");
}

/** Longest first, so that none leaves a part of another. */
function spellingsOf(apiKey: string): string[] {
  const asJson = (value: string) => JSON.stringify(value).slice(1, -1);
  const hex = Array.from(apiKey, (character) => character.charCodeAt(0).toString(16).padStart(2, "0")).join("");
  const base64 = [0, 1, 2].map((offset) => base64Within(apiKey, offset));
  const plain = [
    apiKey,
    encodeURIComponent(apiKey),
    btoa(apiKey),
    hex,
    hex.toUpperCase(),
    ...base64,
    ...base64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_")),
  ];
  const nested = plain.flatMap((spelling) => [asJson(asJson(spelling)), asJson(spelling), spelling]);
  return [...new Set(nested)].filter(Boolean).sort((left, right) => right.length - left.length);
}

/** The characters of base64 that stand for nothing but the key, where it begins `offset` bytes after a group of three. */
function base64Within(apiKey: string, offset: number): string {
  const bits = (bytes: number) => (bytes * 8) / 6;
  return btoa("\0".repeat(offset) + apiKey).slice(Math.ceil(bits(offset)), Math.floor(bits(offset + apiKey.length)));
}

function maskedLike(apiKey: string): RegExp {
  const beginning = apiKey.slice(0, beginningLength).replaceAll(/[^\w]/g, "\\$&");
  return new RegExp(`${beginning}[^\\s"'\\\\<>|,]*`, "g");
}
