/** The whole story without a mouse. */
import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";
import { fakeKey } from "../harness/fakes.ts";
import { newUser } from "../harness/users.ts";
import { test } from "./browser.ts";
import { fieldOf, hold, menuOf, rowOf, submitKey } from "./keys.ts";

const isFocused = (element: Element) => element === document.activeElement;

/** Goes on with Tab until something has focus, as somebody does who sees where focus is. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor();
  for (let presses = 0; presses < 60; presses++) {
    if (await target.evaluate(isFocused)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`The keyboard does not reach ${target}.`);
}

/** Focus moves a moment after what it follows shows. */
async function expectFocus(target: Locator, message?: string): Promise<void> {
  await expect.poll(() => target.evaluate(isFocused), { message: message ?? "" }).toBe(true);
}

test("somebody with a keyboard alone signs in, saves a key, replaces, checks and removes it", async ({ visit }) => {
  const user = await newUser(100);
  const page = await visit(null);
  const row = rowOf(page, "anthropic");
  const button = (name: string) => row.getByRole("button", { name });
  const { keyboard } = page;

  await tabTo(page, page.getByLabel("Email"));
  await keyboard.insertText(user.email);
  await tabTo(page, page.getByLabel("Password"));
  await keyboard.insertText(user.password);
  await keyboard.press("Enter");

  await tabTo(page, button("Add key"));
  await keyboard.press("Enter");
  await expectFocus(fieldOf(page, "anthropic"));
  await keyboard.insertText(fakeKey("anthropic", "works"));
  await keyboard.press("Enter");
  await row.getByText("Active", { exact: true }).waitFor();
  await page.getByText("Anthropic is billed to your account: 0 credits.").waitFor();

  await expectFocus(menuOf(page, "anthropic"), "focus is where the form was opened");
  await keyboard.press("Space");
  const item = (name: string) => row.getByRole("menuitem", { name });
  await expectFocus(item("Check again"));
  await keyboard.press("ArrowDown");
  await keyboard.press("Enter");
  await expectFocus(fieldOf(page, "anthropic"));
  await keyboard.press("ControlOrMeta+A");
  await keyboard.insertText(fakeKey("anthropic", "rejected"));
  await tabTo(page, button("Save & Verify"));
  await keyboard.press("Space");
  await row.getByText("Nothing changed").waitFor();
  await expectFocus(fieldOf(page, "anthropic"), "focus is where another key goes");
  await tabTo(page, button("Cancel"));
  await keyboard.press("Enter");

  await expectFocus(menuOf(page, "anthropic"));
  await keyboard.press("Enter");
  await expectFocus(item("Check again"));
  await keyboard.press("End");
  await expectFocus(item("Manage keys at Anthropic"));
  await keyboard.press("Escape");
  await expectFocus(menuOf(page, "anthropic"));
  await keyboard.press("Enter");
  await expectFocus(item("Check again"));
  await keyboard.press("Enter");
  await row.getByText("Checking…", { exact: true }).waitFor({ state: "detached" });
  await expectFocus(menuOf(page, "anthropic"), "focus is where it was");
  await keyboard.press("Shift+Tab");
  await expectFocus(button("Remove"));

  await tabTo(page, button("Remove"));
  await keyboard.press("Enter");
  const dialog = page.getByRole("dialog");
  await dialog.waitFor();
  for (let presses = 0; presses < 5; presses++) {
    await keyboard.press("Tab");
    // After the last button comes the browser itself, for which the body stands.
    const where = await page.evaluate(() => document.activeElement?.closest("dialog, li, body")?.tagName);
    expect(where, "focus stays in the dialog").toMatch(/^(DIALOG|BODY)$/);
  }
  await keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await expectFocus(button("Remove"), "focus is where it was");
  await keyboard.press("Enter");
  await tabTo(page, dialog.getByRole("button", { name: "Remove key" }));
  await keyboard.press("Enter");
  await row.getByText("Uses credits").waitFor();
  await expectFocus(button("Add key"));
  await page.getByText("100 credits left", { exact: true }).waitFor();
});

test("somebody with a keyboard alone runs an operation, copies code and signs out", async ({ visit }) => {
  const page = await visit(await newUser(100), { permissions: ["clipboard-read", "clipboard-write"] });
  const { keyboard } = page;
  await tabTo(page, page.getByRole("link", { name: "Try it" }));
  await keyboard.press("Enter");
  const operation = page.getByLabel("Operation", { exact: true });
  await operation.getByText("Kernel build").waitFor({ state: "attached" });
  await tabTo(page, operation);
  await keyboard.press("ArrowDown");
  await tabTo(page, page.getByRole("button", { name: "Run" }));
  await keyboard.press("Enter");
  await page.getByText("Costs 10 credits").waitFor();
  await page.locator("output").getByText("Echo: Say hello").waitFor();
  await tabTo(page, page.getByRole("tab", { selected: true }));
  await keyboard.press("ArrowRight");
  await tabTo(page, page.getByRole("button", { name: "Copy", exact: true }));
  await keyboard.press("Enter");
  await page.getByRole("button", { name: "Copied" }).waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('import OpenAI from "openai"');
  await tabTo(page, page.getByRole("button", { name: "Sign out" }));
  await keyboard.press("Enter");
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
});

test("the link to the key console comes right before the field, and the button that reveals right after it", async ({
  visit,
}) => {
  const page = await visit(await newUser());
  const row = rowOf(page, "anthropic");
  await tabTo(page, row.getByRole("button", { name: "Add key" }));
  await page.keyboard.press("Enter");
  await expectFocus(fieldOf(page, "anthropic"));
  const order = ["Show key", "Save & Verify", "Cancel"];
  await page.keyboard.press("Shift+Tab");
  await expectFocus(row.getByRole("link", { name: "Get a key" }));
  await page.keyboard.press("Tab");
  for (const name of order) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => document.activeElement?.textContent ?? "");
    expect(focused).toContain(name);
  }
});

test("whatever has focus shows it", async ({ visit }) => {
  const page = await visit(await newUser(100));
  const row = rowOf(page, "openai");
  const widthOf = (target: Locator) =>
    target.evaluate((element) => (element.matches(":focus-visible") ? getComputedStyle(element).outlineWidth : "none"));
  await tabTo(page, row.getByRole("button", { name: "Add key" }));
  expect(await widthOf(row.getByRole("button", { name: "Add key" }))).toBe("2px");
  await page.keyboard.press("Enter");
  for (const target of [
    fieldOf(page, "openai"),
    row.getByRole("button", { name: "Show key" }),
    row.getByRole("link"),
    row.getByRole("button", { name: "Cancel" }),
  ]) {
    await tabTo(page, target);
    expect(await widthOf(target)).toBe("2px");
  }
});

test("nothing moves for somebody who has asked for less motion", async ({ visit }) => {
  for (const [reducedMotion, moving] of [
    ["no-preference", true],
    ["reduce", false],
  ] as const) {
    const page = await visit(await newUser(), { reducedMotion });
    const saving = await hold(page, "functions/v1/byok/save");
    await submitKey(page, "openai", fakeKey("openai", "works"));
    await saving.arrived;
    expect(await page.evaluate(() => document.getAnimations().length > 0)).toBe(moving);
    saving.release();
    await rowOf(page, "openai").getByText("Active", { exact: true }).waitFor();
  }
});
