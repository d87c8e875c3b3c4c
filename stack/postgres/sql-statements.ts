import { parse } from "libpg-query";

interface Parsed {
  /** positions in bytes; a length that is absent means up to the end, a position that is absent means 0 */
  stmts?: { stmt?: Statement; stmt_location?: number; stmt_len?: number }[];
}

/** A statement by the name of its kind, of which only this one is read. */
export interface Statement {
  CreateExtensionStmt?: { extname?: string };
}

/**
 * An SQL text without some of its statements.
 *
 * @throws when the text is not SQL
 */
export async function leaveOut(text: string, isLeftOut: (statement: Statement) => boolean): Promise<string> {
  const bytes = Buffer.from(text);
  const { stmts = [] } = (await parse(text)) as Parsed;
  for (const { stmt = {}, stmt_location: from = 0, stmt_len: length = bytes.length - from } of stmts) {
    if (isLeftOut(stmt)) bytes.fill(" ", from, from + length);
  }
  return bytes.toString();
}

/**
 * The statements of an SQL text, each with the comments before it and without its semicolon, and what
 * comments come after the last, as the Supabase CLI records them.
 *
 * @throws when the text is not SQL
 */
export async function splitStatements(text: string): Promise<string[]> {
  const bytes = Buffer.from(text);
  const { stmts = [] } = (await parse(text)) as Parsed;
  const pieces: string[] = [];
  let rest = 0;
  for (const { stmt_location: from = 0, stmt_len: length } of stmts) {
    rest = length === undefined ? bytes.length : from + length;
    pieces.push(bytes.toString("utf8", from, rest));
  }
  pieces.push(bytes.toString("utf8", rest).replace(/^\s*;/, ""));
  return pieces.map((piece) => piece.trim()).filter((piece) => piece !== "");
}
