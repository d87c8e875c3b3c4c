/** The shell's own business: signing in and up and out, and sessions that end. */
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { fakeKey } from "../harness/fakes.ts";
import { newUser, type User } from "../harness/users.ts";
import { test } from "./browser.ts";
import { hold, openForm, rowOf } from "./keys.ts";
import { openView } from "./panel.ts";
import { review } from "./review.ts";

const keysHeading = (page: Page) => page.getByRole("heading", { name: "API keys" });

async function signIn(page: Page, { email, password }: Pick<User, "email" | "password">): Promise<void> {
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.keyboard.press("Enter");
}

/** Lets the access token expire and be renewed no more, as when a user was signed out everywhere. */
function endSession(page: Page): Promise<void> {
  return page.evaluate(() => {
    for (const [name, value] of Object.entries(localStorage)) {
      localStorage.setItem(name, JSON.stringify({ ...JSON.parse(value), expires_at: 1, refresh_token: "gone" }));
    }
  });
}

/** supabase-js prints why a session cannot be renewed. */
const tolerates = /AuthApiError/;

test("a user signs in with email and password, stays so after a reload, and signs out", async ({ visit }) => {
  const user = await newUser(100);
  const page = await visit(null);
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await review(page, "sign-in");
  await signIn(page, user);
  await keysHeading(page).waitFor();
  await page.reload();
  await keysHeading(page).waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  expect(await page.getByText("Your session has ended").count()).toBe(0);
  expect(await page.evaluate(() => localStorage.length)).toBe(0);
});

test("a local stack's page signs in as its demo user with one button", async ({ visit }) => {
  const { email, password } = await newUser(100);
  const page = await visit(null);
  await page.getByText("Bring your own API key").waitFor();
  expect(await page.getByRole("button", { name: "demo" }).count(), "elsewhere there is none").toBe(0);
  await page.route("**/config.json", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), demoUser: { email, password } } });
  });
  await page.reload();
  const demo = page.getByRole("button", { name: "Sign in as the demo user" });
  await demo.waitFor();
  await review(page, "sign-in-demo");
  await demo.click();
  await keysHeading(page).waitFor();
});

test("a wrong password is refused, and what was typed stays", async ({ visit }) => {
  const user = await newUser();
  const page = await visit(null);
  await signIn(page, { email: user.email, password: "not the password" });
  await page.getByRole("alert").getByText("Email or password is wrong.").waitFor();
  expect(await page.getByLabel("Email").inputValue()).toBe(user.email);
  await review(page, "sign-in-refused");
});

test("a visitor creates an account, and is told when there is one already", async ({ visit }) => {
  const page = await visit(null);
  await page.getByRole("button", { name: "Create an account" }).click();
  const user = { email: `${crypto.randomUUID()}@example.com`, password: crypto.randomUUID() };
  await page.getByText("At least 8 characters.").waitFor();
  await review(page, "sign-up");
  await signIn(page, user);
  await page.getByText("No credits yet").waitFor();
  const other = await visit(null);
  await other.getByRole("button", { name: "Create an account" }).click();
  await signIn(other, user);
  await other.getByRole("alert").getByText("There is an account with this address. Sign in instead.").waitFor();
});

test("signing in without a connection says so, and works once there is one", async ({ visit }) => {
  const user = await newUser();
  const page = await visit(null);
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.context().setOffline(true);
  await signIn(page, user);
  await page.getByRole("alert").getByText("The server could not be reached").waitFor();
  await page.context().setOffline(false);
  await page.getByRole("button", { name: "Sign in" }).click();
  await keysHeading(page).waitFor();
});

test("a page that could not learn of its project says so, and tries again", async ({ visit }) => {
  const page = await visit(null, { tolerates: /Failed to load resource/ });
  await page.route("**/config.json", (route) => route.abort(), { times: 1 });
  await page.reload();
  await page.getByText("The server could not be reached").waitFor();
  await review(page, "unavailable");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
});

test("while the page learns of its project, it says that it is loading", async ({ visit }) => {
  const page = await visit(null);
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  await page.route("**/config.json", async (route) => {
    await released;
    await route.fallback();
  });
  await page.reload({ waitUntil: "commit" });
  await page.getByText("Loading…").waitFor();
  await review(page, "opening");
  release();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  expect(await page.getByText("Loading…").count()).toBe(0);
});

test("an address that has to be confirmed is said, and leads back to signing in", async ({ visit }) => {
  const page = await visit(null);
  // As the hosted Auth answers where addresses are confirmed.
  const user = { id: crypto.randomUUID(), aud: "authenticated", email: "new@example.com", identities: [] };
  await page.route(/\/auth\/v1\/signup/, (route) => route.fulfill({ json: user }));
  await page.getByRole("button", { name: "Create an account" }).click();
  await signIn(page, { email: user.email, password: "not too short" });
  await page.getByRole("status").getByText("Open the link that was sent to your address, then sign in.").waitFor();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  expect(await page.getByLabel("Email").inputValue()).toBe(user.email);
  await review(page, "sign-up-confirm");
});

