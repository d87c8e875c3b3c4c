/** Removing a key: asked once, and back on credits. */
import { expect } from "vitest";
import { newByokUser } from "../harness/users.ts";
import { test } from "./browser.ts";
import { announcement, hold, rowOf } from "./keys.ts";
import { review } from "./review.ts";

const isFocused = (element: Element) => element === document.activeElement;

test("Remove asks in a dialog that names the key and says what follows, and does nothing on Cancel or Escape", async ({
  visit,
}) => {
  const { user, apiKey } = await newByokUser("anthropic", { credits: 100 });
  const page = await visit(user);
  const remove = rowOf(page, "anthropic").getByRole("button", { name: "Remove" });
  const dialog = page.getByRole("dialog", { name: `Remove your Anthropic key ending in ${apiKey.slice(-4)}?` });
  for (const leave of ["Cancel", "Escape"]) {
    await remove.click();
    await dialog.getByText("Calls to Anthropic will cost credits again.").waitFor();
    const cancel = dialog.getByRole("button", { name: "Cancel" });
    expect(await cancel.evaluate(isFocused)).toBe(true);
    if (leave === "Cancel") await cancel.click();
    else await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    expect(await remove.evaluate(isFocused)).toBe(true);
  }
  expect(await user.supabase.from("credentials").select("provider")).toMatchObject({
    data: [{ provider: "anthropic" }],
  });
  await remove.click();
  await review(page, "dialog");
});

test("a removed key is gone from the database, and its user is back on credits", async ({ visit }) => {
  const { user } = await newByokUser("openai", { credits: 80 });
  const page = await visit(user);
  await page.getByText("OpenAI is billed to your account: 0 credits.").waitFor();
  const row = rowOf(page, "openai");
  await row.getByRole("button", { name: "Remove" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove key" }).click();
  await row.getByText("Uses credits").waitFor();
  await announcement(page, "Removed. Calls to OpenAI cost credits").waitFor({ state: "attached" });
  const add = row.getByRole("button", { name: "Add key" });
  await expect.poll(() => add.evaluate(isFocused)).toBe(true);
  await page.getByText("80 credits left", { exact: true }).waitFor();
  expect((await user.supabase.from("credentials").select()).data).toEqual([]);
});

test("while a key is being removed nothing takes its user back, and the dialog goes with the key", async ({
  visit,
}) => {
  const { user } = await newByokUser("openai");
  const page = await visit(user);
  await rowOf(page, "openai").getByRole("button", { name: "Remove" }).click();
  const removing = await hold(page, "rest/v1/credentials");
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Remove key" }).click();
  await removing.arrived;
  await dialog.getByRole("button", { name: "Removing…" }).waitFor();
  await dialog.getByRole("button", { name: "Cancel" }).click({ force: true });
  await page.keyboard.press("Escape");
  await review(page, "dialog-removing");
  removing.release();
  await dialog.waitFor({ state: "detached" });
  await announcement(page, "Removed.").waitFor({ state: "attached" });
});

test("a key that was removed although no answer came is not shown any more", async ({ visit }) => {
  const { user } = await newByokUser("openai");
  const page = await visit(user);
  const row = rowOf(page, "openai");
  await row.getByRole("button", { name: "Remove" }).click();
  await page.route(/\/rest\/v1\/credentials/, async (route) => {
    if (route.request().method() !== "DELETE") return await route.fallback();
    await route.fetch();
    await route.abort();
  });
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Remove key" }).click();
  await dialog.getByRole("alert").getByText("The server could not be reached").waitFor();
  // Behind the dialog the row has lost its key, and with it the button that has focus after the dialog.
  await expect.poll(() => row.getAttribute("data-state")).toBe("none");
  await dialog.getByRole("button", { name: "Cancel" }).click();
  const add = row.getByRole("button", { name: "Add key" });
  await add.waitFor();
  expect(await add.evaluate(isFocused), "focus is not lost").toBe(true);
});

test("a key that cannot be removed stays, and the dialog says why", async ({ visit }) => {
  const { user } = await newByokUser("openai");
  const page = await visit(user);
  await rowOf(page, "openai").getByRole("button", { name: "Remove" }).click();
  await page.route(/\/rest\/v1\/credentials/, (route) =>
    route.request().method() === "DELETE" ? route.abort() : route.fallback(),
  );
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Remove key" }).click();
  await dialog.getByRole("alert").getByText("The server could not be reached").waitFor();
  await review(page, "dialog-failed");
  await page.unrouteAll();
  await dialog.getByRole("button", { name: "Remove key" }).click();
  await dialog.waitFor({ state: "detached" });
  expect((await user.supabase.from("credentials").select()).data).toEqual([]);
});
