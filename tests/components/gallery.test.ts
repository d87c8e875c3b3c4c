/** The components in an app that is not ours: its theme and resets, its language, its headings, and much to show. */
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { violations } from "../harness/browser/axe.ts";
import { phone, shot } from "../harness/browser/picture.ts";
import { test } from "./visit.ts";

/** Faults that axe-core finds, and how far the page sticks out of its window. */
async function faultsOf(page: Page): Promise<string[]> {
  await page.emulateMedia({ reducedMotion: "reduce" });
  const { width = 0 } = page.viewportSize() ?? {};
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  return [...(await violations(page)), ...(wide > width ? [`${wide} px wide`] : [])];
}

test.for(["new", "mixed", "failing", "forbidden", "member", "failing member", "team pays", "stranger"])(
  "the account '%s' has no fault in light, in dark and on a phone",
  async (scene, { open }) => {
    const page = await open({ scene });
    expect(await faultsOf(page)).toEqual([]);
    await shot(page, `app-${scene.replaceAll(" ", "-")}-light`);
    await page.evaluate(() => document.documentElement.classList.add("dark"));
    expect(await faultsOf(page)).toEqual([]);
    await shot(page, `app-${scene.replaceAll(" ", "-")}-dark`);
    const small = await open({ scene, browser: phone });
    expect(await faultsOf(small)).toEqual([]);
    await shot(small, `app-${scene.replaceAll(" ", "-")}-phone`);
  },
);

test("under Tailwind's preflight the dialog stands in the middle, and danger is white on red", async ({ open }) => {
  const page = await open({ scene: "mixed", browser: { reducedMotion: "reduce" } });
  await page.getByRole("button", { name: "Remove OpenAI" }).click();
  const dialog = page.getByRole("dialog");
  const box = (await dialog.boundingBox())!;
  expect(box.x + box.width / 2).toBeCloseTo(1180 / 2, -1);
  expect(box.y + box.height / 2).toBeCloseTo(800 / 2, -1);
  const remove = dialog.getByRole("button", { name: "Remove key" });
  expect(await remove.evaluate((button) => getComputedStyle(button).color)).toBe("rgb(255, 255, 255)");
  expect(await faultsOf(page)).toEqual([]);
  await shot(page, "app-dialog");
});

test("an app chooses the providers, their order, the level of headings, and its own words", async ({ open }) => {
  const page = await open({ scene: "mixed", more: { only: "groq,openai", level: "1", texts: "de" } });
  const names = await page.locator(".byok-rows").getByRole("heading", { level: 2 }).allTextContents();
  expect(names).toEqual(["OpenAI", "Groq"]);
  await page.getByRole("heading", { level: 1, name: "API-Schlüssel" }).waitFor();
  expect(await page.locator("section.byok.my-keys").count()).toBe(1);
  await page.getByText("80 Credits übrig").waitFor();
  await page.getByText(/^Geprüft vor 2/).waitFor();
  await page.getByRole("button", { name: "Schlüssel hinzufügen Groq" }).click();
  await page.getByLabel("API-Schlüssel für Groq").fill("gsk_0123456789abcdef");
  await page.getByRole("button", { name: "Speichern & prüfen" }).click();
  await page.getByText("Geprüft gerade eben").waitFor();
  expect(await faultsOf(page)).toEqual([]);
  await shot(page, "app-german");
});

test("success is seen each time, and a row keeps its place", async ({ open }) => {
  const page = await open({ scene: "new" });
  const row = page.locator(".byok-row").nth(2);
  const name = await row.getByRole("heading").textContent();
  await row.getByRole("button", { name: "Add key" }).click();
  await row.getByLabel(`${name} API key`).fill("AQ.0123456789abcdef");
  await row.getByRole("button", { name: "Save & Verify" }).click();
  await row.getByText("Checked just now").waitFor();
  const flash = await row.locator(".byok-flash").elementHandle();
  await row.getByRole("button", { name: /^More for/ }).click();
  await row.getByRole("menuitem", { name: "Check again" }).click();
  await expect.poll(() => flash!.evaluate((element) => element.isConnected)).toBe(false);
  expect(await row.locator(".byok-flash").count()).toBe(1);
  expect(await row.getByRole("heading").textContent()).toBe(name);
});

test("opening and closing are animated, unless their user asks for less motion", async ({ open }) => {
  for (const [reducedMotion, times] of [
    ["no-preference", true],
    ["reduce", false],
  ] as const) {
    const page = await open({ scene: "new", browser: { reducedMotion } });
    await page.getByRole("button", { name: "Add key OpenAI" }).click();
    const names = () =>
      page.evaluate(() => document.getAnimations().map((animation) => (animation as CSSAnimation).animationName));
    expect((await names()).includes("byok-unfold")).toBe(times);
    await page.keyboard.press("Escape");
    await page.locator(".byok-form").waitFor({ state: "detached" });
  }
});

