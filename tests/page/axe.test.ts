/** axe-core has nothing to complain about: light and dark, on a desk and on a phone, in every state that looks different. */
import type { BrowserContextOptions, Page } from "playwright-core";
import { expect } from "vitest";
import { doubleKey } from "../e2e/doubles.ts";
import { newUser, save, type User } from "../e2e/users.ts";
import { violations } from "./axe.ts";
import { phone, test } from "./browser.ts";
import { hold, openForm, rowOf, submitKey } from "./keys.ts";

const devices: Record<string, BrowserContextOptions> = { desktop: {}, phone };

/** Users whose keys are in different states, two by two. */
async function someKeys(user: User, states: Parameters<typeof doubleKey>[1][]): Promise<void> {
  const providers = ["openai", "anthropic", "google", "groq"] as const;
  for (const [index, state] of states.entries()) {
    const provider = providers[index]!;
    await save(user, provider, doubleKey(provider, state));
  }
}

/** What to look at, and how to get there. */
const scenes: Record<
  string,
  { credits: number; keys: Parameters<typeof someKeys>[1]; reach(page: Page): Promise<void> }
> = {
  "no keys, and credits run out": { credits: 0, keys: [], reach: async () => {} },
  "keys that work, and some credits": {
    credits: 12,
    keys: ["works", "restricted", "rate_limited"],
    reach: async () => {},
  },
  "keys that do not work": { credits: 100, keys: ["no_credit", "unavailable"], reach: async () => {} },
  "a form with a hint and a revealed key": {
    credits: 100,
    keys: [],
    async reach(page) {
      await (await openForm(page, "groq")).fill("sk-ant-0123456789");
      await rowOf(page, "groq").getByRole("button", { name: "Show key" }).click();
    },
  },
  "a refused key in the place of another": {
    credits: 100,
    keys: ["works"],
    async reach(page) {
      await submitKey(page, "openai", doubleKey("openai", "rejected"));
      await rowOf(page, "openai").getByText("Nothing was changed").waitFor();
    },
  },
  "a key being saved": {
    credits: 100,
    keys: [],
    async reach(page) {
      await hold(page, "functions/v1/save");
      await submitKey(page, "google", doubleKey("google", "works"));
      await rowOf(page, "google").getByText("Saving", { exact: true }).waitFor();
    },
  },
  "the dialog": {
    credits: 100,
    keys: ["works"],
    async reach(page) {
      await rowOf(page, "openai").getByRole("button", { name: "Remove" }).click();
      await page.getByRole("dialog").waitFor();
    },
  },
  offline: {
    credits: 100,
    keys: ["works"],
    async reach(page) {
      await page.context().setOffline(true);
      await page.getByText("You are offline. What you type").waitFor();
    },
  },
};

test.for(Object.keys(scenes))("axe-core finds nothing wrong with %s", async (name, { visit }) => {
  const { credits, keys, reach } = scenes[name]!;
  const user = await newUser(credits);
  await someKeys(user, keys);
  for (const [device, options] of Object.entries(devices)) {
    // Colours are compared as they are at rest.
    const page = await visit(user, { ...options, reducedMotion: "reduce" });
    await rowOf(page, "openai").waitFor();
    await page.getByRole("definition").first().waitFor();
    await reach(page);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      const found = await violations(page);
      expect({ device, colorScheme, found }).toEqual({ device, colorScheme, found: [] });
    }
    const { scrollWidth, clientWidth } = await page.evaluate(() => ({
      scrollWidth: document.documentElement.scrollWidth,
      clientWidth: document.documentElement.clientWidth,
    }));
    expect(scrollWidth, "nothing sticks out").toBeLessThanOrEqual(clientWidth);
    await page.context().close();
  }
});

test("axe-core complains about what is wrong", async ({ visit }) => {
  const page = await visit(await newUser());
  const field = await openForm(page, "openai");
  await field.evaluate((input) => document.querySelector(`label[for="${input.id}"]`)?.remove());
  expect((await violations(page)).join()).toContain("label");
});
