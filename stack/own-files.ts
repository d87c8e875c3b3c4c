/** The files that the stack reads, or hands to other programs, beside its own modules. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** The program that Deno runs the functions with, compiled where this module is. */
export const edgeProgram = fileURLToPath(new URL(`functions/edge${path.extname(import.meta.url)}`, import.meta.url));

/** SQL of postgres/bootstrap/, by file name. */
export function readBootstrap(file: string): string {
  return readFileSync(new URL(`postgres/bootstrap/${file}`, import.meta.url), "utf8");
}

/** Answers of a provider as they were recorded, by the id of its row; JSON. */
export function readAnswers(provider: string): string {
  return readFileSync(new URL(`../fixtures/providers/${provider}/answers.json`, import.meta.url), "utf8");
}
