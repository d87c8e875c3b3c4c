/** How the page looks, for people and for axe-core: light, dark, and on a phone. */
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { violations } from "../harness/browser/axe.ts";
import { phone, shot } from "./browser.ts";

/** Takes pictures of the page as it is, in which nothing may be wrong or stick out; then it looks as before. */
export async function review(page: Page, name: string): Promise<void> {
  const size = page.viewportSize();
  // Colours are compared as they are at rest.
  await page.emulateMedia({ reducedMotion: "reduce" });
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await look(page, `${name}-${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: "light" });
  const release = await asPhone(page);
  await look(page, `${name}-phone`, { fullPage: false });
  await release();
  await page.emulateMedia({ reducedMotion: null });
  if (size) await page.setViewportSize(size);
}

async function look(page: Page, name: string, picture: { fullPage?: boolean } = {}): Promise<void> {
  await page.evaluate(() => window.scrollTo(0, 0));
  await shot(page, name, picture);
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  const found = { name, width, violations: await violations(page) };
  expect(found).toEqual({ name, width: page.viewportSize()?.width, violations: [] });
}

/** Makes the page as narrow as a phone and its pointer a finger. A full page's picture would undo that: the window grows instead. */
async function asPhone(page: Page): Promise<() => Promise<void>> {
  const { width, height } = phone.viewport;
  const debug = await page.context().newCDPSession(page);
  await page.setViewportSize({ width, height });
  await debug.send("Emulation.setTouchEmulationEnabled", { enabled: true });
  const content = await page.evaluate(() =>
    document.querySelector("dialog[open]") ? 0 : document.documentElement.scrollHeight,
  );
  await page.setViewportSize({ width, height: Math.max(height, content) });
  await debug.send("Emulation.setTouchEmulationEnabled", { enabled: true });
  expect(await page.evaluate(() => matchMedia("(pointer: coarse)").matches)).toBe(true);
  return async () => {
    await debug.send("Emulation.setTouchEmulationEnabled", { enabled: false });
    await debug.detach();
  };
}
