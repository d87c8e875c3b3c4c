/** The field for a key: what it does with what is pasted, and that it lets go of it. */
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { fakeKey, requestsWith } from "../harness/fakes.ts";
import { newByokUser, newUser, stack } from "../harness/users.ts";
import { test } from "./browser.ts";
import { announcement, fieldOf, hold, menuOf, openForm, rowOf, submitKey } from "./keys.ts";
import { review } from "./review.ts";

test("the field keeps browsers, spell checkers and password managers away, and lets no form send it by name", async ({
  visit,
}) => {
  const page = await visit(await newUser());
  const field = await openForm(page, "openai");
  const attributes = await field.evaluate((input) =>
    Object.fromEntries(Array.from(input.attributes, ({ name, value }) => [name, value])),
  );
  expect(attributes).toMatchObject({
    type: "password",
    autocomplete: "one-time-code",
    autocapitalize: "off",
    spellcheck: "false",
    "data-1p-ignore": "true",
    "data-lpignore": "true",
    "data-bwignore": "true",
    "data-form-type": "other",
    "data-protonpass-ignore": "true",
  });
  expect(attributes).not.toHaveProperty("name");
  expect(attributes).not.toHaveProperty("value");
});

test("a key is pasted from the clipboard, and sent without the whitespace around it", async ({ visit }) => {
  const page = await visit(await newUser(), { permissions: ["clipboard-read", "clipboard-write"] });
  const apiKey = fakeKey("openai", "works");
  const field = await openForm(page, "openai");
  await page.evaluate((text) => navigator.clipboard.writeText(text), ` \t${apiKey}\n `);
  await field.press("Control+V");
  expect((await field.inputValue()).trim() === apiKey, "the key was pasted").toBe(true);
  const sending = page.waitForRequest((request) => request.method() === "POST" && request.url().endsWith("/save"));
  await field.press("Enter");
  expect(Object.keys((await sending).postDataJSON()).sort()).toEqual(["provider", "sealed_api_key"]);
  await rowOf(page, "openai").getByText("Active", { exact: true }).waitFor();
  expect(await requestsWith(stack, "openai", apiKey)).not.toEqual([]);
});

test("what sticks to a key is taken off, and what is none is not sent", async ({ visit }) => {
  const page = await visit(await newUser());
  const apiKey = fakeKey("anthropic", "works");
  const row = rowOf(page, "anthropic");
  const field = await openForm(page, "anthropic");
  for (const [pasted, problem] of [
    [`${apiKey.slice(0, 9)}…${apiKey.slice(-4)}`, "This is a shortened key"],
    [`my key ${apiKey}`, "There is a space within this key"],
    ["https://platform.claude.com/settings/keys", "This is an address"],
  ] as const) {
    await field.fill(pasted);
    await field.press("Enter");
    await row.getByText(problem).waitFor();
    expect((await field.inputValue()) === pasted, "it stays in the field").toBe(true);
  }
  await field.fill(`export ANTHROPIC_API_KEY="Bearer \u200b${apiKey}";`);
  await field.press("Enter");
  await row.getByText("Active", { exact: true }).waitFor();
  expect(await requestsWith(stack, "anthropic", apiKey)).not.toEqual([]);
});

test("a key that was accepted is gone from the field, from React, and from undo", async ({ visit }) => {
  const page = await visit(await newUser());
  const apiKey = fakeKey("openai", "works");
  const saving = await hold(page, "functions/v1/byok/save");
  const field = await openForm(page, "openai");
  await field.pressSequentially(apiKey);
  expect(await placesOf(page, apiKey), "the search finds a key that is there").not.toEqual([]);
  await rowOf(page, "openai").getByRole("button", { name: "Show key" }).click();
  await field.press("Enter");
  await saving.arrived;
  expect(await field.getAttribute("type"), "a key on its way is hidden").toBe("password");
  // React reaches the element of the field, and nothing else holds the key.
  const places = await placesOf(page, apiKey);
  expect(
    places.filter((place) => !place.endsWith(".value")),
    "it stands in the field alone",
  ).toEqual([]);
  saving.release();
  await rowOf(page, "openai").getByText("Active", { exact: true }).waitFor();
  expect(await placesOf(page, apiKey)).toEqual([]);
  expect(page.url()).toBe(`${stack.url}/`);
});

