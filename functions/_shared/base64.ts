/**
 * Base64 (RFC 4648, section 4), by the methods of Uint8Array where the runtime has them: the first `atob` or `btoa` loads 2 ms of script
 * on Deno 2.9. https://tc39.es/ecma262/#sec-uint8array.frombase64
 */
type Bytes = Uint8Array<ArrayBuffer>;

const { fromBase64 } = Uint8Array as { readonly fromBase64?: (text: string) => Bytes };
const { toBase64 } = Uint8Array.prototype as { readonly toBase64?: () => string };

/**
 * As `atob`: white space and missing padding pass.
 *
 * @throws Error of the runtime's, which may quote the text
 */
export const bytesOfBase64: (text: string) => Bytes =
  fromBase64 ?? ((text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0)));

/** With padding. */
export function base64Of(bytes: Uint8Array): string {
  return toBase64 ? toBase64.call(bytes) : btoa(String.fromCharCode(...bytes));
}
