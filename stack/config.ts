import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
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
  edge_runtime: z.object({ secrets: z.record(z.string(), z.string()).default({}) }).prefault({}),
  functions: z
    .record(
      z.string(),
      z.object({
        enabled: z.boolean().default(true),
        verify_jwt: z.boolean().default(true),
        entrypoint: z.string().optional(),
        import_map: z.string().optional(),
      }),
    )
    .default({}),
});

type Declared = z.infer<typeof schema>;

export type StackConfig = Omit<Declared, "functions"> & { functions: Record<string, FunctionConfig> };

/** A function of the project. Its files are named from the supabase folder. */
export type FunctionConfig = Omit<Declared["functions"][string], "entrypoint"> & { entrypoint: string };

/**
 * Reads config.toml of a supabase folder, and finds the functions that it leaves out.
 *
 * @throws when the file is missing, is no TOML, or has a setting of the wrong kind
 */
export function readConfig(supabaseDir: string): StackConfig {
  const declared = schema.parse(parse(readFileSync(path.join(supabaseDir, "config.toml"), "utf8")));
  return { ...declared, functions: findFunctions(supabaseDir, declared.functions) };
}

/**
 * The functions that are declared, and each folder below functions/ that holds an index.ts. What is left out of a declaration is as the
 * Supabase CLI has it: https://supabase.com/docs/guides/functions/function-configuration, November 2026.
 */
function findFunctions(supabaseDir: string, declared: Declared["functions"]): StackConfig["functions"] {
  const folder = path.join(supabaseDir, "functions");
  const found = existsSync(folder) ? readdirSync(folder).sort() : [];
  // The name of a function begins with a letter: a folder such as _shared is none.
  const slugs = found.filter((slug) => /^[A-Za-z][\w-]*$/.test(slug) && isFile(folder, slug, "index.ts"));
  return Object.fromEntries(
    [...new Set([...slugs, ...Object.keys(declared)])].map((slug) => {
      const { enabled = true, verify_jwt = true, entrypoint, import_map } = declared[slug] ?? {};
      const entry = entrypoint || `./functions/${slug}/index.ts`;
      const map = import_map || findImportMap(supabaseDir, path.dirname(entry));
      return [slug, { enabled, verify_jwt, entrypoint: entry, ...(map && { import_map: map }) }];
    }),
  );
}

/** The import map of a function that names none: one beside its entrypoint, or one for all functions. */
function findImportMap(supabaseDir: string, entryFolder: string): string | undefined {
  const candidates = [
    ...["deno.json", "deno.jsonc", "import_map.json"].map((name) => path.join(entryFolder, name)),
    ...["import_map.json", "deno.json"].map((name) => path.join("functions", name)),
  ];
  return candidates.find((file) => isFile(supabaseDir, file));
}

function isFile(...names: string[]): boolean {
  return statSync(path.join(...names), { throwIfNoEntry: false })?.isFile() ?? false;
}
