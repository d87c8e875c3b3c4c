/** Figures as text. */
import { cpus, totalmem } from "node:os";
import type { Plan } from "./plans.ts";

export interface Row {
  readonly operation: string;
  /** By number of users, the smallest first. */
  readonly sizes: readonly { readonly users: number; readonly p50_ms: number; readonly p99_ms: number; plan: Plan }[];
  /** The slowest size's median to the quickest one's. */
  readonly ratio: number;
}

export function machine(): string {
  const [cpu] = cpus();
  const memory_gib = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} × ${cpu?.model.trim()}, ${memory_gib} GiB, ${process.platform} ${process.arch}, Node ${process.versions.node}`;
}

/** A Markdown table, as bench/README.md has it. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const texts = [head, ...rows].map((row) => row.map((cell) => (typeof cell === "number" ? figure(cell) : cell)));
  const widths = head.map((_, column) => Math.max(3, ...texts.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join(" | ")} |`;
  const rule = `| ${widths.map((width, column) => (column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`;
  return [line(texts[0]!), rule, ...texts.slice(1).map(line)].join("\n");
}

/** Two or three digits that matter. */
function figure(value: number): string {
  if (Number.isInteger(value) || value >= 100) return Math.round(value).toLocaleString("en");
  return value.toFixed(2);
}

export function growthTable(rows: readonly Row[]): string {
  const sizes = rows[0]?.sizes.map(({ users }) => users.toLocaleString("en")) ?? [];
  const head = ["p50 / p99 in ms; pages", ...sizes.flatMap((size) => [size, "pages"]), "slowest : quickest"];
  return table(
    head,
    rows.map(({ operation, sizes, ratio }) => [
      operation,
      ...sizes.flatMap(({ p50_ms, p99_ms, plan }) => [`${figure(p50_ms)} / ${figure(p99_ms)}`, plan.buffers]),
      ratio,
    ]),
  );
}
