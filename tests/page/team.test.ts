/** The page about a team's keys and credits, as an admin, a member and a former member see it. */
import { expect } from "vitest";
import { asOperator, join, leave, newTeam } from "../harness/database/teams.ts";
import { fakeKey } from "../harness/fakes.ts";
import { newUser } from "../harness/users.ts";
import { test } from "./browser.ts";
import { rowOf, submitKey } from "./keys.ts";
import { review } from "./review.ts";

const key = fakeKey("openai", "works");
const hint = key.slice(-4);

test("an admin saves and removes the team's key, a member sees it, and a former member sees nothing of it", async ({
  visit,
}) => {
  const [admin, member] = [await newUser(), await newUser()];
  const teamId = await newTeam(admin, [member]);
  const path = `/?team=${teamId}`;

  const adminsPage = await visit(admin, { path });
  await submitKey(adminsPage, "openai", key);
  await rowOf(adminsPage, "openai").getByText("Checked just now").waitFor();
  await adminsPage.getByText("OpenAI is billed to your team’s account: 0 credits.").waitFor();
  await review(adminsPage, "team-admin");

  const membersPage = await visit(member, { path });
  await rowOf(membersPage, "openai").getByText("Active").waitFor();
  await rowOf(membersPage, "openai").getByText(`Key ending in ${hint}`).waitFor();
  await membersPage.getByText("An admin of your team manages these keys.").waitFor();
  expect(await membersPage.locator(".columns").getByRole("button").allTextContents()).toEqual([]);
  await review(membersPage, "team-member");

  const ownPage = await visit(member);
  expect(await rowOf(ownPage, "openai").innerText()).toMatch(/Uses your team’s key\s+0 credits/);
  await ownPage.getByText("OpenAI is billed to your team’s account: 0 credits.").waitFor();
  await review(ownPage, "team-own-page");
  await ownPage.getByRole("link", { name: "Try it" }).click();
  await ownPage.getByRole("button", { name: "Run" }).click();
  await expect.poll(() => ownPage.getByText("Billed to your team’s OpenAI account: 0 credits").count()).toBe(2);

  await leave(teamId, member);
  await membersPage.reload();
  await expect.poll(() => membersPage.getByText("You are not a member of this team").count()).toBe(2);
  expect(await membersPage.getByText(hint).count()).toBe(0);
  await review(membersPage, "team-former");

  await rowOf(adminsPage, "openai").getByRole("button", { name: "Remove" }).click();
  await adminsPage.getByRole("dialog").getByRole("button", { name: "Remove key" }).click();
  await rowOf(adminsPage, "openai").getByRole("button", { name: "Add key" }).waitFor();
  await adminsPage.getByRole("button", { name: "Key history" }).click();
  const lines = adminsPage.getByRole("dialog", { name: "History of your team’s keys" }).getByRole("listitem");
  await lines.nth(1).waitFor();
  expect((await lines.allInnerTexts()).map((line) => line.split("\n")[0])).toEqual(["Removed", "Added"]);
  await review(adminsPage, "team-history");
});

test("a member who becomes an admin may change the keys once the page is looked at again", async ({ visit }) => {
  const [admin, member] = [await newUser(), await newUser()];
  const teamId = await newTeam(admin, [member]);
  const page = await visit(member, { path: `/?team=${teamId}` });
  await page.getByText("An admin of your team manages these keys.").waitFor();
  await leave(teamId, member);
  await join(teamId, member, "admin");
  await page.evaluate(() => window.dispatchEvent(new Event("focus")));
  await rowOf(page, "openai").getByRole("button", { name: "Add key" }).waitFor();
});

test("a team of 200 asks the server no more than a team of two", async ({ visit }) => {
  const counts: number[] = [];
  for (const size of [2, 200]) {
    const admin = await newUser(10);
    const teamId = await newTeam(admin, []);
    await asOperator(
      `with users as (insert into auth.users (id) select gen_random_uuid() from generate_series(2, $2::int) returning id)
       insert into public.test_members select id, $1, 'member' from users`,
      [teamId, size],
    );
    let requests = 0;
    const page = await visit(admin, { path: "/nothing", tolerates: /404/ });
    page.on("request", (request) => (requests += /\/(rest|functions)\/v1\//.test(request.url()) ? 1 : 0));
    await page.goto(`/?team=${teamId}`);
    await rowOf(page, "openai").waitFor();
    await page.getByText("Charges, refunds and new credits appear here.").waitFor();
    counts.push(requests);
  }
  expect(counts[0]).toBeGreaterThan(3);
  expect(counts[1]).toBe(counts[0]);
});