test("a session that ends asks to sign in again, and nothing that was typed is lost", async ({ visit }) => {
  const user = await newUser(100);
  const page = await visit(user, { tolerates });
  await openView(page, "Try it");
  await page.getByLabel("Prompt", { exact: true }).fill("half a thought");
  await openView(page, "API keys");
  const apiKey = fakeKey("groq", "works");
  const field = await openForm(page, "groq");
  await field.fill(apiKey);
  await endSession(page);
  // Coming back to the page makes it look for changes.
  await page.evaluate(() => window.dispatchEvent(new Event("focus")));

  const dialog = page.getByRole("dialog", { name: "Sign in again" });
  await dialog.getByText("Your session has ended. Sign in again to go on.").waitFor();
  expect(await dialog.getByLabel("Email").inputValue()).toBe(user.email);
  await review(page, "session-ended");
  await page.keyboard.press("Escape");
  // The password is all that is asked for: the field has focus.
  await page.keyboard.type(user.password);
  await page.keyboard.press("Enter");
  await dialog.waitFor({ state: "detached" });

  expect((await field.inputValue()) === apiKey, "the key is still in its field").toBe(true);
  await rowOf(page, "groq").getByRole("button", { name: "Save & Verify" }).click();
  await rowOf(page, "groq").getByText("Active", { exact: true }).waitFor();
  await openView(page, "Try it");
  expect(await page.getByLabel("Prompt", { exact: true }).inputValue()).toBe("half a thought");
});

test("a key cannot be sent after the session has ended, and stays in its field for when its user is back", async ({
  visit,
}) => {
  const user = await newUser();
  const page = await visit(user, { tolerates });
  const apiKey = fakeKey("openai", "works");
  const field = await openForm(page, "openai");
  await field.fill(apiKey);
  const sent: string[] = [];
  page.on("request", (request) => sent.push(request.url()));
  await endSession(page);
  await field.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Sign in again" });
  await dialog.waitFor();
  expect((await field.inputValue()) === apiKey, "the key is still in its field").toBe(true);
  expect(sent.filter((url) => url.includes("/functions/"))).toEqual([]);
  await dialog.getByLabel("Password").fill(user.password);
  await page.keyboard.press("Enter");
  await dialog.waitFor({ state: "detached" });
  await rowOf(page, "openai").getByRole("button", { name: "Save & Verify" }).click();
  await rowOf(page, "openai").getByText("Active", { exact: true }).waitFor();
});

test("a user who does not want to sign in again can leave", async ({ visit }) => {
  const page = await visit(await newUser(), { tolerates });
  await keysHeading(page).waitFor();
  await endSession(page);
  await page.evaluate(() => window.dispatchEvent(new Event("focus")));
  await page.getByRole("dialog").getByRole("button", { name: "Leave this page instead" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  expect(await page.getByRole("dialog").count()).toBe(0);
});

test("a user who signs in as somebody else sees nothing of the first", async ({ visit }) => {
  const [first, second] = [await newUser(100), await newUser(7)];
  const page = await visit(first, { tolerates });
  const field = await openForm(page, "openai");
  await field.fill("typed by the first");
  await endSession(page);
  await page.evaluate(() => window.dispatchEvent(new Event("focus")));
  await page.getByRole("dialog").waitFor();
  await signIn(page, second);
  await page.getByText("7 credits left", { exact: true }).waitFor();
  expect(await field.count()).toBe(0);
});

test("a page that is opened with a session that has ended says why it asks to sign in", async ({ visit }) => {
  const page = await visit(await newUser(), { tolerates });
  await keysHeading(page).waitFor();
  await endSession(page);
  await page.reload();
  await page.getByText("Your session has ended. Sign in again.").waitFor();
  await review(page, "session-ended-before");
});

test("signing out while the page is being read is not a session that has ended", async ({ visit }) => {
  const page = await visit(await newUser(100));
  const balance = await hold(page, "rest/v1/rpc/read_balance");
  await page.reload();
  await balance.arrived;
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  const answered = page.waitForResponse(/rest\/v1\/rpc\/read_balance/);
  // After the balance the history is read, for which there is no session any more.
  balance.release();
  await (await answered).finished();
  await page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve)));
  expect(await page.getByText("Your session has ended").count()).toBe(0);
});

test("signing out in one tab ends the session in the other", async ({ visit }) => {
  const page = await visit(await newUser());
  const other = await page.context().newPage();
  await other.goto(page.url());
  await keysHeading(other).waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await other.getByRole("dialog", { name: "Sign in again" }).waitFor();
});