/** Where in the document, and in the state and props of React, a text is. */
function placesOf(page: Page, text: string): Promise<string[]> {
  return page.evaluate((wanted) => {
    const found: string[] = [];
    const seen = new Set<unknown>();
    const search = (value: unknown, at: string) => {
      if (typeof value === "string") return void (value.includes(wanted) && found.push(at));
      if (typeof value !== "object" || value === null || value === window || seen.has(value)) return;
      seen.add(value);
      for (const key of Object.keys(value)) pending.push([(value as Record<string, unknown>)[key], `${at}.${key}`]);
      if (value instanceof HTMLInputElement) pending.push([value.value, `${at}.value`]);
    };
    const pending: [unknown, string][] = [[document.documentElement.outerHTML, "html"]];
    // React hangs its tree, with all state and props, on the elements.
    for (const element of document.querySelectorAll("*")) pending.push([element, element.tagName]);
    for (let next = pending.pop(); next; next = pending.pop()) search(...next);
    return found;
  }, text);
}

test("a key that looks like another provider's gets a hint, and is saved all the same", async ({ visit }) => {
  const page = await visit(await newUser());
  const row = rowOf(page, "groq");
  const field = await openForm(page, "groq");
  for (const [start, hint] of [
    ["sk-proj-", "This looks like an OpenAI key."],
    ["sk-ant-api03-", "This looks like an Anthropic key."],
    ["AIzaSy", "This looks like a Google AI key."],
    ["  AQ.", "This looks like a Google AI key."],
  ] as const) {
    await field.fill(`${start}0123456789`);
    await announcement(page, hint).waitFor();
  }
  await review(page, "form-hint");
  for (const text of ["gsk_0123456789", "unheard-of", ""]) {
    await field.fill(text);
    await row.getByText("This looks like").waitFor({ state: "detached" });
  }
  const saving = page.waitForRequest((request) => request.method() === "POST" && request.url().endsWith("/save"));
  await field.fill(fakeKey("openai", "works"));
  await field.press("Enter");
  expect((await saving).postDataJSON().provider).toBe("groq");
});

test("the reveal button shows what is in the field and hides it again, by mouse and by keyboard", async ({ visit }) => {
  const page = await visit(await newUser());
  const field = await openForm(page, "openai");
  await field.fill("sk-proj-0123456789");
  const reveal = rowOf(page, "openai").getByRole("button", { name: "Show key" });
  expect(await reveal.getAttribute("aria-pressed")).toBe("false");
  await reveal.click();
  expect(await field.getAttribute("type")).toBe("text");
  expect(await field.getAttribute("autocomplete")).toBe("off");
  expect(await reveal.getAttribute("aria-pressed")).toBe("true");
  expect(await field.inputValue()).toBe("sk-proj-0123456789");
  await review(page, "form-revealed");
  await field.focus();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  expect(await field.getAttribute("type")).toBe("password");
  expect(await field.inputValue()).toBe("sk-proj-0123456789");
});

test("a key can be brought to the provider that it looks like", async ({ visit }) => {
  const page = await visit(await newUser());
  const apiKey = fakeKey("anthropic", "works");
  const field = await openForm(page, "openai");
  await field.fill(apiKey);
  await rowOf(page, "openai").getByRole("button", { name: "Add it to Anthropic" }).click();
  const other = fieldOf(page, "anthropic");
  await expect.poll(() => other.evaluate((input) => input === document.activeElement)).toBe(true);
  expect((await other.inputValue()) === apiKey, "the key came along").toBe(true);
  await field.waitFor({ state: "detached" });
  await other.press("Enter");
  await rowOf(page, "anthropic").getByText("Active", { exact: true }).waitFor();
  expect(await placesOf(page, apiKey)).toEqual([]);
});

test("what is pasted is cleaned at once, and the form says so", async ({ visit }) => {
  const page = await visit(await newUser(), { permissions: ["clipboard-read", "clipboard-write"] });
  const apiKey = fakeKey("openai", "works");
  const field = await openForm(page, "openai");
  await page.evaluate((text) => navigator.clipboard.writeText(text), `OPENAI_API_KEY="${apiKey}"`);
  await field.press("Control+V");
  await announcement(page, "Only the key was kept of what you pasted.").waitFor();
  expect((await field.inputValue()) === apiKey, "the rest is gone").toBe(true);
});

test("one form is open at a time, and Escape closes it and lets go of the key", async ({ visit }) => {
  const page = await visit(await newUser());
  const apiKey = "sk-proj-0123456789abcdef";
  await (await openForm(page, "openai")).fill(apiKey);
  const field = await openForm(page, "groq");
  await fieldOf(page, "openai").waitFor({ state: "detached" });
  await field.fill(apiKey);
  const element = await field.elementHandle();
  await field.press("Escape");
  await field.waitFor({ state: "detached" });
  expect(await element?.inputValue(), "also while the form folds up").toBe("");
  expect(await placesOf(page, apiKey)).toEqual([]);
  const add = rowOf(page, "groq").getByRole("button", { name: "Add key" });
  await expect.poll(() => add.evaluate((button) => button === document.activeElement)).toBe(true);
});

