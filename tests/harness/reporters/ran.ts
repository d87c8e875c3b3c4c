/** A reporter that ends a run with a table: which tests ran on which Deno, from sources or the bundle, and which way to the database. */
import type { Reporter, TestModule } from "vitest/node";
import { hostedRelease } from "../../../stack/functions/deno-program.ts";
import { canRun, newestRelease, placementOf, placedProjects } from "../runtime/placements.ts";

interface Row {
  readonly project: string;
  files: number;
  passed: number;
  failed: number;
  skipped: number;
}

export default class WhatRanWhere implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const table = tableOf(rowsOf(modules));
    if (table) process.stdout.write(`\n${table}\n`);
  }
}

function rowsOf(modules: readonly TestModule[]): Row[] {
  const rows = new Map<string, Row>();
  for (const module of modules) {
    const project = module.project.name;
    const row = rows.get(project) ?? { project, files: 0, passed: 0, failed: 0, skipped: 0 };
    rows.set(project, row);
    row.files++;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      row[state === "pending" ? "skipped" : state]++;
    }
  }
  return [...rows.values()];
}

/** The table, or nothing where no project of the run has the functions run. */
export function tableOf(rows: readonly Row[]): string | null {
  const placed = rows.filter(({ project }) => placementOf(project) !== null);
  if (placed.length === 0) return null;
  const lines = placed.map(({ project, files, passed, failed, skipped }) => {
    const { deno, form, database } = placementOf(project)!;
    const release = deno === "hosted" ? hostedRelease : newestRelease;
    const others = [failed && `${failed} failed`, skipped && `${skipped} skipped`].filter(Boolean).join(", ");
    return [project, `Deno ${release}`, form, database, String(files), String(passed), others];
  });
  const cells = [["project", "functions on", "form", "database", "files", "passed", ""], ...lines];
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)));
  const missing = placedProjects.filter((project) => !canRun(project));
  return [
    ...cells.map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    ),
    ...(missing.length > 0
      ? [`not run, because this machine has no Deno ${hostedRelease}: ${missing.join(", ")}`]
      : []),
  ].join("\n");
}