test("forty providers and a thousand entries neither fill the page nor hold it up", async ({ open }) => {
  const page = await open({ scene: "long", providers: "many" });
  expect(await page.locator(".byok-row").count()).toBe(4);
  const more = page.getByRole("button", { name: "Show more" });
  for (let times = 0; times < 10; times++) await more.click();
  await more.waitFor({ state: "detached" });
  expect(await page.getByRole("row").count()).toBe(1 + 1_000);
  expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBeLessThan(1_400);
  await page.getByRole("button", { name: "Add a provider" }).click();
  expect(await page.locator(".byok-search li").count()).toBe(36);
  const took_ms = await page.evaluate(async () => {
    const start = performance.now();
    window.dispatchEvent(new Event("focus"));
    for (let frame = 0; frame < 12; frame++) await new Promise(requestAnimationFrame);
    return performance.now() - start;
  });
  // Twelve frames are 200 ms.
  expect(took_ms).toBeLessThan(2_000);
});

test("an account is connected, and its code is gone from the address and from this tab", async ({ open }) => {
  const page = await open({ scene: "new", more: { only: "openrouter,openai" } });
  await page.getByRole("button", { name: "Add key OpenRouter" }).click();
  await page.getByRole("button", { name: "Connect OpenRouter" }).click();
  await page.waitForURL(/byok_connect|scene=new/);
  await page.getByText("Checked just now").waitFor();
  expect(page.url()).not.toMatch(/code|connect/);
  expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
});

test("a paused key pays for nothing until it is resumed", async ({ open }) => {
  const page = await open({ scene: "mixed", more: { only: "openai" } });
  await page.getByText("OpenAI and Anthropic are billed to your accounts").waitFor();
  await page.getByRole("button", { name: "More for OpenAI" }).click();
  await page.getByRole("menuitem", { name: "Pause key" }).click();
  await page.getByText("This key is saved and not used until it is resumed.").first().waitFor();
  await page.getByText("Anthropic is billed to your account").waitFor();
  await page.getByRole("button", { name: "Resume key OpenAI" }).click();
  await page.getByText("OpenAI and Anthropic are billed to your accounts").waitFor();
});

test("a code that another tab asked for is not taken up", async ({ open }) => {
  const page = await open({ scene: "new", more: { only: "openrouter", byok_connect: "openrouter", code: "one-time" } });
  await page.getByText("Needs your own key").waitFor();
  expect(page.url()).not.toMatch(/code|connect/);
});

test.for([
  ["somebody else signed in meanwhile", { scene: "new" }, { user: "another" }, "Someone else began this connection"],
  ["the page of a team's keys", { scene: "admin" }, { scene: "new" }, "Needs your own key"],
] as const)("a key is not saved for another than who began: %s", async ([, begins, returns, said], { open }) => {
  const page = await open({ ...begins, more: { only: "openrouter" } });
  await page.route(/code=one-time$/, async (route) => {
    const back = new URL(route.request().url());
    for (const [name, value] of Object.entries(returns)) back.searchParams.set(name, value);
    await route.fulfill({ status: 302, headers: { location: back.href } });
  });
  await page.getByRole("button", { name: "Add key OpenRouter" }).click();
  await page.getByRole("button", { name: "Connect OpenRouter" }).click();
  await page.getByText(said).first().waitFor();
  expect(page.url()).not.toMatch(/code|connect/);
  expect(await page.locator("[data-provider=openrouter]").getAttribute("data-state")).toBe("none");
  expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  expect((await page.getByText("Someone else").count()) > 0).toBe("user" in returns);
  if ("user" in returns) await shot(page, "app-begun-by-another");
});

test("on a phone four saved keys fit a screen", async ({ open }) => {
  const page = await open({ scene: "all", browser: phone });
  const box = (await page.locator(".byok-row").nth(3).boundingBox())!;
  expect(box.y + box.height).toBeLessThan(phone.viewport.height);
});

test("a user whose plan has no keys of their own is told so, and offered none", async ({ open }) => {
  const page = await open({ scene: "forbidden" });
  await page.getByText("Your plan does not include API keys of your own.").waitFor();
  await page.getByRole("link", { name: "Upgrade" }).waitFor();
  await page.getByText("Not used").waitFor();
  expect(await page.getByRole("button", { name: /^Add key/ }).count()).toBe(0);
  expect(await page.getByText("billed to your account").count()).toBe(1);
});

