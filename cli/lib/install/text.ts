/** Texts as git keeps them: the ends of lines depend on the machine that checked them out. */
import { createHash } from "node:crypto";

/** SHA-256 in hexadecimal of a text with `\n` as the end of its lines. */
export function digest(text: string): string {
  return createHash("sha256").update(unixLines(text)).digest("hex");
}

export function unixLines(text: string): string {
  return text.replaceAll("\r\n", "\n");
}

export function lineEndOf(text: string): "\r\n" | "\n" {
  return text.includes("\r\n") ? "\r\n" : "\n";
}

/** A text with the ends of lines that another one has. */
export function withLineEndsOf(sample: string, text: string): string {
  return unixLines(text).replaceAll("\n", lineEndOf(sample));
}
