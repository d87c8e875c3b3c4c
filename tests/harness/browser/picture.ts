/** Pictures of pages, and the phone that they are also taken on. */
import path from "node:path";
import type { Page } from "playwright-core";

/** A small phone, held upright. */
export const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true } as const;

/** Puts a picture of the whole page, or of what is to be seen of it, where people can look at it. */
export async function shot(page: Page, name: string, { fullPage = true } = {}): Promise<void> {
  const file = path.join(import.meta.dirname, "../../page/screenshots", `${name}.png`);
  await page.screenshot({ path: file, animations: "disabled", fullPage });
}
