/** The page in a real browser: each test has contexts of its own, which fail it for any error that the page causes. */
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
  type Request,
} from "playwright-core";
import { test as base, expect, inject } from "vitest";
import { patience_ms } from "../harness/browser/patience.ts";
import type { User } from "../harness/users.ts";
import { stack } from "../harness/users.ts";

export { phone, shot } from "../harness/browser/picture.ts";

export interface Visit {
  /**
   * Opens the page as somebody who has signed in, or as nobody, in a browser that has never seen it.
   *
   * @param options of the browser, such as `phone` or `{ colorScheme: "dark" }`; `tolerates` matches errors that the test wants
   */
  (user: User | null, options?: BrowserContextOptions & { path?: string; tolerates?: RegExp }): Promise<Page>;
}

export const test = base
  .extend("browser", { scope: "file" }, async ({}, { onCleanup }): Promise<Browser> => {
    const browser = await chromium.connect(inject("chromium"));
    onCleanup(() => browser.close());
    return browser;
  })
  .extend("visit", async ({ browser, task }, { onCleanup }): Promise<Visit> => {
    const contexts: BrowserContext[] = [];
    const problems: string[] = [];
    const pending = new Set<Request>();
    onCleanup(async () => {
      if (task.result?.state === "fail") await printPages(contexts, pending);
      await Promise.all(contexts.map((context) => context.close()));
      expect(problems).toEqual([]);
    });
    return async (user, { path: at = "/", tolerates = /^$/, ...options } = {}) => {
      const context = await browser.newContext({
        viewport: { width: 1280, height: 900 },
        locale: "en-GB",
        baseURL: stack.url,
        ...(user && { storageState: { cookies: [], origins: [await signedIn(user)] } }),
        ...options,
      });
      context.setDefaultTimeout(patience_ms);
      contexts.push(context);
      watch(context, tolerates, problems);
      context.on("request", (request) => pending.add(request));
      context.on("requestfinished", (request) => pending.delete(request));
      context.on("requestfailed", (request) => pending.delete(request));
      const page = await context.newPage();
      await page.goto(at);
      return page;
    };
  });

/** Prints the text of each page, which has no field's content, and the requests that it still waits for, to show why a test failed. */
async function printPages(contexts: readonly BrowserContext[], pending: ReadonlySet<Request>): Promise<void> {
  for (const page of contexts.flatMap((context) => context.pages())) {
    console.error(`${page.url()} at the failure:\n${await page.locator("body").innerText()}`);
  }
  for (const request of pending)
    console.error(`Still waiting for ${request.method()} ${new URL(request.url()).pathname}`);
}

/** The session where supabase-js looks for it. */
async function signedIn({ supabase }: User) {
  const { data } = await supabase.auth.getSession();
  const name = `sb-${new URL(stack.url).hostname.split(".")[0]}-auth-token`;
  return { origin: stack.url, localStorage: [{ name, value: JSON.stringify(data.session) }] };
}

/** Problems that the page may not cause. Chromium also reports as errors that an API refused or could not be reached, which tests may want. */
function watch(context: BrowserContext, tolerates: RegExp, problems: string[]): void {
  const report = (problem: string) => tolerates.test(problem) || problems.push(problem);
  context.on("weberror", (event) => report(String(event.error())));
  context.on("console", (message) => {
    const isApi = /\/(auth|rest|functions)\/v1\//.test(message.location().url);
    const isFailure = message.text().startsWith("Failed to load resource");
    if (isFailure && (isApi || message.text().includes("ERR_INTERNET_DISCONNECTED"))) return;
    report(`${message.type()}: ${message.text()}`);
  });
  context.on("request", (request) => {
    if (new URL(request.url()).origin !== new URL(stack.url).origin) report(`request to ${request.url()}`);
  });
}
