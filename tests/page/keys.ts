/** How tests find and use what ApiKeys shows. */
import type { Locator, Page, Route } from "playwright-core";
import type { ProviderId } from "../../functions/_shared/providers/index.ts";
import { providers } from "../../functions/_shared/providers/index.ts";

export function nameOf(provider: ProviderId): string {
  return providers[provider].name;
}

/** The page's row of one provider. */
export function rowOf(page: Page, provider: ProviderId): Locator {
  const heading = page.getByRole("heading", { name: nameOf(provider), exact: true });
  return page.getByRole("listitem").filter({ has: heading });
}

/** The field for a key, once its form is open. */
export function fieldOf(page: Page, provider: ProviderId): Locator {
  return page.getByLabel(`${nameOf(provider)} API key`);
}

/** Opens the form for a key that is new, or takes the place of another. */
export async function openForm(page: Page, provider: ProviderId): Promise<Locator> {
  await choose(page, provider, /^(Add key|Replace key|Save again)/);
  return fieldOf(page, provider);
}

/** Pastes a key and presses Save & Verify; what comes of it is left to the test. */
export async function submitKey(page: Page, provider: ProviderId, apiKey: string): Promise<void> {
  const field = await openForm(page, provider);
  await field.fill(apiKey);
  await rowOf(page, provider).getByRole("button", { name: "Save & Verify" }).click();
}

export function checkAgain(page: Page, provider: ProviderId): Promise<void> {
  return choose(page, provider, /^Check again/);
}

/** Presses the button of a row, or finds it in the row's menu. */
async function choose(page: Page, provider: ProviderId, name: RegExp): Promise<void> {
  const row = rowOf(page, provider);
  const button = row.getByRole("button", { name });
  const menu = menuOf(page, provider);
  await button.or(menu).first().waitFor();
  if ((await button.count()) > 0) return await button.click();
  await menu.click();
  await row.getByRole("menuitem", { name }).click();
}

/** The button with the rest of what can be done with a saved key. */
export function menuOf(page: Page, provider: ProviderId): Locator {
  return rowOf(page, provider).getByRole("button", { name: `More for ${nameOf(provider)}`, exact: true });
}

/** A message to screen readers. */
export function announcement(page: Page, text: string | RegExp): Locator {
  return page.getByRole("status").filter({ hasText: text });
}

export interface Held {
  /** How many requests have come. */
  count(): number;
  /** Resolves once one has come. */
  readonly arrived: Promise<void>;
  /** Lets all of them, and those to come, through. */
  release(): void;
}

/**
 * Holds requests to a function or table back, as a slow network would, until the test lets them go. What `save` is asked for by GET,
 * the key to seal with, goes through.
 */
export async function hold(
  page: Page,
  path:
    "functions/v1/byok/save" | "functions/v1/byok/verify" | `functions/v1/byok/call/${string}` | `rest/v1/${string}`,
): Promise<Held> {
  const arrived = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  let count = 0;
  await page.route(new RegExp(`/${path}\\b`), async (route: Route) => {
    const method = route.request().method();
    if (method === "OPTIONS" || (method === "GET" && path === "functions/v1/byok/save")) return await route.fallback();
    count++;
    arrived.resolve();
    await released.promise;
    await route.fallback();
  });
  return { count: () => count, arrived: arrived.promise, release: () => released.resolve() };
}
