/** The browser holds no trace of an API key that was accepted, or refused and left; no request carried it but sealed. */
import type { Page, Request } from "playwright-core";
import { expect } from "vitest";
import type { Behaviour } from "../../stack/providers/index.ts";
import { fakeKey } from "../harness/fakes.ts";
import { newUser, stack } from "../harness/users.ts";
import { test } from "./browser.ts";
import { fieldOf, openForm, rowOf } from "./keys.ts";

/** A text and what it turns into on its way through URLs, JSON and Base64. */
function formsOf(apiKey: string): string[] {
  const encoded = [0, 1, 2].map((shift) =>
    // Where the key begins in its group of three bytes decides what it looks like; the ends depend on what surrounds it.
    Buffer.from(" ".repeat(shift) + apiKey)
      .toString("base64")
      .slice(4, -4),
  );
  return [apiKey, encodeURIComponent(apiKey), [...apiKey].reverse().join(""), ...encoded];
}

/** Which of the named places hold the key. */
function tracesIn(places: Record<string, unknown>, apiKey: string): string[] {
  const forms = formsOf(apiKey);
  return Object.entries(places)
    .filter(([, place]) => {
      const text = typeof place === "string" ? place : JSON.stringify(place);
      return forms.some((form) => text.includes(form));
    })
    .map(([name]) => name);
}

/** Everything that outlives the request, as the page itself can read it. */
function placesOf(page: Page): Promise<Record<string, unknown>> {
  return page.evaluate(async () => ({
    dom: document.documentElement.outerHTML,
    fields: [...document.querySelectorAll("input, textarea, select")].map((field) => (field as HTMLInputElement).value),
    selection: String(getSelection()),
    localStorage: { ...localStorage },
    sessionStorage: { ...sessionStorage },
    cookies: document.cookie,
    databases: await indexedDB.databases(),
    caches: await caches.keys(),
    workers: (await navigator.serviceWorker.getRegistrations()).length,
    history: [location.href, history.length, history.state, document.title, window.name],
    timings: performance.getEntries().map(({ name }) => name),
  }));
}

/** Every string that JavaScript still holds, after a garbage collection. */
async function heapOf(page: Page): Promise<string> {
  const session = await page.context().newCDPSession(page);
  let snapshot = "";
  session.on("HeapProfiler.addHeapSnapshotChunk", ({ chunk }) => (snapshot += chunk));
  await session.send("HeapProfiler.collectGarbage");
  await session.send("HeapProfiler.takeHeapSnapshot", { reportProgress: false });
  await session.detach();
  return snapshot;
}

test.for<[outcome: string, Behaviour, said: string]>([
  ["accepted", "works", "Active"],
  ["refused", "rejected", "OpenAI refuses this key"],
])("a key that was %s leaves no trace in the browser", async ([outcome, behaviour, said], { visit }) => {
  const page = await visit(await newUser());
  const [sent, printed, answers]: [Request[], string[], Promise<string>[]] = [[], [], []];
  page.on("request", (request) => sent.push(request));
  page.on("response", (response) => answers.push(response.text().catch(() => "")));
  page.on("console", (message) => printed.push(message.text()));

  const apiKey = fakeKey("openai", behaviour);
  await (await openForm(page, "openai")).fill(apiKey);
  expect(tracesIn(await placesOf(page), apiKey), "before it is sent").toEqual(["fields"]);
  await rowOf(page, "openai").getByRole("button", { name: "Save & Verify" }).click();
  await rowOf(page, "openai").getByText(said).first().waitFor();

  const bodies = sent.map((request) => [request.method(), request.url(), request.postDataJSON()]);
  const sealed = {
    kid: expect.any(Number),
    issued_at_ms: expect.any(Number),
    enc: expect.any(String),
    ciphertext: expect.any(String),
  };
  expect(bodies).toContainEqual([
    "POST",
    `${stack.url}/functions/v1/byok/save`,
    { provider: "openai", sealed_api_key: sealed },
  ]);
  if (outcome === "refused") {
    expect(tracesIn(await placesOf(page), apiKey), "until its user leaves the form").toEqual(["fields"]);
    await rowOf(page, "openai").getByRole("button", { name: "Cancel" }).click();
    await fieldOf(page, "openai").waitFor({ state: "detached" });
  }
  const places = {
    ...(await placesOf(page)),
    bodies,
    addresses: await Promise.all(sent.map(async (request) => [request.url(), await request.allHeaders()])),
    answers: await Promise.all(answers),
    console: printed,
    stored: await page.context().storageState({ indexedDB: true }),
  };
  expect(tracesIn(places, apiKey)).toEqual([]);

  const held = fakeKey("openai", behaviour);
  await page.evaluate((text) => Object.assign(window, { held: text }), held);
  const heap = await heapOf(page);
  expect(tracesIn({ heap }, held), "what JavaScript holds is found").toEqual(["heap"]);
  expect(tracesIn({ heap }, apiKey)).toEqual([]);

  await page.reload();
  await rowOf(page, "openai").waitFor();
  expect(tracesIn(await placesOf(page), apiKey)).toEqual([]);
});
