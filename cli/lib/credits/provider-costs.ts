/** The file in which an operator writes down what providers charge: `cli/provider-costs.example.toml` shows its form. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "smol-toml";
import { z } from "zod";
import { projectDir } from "../../../stack/config.ts";
import { CommandError, misused } from "../command.ts";
import type { ProviderCosts } from "./exposure.ts";

/** The example, as a path from where the command runs; the package has it too. */
export const exampleCosts = path.relative(process.cwd(), path.join(projectDir, "cli/provider-costs.example.toml"));

const price_usd = z.number().min(0).max(1_000_000);
const form = z.record(
  z.string(),
  z.record(
    z.string(),
    z.strictObject({
      input_usd: price_usd,
      cached_input_usd: price_usd,
      cache_write_usd: price_usd.optional(),
      output_usd: price_usd,
    }),
  ),
);

/** @throws CommandError that names the place in the file */
export function readProviderCosts(file: string): ProviderCosts {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw misused(`There is no file ${file}.`, `Copy ${exampleCosts} and fill it in.`);
  }
  let toml: unknown;
  try {
    toml = parse(text);
  } catch (error) {
    throw new CommandError(`${file} is no TOML: ${(error as Error).message.split("\n")[0]}`);
  }
  const { data, error } = form.safeParse(toml);
  if (data) return data as ProviderCosts;
  const [issue] = error.issues;
  throw new CommandError(`${file}: ${issue?.path.map(String).join(" > ") || "the file"}: ${issue?.message}`);
}
