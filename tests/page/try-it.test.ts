/** The panel that runs an operation, and the code to copy. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect } from "vitest";
import { providerIds } from "../../functions/_shared/providers/index.ts";
import { behave, requestsOnceLeft, requestsWith } from "../e2e/doubles.ts";
import { expectBalance, newByokUser, newUser, stack } from "../e2e/users.ts";
import { violations } from "./axe.ts";
import { phone, shot, test } from "./browser.ts";
import { nameOf, shots } from "./keys.ts";
import { outcome, run } from "./panel.ts";

test("an operation runs on credits with each provider, streamed, and the panel says who paid how much", async ({
  visit,
}) => {
  const user = await newUser(100);
  const page = await visit(user, { path: "/#try" });
  for (const provider of providerIds) {
    await run(page, { provider, operation: "doc_generation", prompt: `hello ${provider}` });
    await page.locator("output").getByText(`Echo: hello ${provider}`).waitFor();
    expect((await outcome(page)).paid).toMatch(/^Paid with credits\s+x-byok-funding: platform\s+x-byok-credits: 10$/);
  }
  await expectBalance(user, 60);
  await shots(page, "try-it-credits");
});

test.for(providerIds)(
  "an operation runs on the user's own key for %s, whatever the model",
  async (provider, { visit }) => {
    const { user, apiKey } = await newByokUser(provider);
    const page = await visit(user, { path: "/#try" });
    await run(page, { provider, model: "a-model-of-my-own", prompt: "hello" });
    const { text, paid } = await outcome(page);
    expect(text).toBe("Echo: hello");
    expect(paid).toContain(`Billed to your ${nameOf(provider)} account`);
    const [request] = await requestsWith(stack, provider, apiKey);
    expect(`${request?.path} ${request?.bodyText}`).toContain("a-model-of-my-own");
  },
);

test("an answer shows as it arrives, and stops when its reader does", async ({ visit }) => {
  const { user, apiKey } = await newByokUser("openai", { behaviour: "drips" });
  const page = await visit(user, { path: "/#try" });
  await run(page, { prompt: "hello" });
  await page.locator('output[aria-busy="true"]').getByText("Echo").waitFor();
  await shot(page, "try-it-streaming");
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByText("Stopped.").waitFor();
  expect((await outcome(page)).text).toContain("Echo");
  expect(await requestsOnceLeft(stack, "openai", apiKey)).toHaveLength(1);
});

test("a refusal says why, with its code, and what was typed stays", async ({ visit }) => {
  const page = await visit(await newUser(3), { path: "/#try" });
  await run(page, { prompt: "hello" });
  await page.getByRole("alert").getByText("There are not enough credits for this operation.").waitFor();
  expect(await page.locator(".paid").innerText()).toBe("x-byok-error: insufficient_credits");
  expect(await page.getByLabel("Prompt", { exact: true }).inputValue()).toBe("hello");
  await shots(page, "try-it-refused");
});

test.for(["rejected", "cut", "garbage"] as const)(
  "a provider that fails (%s) is reported, and the panel can be used again",
  async (behaviour, { visit }) => {
    const { user, apiKey } = await newByokUser("anthropic", { behaviour });
    const page = await visit(user, { path: "/#try", tolerates: /Failed to load resource/ });
    await run(page, { provider: "anthropic", prompt: "hello" });
    await page.locator('output[aria-busy="false"]').waitFor({ state: "attached" });
    await page.getByRole("alert").getByText(/./).waitFor();
    await behave(stack, "anthropic", apiKey, "works");
    await run(page, { provider: "anthropic", prompt: "hello" });
    await page.locator("output").getByText("Echo: hello", { exact: true }).waitFor();
  },
);

test("without a connection nothing runs, and the panel says so", async ({ visit }) => {
  const page = await visit(await newUser(100), { path: "/#try" });
  await page.getByRole("option", { name: /kernel_build/ }).waitFor({ state: "attached" });
  await page.context().setOffline(true);
  await run(page, { prompt: "hello" });
  await page.getByRole("alert").getByText("The server could not be reached").waitFor();
});

const clients = ["supabase-js", "openai", "anthropic", "google", "groq", "curl"];

test("the code for each client runs as it is copied", async ({ visit }) => {
  const user = await newUser(100);
  const page = await visit(user, { path: "/#try", permissions: ["clipboard-read", "clipboard-write"] });
  const prelude = `
    import { createClient } from "@supabase/supabase-js";
    const supabase = createClient("${stack.url}", "${stack.publishableKey}", { auth: { autoRefreshToken: false } });
    await supabase.auth.signInWithPassword({ email: "${user.email}", password: "${user.password}" });
  `;
  for (const client of clients) {
    await page.getByRole("tab", { name: client, exact: true }).click();
    await page.getByRole("button", { name: "Copy" }).click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    const code = await page.evaluate(() => navigator.clipboard.readText());
    const [program, ...args] =
      client === "curl"
        ? ["sh", "-c", code]
        : [process.execPath, "--input-type=module", "--eval", `${prelude}\n${code}`];
    const { stdout } = await promisify(execFile)(program, args, {
      cwd: import.meta.dirname,
      env: { ...process.env, ACCESS_TOKEN: user.accessToken },
    });
    expect(code).not.toContain(user.accessToken);
    expect([client, stdout]).toEqual([client, expect.stringContaining("Echo: Hello")]);
    await shot(page, `snippet-${client}`);
  }
  await expectBalance(user, 100 - 10 * clients.length);
});

test("the tabs of the code are reached and changed with the keyboard", async ({ visit }) => {
  const page = await visit(await newUser(), { ...phone, path: "/#try" });
  await page.getByRole("tab", { name: "supabase-js" }).focus();
  await page.keyboard.press("ArrowRight");
  expect(
    await page.getByRole("tab", { name: "openai", selected: true }).evaluate((tab) => tab === document.activeElement),
  ).toBe(true);
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  await page.getByRole("tabpanel", { name: "curl" }).getByText("$ACCESS_TOKEN").waitFor();
});

test("text that may not be copied by a button can be selected", async ({ visit }) => {
  const page = await visit(await newUser(), { path: "/#try" });
  await page.evaluate(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
  await page.getByRole("button", { name: "Copy" }).click();
  await page.getByRole("button", { name: "Select it yourself" }).waitFor();
});

test.for([{}, phone])("axe-core finds nothing wrong with the panel and the code (%o)", async (device, { visit }) => {
  const page = await visit(await newUser(25), { ...device, path: "/#try", reducedMotion: "reduce" });
  for (const said of ["Paid with credits", "There are not enough credits for this operation."]) {
    await run(page, { prompt: "hello" });
    await page.getByText(said).waitFor();
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect([said, colorScheme, await violations(page)]).toEqual([said, colorScheme, []]);
    }
  }
});
