/** The kinds of text that are pasted in place of a key. */
export type PastedProblem = "empty" | "file" | "address" | "shortened" | "lines" | "space" | "character";

/** A sentence for each, for users. */
export const pastedProblems: Readonly<Record<PastedProblem, string>> = {
  empty: "Paste an API key: there is none.",
  file: "This is a file with a private key, which is not an API key: make an API key at the provider.",
  address: "This is an address, not an API key: copy the key itself.",
  shortened: "This is a shortened key, as pages show it later: make a new one and copy all of it.",
  lines: "This is more than one line: copy the key alone.",
  space: "There is a space within this key: copy the key alone.",
  character: "There is a character in this that no API key has: copy the key again.",
};
