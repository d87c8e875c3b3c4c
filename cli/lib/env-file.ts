/** Files of environment variables. */
import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { misused } from "./command.ts";

/** @throws CommandError if there is no such file */
export function readEnvFile(file: string): Record<string, string | undefined> {
  try {
    return parseEnv(readFileSync(file, "utf8"));
  } catch {
    throw misused(`There is no file ${file}.`);
  }
}
