/** The components look like the app that has taken them in. */
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { newUser } from "../harness/users.ts";
import { test } from "./browser.ts";
import { rowOf } from "./keys.ts";

/** The colours of a row: of the card below it, and of its text. */
async function coloursOf(page: Page): Promise<{ card: string; text: string }> {
  return await rowOf(page, "openai").evaluate((row) => ({
    card: getComputedStyle(row.closest(".byok-card")!).backgroundColor,
    text: getComputedStyle(row).color,
  }));
}

test("they are light or dark by the system, and by a class above them whatever the system says", async ({ visit }) => {
  const page = await visit(await newUser());
  await page.emulateMedia({ colorScheme: "light" });
  const light = await coloursOf(page);
  await page.emulateMedia({ colorScheme: "dark" });
  const dark = await coloursOf(page);
  expect(dark.card).not.toBe(light.card);
  expect(dark.text).not.toBe(light.text);
  for (const [system, name, colours] of [
    ["light", "dark", dark],
    ["dark", "light", light],
  ] as const) {
    await page.emulateMedia({ colorScheme: system });
    await page.evaluate((className) => (document.documentElement.className = className), name);
    expect(await coloursOf(page)).toEqual(colours);
  }
});

test("a theme's variables apply, and without a theme there are colours all the same", async ({ visit }) => {
  const page = await visit(await newUser());
  await rowOf(page, "openai").waitFor();
  await page.evaluate(() => {
    const { style } = document.documentElement;
    style.setProperty("--card", "rgb(1, 2, 3)");
    style.setProperty("--card-foreground", "rgb(250, 251, 252)");
  });
  expect(await coloursOf(page)).toEqual({ card: "rgb(1, 2, 3)", text: "rgb(250, 251, 252)" });
  await page.evaluate(() => {
    for (const name of ["--card", "--card-foreground", "--foreground"]) {
      document.documentElement.style.setProperty(name, "initial");
    }
  });
  expect(await coloursOf(page)).toEqual({ card: "oklch(1 0 0)", text: "oklch(0.145 0 0)" });
});
