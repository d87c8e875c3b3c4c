/** A page with the components in an app of Tailwind 4 and shadcn, whose client is a fake: no stack is needed. */
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { test as base, expect, inject } from "vitest";
import { providerIds } from "../../functions/_shared/providers/index.ts";
import { listProviders } from "../../functions/_shared/providers/list.ts";
import { patience_ms } from "../harness/browser/patience.ts";
import { type Gallery, serveGallery } from "./gallery/serve.ts";

const platformKeys = { openai: "x", anthropic: "x", google: "x", groq: "x" };

/** The providers that the server lists, and as many again under other names. */
const providers = listProviders({ offered: providerIds, platformKeys, providerOrigins: {} } as never);
export const many = [
  ...providers,
  ...Array.from({ length: 40 - providers.length }, (_, index) => ({
    ...providers[5]!,
    id: `p${index}`,
    name: `Provider ${index}`,
  })),
];

export interface Ask {
  readonly scene: string;
  /** Further parameters of gallery.tsx. */
  readonly more?: Record<string, string>;
  readonly browser?: BrowserContextOptions;
  readonly providers?: "many";
  /** Matches messages of the browser that the test wants. */
  readonly tolerates?: RegExp;
}

export const test = base
  .extend("gallery", { scope: "file" }, async ({}, { onCleanup }): Promise<Gallery> => {
    const gallery = await serveGallery({ providers, many });
    onCleanup(() => gallery.close());
    return gallery;
  })
  .extend("browser", { scope: "file" }, async ({}, { onCleanup }): Promise<Browser> => {
    const browser = await chromium.connect(inject("chromium"));
    onCleanup(() => browser.close());
    return browser;
  })
  .extend("open", async ({ browser, gallery }, { onCleanup }) => {
    const closers: (() => Promise<void>)[] = [];
    const problems: string[] = [];
    onCleanup(async () => {
      await Promise.all(closers.map((close) => close()));
      expect(problems).toEqual([]);
    });
    return async ({
      scene,
      more = {},
      browser: options = {},
      providers: list,
      tolerates = /^$/,
    }: Ask): Promise<Page> => {
      const context = await browser.newContext({ viewport: { width: 1180, height: 800 }, locale: "en-GB", ...options });
      closers.push(() => context.close());
      context.setDefaultTimeout(patience_ms);
      // React warns of what it finds wrong in strict mode, hydration included.
      context.on("weberror", (event) => problems.push(String(event.error())));
      context.on(
        "console",
        (message) =>
          message.text().includes("React DevTools") ||
          tolerates.test(message.text()) ||
          problems.push(`${message.type()}: ${message.text()}`),
      );
      const page = await context.newPage();
      const query = new URLSearchParams({ scene, ...(list ? { list } : {}), ...more });
      await page.goto(`${gallery.url}/?${query}`);
      await page.locator(".byok-row, .byok-notice").first().waitFor();
      return page;
    };
  });
