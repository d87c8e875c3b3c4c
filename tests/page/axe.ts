/** Asking axe-core what is wrong with a page. */
import axe from "axe-core";
import type { Page } from "playwright-core";

/** What is wrong with the page as it is, a line for each element. */
export async function violations(page: Page): Promise<string[]> {
  // The debugger's door: the page's policy lets no script in by any other.
  await page.evaluate(axe.source);
  const { violations: found } = await page.evaluate((): Promise<axe.AxeResults> =>
    (window as unknown as { axe: typeof axe }).axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }),
  );
  return found.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`));
}
