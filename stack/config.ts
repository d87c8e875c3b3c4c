import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "smol-toml";
import { z } from "zod";

/** The folder that holds package.json. */
export const projectDir = fileURLToPath(new URL("..", import.meta.url));

export const defaultSupabaseDir = path.join(projectDir, "supabase");

/**
 * The part of supabase/config.toml that the local stack obeys. What the file does not declare is as here, for this machine alone:
 * were it declared there, `supabase config push` would send it to a hosted project.
 */
const schema = z.object({
  api: z
    .object({
      port: z.int().default(54321),
      schemas: z.array(z.string()).default(["public", "graphql_public"]),
      extra_search_path: z.array(z.string()).default(["public", "extensions"]),
      max_rows: z.int().default(1000),
    })
    .prefault({}),
  db: z
    .object({
      port: z.int().default(54322),
      seed: z
        .object({ enabled: z.boolean().default(true), sql_paths: z.array(z.string()).default(["./seed.sql"]) })
        .prefault({}),
    })
    .prefault({}),
  auth: z
    .object({
      site_url: z.string().default("http://127.0.0.1:54321"),
      jwt_expiry: z.int().default(3600),
      enable_signup: z.boolean().default(true),
      minimum_password_length: z.int().default(8),
    })
    .prefault({}),
  functions: z
    .record(
      z.string(),
      z.object({
        enabled: z.boolean().default(true),
        verify_jwt: z.boolean().default(true),
        entrypoint: z.string(),
        import_map: z.string().optional(),
      }),
    )
    .default({}),
});

export type StackConfig = z.infer<typeof schema>;

/**
 * Reads config.toml of a supabase folder.
 *
 * @throws when the file is missing, is no TOML, or has a setting of the wrong kind
 */
export function readConfig(supabaseDir: string): StackConfig {
  return schema.parse(parse(readFileSync(path.join(supabaseDir, "config.toml"), "utf8")));
}
