/** The steps of a deployment, in their order: each a command of the Supabase CLI, or work on this machine. */
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseEnv } from "node:util";
import { newKeyring } from "../../../stack/keyring.ts";
import { linkedRef } from "./linked-project.ts";
import { readPrivate, writePrivate } from "./private-folder.ts";
import { scramVerifier } from "./scram.ts";
import type { SupabaseCommands } from "./supabase-commands.ts";

export interface Deployment {
  readonly supabaseDir: string;
  readonly ref: string;
  readonly functionName: string;
  /** The schemas that config.toml exposes. */
  readonly schemas: readonly string[];
  /** Of secrets and state: private-folder.ts. */
  readonly folder: string;
  readonly commands: SupabaseCommands;
  /** The function's own connection to the database; undefined for the Data API alone. */
  readonly direct: { readonly host: string; readonly ca: string } | undefined;
}

export interface Step {
  readonly id: string;
  readonly title: string;
  /** Arguments of the Supabase CLI; undefined for work on this machine alone. */
  readonly command?: readonly string[];
  /** A sentence for the person who reads the plan. */
  readonly note?: string;
  /** Before the command: writes the files that it takes. */
  prepare?(): void;
  /** Depends on what the step works with, so that it is repeated when that has changed. Asked after `prepare`. */
  fingerprint(): string;
  /** Done whatever the state says: the project shows it. */
  isDone?(): boolean;
  /** There is nothing to do. */
  readonly isSkipped?: boolean;
}

export function stepsOf(deployment: Deployment): readonly Step[] {
  const { direct } = deployment;
  return [
    link(deployment),
    migrations(deployment),
    exposure(deployment),
    keyring(deployment),
    keyringSecret(deployment),
    settings(deployment),
    ...(direct ? [login(deployment, direct.host, direct.ca), directSecret(deployment)] : []),
    deployedFunction(deployment),
  ];
}

function link({ supabaseDir, ref, commands }: Deployment): Step {
  return {
    ...{ id: "link", title: "Link the project", command: commands.link(ref) },
    fingerprint: () => ref,
    isDone: () => linkedRef(supabaseDir) === ref,
  };
}

function migrations({ supabaseDir, commands }: Deployment): Step {
  const folder = path.join(supabaseDir, "migrations");
  const files = () =>
    existsSync(folder)
      ? readdirSync(folder)
          .filter((name) => name.endsWith(".sql"))
          .sort()
      : [];
  return {
    ...{ id: "migrations", title: "Apply the migrations", command: commands.pushMigrations() },
    note: "All of this project that are not applied yet: the CLI lists them and asks. They come before the next step, since the Data API fails while a schema that it exposes does not exist.",
    fingerprint: () => digest(...files().map((name) => name + readFileSync(path.join(folder, name), "utf8"))),
  };
}

/** `config push` sends all that a config.toml declares, such as a site_url for this machine; so this one declares one setting. */
function exposure({ ref, schemas, folder, commands }: Deployment): Step {
  const workdir = path.join(folder, "expose");
  return {
    ...{ id: "exposure", title: "Expose schema byok in the Data API", command: commands.pushConfig(ref, workdir) },
    note: `It sends the list ${schemas.join(", ")}, and no other setting. The CLI shows the list before and after: if a schema would go that your app needs, say no and add it to [api] schemas of config.toml first. By hand: dashboard, Data API settings, Exposed schemas.`,
    prepare: () => {
      mkdirSync(path.join(workdir, "supabase"), { recursive: true });
      const list = schemas.map((schema) => JSON.stringify(schema)).join(", ");
      writeFileSync(path.join(workdir, "supabase/config.toml"), `[api]\nschemas = [${list}]\n`);
    },
    fingerprint: () => digest(...schemas),
  };
}

export const keyringFile = (folder: string) => path.join(folder, "keyring.json");

function keyring({ folder }: Deployment): Step {
  const file = keyringFile(folder);
  return {
    ...{ id: "keyring", title: "Make the key ring" },
    note: `In ${file}. Back it up apart from the database: without it no saved key can be opened. One that is there is kept.`,
    prepare: () => {
      if (readPrivate(file) === undefined) writePrivate(file, `${newKeyring()}\n`);
    },
    fingerprint: () => digest(readPrivate(file) ?? ""),
    isDone: () => existsSync(file),
  };
}

function keyringSecret({ ref, folder, commands }: Deployment): Step {
  const file = path.join(folder, "keyring.env");
  return {
    ...{ id: "keyring-secret", title: "Set the key ring", command: commands.setSecrets(ref, file) },
    prepare: () => writePrivate(file, `BYOK_MASTER_KEYS='${readPrivate(keyringFile(folder))!.trim()}'\n`),
    fingerprint: () => digest(readPrivate(keyringFile(folder)) ?? ""),
  };
}

function settings({ ref, folder, commands }: Deployment): Step {
  const file = path.join(folder, "byok.env");
  const isSkipped = Object.keys(parseEnv(readPrivate(file) ?? "")).length === 0;
  const step = { id: "settings", title: "Set your own settings" };
  const fingerprint = () => digest(readPrivate(file) ?? "");
  if (!isSkipped) return { ...step, command: commands.setSecrets(ref, file), fingerprint };
  const note = `None yet. Write BYOK_PLATFORM_KEYS, if credits are to pay for calls, and others into ${file}.`;
  return { ...step, note, isSkipped, fingerprint };
}

const directFile = (folder: string) => path.join(folder, "direct.env");

function login({ ref, folder, commands }: Deployment, host: string, ca: string): Step {
  const file = path.join(folder, "login.sql");
  return {
    ...{ id: "login", title: "Let byok_functions log in", command: commands.runSql(ref, file) },
    note: "The statement holds a hash of the password, so that no log has it.",
    prepare: () => {
      const known = parseEnv(readPrivate(directFile(folder)) ?? "").BYOK_DATABASE_URL;
      const password = URL.parse(known ?? "")?.password || randomBytes(32).toString("base64url");
      const url = `postgresql://byok_functions.${ref}:${password}@${host}:6543/postgres`;
      writePrivate(directFile(folder), `BYOK_DATABASE_URL='${url}'\nBYOK_DATABASE_CA="${ca.trim()}"\n`);
      writePrivate(file, `alter role byok_functions login password '${scramVerifier(password)}';\n`);
    },
    fingerprint: () => digest(readPrivate(directFile(folder)) ?? ""),
  };
}

function directSecret({ ref, folder, commands }: Deployment): Step {
  const file = directFile(folder);
  return {
    ...{ id: "direct", title: "Set the direct connection", command: commands.setSecrets(ref, file) },
    fingerprint: () => digest(readPrivate(file) ?? ""),
  };
}

function deployedFunction({ supabaseDir, ref, functionName, commands }: Deployment): Step {
  const folder = path.join(supabaseDir, "functions", functionName);
  const files = () => (existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: "utf8" }).sort() : []);
  const texts = () =>
    files()
      .filter((name) => /\.\w+$/.test(name))
      .map((name) => name + readFileSync(path.join(folder, name), "utf8"));
  return {
    ...{ id: "function", title: "Deploy the function", command: commands.deployFunction(ref, functionName) },
    fingerprint: () => digest(...texts(), readFileSync(path.join(supabaseDir, "config.toml"), "utf8")),
  };
}

function digest(...texts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(texts)).digest("hex");
}
