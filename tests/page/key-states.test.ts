/** Every state that a key can be in, reached as users reach it, and what the page says of it. */
import pg from "pg";
import { expect } from "vitest";
import { catalogue } from "../../catalogue/index.ts";
import { mainProviders } from "../harness/providers/main.ts";
import { type Behaviour, behave, fakeKey, script } from "../harness/fakes.ts";
import { checkFixtures } from "../harness/providers/fixtures.ts";
import { newByokUser, newUser, stack, type User } from "../harness/users.ts";
import { test } from "./browser.ts";
import { announcement, checkAgain, fieldOf, hold, menuOf, nameOf, rowOf, submitKey } from "./keys.ts";
import { review } from "./review.ts";

async function savedStatus(user: User): Promise<string | undefined> {
  const { data } = await user.supabase.from("credentials").select("status").maybeSingle();
  return data?.status;
}

test("without a key each provider says that its calls cost credits, and offers to add one", async ({ visit }) => {
  const page = await visit(await newUser(100));
  for (const provider of mainProviders) {
    const row = rowOf(page, provider);
    await row.getByText("Uses credits").waitFor();
    await row.getByRole("button", { name: `Add key ${nameOf(provider)}`, exact: true }).waitFor();
    expect(await row.getByRole("button").count()).toBe(1);
  }
  await review(page, "keys-none");
});

test("each provider has a form that says where its keys are made, and what they begin with", async ({ visit }) => {
  const page = await visit(await newUser());
  for (const provider of mainProviders) {
    const row = rowOf(page, provider);
    await row.getByRole("button", { name: "Add key" }).click();
    const { keysUrl, prefixes } = catalogue[provider].keys;
    const link = row.getByRole("link", { name: "Get a key" });
    expect(await link.getAttribute("href")).toBe(keysUrl);
    expect(await link.getAttribute("rel")).toContain("noreferrer");
    await row.getByText(`Starts with ${prefixes.join(" or ")}`).waitFor();
  }
  await review(page, "keys-form");
});

test("a key that works is verified, shows its last four characters, and says who pays", async ({ visit }) => {
  const user = await newUser(100);
  const page = await visit(user);
  for (const provider of mainProviders) {
    const apiKey = fakeKey(provider, "works");
    await submitKey(page, provider, apiKey);
    const row = rowOf(page, provider);
    await row.getByText("Active", { exact: true }).waitFor();
    await row.getByText(`…${apiKey.slice(-4)}`).waitFor();
    await row.getByText("Checked just now").waitFor();
    await row.getByText("0 credits", { exact: true }).waitFor();
    await announcement(page, /^Active\./).waitFor({ state: "attached" });
  }
  await page.getByText("OpenAI, Anthropic, Google AI and Groq are billed to your accounts: 0 credits.").waitFor();
  await review(page, "keys-verified");
});

const onOpenAI = "OpenAI is billed to your account: 0 credits.";
const failing = "Calls to OpenAI are failing";

/** The fake's behaviour with a new key -> the page's words. */
const onSaving: { behaviour: Behaviour; status: string; label: string; says: RegExp; banner: string }[] = [
  {
    behaviour: "restricted",
    status: "restricted",
    label: "Limited",
    says: /lacks a permission, so some calls may fail/,
    banner: onOpenAI,
  },
  {
    behaviour: "no_credit",
    status: "no_credit",
    label: "No credit",
    says: /no credit left, so calls fail: add credit/,
    banner: failing,
  },
  {
    behaviour: "rate_limited",
    status: "rate_limited",
    label: "Rate limited",
    says: /limiting the account right now/,
    banner: onOpenAI,
  },
  {
    behaviour: "unavailable",
    status: "unverified",
    label: "Not checked",
    says: /could not be reached to check this key\. It is saved and in use/,
    banner: onOpenAI,
  },
];

