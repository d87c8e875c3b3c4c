/** Credits says the same as the database. */
import { expect } from "vitest";
import { fakeKey } from "../harness/fakes.ts";
import { admin, balance, grant, newUser, save, type User } from "../harness/users.ts";
import { test } from "./browser.ts";
import { announcement, fieldOf, hold, rowOf } from "./keys.ts";
import { review } from "./review.ts";

/** Reserves the price of an operation, as a call on credits does when it begins. */
async function beginCall(user: User, operation: string): Promise<number> {
  const { data } = await admin.rpc("place_hold", {
    p_user_id: user.id,
    p_provider: "openai",
    p_request_id: crypto.randomUUID(),
    p_operation: operation,
    p_model: "gpt-5.4-nano",
    p_max_input_tokens: 10,
    p_max_output_tokens: 10,
  });
  const { hold_id: holdId } = (data ?? {}) as { readonly hold_id?: number };
  if (!holdId) throw new Error("No credits were held.");
  return holdId;
}

async function chargeCall(user: User, holdId: number): Promise<void> {
  const { error } = await admin.rpc("charge_hold", { p_owner_id: user.id, p_hold_id: holdId });
  if (error) throw new Error(`charge_hold: ${error.message}`);
}

async function refundCall(user: User, holdId: number, credits: number): Promise<void> {
  await chargeCall(user, holdId);
  const refund = { p_owner_id: user.id, p_charge_id: holdId, p_microcredits: credits * 1e6, p_reason: "broken_off" };
  const { error } = await admin.rpc("refund_charge", refund);
  if (error) throw new Error(`refund_charge: ${error.message}`);
}

test("the prices are those of the database, and a new account has no history", async ({ visit }) => {
  const user = await newUser();
  const page = await visit(user);
  const { data: operations } = await user.supabase.from("prices").select("operation, microcredits_per_call");
  const prices = page.getByRole("definition");
  await prices.first().waitFor();
  expect((await prices.allInnerTexts()).sort()).toEqual(
    [...new Set(operations?.map((price) => `${price.microcredits_per_call! / 1e6} credits`))].sort(),
  );
  expect(await page.getByRole("term").allInnerTexts()).toEqual(["Kernel build", "Doc generation", "Single doc regen"]);
  await page.getByText("Charges, refunds and new credits appear here.").waitFor();
});

test("a balance that pays for everything is shown without a warning", async ({ visit }) => {
  const page = await visit(await newUser(20));
  await page.getByText("20 credits left", { exact: true }).waitFor();
  await page.getByText("Credits added").waitFor();
  expect(await page.getByText(/Running low|Out of credits/).count()).toBe(0);
});

test.for([
  { credits: 19, says: "Running low: not enough for Kernel build." },
  { credits: 2, says: "Running low: not enough for Kernel build and Doc generation." },
  { credits: 1, says: "Out of credits. Calls to OpenAI, Anthropic, Google AI and Groq need a key, or more" },
])("with $credits credits the page says what they no longer pay for", async ({ credits, says }, { visit }) => {
  const page = await visit(await newUser(credits));
  await announcement(page, says).waitFor();
  await page.getByText(credits === 1 ? "1 credit left" : `${credits} credits left`, { exact: true }).waitFor();
  if (credits < 3) await review(page, credits === 2 ? "credits-low" : "credits-out");
});

test("nobody who pays for every provider with keys of their own is told to get credits", async ({ visit }) => {
  const user = await newUser(1);
  for (const provider of ["openai", "anthropic", "google", "groq"] as const) {
    await save(user, provider, fakeKey(provider, "works"));
  }
  const page = await visit(user);
  await page.getByText("1 credit left", { exact: true }).waitFor();
  await page.getByText("No call uses them now: there is a key for every provider.").waitFor();
  expect(await page.getByText(/Running low|Out of credits/).count()).toBe(0);
});

test("a new user is shown two ways to begin, and the one leads to the form for a key", async ({ visit }) => {
  const page = await visit(await newUser());
  await page.getByText("No credits yet").waitFor();
  await review(page, "credits-none");
  await page.getByRole("button", { name: "Add an API key" }).click();
  const field = fieldOf(page, "openai");
  await expect.poll(() => field.evaluate((input) => input === document.activeElement)).toBe(true);
});

