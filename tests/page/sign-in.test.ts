import { expect } from "vitest";
import { newUser } from "../e2e/users.ts";
import { shot, test } from "./browser.ts";

test("somebody who has signed up signs in with email and password, and stays signed in after a reload", async ({
  visit,
}) => {
  const user = await newUser(100);
  const page = await visit(null);
  await shot(page, "sign-in");
  await page.getByLabel("Email").fill(user.email);
  await page.getByLabel("Password").fill(user.password);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "API keys" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "API keys" }).waitFor();
  await page.getByText("100 credits").first().waitFor();
  await shot(page, "settings");
  await page.getByRole("link", { name: "Try it" }).click();
  await shot(page, "try-it");
  expect(await page.title()).toContain("Settings");
});