test("a key that is for certain websites only is not said to work, and says what to do", async ({ visit }) => {
  const user = await newUser(100);
  const page = await visit(user);
  const apiKey = fakeKey("google", "works");
  const found = checkFixtures.find(([, { reason }]) => reason === "website_only");
  await script(stack, "google", apiKey, found![1]);
  await submitKey(page, "google", apiKey);
  const row = rowOf(page, "google");
  await row.getByText("Limited", { exact: true }).waitFor();
  const says = /limited to certain websites, so calls from here fail: lift the limit at Google AI/;
  await row.getByText(says).waitFor();
  await announcement(page, says).waitFor({ state: "attached" });
  await page.getByText("Calls to Google AI are failing").waitFor();
  await page.reload();
  await rowOf(page, "google").getByText(says).waitFor();
  await review(page, "keys-website-only");
});

test.for(onSaving)(
  "a key that the provider answers with $behaviour is saved as $status, and the page says so",
  async ({ behaviour, status, label, says, banner }, { visit }) => {
    const user = await newUser(100);
    const page = await visit(user);
    await submitKey(page, "openai", fakeKey("openai", behaviour));
    const row = rowOf(page, "openai");
    await row.getByText(label, { exact: true }).waitFor();
    await row.getByText(says).waitFor();
    await announcement(page, says).waitFor({ state: "attached" });
    await page.getByText(banner).first().waitFor();
    expect(await savedStatus(user)).toBe(status);
    await review(page, `keys-${status}`);
  },
);

test("a saved key that its provider stops accepting is rejected at the next check, and stays rejected after a reload", async ({
  visit,
}) => {
  const { user, apiKey } = await newByokUser("openai", { credits: 100 });
  const page = await visit(user);
  const row = rowOf(page, "openai");
  await row.getByText("Active", { exact: true }).waitFor();
  await behave(stack, "openai", apiKey, "rejected");
  await checkAgain(page, "openai");
  for (const again of [false, true]) {
    if (again) await page.reload();
    await row.getByText("Rejected", { exact: true }).waitFor();
    await row.getByText("OpenAI no longer accepts this key, so calls fail").waitFor();
    await row.getByText(/^Last worked /).waitFor();
    await page.getByText(failing).waitFor();
  }
  expect(await savedStatus(user)).toBe("rejected");
  await review(page, "keys-rejected");
});

test("a key that works again after its account was topped up is verified by Check again", async ({ visit }) => {
  const user = await newUser();
  const page = await visit(user);
  const apiKey = fakeKey("anthropic", "no_credit");
  await submitKey(page, "anthropic", apiKey);
  const row = rowOf(page, "anthropic");
  await row.getByText("No credit", { exact: true }).waitFor();
  await behave(stack, "anthropic", apiKey, "works");
  await checkAgain(page, "anthropic");
  await row.getByText("Active", { exact: true }).waitFor();
});

test("a key whose envelope no longer opens is locked, and saving it again unlocks it", async ({ visit }) => {
  const { user, apiKey } = await newByokUser("groq", { credits: 100 });
  await tamper(user);
  const page = await visit(user);
  await checkAgain(page, "groq");
  const row = rowOf(page, "groq");
  await row.getByText("Locked", { exact: true }).waitFor();
  await row.getByText("This key can no longer be opened here, so calls fail.").waitFor();
  await page.getByText("Calls to Groq are failing").waitFor();
  expect(await savedStatus(user)).toBe("locked");
  await review(page, "keys-locked");
  await submitKey(page, "groq", apiKey);
  await row.getByText("Active", { exact: true }).waitFor();
});

/** Turns some bits of the sealed key round, as only somebody with the database can. */
async function tamper(user: User): Promise<void> {
  await asOperator(
    "update byok.envelopes set envelope = overlay(envelope placing reverse(substr(envelope, 200, 40)) from 200) where owner_id = $1",
    user,
  );
}

async function asOperator(statement: string, user: User): Promise<void> {
  const postgres = new pg.Client(stack.adminDbUrl);
  await postgres.connect();
  const { rowCount } = await postgres.query(statement, [user.id]);
  await postgres.end();
  expect(rowCount).toBe(1);
}

