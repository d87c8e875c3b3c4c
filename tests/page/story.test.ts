/** The story of a key, as its user goes through it: on credits, on the own key, and on credits again. */
import { expect } from "vitest";
import { fakeKey, expectOnlyTheKey, forgetRequests, requestsWith } from "../harness/fakes.ts";
import { expectBalance, ledger, newUser, stack } from "../harness/users.ts";
import { shot, test } from "./browser.ts";
import { rowOf, submitKey } from "./keys.ts";
import { openView, outcome, run } from "./panel.ts";

test("a user signs in, pays with credits, saves a key and pays nothing, removes it and pays with credits again", async ({
  visit,
}) => {
  const user = await newUser(100);
  const page = await visit(null);
  await page.getByLabel("Email").fill(user.email);
  await page.getByLabel("Password").fill(user.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  const credits = page.getByRole("region", { name: "Credits" });
  await credits.getByText("100 credits left", { exact: true }).waitFor();

  const runOnce = async () => {
    await openView(page, "Try it");
    await run(page, { prompt: "hello" });
    const { text, paid } = await outcome(page);
    expect(text).toBe("Echo: hello");
    return paid;
  };
  expect(await runOnce()).toMatch(/^Costs 20 credits\s+x-byok-funding: platform\s+x-byok-credits: 20$/);
  await expectBalance(user, 80);
  await shot(page, "story-1-on-credits");
  await openView(page, "API keys");
  await credits.getByText("80 credits left", { exact: true }).waitFor();
  await credits.getByRole("row", { name: /Kernel build/ }).waitFor();

  const apiKey = fakeKey("openai", "works");
  await submitKey(page, "openai", apiKey);
  await rowOf(page, "openai").getByText("Active", { exact: true }).waitFor();
  await credits.getByText("OpenAI is billed to your account").waitFor();
  await shot(page, "story-2-own-key");
  await forgetRequests(stack, "openai", apiKey);
  const entries = await ledger(user);
  expect(await runOnce()).toMatch(
    /^Billed to your OpenAI account: 0 credits\s+x-byok-funding: byok\s+x-byok-credits: 0$/,
  );
  await shot(page, "story-3-own-key-run");
  expect(await expectOnlyTheKey("openai", { user, apiKey })).toHaveLength(1);
  await expectBalance(user, 80);
  expect(await ledger(user)).toEqual(entries);

  await openView(page, "API keys");
  await rowOf(page, "openai").getByRole("button", { name: "Remove" }).click();
  await shot(page, "story-4-remove");
  await page.getByRole("dialog").getByRole("button", { name: "Remove key" }).click();
  await rowOf(page, "openai").getByText("Uses credits").waitFor();
  await credits.getByText("80 credits left", { exact: true }).waitFor();
  expect(await runOnce()).toMatch(/^Costs 20 credits/);
  await expectBalance(user, 60);
  expect(await requestsWith(stack, "openai", apiKey)).toHaveLength(1);
});
