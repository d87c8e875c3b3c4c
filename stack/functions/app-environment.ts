/** The environment of an app's own functions. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseEnv } from "node:util";
import type { StackConfig } from "../config.ts";

/**
 * The secrets that an app keeps for local functions, in functions/.env and in [edge_runtime.secrets], as the Supabase CLI reads them: a
 * name that begins with SUPABASE_ is the platform's.
 * https://supabase.com/docs/guides/functions/secrets, November 2026
 */
export function readAppSecrets(supabaseDir: string, { edge_runtime }: StackConfig): Record<string, string> {
  const file = path.join(supabaseDir, "functions", ".env");
  const fromFile = existsSync(file) ? parseEnv(readFileSync(file, "utf8")) : {};
  const declared = Object.entries(edge_runtime.secrets).flatMap(([name, value]) => {
    const variable = /^env\((\w+)\)$/.exec(value)?.[1];
    const resolved = variable === undefined ? value : process.env[variable];
    return resolved === undefined ? [] : [[name.toUpperCase(), resolved] as const];
  });
  const all = Object.entries({ ...Object.fromEntries(declared), ...fromFile }) as [string, string][];
  return Object.fromEntries(all.filter(([name]) => !name.startsWith("SUPABASE_")));
}

/** The project's keys under the names that they had before 2025, which many functions still read. */
export function namesOfOld({ publishableKey, secretKey }: { publishableKey: string; secretKey: string }) {
  return { SUPABASE_ANON_KEY: publishableKey, SUPABASE_SERVICE_ROLE_KEY: secretKey };
}
