/** axe-core looks at every state that has a picture, see review.ts. */
import { expect } from "vitest";
import { newUser } from "../harness/users.ts";
import { violations } from "../harness/browser/axe.ts";
import { test } from "./browser.ts";
import { openForm } from "./keys.ts";

test("axe-core complains about what is wrong", async ({ visit }) => {
  const page = await visit(await newUser());
  const field = await openForm(page, "openai");
  await field.evaluate((input) => document.querySelector(`label[for="${input.id}"]`)?.remove());
  expect((await violations(page)).join()).toContain("label");
});
