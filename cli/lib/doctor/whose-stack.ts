/** Tells whether the stack at config.toml's ports is this project's: all projects begin with the same ports and the same keys. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import type { Client } from "pg";
import { typed } from "../typed.ts";
import { type Finding, ok, skipped, type Subject, warning } from "./check.ts";

type Project = Pick<Subject, "supabaseDir" | "config" | "lock">;

/**
 * By the project's id, with which the Supabase CLI labels its containers; by the folder of a stack of `start`, which is not this project's,
 * or it would have been found there; else by the migrations that the database has applied.
 *
 * @param port the database's, on this machine
 * @returns a warning where the stack is another project's
 */
export async function whoseStack(database: Client, project: Project, port: number): Promise<Finding> {
  const own = projectId(project);
  const labels = labelsAt(port);
  if (own !== undefined && labels?.includes(own)) return ok(`The stack at port ${port} is this project's, ${own}.`);
  if (own !== undefined && labels) {
    const [other] = labels.filter((label) => label !== "");
    const stop = other ? `supabase stop --project-id ${other}` : "docker stop";
    return anothers(port, other ? `of the project ${other}, and this one is ${own}` : "no stack of this project", stop);
  }
  const stateDir = await startedOn(database);
  if (stateDir) return anothers(port, `the one that ${typed("start")} runs on ${stateDir}`, "ctrl-c");
  const isShared = await sharesMigrations(database, project);
  if (isShared === false)
    return anothers(port, "of another project: it has none of this one's migrations", "supabase stop");
  if (isShared) return ok(`The stack at port ${port} has this project's migrations.`);
  return skipped(`The stack at port ${port} is taken for this project's: nothing tells whose it is.`);
}

function anothers(port: number, whose: string, stop: string): Finding {
  const nextStep = `Stop it (${stop}) and start this project's, or give this one ports of its own in config.toml.`;
  return warning(`The stack at port ${port} is ${whose}. It was not looked at.`, nextStep);
}

/** As the Supabase CLI 2.117 and 3.1 take it. Undefined where config.toml leaves it to a variable that is not set here. */
function projectId({ config, supabaseDir }: Project): string | undefined {
  const given = typeof config.project_id === "string" ? config.project_id : "";
  const [, variable] = /^env\((\w+)\)$/.exec(given) ?? [];
  const { SUPABASE_PROJECT_ID } = process.env;
  if (SUPABASE_PROJECT_ID) return sanitized(SUPABASE_PROJECT_ID);
  const id = variable ? process.env[variable] : given || path.basename(path.dirname(supabaseDir));
  return id && sanitized(id);
}

/** A project's id in the names of its containers. Version 3 of the CLI leaves the marks at its beginning, version 2 does not. */
function sanitized(id: string): string {
  const cleaned = id.replaceAll(/[^a-zA-Z0-9_.-]+/g, "_").replace(/^[_.-]+/, "");
  return cleaned.slice(0, 40);
}

const timeout_ms = 5_000;

/** The projects of the containers that have a port, empty for one that is no project's; undefined where Docker knows of none. */
function labelsAt(port: number): readonly string[] | undefined {
  const format = '{{.Label "com.supabase.cli.project"}}';
  try {
    const printed = execFileSync("docker", ["ps", "--filter", `publish=${port}`, "--format", format], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      timeout: timeout_ms,
    });
    // A line each, also where the label is empty.
    return printed === "" ? undefined : printed.replace(/\n$/, "").split(/\r?\n/).map(sanitized);
  } catch {
    return undefined;
  }
}

/** The state folder of a stack of `start`, by where its Postgres has its data; undefined for another kind of stack. */
async function startedOn(database: Client): Promise<string | undefined> {
  const asked = database.query<{ folder: string | null }>("select current_setting('data_directory', true) as folder");
  const folder = await asked.then(({ rows }) => rows[0]?.folder).catch(() => null);
  if (!folder) return undefined;
  const stateDir = path.dirname(folder);
  return existsSync(path.join(stateDir, "lock")) ? stateDir : undefined;
}

/**
 * Whether the database has applied a migration of this project's, apart from those that every project with this product has; undefined
 * where it has applied none but these.
 */
async function sharesMigrations(database: Client, { supabaseDir, lock }: Project): Promise<boolean | undefined> {
  const { rows } = await database
    .query<{ version: string }>("select version from supabase_migrations.schema_migrations")
    .catch(() => ({ rows: [] }));
  const product = new Set(Object.values(lock?.migrations ?? {}).map(({ file }) => versionOf(path.basename(file))));
  const applied = rows.map(({ version }) => version).filter((version) => !product.has(version));
  if (applied.length === 0) return undefined;
  const folder = path.join(supabaseDir, "migrations");
  const own = existsSync(folder) ? readdirSync(folder).map(versionOf) : [];
  return applied.some((version) => own.includes(version));
}

function versionOf(file: string): string | undefined {
  return /^(\d+)_.*\.sql$/.exec(file)?.[1];
}
