/** Asking axe-core what is wrong with a page. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type axe from "axe-core";
import type { Page } from "playwright-core";

const source = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** The page's faults as it is, a line for each element. */
export async function violations(page: Page): Promise<string[]> {
  // The debugger's door: the page's policy lets no script in by any other. Once for each document, since it takes half a second.
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(source);
  const { violations: found } = await page.evaluate((): Promise<axe.AxeResults> =>
    (window as unknown as { axe: typeof axe }).axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
      resultTypes: ["violations"],
    }),
  );
  return found.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`));
}
