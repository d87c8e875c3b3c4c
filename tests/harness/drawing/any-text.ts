/** Texts of any characters, for property tests. */
import fc from "fast-check";

const [firstSurrogate, surrogates, last] = [0xd800, 0x800, 0x10_ffff];

/** Any code point but half a pair: every second one ASCII, which means something to a parser. */
const anyCharacter = fc
  .oneof(fc.integer({ min: 0, max: 0x7f }), fc.integer({ min: 0, max: last - surrogates }))
  .map((drawn) => String.fromCodePoint(drawn < firstSurrogate ? drawn : drawn + surrogates));

/** As `fc.string({ unit: "binary" })`, which takes seconds to be made: it builds tables of all code points first. */
export function anyText(lengths: { readonly minLength?: number; readonly maxLength?: number } = {}) {
  return fc.string({ unit: anyCharacter, ...lengths });
}
