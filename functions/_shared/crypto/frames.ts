/**
 * The plaintext of an envelope, by its suite, in bytes; integers are big-endian:
 *
 *     suite 1, 256     u16 length || API key || zeros
 *     suite 2, 1,024   u8 length || place || u16 length || API key || zeros
 *
 * Suite 1 holds a key without a place of up to 254 bytes: nearly every key. Suite 2 holds the others, at three times the size. The
 * zeros hide the length of the key.
 */
import type { PlacedKey } from "../../../catalogue/types.ts";

interface Frame {
  readonly plaintext_bytes: number;
  /** Bytes of the provider's number within the context. */
  readonly number_bytes: number;
  /** Whether a place stands before the key. */
  readonly hasPlace: boolean;
}

export const frames: Readonly<Record<number, Frame>> = {
  1: { plaintext_bytes: 256, number_bytes: 1, hasPlace: false },
  2: { plaintext_bytes: 1_024, number_bytes: 2, hasPlace: true },
};

/** Longest API key that fits beside the longest place, in bytes of UTF-8. */
export const maxApiKey_bytes = 958;
/** Longest API key of suite 1, in bytes of UTF-8. */
const maxShortApiKey_bytes = 254;
/** Length of a DNS label: RFC 1035, section 2.3.4. */
const maxPlace_bytes = 63;

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * The suite that a key is sealed in: the smallest that holds it and its place.
 *
 * @param providerNumber 1 to 65,535; above 255 it needs suite 2
 * @throws RangeError if the key is not 1 to 958 bytes, or the place not 1 to 63
 */
export function suiteOf({ apiKey, place }: PlacedKey, providerNumber: number): number {
  const length = new TextEncoder().encode(apiKey).length;
  if (length < 1 || length > maxApiKey_bytes) throw new RangeError(`An API key has 1 to ${maxApiKey_bytes} bytes.`);
  if (place !== null && (place === "" || new TextEncoder().encode(place).length > maxPlace_bytes)) {
    throw new RangeError(`A place has 1 to ${maxPlace_bytes} bytes.`);
  }
  return place === null && length <= maxShortApiKey_bytes && providerNumber <= 255 ? 1 : 2;
}

/** The plaintext of a key and its place, in a suite that holds them: `suiteOf`. */
export function frame(suite: number, { apiKey, place }: PlacedKey): Bytes {
  const { plaintext_bytes, hasPlace } = frames[suite]!;
  const [key, label] = [apiKey, place ?? ""].map((text) => new TextEncoder().encode(text)) as [Bytes, Bytes];
  const plaintext = new Uint8Array(plaintext_bytes);
  let at = 0;
  if (hasPlace) {
    plaintext[0] = label.length;
    plaintext.set(label, 1);
    at = 1 + label.length;
  }
  new DataView(plaintext.buffer).setUint16(at, key.length);
  plaintext.set(key, at + 2);
  return plaintext;
}

/** Made once: Deno 2.1 takes 5 us for one, for each call. */
const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Whether nothing but zeros follows. A loop, since `some()` takes 5 us for the padding of an envelope. */
function isZero(bytes: Bytes, from: number): boolean {
  let any = 0;
  for (let index = from; index < bytes.length; index++) any |= bytes[index]!;
  return any === 0;
}

/** @throws RangeError if a length is out of its limits, or anything but zeros follows; TypeError if a text is no UTF-8 */
export function unframe(suite: number, plaintext: Bytes): PlacedKey {
  const { hasPlace } = frames[suite]!;
  const label_bytes = hasPlace ? (plaintext[0] ?? 0) : 0;
  if (label_bytes > maxPlace_bytes) throw new RangeError("The place is too long.");
  const at = hasPlace ? 1 + label_bytes : 0;
  const key_bytes = new DataView(plaintext.buffer, plaintext.byteOffset).getUint16(at);
  if (key_bytes < 1 || key_bytes > (hasPlace ? maxApiKey_bytes : maxShortApiKey_bytes)) {
    throw new RangeError("The key is too short or too long.");
  }
  const end = at + 2 + key_bytes;
  if (!isZero(plaintext, end)) throw new RangeError("The padding is not zero.");
  return {
    apiKey: text.decode(plaintext.subarray(at + 2, end)),
    place: label_bytes === 0 ? null : text.decode(plaintext.subarray(1, 1 + label_bytes)),
  };
}
