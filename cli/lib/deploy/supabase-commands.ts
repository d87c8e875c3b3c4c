/** The commands of the Supabase CLI that a deployment runs, in versions 2 and 3. Secrets go in files: others can read a command line. */

/** The arguments of each command. */
export interface SupabaseCommands {
  link(ref: string): readonly string[];
  /** To the linked project, by way of its pooler where this machine has no IPv6. */
  pushMigrations(): readonly string[];
  /** Sends the settings that the config.toml below a folder declares, and no other. It shows them and asks. */
  pushConfig(ref: string, workdir: string): readonly string[];
  listSecrets(ref: string): readonly string[];
  setSecrets(ref: string, file: string): readonly string[];
  runSql(ref: string, file: string): readonly string[];
  deployFunction(ref: string, name: string): readonly string[];
}

function commandsWith(
  project: (ref: string) => readonly string[],
  linked: string,
  queried: readonly string[],
): SupabaseCommands {
  return {
    link: (ref) => ["link", "--project-ref", ref],
    pushMigrations: () => ["db", "push", linked],
    pushConfig: (ref, workdir) => ["config", "push", "--workdir", workdir, ...project(ref)],
    listSecrets: (ref) => ["secrets", "list", "--output", "json", ...project(ref)],
    setSecrets: (ref, file) => ["secrets", "set", "--env-file", file, ...project(ref)],
    runSql: (ref, file) => ["db", "query", "--file", file, ...queried, ...project(ref)],
    deployFunction: (ref, name) => ["functions", "deploy", name, "--use-api", ...project(ref)],
  };
}

/** By major version; a later one is taken for the newest known. */
export const supabaseCommands: Readonly<Record<2 | 3, SupabaseCommands>> = {
  2: commandsWith((ref) => ["--project-ref", ref], "--linked", ["--linked"]),
  3: commandsWith((ref) => [`--remote=${ref}`], "--remote", []),
};