test("what unfolds stays where it is, so that a click meets the button that it is for", async ({ visit }) => {
  const page = await visit(await newUser());
  const animations = await page.context().newCDPSession(page);
  await animations.send("Animation.enable");
  await animations.send("Animation.setPlaybackRate", { playbackRate: 0.001 });
  await openForm(page, "openai");
  const save = rowOf(page, "openai").getByRole("button", { name: "Save & Verify" });
  const scrolled_px = await save.evaluate((button) => {
    button.scrollIntoView();
    return button.closest(".byok-fold > div")?.scrollTop;
  });
  expect(scrolled_px).toBe(0);
});

test("a refused key is not saved, and the page says why", async ({ visit }) => {
  const user = await newUser(100);
  const page = await visit(user);
  await submitKey(page, "openai", fakeKey("openai", "rejected"));
  const says = "OpenAI refuses this key. It was not saved. Copy all of it, or make a new one.";
  await rowOf(page, "openai").getByText(says).waitFor();
  await announcement(page, says).waitFor({ state: "attached" });
  const field = fieldOf(page, "openai");
  expect(await field.inputValue(), "it stays, to be looked at").not.toBe("");
  expect(await field.getAttribute("aria-invalid")).toBe("true");
  expect(await field.evaluate((input) => input === document.activeElement)).toBe(true);
  expect(await descriptionOf(page, "openai")).toContain(says);
  await review(page, "form-refused");
  await field.fill("s");
  expect(await field.getAttribute("aria-invalid")).toBe("false");
});

test("a refused key leaves the old one in place, and the page says so", async ({ visit }) => {
  const { user, apiKey } = await newByokUser("openai");
  const page = await visit(user);
  await submitKey(page, "openai", fakeKey("openai", "rejected"));
  const row = rowOf(page, "openai");
  await row.getByText(`Nothing changed: your OpenAI key ending in ${apiKey.slice(-4)} is still in place.`).waitFor();
  await row.getByText("Active", { exact: true }).waitFor();
  await row.getByText(`sk-proj-…${apiKey.slice(-4)}`).waitFor();
  await review(page, "form-refused-replacement");
  const { data } = await user.supabase.from("credentials").select("hint, status");
  expect(data).toEqual([{ hint: apiKey.slice(-4), status: "verified" }]);
  await row.getByRole("button", { name: "Cancel" }).click();
  await row.getByText("Nothing changed").waitFor({ state: "detached" });
});

test("a key of a kind that can never work is refused with the reason", async ({ visit }) => {
  const page = await visit(await newUser());
  await submitKey(page, "anthropic", "sk-ant-admin01-0123456789");
  await rowOf(page, "anthropic").getByText("This is an Anthropic admin key.").waitFor();
});

test("an empty field is not sent", async ({ visit }) => {
  const page = await visit(await newUser());
  const saving = await hold(page, "functions/v1/byok/save");
  await submitKey(page, "openai", "   ");
  await rowOf(page, "openai").getByText("Paste your key first.").waitFor();
  expect(await descriptionOf(page, "openai")).toContain("Paste your key first.");
  expect(saving.count()).toBe(0);
});

test("opening the form leads to its field, and leaving it leads back to its button", async ({ visit }) => {
  const page = await visit(await newUser());
  const field = await openForm(page, "google");
  const isFocused = (element: Element) => element === document.activeElement;
  expect(await field.evaluate(isFocused)).toBe(true);
  await rowOf(page, "google").getByRole("button", { name: "Cancel" }).click();
  const add = rowOf(page, "google").getByRole("button", { name: "Add key" });
  await expect.poll(() => add.evaluate(isFocused)).toBe(true);
  await submitKey(page, "google", fakeKey("google", "works"));
  await expect.poll(() => menuOf(page, "google").evaluate(isFocused)).toBe(true);
});

/** Text that screen readers add to the field's name. */
async function descriptionOf(page: Page, provider: "openai"): Promise<string> {
  return await fieldOf(page, provider).evaluate((input) =>
    (input.getAttribute("aria-describedby") ?? "")
      .split(" ")
      .map((id) => document.getElementById(id)?.textContent ?? "")
      .join(" "),
  );
}
