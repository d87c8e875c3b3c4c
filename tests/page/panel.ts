/** How tests use the panel "Try it". */
import type { Page } from "playwright-core";
import type { ProviderId } from "../../functions/_shared/providers/index.ts";
import type { Operation } from "../harness/calls.ts";

export function openView(page: Page, name: "API keys" | "Try it"): Promise<void> {
  return page.getByRole("link", { name, exact: true }).click();
}

export interface Question {
  provider?: ProviderId;
  operation?: Operation;
  model?: string;
  prompt?: string;
}

/** Fills the panel and presses Run; what comes of it is left to the test. */
export async function run(
  page: Page,
  { provider = "openai", operation = "kernel_build", model, prompt }: Question = {},
) {
  await page.getByLabel("Provider", { exact: true }).selectOption(provider);
  await page.getByLabel("Operation", { exact: true }).selectOption(operation);
  if (model !== undefined) await page.getByLabel("Model").fill(model);
  if (prompt !== undefined) await page.getByLabel("Prompt", { exact: true }).fill(prompt);
  await page.getByRole("button", { name: "Run" }).click();
}

/** Waits until the run is over; the text, and what the panel says of who paid. */
export async function outcome(page: Page): Promise<{ text: string; paid: string }> {
  await page.locator('output[aria-busy="false"]').waitFor({ state: "attached" });
  const headers = await page.locator(".headers code").allTextContents();
  return {
    text: await page.locator("output").innerText(),
    paid: [await page.locator(".paid").innerText(), ...headers].join("\n"),
  };
}
