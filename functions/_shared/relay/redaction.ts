/** Finds in a provider's text the parts that must not be told: an API key, and the account's owner. */
import { base64Of } from "../base64.ts";

/** Keys this long have a beginning that says whose they are; shorter ones are no provider's, and looked for as a whole. */
const maskedKeyLength = 16;
const beginningLength = 8;

/** Most layers of spelling that are taken off: JSON within JSON within a URL has three. */
const maxRounds = 8;

/** Ids of organisations and projects, as providers write them into the messages of their errors. */
const accountIds =
  /\b(?:org|proj)[-_]\w{12,}|\bprojects\/\d+|(?<=\bproject[\s#:"']{1,3})\d{6,}|(?<=\borgani[sz]ation\W{1,4})[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;

export function withoutAccountIds(text: string): string {
  return text.replace(accountIds, "[redacted]");
}

/**
 * Whether a text repeats an API key: as it is or masked after its beginning, as URLs, JSON and UTF-16 write it, be it over and over
 * or some characters only, and as hex and base64 write it, wherever in the encoded text it begins. A text with more layers of
 * spelling than anybody writes may hold one. Cut off anywhere, a text holds at most the first 7 characters.
 */
export function holdsKey(text: string, apiKey: string): boolean {
  const beginning = apiKey.length < maskedKeyLength ? apiKey : apiKey.slice(0, beginningLength);
  const { hex, base64 } = encoded(beginning);
  let spelled = text;
  for (let round = 0; round <= maxRounds; round++) {
    const standard = spelled.replaceAll("-", "+").replaceAll("_", "/");
    if (spelled.includes(beginning) || spelled.toLowerCase().includes(hex)) return true;
    if (base64.some((within) => within !== "" && standard.includes(within))) return true;
    const plainer = withoutOneLayer(spelled);
    if (plainer === spelled) return false;
    spelled = plainer;
  }
  return true;
}

/** Every layer begins with one of these. */
const spelling = /[%\\\0]/;

/** Undoes what URLs, JSON and UTF-16 do to a character, once. */
function withoutOneLayer(text: string): string {
  if (!spelling.test(text)) return text;
  return text
    .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/\\(?:u([0-9a-f]{4})|(.))/gis, (_, hex: string | undefined, character: string) =>
      hex === undefined ? character : String.fromCharCode(Number.parseInt(hex, 16)),
    )
    .replaceAll("\0", "");
}

/**
 * A text in hex, and the characters of base64 that stand for nothing but the text, where it begins 0, 1 or 2 bytes after a group of
 * three. By loops: iterating over a text was a twentieth of a call's garbage.
 */
function encoded(text: string): { hex: string; base64: readonly string[] } {
  const { length } = text;
  const bytes = new Uint8Array(2 + length);
  let hex = "";
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    bytes[2 + index] = code;
    hex += (code < 16 ? "0" : "") + code.toString(16);
  }
  const within = (offset: number) =>
    base64Of(bytes.subarray(2 - offset)).slice(Math.ceil(digits(offset)), Math.floor(digits(offset + length)));
  return { hex, base64: [within(0), within(1), within(2)] };
}

/** Of base64. */
function digits(bytes: number): number {
  return (bytes * 8) / 6;
}
