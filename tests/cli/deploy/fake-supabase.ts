/**
 * A program that is found as `supabase`: it records how it is run, and plays as much of a project as a deployment sees. Commands on the
 * settings of a hosted project can go on to the real CLI.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { repositoryPath } from "../../harness/processes.ts";

export interface FakeSupabase {
  /** The PATH on which it is found. */
  readonly path: string;
  /** The arguments of each run so far, without those that only ask. */
  runs(): string[][];
  /** Lets every command whose words match fail; none without. */
  failAt(words?: string): void;
  /** Names of the project's secrets -> SHA-256 in hexadecimal. */
  secrets: Record<string, string>;
}

/** The real program, and the profile with the address of the project. */
export interface RealSupabase {
  readonly program: string;
  readonly profile: string;
}

interface Behaviour {
  readonly version: string;
  readonly real?: RealSupabase | undefined;
  readonly fail?: string | undefined;
  readonly secrets: Record<string, string>;
  readonly runs: string[][];
}

/** @param folder gets the program and what it remembers */
export function fakeSupabase(folder: string, version: string, real?: RealSupabase): FakeSupabase {
  const bin = path.join(folder, "bin");
  mkdirSync(bin, { recursive: true });
  const memory = path.join(folder, "memory.json");
  const program = path.join(bin, "supabase");
  writeFileSync(program, `#!${process.execPath}\n(${playSupabase.toString()})(${JSON.stringify(memory)});\n`);
  chmodSync(program, 0o755);
  const remember = (change: Partial<Behaviour>) =>
    writeFileSync(memory, JSON.stringify({ ...recall(), ...change } satisfies Behaviour));
  const recall = (): Behaviour =>
    existsSync(memory) ? JSON.parse(readFileSync(memory, "utf8")) : { version, real, secrets: {}, runs: [] };
  remember({});
  return {
    path: [bin, repositoryPath].join(path.delimiter),
    runs: () => recall().runs,
    failAt: (words) => remember({ fail: words }),
    get secrets() {
      return recall().secrets;
    },
    set secrets(secrets) {
      remember({ secrets });
    },
  };
}

/** The whole program: nothing outside it is known there. */
function playSupabase(memory: string): void {
  const { spawnSync } = process.getBuiltinModule("node:child_process");
  const { createHash } = process.getBuiltinModule("node:crypto");
  const { mkdirSync, readFileSync, writeFileSync } = process.getBuiltinModule("node:fs");
  const { parseEnv } = process.getBuiltinModule("node:util");
  const behaviour = JSON.parse(readFileSync(memory, "utf8"));
  const args = process.argv.slice(2);
  const words = args.join(" ");
  if (words === "--version") return console.log(behaviour.version);
  if (behaviour.real && ["config", "functions", "secrets"].includes(args[0]!)) {
    const { program, profile } = behaviour.real;
    process.exitCode = spawnSync(program, [...args, "--profile", profile], { stdio: "inherit" }).status ?? 1;
    return;
  }
  const rows = Object.entries(behaviour.secrets).map(([name, value]) => ({ name, value }));
  if (words.startsWith("secrets list")) return console.log(JSON.stringify(rows));
  behaviour.runs.push(args);
  const isFailing = behaviour.fail && words.includes(behaviour.fail);
  if (!isFailing && words.startsWith("secrets set")) {
    for (const [name, value] of Object.entries(parseEnv(readFileSync(args[args.indexOf("--env-file") + 1]!, "utf8")))) {
      behaviour.secrets[name] = createHash("sha256").update(value!).digest("hex");
    }
  }
  if (!isFailing && args[0] === "link") {
    mkdirSync("supabase/.temp", { recursive: true });
    writeFileSync("supabase/.temp/project-ref", args[2]!);
  }
  writeFileSync(memory, JSON.stringify(behaviour));
  if (isFailing) process.exitCode = 3;
}
