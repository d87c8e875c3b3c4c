/** Taking out of a text that came from a provider what it must not tell: an API key, and whose account it is. */

/** Keys this long have a beginning that says whose they are; shorter ones are no provider's. */
const maskedKeyLength = 16;
const beginningLength = 8;

/** Most backslashes before a character: JSON within JSON has three. More would let a text of backslashes take forever. */
const maxBackslashes = 8;
/** The longest spelling of a character: backslashes, `u0041`, and the zeros of UTF-32. */
const longestSpelling = maxBackslashes + 5 + 3;

/** Ids of organisations and projects, as providers write them into the messages of their errors. */
const accountIds =
  /\b(?:org|proj)[-_]\w{12,}|\bprojects\/\d+|(?<=\borgani[sz]ation\W{1,4})[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;

/**
 * Takes an API key out of a text: as it is, as URLs, JSON and UTF-16 write it, be it over and over or some characters only, as
 * hex and base64 write it (wherever in the encoded text it begins), and masked, that is, whatever begins as the key does up to
 * the next space or quotation mark. Ids of organisations and projects go too.
 *
 * @param isCut whether the text was cut off: then its end goes too, as far as it could hold the first part of a key
 */
export function redact(text: string, apiKey: string, isCut = false): string {
  const encodings = encodingsOf(apiKey);
  const clean = encodings
    .reduce((rest, encoding) => rest.replaceAll(encoding, "[redacted]"), text)
    .replace(new RegExp(anySpelling(apiKey), "g"), "[redacted]");
  const longest = Math.max(apiKey.length * longestSpelling, ...encodings.map(({ length }) => length));
  const uncut = isCut ? clean.slice(0, -longest) : clean;
  const unmasked = apiKey.length < maskedKeyLength ? uncut : uncut.replace(maskedLike(apiKey), "[redacted]");
  return unmasked.replace(accountIds, "[redacted]");
}

/** Hex and base64, within a URL or JSON too. Longest first, so that none leaves a part of another. */
function encodingsOf(apiKey: string): string[] {
  const hex = Array.from(apiKey, (character) => hexOf(character)).join("");
  const base64 = [btoa(apiKey), ...[0, 1, 2].map((offset) => base64Within(apiKey, offset))];
  const encodings = [
    ...[hex, hex.toUpperCase(), ...base64],
    ...base64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_")),
    ...base64.map((text) => text.replaceAll("/", "\\/")),
    ...base64.map(encodeURIComponent),
  ];
  return [...new Set(encodings)].filter(Boolean).sort((left, right) => right.length - left.length);
}

/** The characters of base64 that stand for nothing but the key, where it begins `offset` bytes after a group of three. */
function base64Within(apiKey: string, offset: number): string {
  const bits = (bytes: number) => (bytes * 8) / 6;
  return btoa("\0".repeat(offset) + apiKey).slice(Math.ceil(bits(offset)), Math.floor(bits(offset + apiKey.length)));
}

function maskedLike(apiKey: string): RegExp {
  return new RegExp(`${anySpelling(apiKey.slice(0, beginningLength))}[^\\s"'\\\\<>|,]*`, "g");
}

/** A pattern for a text of ASCII in which each character may be spelled as it is, `\+`, `\u002b`, `%2B` or `%252b`. */
function anySpelling(text: string): string {
  return Array.from(text, (character) => {
    const hex = hexOf(character).replaceAll(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
    const itself = character.replace(/\W/, "\\$&");
    return `(?:\\\\{0,${maxBackslashes}}(?:${itself}|(?<=\\\\)u00${hex})|%(?:25){0,3}${hex})\\0{0,3}`;
  }).join("");
}

function hexOf(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(2, "0");
}
