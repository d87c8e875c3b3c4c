/**
 * The functions' runtime in a project of vitest: which Deno, sources or the bundle, and which way they take to the database.
 * Every stack of that project's tests is started so.
 */
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestProject } from "vitest/node";
import { bundleFunctions } from "../../../cli/lib/bundle/functions.ts";
import { defaultSupabaseDir } from "../../../stack/config.ts";
import type { StackOptions } from "../../../stack/stack.ts";
import { placementOf, usual } from "./placements.ts";

export type Runtime = Required<Pick<StackOptions, "supabaseDir" | "database" | "deno">> &
  Pick<StackOptions, "workerLife">;

declare module "vitest" {
  interface ProvidedContext {
    /** Absent in projects that start no stack but with options of their own. */
    runtime?: Runtime;
  }
}

export interface PreparedRuntime {
  readonly runtime: Runtime;
  remove(): void;
}

export async function prepareRuntime(project: TestProject): Promise<PreparedRuntime> {
  const { deno, database, form, workerLife } = placementOf(project.name) ?? usual;
  const bundle = form === "bundle" ? await makeBundle() : null;
  const supabaseDir = bundle ? path.join(bundle, "supabase") : defaultSupabaseDir;
  const runtime = { deno, database, supabaseDir, ...(workerLife && { workerLife }) };
  project.provide("runtime", runtime);
  return { runtime, remove: () => bundle && rmSync(bundle, { recursive: true, force: true }) };
}

/** The bundle as it is deployed, with the migrations and seeds beside it, from which a stack can be started. */
export async function makeBundle(): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), "byok-bundle-"));
  await bundleFunctions(folder);
  for (const name of ["migrations", "seed.sql"]) {
    symlinkSync(path.join(defaultSupabaseDir, name), path.join(folder, "supabase", name));
  }
  return folder;
}

/** For projects whose tests start all their stacks themselves. */
export default async function setup(project: TestProject): Promise<() => void> {
  return (await prepareRuntime(project)).remove;
}
