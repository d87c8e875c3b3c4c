/** Circumstances of a page: slow and broken networks, impatient fingers, other tabs, sessions that end. */
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { fakeKey } from "../harness/fakes.ts";
import { newByokUser, newUser, save } from "../harness/users.ts";
import { test } from "./browser.ts";
import { announcement, checkAgain, fieldOf, hold, openForm, rowOf, submitKey } from "./keys.ts";
import { review } from "./review.ts";

test("while keys and credits are being read, the page says that it is loading", async ({ visit }) => {
  const page = await visit(await newUser(100));
  const reading = await hold(page, "rest/v1/(credentials|rpc/read_balance|entries)");
  await page.reload();
  for (const what of ["API keys", "credits"]) {
    await announcement(page, `Loading your ${what}`).waitFor({ state: "attached" });
  }
  await review(page, "loading");
  reading.release();
  await rowOf(page, "openai").waitFor();
  await page.getByText("100 credits left", { exact: true }).waitFor();
  await page.getByText("Credits added").waitFor();
  expect(await announcement(page, /^Loading/).count()).toBe(0);
});

test("one request is sent at a time: to save, to check, and to remove", async ({ visit }) => {
  const user = await newUser();
  const page = await visit(user);
  const row = rowOf(page, "openai");
  const saving = await hold(page, "functions/v1/byok/save");
  const verifying = await hold(page, "functions/v1/byok/verify");

  await (await openForm(page, "openai")).fill(fakeKey("openai", "works"));
  await row.getByRole("button", { name: "Save & Verify" }).dblclick();
  await row.getByText("Saving…", { exact: true }).first().waitFor();
  expect(await row.getByText("Paste your key first.").count(), "the second click did nothing at all").toBe(0);
  saving.release();
  await row.getByText("Active", { exact: true }).waitFor();
  expect(saving.count()).toBe(1);

  await checkAgain(page, "openai");
  await row.getByText("Checking…", { exact: true }).waitFor();
  await row.getByRole("button", { name: "Remove" }).click({ force: true });
  expect(await page.getByRole("dialog").count(), "nothing else begins meanwhile").toBe(0);
  verifying.release();
  await row.getByText("Active", { exact: true }).waitFor();
  expect(verifying.count()).toBe(1);

  const removals: string[] = [];
  page.on("request", (request) => request.method() === "DELETE" && removals.push(request.url()));
  const removing = await hold(page, "rest/v1/credentials");
  await row.getByRole("button", { name: "Remove" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove key" }).dblclick();
  await removing.arrived;
  removing.release();
  await row.getByRole("button", { name: "Add key" }).waitFor();
  expect(removals).toHaveLength(1);
});

test("a slow provider is waited for with a word about it, and the other rows go on working", async ({ visit }) => {
  const page = await visit(await newUser());
  await page.clock.install();
  const saving = await hold(page, "functions/v1/byok/save");
  await submitKey(page, "openai", fakeKey("openai", "works"));
  await saving.arrived;
  const slow = rowOf(page, "openai").getByText("OpenAI is slow to answer");
  expect(await slow.count()).toBe(0);
  await page.clock.fastForward(5_000);
  await slow.waitFor();
  await submitKey(page, "groq", fakeKey("groq", "works"));
  await rowOf(page, "groq").getByText("Saving…", { exact: true }).first().waitFor();
  await review(page, "slow");
  saving.release();
  for (const provider of ["openai", "groq"] as const) {
    await rowOf(page, provider).getByText("Active", { exact: true }).waitFor();
  }
});

test("offline, nothing is sent and the key stays in the field, to be saved when the network is back", async ({
  visit,
}) => {
  const page = await visit(await newUser());
  const apiKey = fakeKey("openai", "works");
  const field = await openForm(page, "openai");
  await field.fill(apiKey);
  await page.context().setOffline(true);
  await page.getByText("You are offline. What you type stays here; save it when you are back.").waitFor();
  await field.press("Enter");
  await rowOf(page, "openai").getByText("You are offline, so nothing was sent.").waitFor();
  expect((await field.inputValue()) === apiKey, "the key is still in the field").toBe(true);
  await review(page, "offline");
  await page.context().setOffline(false);
  await page.getByText("You are offline. What you type").waitFor({ state: "detached" });
  await field.press("Enter");
  await rowOf(page, "openai").getByText("Active", { exact: true }).waitFor();
});

test("when the connection breaks off on the way, the key stays in the field and the page shows what was saved", async ({
  visit,
}) => {
  const user = await newUser();
  const page = await visit(user);
  let isLost = false;
  await page.route(/\/save$/, async (route) => {
    if (route.request().method() !== "POST") return await route.fallback();
    // The request arrives the second time, and its answer does not.
    if (isLost) await route.fetch();
    isLost = true;
    await route.abort();
  });
  await submitKey(page, "openai", fakeKey("openai", "works"));
  const row = rowOf(page, "openai");
  await row.getByText("The connection broke off while your key was on its way").waitFor();
  expect(await fieldOf(page, "openai").inputValue()).not.toBe("");
  expect(await row.getByText("Active", { exact: true }).count()).toBe(0);
  await review(page, "connection-lost");
  await fieldOf(page, "openai").press("Enter");
  await row.getByText("Active", { exact: true }).waitFor();
});

test("a server that cannot be reached is said, and asked again by a button", async ({ visit }) => {
  const { user } = await newByokUser("openai", { credits: 80 });
  const page = await visit(user);
  await page.route(/\/rest\/v1\//, (route) => route.abort());
  await page.reload();
  const says = page
    .getByRole("region")
    .getByText("The server could not be reached. Check your connection and try again.");
  await says.first().waitFor();
  await says.nth(1).waitFor();
  await review(page, "unreachable");
  await page.unrouteAll();
  for (const name of ["API keys", "Credits"]) {
    await page.getByRole("region", { name }).getByRole("button", { name: "Try again" }).click();
  }
  await rowOf(page, "openai").getByText("Active", { exact: true }).waitFor();
  await page.getByText("OpenAI is billed to your account: 0 credits.").waitFor();
  await says.first().waitFor({ state: "detached" });
});

test("what was read stays on the page when reading it again fails", async ({ visit }) => {
  const { user } = await newByokUser("openai", { credits: 80 });
  const page = await visit(user);
  await rowOf(page, "openai").getByText("Active", { exact: true }).waitFor();
  await page.getByText("OpenAI is billed to your account: 0 credits.").waitFor();
  await page.route(/\/rest\/v1\//, (route) => route.abort());
  await comeBack(page);
  await page.getByText("The server could not be reached").first().waitFor();
  await rowOf(page, "openai").getByText("Active", { exact: true }).waitFor();
  await page.getByText("OpenAI is billed to your account: 0 credits.").waitFor();
});

test("a change in one tab shows in another, whose half-typed key stays, and tells nothing but that there is one", async ({
  visit,
}) => {
  const user = await newUser(100);
  const page = await visit(user);
  const other = await page.context().newPage();
  await other.goto("/");
  const typed = await openForm(other, "groq");
  await typed.fill("gsk_half");
  const told = other.evaluate(
    () =>
      new Promise((resolve) =>
        new BroadcastChannel("byok-changes").addEventListener("message", (e) => resolve(e.data)),
      ),
  );
  await submitKey(page, "openai", fakeKey("openai", "works"));
  await rowOf(other, "openai").getByText("Active", { exact: true }).waitFor();
  await other.getByText("OpenAI is billed to your account: 0 credits.").waitFor();
  expect(await told).toBeNull();
  expect(await typed.inputValue()).toBe("gsk_half");

  await rowOf(page, "openai").getByRole("button", { name: "Remove" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove key" }).click();
  await rowOf(other, "openai").getByRole("button", { name: "Add key" }).waitFor();
  await other.getByText("100 credits left", { exact: true }).waitFor();
});

test("a change on another device shows when the page comes back to the front", async ({ visit }) => {
  const user = await newUser(100);
  const page = await visit(user);
  await rowOf(page, "openai").getByRole("button", { name: "Add key" }).waitFor();
  await save(user, "openai", fakeKey("openai", "works"));
  await comeBack(page);
  await rowOf(page, "openai").getByText("Active", { exact: true }).waitFor();
  await page.getByText("OpenAI is billed to your account: 0 credits.").waitFor();
});

test("a key that another device removed cannot be checked any more, and the page says so", async ({ visit }) => {
  const { user } = await newByokUser("openai");
  const page = await visit(user);
  const row = rowOf(page, "openai");
  await row.getByText("Active", { exact: true }).waitFor();
  await user.supabase.from("credentials").delete().eq("provider", "openai");
  await checkAgain(page, "openai");
  await row.getByText("This key was replaced or removed in the meantime.").waitFor();
  await page.getByText("No credits yet").waitFor();
  const add = row.getByRole("button", { name: "Add key" });
  expect(await add.evaluate((button) => button === document.activeElement), "focus is not lost").toBe(true);
  await review(page, "removed-elsewhere");
});

/** As a tab does that its user turns to again. */
async function comeBack(page: Page): Promise<void> {
  await page.evaluate(() => window.dispatchEvent(new Event("focus")));
}
