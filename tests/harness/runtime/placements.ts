/** The functions' runtime, by project of vitest: vitest.config.ts, the stacks and the table at the end go by it. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { projectDir } from "../../../stack/config.ts";
import { type DenoRelease, hasDeno } from "../../../stack/functions/deno-program.ts";
import { hostedLives, type WorkerLife } from "../../../stack/functions/worker-life.ts";

export interface Placement {
  readonly deno: DenoRelease;
  readonly form: "sources" | "bundle";
  /** The way to the database. */
  readonly database: "direct" | "data-api";
  /** None when absent. */
  readonly workerLife?: WorkerLife;
}

/** Where nothing else is said. */
export const usual: Placement = { deno: "newest", form: "sources", database: "direct" };
/** As on a hosted project. */
const deployed = { deno: "hosted", form: "bundle" } as const;

/** But for the CPU time: many tests share a worker, and none of them expects its end. */
const workerLife: WorkerLife = { ...hostedLives.paid, cpuTime_ms: 60_000 };

const placements = {
  e2e: usual,
  page: usual,
  ledger: usual,
  fuzz: usual,
  "data-api": { ...usual, database: "data-api" },
  hosted: { ...deployed, database: "direct", workerLife },
  "hosted-data-api": { ...deployed, database: "data-api" },
  "hosted-fuzz": { ...deployed, database: "direct" },
} satisfies Record<string, Placement>;

export const placedProjects = Object.keys(placements);

/** Null for a project that runs no functions, or sees to them itself. */
export function placementOf(project: string): Placement | null {
  return (placements as Partial<Record<string, Placement>>)[project] ?? null;
}

/** Whether this machine has what a project's functions run on. */
export function canRun(project: string): boolean {
  return hasDeno(placementOf(project)?.deno ?? "newest");
}

export const newestRelease: string = JSON.parse(
  readFileSync(path.join(projectDir, "node_modules/deno/package.json"), "utf8"),
).version;