test("the card names who pays, who does not, and what is left for the rest", async ({ visit }) => {
  const user = await newUser(80);
  await save(user, "openai", fakeKey("openai", "works"));
  await save(user, "groq", fakeKey("groq", "restricted"));
  await save(user, "google", fakeKey("google", "no_credit"));
  const page = await visit(user);
  await page.getByText("OpenAI and Groq are billed to your accounts: 0 credits.").waitFor();
  await page.getByText("80 credits left", { exact: true }).waitFor();
  await page
    .getByText("Calls to Google AI are failing. Replace or remove your key: credits are not used instead.")
    .waitFor();
  await rowOf(page, "google").getByText("No credit", { exact: true }).waitFor();
  await review(page, "credits-mixed");
});

test("credits reserved by a call are shown until it ends, and then disappear", async ({ visit }) => {
  const user = await newUser(100);
  const holdId = await beginCall(user, "doc_generation");
  const page = await visit(user);
  await page.getByText("90 credits left", { exact: true }).waitFor();
  await page.getByText("10 credits on hold for calls in progress").waitFor();
  await review(page, "credits-held");
  await refundCall(user, holdId, 10);
  await page.getByText("100 credits left", { exact: true }).waitFor();
  await page.getByText("on hold for calls").waitFor({ state: "detached" });
  // Nothing announced the end of the call to the history either.
  await page.getByRole("cell", { name: "+10", exact: true }).waitFor();
});

test("the history tells charges, refunds and grants, newest first, and adds up to the balance", async ({ visit }) => {
  const user = await newUser(0);
  await grant(user.id, 1_500);
  await chargeCall(user, await beginCall(user, "kernel_build"));
  await refundCall(user, await beginCall(user, "doc_generation"), 10);
  await chargeCall(user, await beginCall(user, "single_doc_regen"));
  const page = await visit(user);
  const rows = page.getByRole("table").getByRole("row");
  await rows.nth(5).waitFor();
  const lines = await rows.evaluateAll((all) =>
    all.slice(1).map((row) => Array.from(row.children, (cell) => cell.firstChild?.textContent)),
  );
  expect(lines).toEqual([
    ["Single doc regen", "\u22122"],
    ["Doc generation", "+10"],
    ["Doc generation", "\u221210"],
    ["Kernel build", "\u221220"],
    ["Credits added", "+1,500"],
  ]);
  expect(await balance(user)).toEqual({ available: 1_500 - 20 - 2, held: 0 });
  await page.getByText("1,478 credits left", { exact: true }).waitFor();
  await review(page, "credits-history");
});

test("the history is read page by page, down to its first entry, whatever is added meanwhile", async ({ visit }) => {
  const user = await newUser(0);
  for (let credits = 1; credits <= 23; credits++) await grant(user.id, credits);
  const page = await visit(user);
  const amounts = () => page.getByRole("cell", { name: /^\+/ }).allInnerTexts();
  const newestFirst = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, i) => `+${from - i}`);
  const more = page.getByRole("button", { name: "Show more" });
  await more.waitFor();
  expect(await amounts()).toEqual(newestFirst(23, 19));

  await grant(user.id, 24);
  await more.click();
  await more.waitFor({ state: "detached" });
  await expect.poll(amounts).toEqual(newestFirst(23, 1));
  const focused = page.getByRole("row").filter({ hasText: "+18" });
  await expect.poll(() => focused.evaluate((row) => row === document.activeElement)).toBe(true);
  await page.evaluate(() => window.dispatchEvent(new Event("focus")));
  await expect.poll(amounts).toEqual(newestFirst(24, 1));
});

test("a page of the history that cannot be read is said, and can be asked for again", async ({ visit }) => {
  const user = await newUser(0);
  for (let credits = 1; credits <= 11; credits++) await grant(user.id, credits);
  const page = await visit(user);
  const more = page.getByRole("button", { name: "Show more" });
  await more.waitFor();
  await page.route(/\/rest\/v1\/entries/, (route) => route.abort());
  await more.click();
  await page.getByText("The server could not be reached").waitFor();
  await page.unrouteAll();
  await more.click();
  await page.getByRole("cell", { name: "+1", exact: true }).waitFor();
  expect(await page.getByText("The server could not be reached").count()).toBe(0);
});

test("the history is read after the balance, so that nothing the balance counts is missing from it", async ({
  visit,
}) => {
  const page = await visit(await newUser(100));
  await page.getByText("Credits added").waitFor();
  const accounts = await hold(page, "rest/v1/rpc/read_balance");
  let readings = 0;
  page.on("request", (request) => (readings += Number(request.url().includes("/rest/v1/entries"))));
  const prices = page.waitForResponse(/rest\/v1\/operations/);
  await page.evaluate(() => window.dispatchEvent(new Event("focus")));
  await Promise.all([accounts.arrived, prices]);
  expect(readings).toBe(0);
  const history = page.waitForRequest(/rest\/v1\/entries/);
  accounts.release();
  await history;
});
