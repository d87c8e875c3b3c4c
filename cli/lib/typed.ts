/** How a command is typed: `npx supabase-byok ...` from the package, a script of npm in the repository. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { projectDir } from "../../stack/config.ts";

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  /** The repository has none. */
  readonly peerDependencies?: Readonly<Record<string, string>>;
  /** The package has none. */
  readonly scripts?: Readonly<Record<string, string>>;
}

export const manifest = JSON.parse(readFileSync(path.join(projectDir, "package.json"), "utf8")) as Manifest;

/** Whether this is the package, and not the repository with all sources. */
export const isPackaged = manifest.scripts === undefined;

const program = "node cli/main.ts";

/** The words that each script runs, and its name; the longest first. */
const scripts = Object.entries(manifest.scripts ?? {})
  .filter(([, line]) => line === program || line.startsWith(`${program} `))
  .map(([script, line]) => ({ script, words: line.slice(program.length).trim() }))
  .sort((left, right) => right.words.length - left.words.length);

/**
 * A command line.
 *
 * @param command its name and what follows it, as `keys list --json` or `keyring new > keyring.json`
 */
export function typed(command: string): string {
  const found = scripts.find(({ words }) => words === "" || `${command} `.startsWith(`${words} `));
  return found ? throughNpm(found.script, command.slice(found.words.length).trim()) : `npx ${manifest.name} ${command}`;
}

function throughNpm(script: string, rest: string): string {
  // npm's own words would go into the file as well.
  const silent = / > /.test(` ${rest}`) ? "--silent " : "";
  const given = rest === "" || /^[<>] /.test(rest) ? rest : `-- ${rest}`;
  return `${script === "start" ? "npm start" : `npm run ${silent}${script}`} ${given}`.trim();
}