test("the history of a key is read when it is opened, page by page, and says what happened and who did it", async ({
  open,
}) => {
  const page = await open({ scene: "history", more: { only: "openai,anthropic" } });
  const openHistory = async (name: string) => {
    await page.getByRole("button", { name: `More for ${name}` }).click();
    await page.getByRole("menuitem", { name: "History" }).click();
  };
  await openHistory("OpenAI");
  const dialog = page.getByRole("dialog", { name: "History of your OpenAI key" });
  const lines = dialog.getByRole("listitem");
  await lines.nth(19).waitFor();
  expect((await lines.allInnerTexts()).slice(0, 6).map((line) => line.split("\n"))).toEqual([
    ["OpenAI refused it", expect.stringMatching(/^A scheduled check · yesterday · …8700$/)],
    [expect.stringMatching(/spend/), expect.stringMatching(/^You · 2 days ago/)],
    ["Resumed", expect.stringMatching(/^You · /)],
    ["Paused", expect.stringMatching(/^A member of your team · /)],
    ["Encrypted anew", expect.stringMatching(/^The operator of this app · /)],
    ["Replaced", expect.stringMatching(/^You · /)],
  ]);
  expect(await lines.first().locator("time").getAttribute("title")).toMatch(/\d{1,2}:\d\d/);
  await shot(page, "app-history-light");
  await page.evaluate(() => document.documentElement.classList.add("dark"));
  await shot(page, "app-history-dark");
  const viewport = page.viewportSize()!;
  await page.setViewportSize(phone.viewport);
  expect(await faultsOf(page)).toEqual([]);
  await shot(page, "app-history-phone");
  await page.setViewportSize(viewport);
  await dialog.getByRole("button", { name: "Show more" }).click();
  await lines.nth(26).waitFor();
  expect(await lines.last().innerText()).toMatch(/^Added\nYou · .* · …12ab$/);
  expect(await dialog.getByRole("button", { name: "Show more" }).count()).toBe(0);
  expect(await faultsOf(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("More for OpenAI");
  await openHistory("Anthropic");
  await page.getByRole("dialog").getByText("Nothing has happened yet.").waitFor();
  await shot(page, "app-history-empty");
});

test("a part that does not load says so in its row, and the others work", async ({ open }) => {
  const page = await open({ scene: "history", more: { only: "openai" }, tolerates: /ERR_FAILED/ });
  await page.route(/key-history/, (route) => route.abort());
  const choose = async (name: string) => {
    await page.getByRole("button", { name: "More for OpenAI" }).click();
    await page.getByRole("menuitem", { name }).click();
  };
  await choose("History");
  await page.getByRole("alert").getByText("Reload the page and try again.").waitFor();
  await choose("Replace key");
  await page.getByLabel("OpenAI API key").fill("sk-proj-0123456789abcdef");
});

test("with Realtime an open page learns of a key that was saved elsewhere; without, when it is looked at again", async ({
  open,
}) => {
  const saveElsewhere = (page: Page, provider: string) =>
    page.evaluate((detail) => document.dispatchEvent(new CustomEvent("saved-elsewhere", { detail })), provider);
  const live = await open({ scene: "credits", more: { live: "" } });
  await saveElsewhere(live, "openai");
  await live.getByText("Active", { exact: true }).waitFor();
  await live.getByText("OpenAI is billed to your account").waitFor();
  await saveElsewhere(live, "groq");
  await live.getByText("OpenAI and Groq are billed to your accounts").waitFor();
  const other = await open({ scene: "credits" });
  await saveElsewhere(other, "openai");
  // A reading would show by now.
  await other.getByRole("button", { name: "Add key Groq" }).click();
  await other.getByLabel("Groq API key").waitFor();
  expect(await other.getByText("Active", { exact: true }).count()).toBe(0);
  await other.evaluate(() => window.dispatchEvent(new Event("focus")));
  await other.getByText("Active", { exact: true }).waitFor();
});

test("a member of a team sees the team's keys and who manages them, and no button that changes one", async ({
  open,
}) => {
  const page = await open({ scene: "member", providers: "many" });
  await page.getByText("An admin of your team manages these keys.").waitFor();
  await page.getByRole("heading", { name: "Your team’s API keys" }).waitFor();
  await page.getByText("OpenAI is billed to your team’s account: 0 credits.").waitFor();
  await page.getByText("Anthropic no longer accepts this key, so calls fail.").waitFor();
  expect(await page.getByRole("button").allTextContents()).toEqual([]);
  expect(await page.getByRole("link", { name: "Make a new key" }).count()).toBe(0);
});

test("a member reads what is wrong with the team's keys, and whom to ask", async ({ open }) => {
  const page = await open({ scene: "failing member" });
  await page
    .getByText("Your team’s OpenAI account is out of credit, so calls fail. Ask an admin of your team to")
    .waitFor();
  await page
    .getByText("This key can no longer be opened here, so calls fail. Ask an admin of your team to fix it.")
    .waitFor();
  await page.getByText("Google AI is limiting the account right now. Wait a moment.", { exact: false }).waitFor();
  await page.getByText("This key is saved and not used until it is resumed.").waitFor();
  expect(await page.getByText("Ask an admin").count()).toBe(2);
  expect(await page.getByRole("button").allTextContents()).toEqual([]);
});

test("a member's own page says which calls the team's key pays, and that it fails", async ({ open }) => {
  const page = await open({ scene: "team pays", more: { only: "openai,anthropic,google,groq,mistral" } });
  const rowOf = (provider: string) => page.locator(`[data-provider=${provider}]`);
  expect(await rowOf("openai").innerText()).toMatch(/Uses your team’s key\s+0 credits/);
  // The user's own key is in use, and so the team's is not.
  await rowOf("anthropic").getByText("remove it to use your team’s key").waitFor();
  expect(await rowOf("anthropic").getByText("Uses your team’s key").count()).toBe(0);
  await rowOf("google").getByText("Your team’s Google AI key does not work, so calls fail.").waitFor();
  expect(await rowOf("google").innerText()).not.toMatch(/0 credits|Uses credits/);
  expect(await rowOf("groq").innerText()).toMatch(/…Qx3T[^]*Uses your team’s key\s+0 credits/);
  expect(await rowOf("mistral").innerText()).toContain("Needs your own key");
  await page.getByText("OpenAI and Groq are billed to your team’s accounts: 0 credits.").waitFor();
  await page.getByText("Calls to Anthropic are failing. Replace or remove your key").waitFor();
  await page.getByText("Calls to Google AI are failing, and credits are not used instead. An admin can").waitFor();

  await rowOf("anthropic").getByRole("button", { name: "Remove" }).click();
  await page.getByRole("dialog").getByText("Calls to Anthropic will use your team’s key.").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Remove key" }).click();
  await page.getByText("OpenAI, Anthropic and Groq are billed to your team’s accounts").waitFor();
  await page.getByText("Removed. Calls to Anthropic use your team’s key.").waitFor({ state: "attached" });
});

test("a new member whose team's key pays is not told to add a key", async ({ open }) => {
  const page = await open({ scene: "team pays all" });
  await page.getByText("OpenAI is billed to your team’s account: 0 credits.").waitFor();
  expect(await page.getByText("Add an API key to start").count()).toBe(0);
});

test("someone who is not in the team, or no longer, sees a sentence and nothing else", async ({ open }) => {
  const page = await open({ scene: "stranger" });
  expect(await page.getByText("You are not a member of this team").count()).toBe(2);
  expect(await page.locator(".byok-row, .byok-amount, table").count()).toBe(0);
  expect(await page.getByRole("button").allTextContents()).toEqual([]);
});

test("the history of all keys tells of those that are gone, and a large team's is no slower", async ({ open }) => {
  const page = await open({ scene: "large team", more: { live: "" } });
  const opener = page.getByRole("button", { name: "Key history" });
  await opener.click();
  const dialog = page.getByRole("dialog", { name: "History of your team’s keys" });
  const lines = dialog.getByRole("listitem");
  await lines.nth(19).waitFor();
  expect((await lines.allInnerTexts()).slice(0, 2).map((line) => line.split("\n"))).toEqual([
    ["Removed", expect.stringMatching(/^Groq · A member of your team · yesterday · …Qx3T$/)],
    ["Added", expect.stringMatching(/^gone · You · /)],
  ]);
  expect(await lines.count()).toBe(20);
  expect(await faultsOf(page)).toEqual([]);
  await shot(page, "app-history-of-all");
  await page.keyboard.press("Escape");
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Key history");
  expect(await page.locator("tbody tr").count()).toBe(5);

  // A provider refuses the key on which all of the team call at the same time.
  const readings = () => page.evaluate(() => Number(document.documentElement.dataset.readings));
  const before = await readings();
  await page.evaluate(() => {
    for (let member = 0; member < 200; member++)
      document.dispatchEvent(new CustomEvent("saved-elsewhere", { detail: "anthropic" }));
  });
  await page.getByText("OpenAI and Anthropic are billed to your team’s accounts").waitFor();
  expect((await readings()) - before).toBe(2);
});

test("an admin of a team changes its keys", async ({ open }) => {
  const page = await open({ scene: "admin" });
  await page.getByText("With your team’s key, calls are billed to your team’s account").waitFor();
  expect(await page.getByText("An admin of your team").count()).toBe(0);
  await page.getByRole("button", { name: "Remove OpenAI" }).click();
  await page.getByRole("heading", { name: "Remove your team’s OpenAI key ending in 8700?" }).waitFor();
  await page.getByRole("button", { name: "Remove key" }).click();
  await page.getByRole("button", { name: "Add key OpenAI" }).click();
  await page.getByLabel("OpenAI API key").waitFor();
});