test("while a key is being saved, and while it is being checked, the row says so and offers nothing else", async ({
  visit,
}) => {
  const page = await visit(await newUser(100));
  const row = rowOf(page, "openai");
  const saving = await hold(page, "functions/v1/byok/save");
  await submitKey(page, "openai", fakeKey("openai", "works"));
  await row.getByText("Saving…", { exact: true }).first().waitFor();
  await announcement(page, "Saving your key").waitFor({ state: "attached" });
  expect(await row.getAttribute("aria-busy")).toBe("true");
  await review(page, "keys-saving");
  saving.release();
  await row.getByText("Active", { exact: true }).waitFor();
  expect(await row.getAttribute("aria-busy")).toBe("false");

  const verifying = await hold(page, "functions/v1/byok/verify");
  await checkAgain(page, "openai");
  await row.getByText("Checking…", { exact: true }).waitFor();
  for (const button of await row.getByRole("button").all()) {
    expect(await button.getAttribute("aria-disabled")).toBe("true");
  }
  await review(page, "keys-verifying");
  verifying.release();
  await row.getByText("Active", { exact: true }).waitFor();
});

test("too many attempts say when to try again, at saving and at checking", async ({ visit }) => {
  const { user } = await newByokUser("openai");
  await useUpAttempts(user);
  const page = await visit(user, { timezoneId: "UTC" });
  const says = /^Too many attempts\. Try again after \d+ \w+ \d+, 00:00\.$/;
  await checkAgain(page, "openai");
  await rowOf(page, "openai").getByText(says).waitFor();
  await submitKey(page, "groq", fakeKey("groq", "works"));
  await rowOf(page, "groq").getByText(says).waitFor();
  await announcement(page, says).waitFor({ state: "attached" });
  await review(page, "keys-too-many-attempts");
});

/** As if all checks of today had been made. */
async function useUpAttempts(user: User): Promise<void> {
  await asOperator("update byok.counters set times = 1000000 where user_id = $1", user);
}

test("the history of a key says what happened and who did it, and is read when it is opened", async ({ visit }) => {
  const { user } = await newByokUser("openai", { behaviour: "rejected" });
  const page = await visit(user);
  const requests: string[] = [];
  page.on("request", (request) => requests.push(request.url()));
  const asked = () => requests.filter((url) => url.includes("/key_events")).length;
  await checkAgain(page, "openai");
  await rowOf(page, "openai").getByText("Rejected", { exact: true }).waitFor();
  expect(asked()).toBe(0);
  await menuOf(page, "openai").click();
  await page.getByRole("menuitem", { name: "History" }).click();
  const lines = page.getByRole("dialog", { name: "History of your OpenAI key" }).getByRole("listitem");
  await lines.first().waitFor();
  expect(await lines.allInnerTexts()).toEqual([
    expect.stringMatching(/^OpenAI refused it\nYou · just now · …/),
    expect.stringMatching(/^Added\nYou · just now · …/),
  ]);
  expect(asked()).toBeGreaterThan(0);
  await review(page, "keys-history");
});

test("those with a key come first, and the others are found by a search", async ({ visit }) => {
  const { user } = await newByokUser("deepinfra");
  const page = await visit(user);
  await rowOf(page, "deepinfra").getByText("Active", { exact: true }).waitFor();
  const headings = page.locator(".byok-rows h3");
  expect(await headings.allTextContents()).toEqual(["DeepInfra", "OpenAI", "Anthropic", "Google AI"]);
  await page.getByRole("button", { name: "Add a provider" }).click();
  const search = page.getByRole("searchbox", { name: "Search providers" });
  await search.fill("nobody");
  await page.getByText("No provider matches “nobody”.").waitFor();
  await search.fill("mis");
  await review(page, "keys-search");
  await search.press("Enter");
  const field = fieldOf(page, "mistral");
  await expect.poll(() => field.evaluate((input) => input === document.activeElement)).toBe(true);
  await rowOf(page, "mistral").getByText("Needs your own key").waitFor();
  await field.fill(fakeKey("mistral", "works"));
  await field.press("Enter");
  await rowOf(page, "mistral").getByText("Active", { exact: true }).waitFor();
  expect(await headings.allTextContents()).toEqual(["DeepInfra", "OpenAI", "Anthropic", "Google AI", "Mistral"]);
  await review(page, "keys-many");
});
