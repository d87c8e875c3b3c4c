/** The panel that runs an operation, and the code to copy. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Page } from "playwright-core";
import { build } from "vite";
import { expect } from "vitest";
import type { ProviderId } from "../../functions/_shared/providers/index.ts";
import { mainProviders } from "../harness/providers/main.ts";
import { behave, requestsOnceLeft, requestsWith } from "../harness/fakes.ts";
import { expectBalance, newByokUser, newUser, stack } from "../harness/users.ts";
import { phone, shot, test } from "./browser.ts";
import { announcement, hold, nameOf } from "./keys.ts";
import { outcome, run } from "./panel.ts";
import { review } from "./review.ts";

test("an operation runs on credits with each provider, streamed, and the panel says who paid how much", async ({
  visit,
}) => {
  const user = await newUser(100);
  const page = await visit(user, { path: "/#try" });
  for (const provider of mainProviders) {
    await run(page, { provider, operation: "doc_generation", prompt: `hello ${provider}` });
    await page.locator("output").getByText(`Echo: hello ${provider}`).waitFor();
    expect((await outcome(page)).paid).toMatch(/^Costs 10 credits\s+x-byok-funding: platform\s+x-byok-credits: 10$/);
  }
  await expectBalance(user, 60);
  await review(page, "try-it-credits");
});

/** Models that the fakes serve and credits do not buy. */
const ownModels = {
  openai: "gpt-6.1-terra",
  anthropic: "claude-opus-5-5",
  google: "gemini-3.8-flash",
  groq: "groq/compound",
};

test.for(mainProviders)(
  "an operation runs on the user's own key for %s, whatever the model",
  async (provider, { visit }) => {
    const { user, apiKey } = await newByokUser(provider);
    const page = await visit(user, { path: "/#try" });
    await run(page, { provider, model: ownModels[provider], prompt: "hello" });
    const { text, paid } = await outcome(page);
    expect(text).toBe("Echo: hello");
    expect(paid).toContain(`Billed to your ${nameOf(provider)} account`);
    const [request] = await requestsWith(stack, provider, apiKey);
    expect(`${request?.path} ${request?.bodyText}`).toContain(ownModels[provider]);
  },
);

test("an answer shows as it arrives, and stops when its reader does", async ({ visit }) => {
  const { user, apiKey } = await newByokUser("openai", { behaviour: "drips" });
  const page = await visit(user, { path: "/#try" });
  await run(page, { prompt: "hello" });
  await page.locator('output[aria-busy="true"]').getByText("Echo").waitFor();
  await review(page, "try-it-streaming");
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByText("Stopped.").waitFor();
  expect((await outcome(page)).text).toContain("Echo");
  expect(await requestsOnceLeft(stack, "openai", apiKey)).toHaveLength(1);
});

test("a refusal says why, with its code, and what was typed stays", async ({ visit }) => {
  const page = await visit(await newUser(3), { path: "/#try" });
  await run(page, { prompt: "hello" });
  await page.getByText("Costs 20 credits, and you have 3 credits.", { exact: false }).first().waitFor();
  await page.getByRole("alert").getByText("This costs 20 credits, and you have 3 credits.").waitFor();
  expect(await page.locator(".headers code").allTextContents()).toContain("x-byok-error: insufficient_credits");
  expect(await page.getByLabel("Prompt", { exact: true }).inputValue()).toBe("hello");
  await review(page, "try-it-refused");
  await page.getByRole("alert").getByRole("link", { name: "Add your own OpenAI key" }).click();
  await page.getByRole("heading", { name: "API keys" }).waitFor();
});

test("the panel says before who will pay, and how much", async ({ visit }) => {
  const { user } = await newByokUser("groq", { credits: 100 });
  const page = await visit(user, { path: "/#try" });
  await page.getByText("Will cost 20 credits").waitFor();
  await page.getByLabel("Operation", { exact: true }).selectOption("single_doc_regen");
  await page.getByText("Will cost 2 credits").waitFor();
  await page.getByLabel("Provider", { exact: true }).selectOption("groq");
  await page.getByText("Billed to your Groq account: 0 credits").waitFor();
  await page.getByLabel("Provider", { exact: true }).selectOption("mistral");
  await page.getByText("Credits do not buy this.").waitFor();
  await review(page, "try-it-not-offered");
});

test.for([
  ["rejected", "refuses"],
  ["cut", "The answer broke off before its end."],
  ["garbage", "The answer holds no text."],
] as const)(
  "a provider that fails (%s) is reported, and the panel can be used again",
  async ([behaviour, says], { visit }) => {
    const { user, apiKey } = await newByokUser("anthropic", { behaviour });
    const page = await visit(user, { path: "/#try", tolerates: /Failed to load resource/ });
    await run(page, { provider: "anthropic", prompt: "hello" });
    await page.locator('output[aria-busy="false"]').waitFor({ state: "attached" });
    await page.getByRole("alert").getByText(says).waitFor();
    await review(page, `try-it-${behaviour}`);
    await behave(stack, "anthropic", apiKey, "works");
    await run(page, { provider: "anthropic", prompt: "hello" });
    await page.locator("output").getByText("Echo: hello", { exact: true }).waitFor();
  },
);

test("without a connection nothing runs, and the panel says so", async ({ visit }) => {
  const page = await visit(await newUser(100), { path: "/#try" });
  await page.getByRole("option", { name: "Kernel build" }).waitFor({ state: "attached" });
  await page.context().setOffline(true);
  await run(page, { prompt: "hello" });
  await page.getByRole("alert").getByText("The server could not be reached").waitFor();
});

test("operations that cannot be read are said, and asked for again by a button", async ({ visit }) => {
  const page = await visit(await newUser(100), { path: "/#try" });
  await page.route(/\/rest\/v1\/operations/, (route) => route.abort());
  await page.reload();
  const region = page.getByRole("region", { name: "Run an operation" });
  await region.getByText("The server could not be reached").waitFor();
  await review(page, "try-it-unreachable");
  await page.unrouteAll();
  await region.getByRole("button", { name: "Try again" }).click();
  await run(page, { operation: "single_doc_regen", prompt: "hello" });
  await page.getByText("Costs 2 credits").waitFor();
});

test("a double click runs an operation once, and does not stop it", async ({ visit }) => {
  const user = await newUser(100);
  const page = await visit(user, { path: "/#try" });
  await page.getByRole("option", { name: "Kernel build" }).waitFor({ state: "attached" });
  const calling = await hold(page, "functions/v1/byok/call/openai");
  await page.getByRole("button", { name: "Run" }).dblclick();
  await calling.arrived;
  calling.release();
  await page.locator("output").getByText("Echo: ").waitFor();
  await page.getByText("Costs 20 credits").waitFor();
  expect(await page.getByText("Stopped.").count()).toBe(0);
  expect(calling.count()).toBe(1);
  await expectBalance(user, 80);
});

test("a run ends when its user signs out", async ({ visit }) => {
  const { user, apiKey } = await newByokUser("openai", { behaviour: "drips" });
  const page = await visit(user, { path: "/#try" });
  await run(page, { prompt: "hello" });
  await page.locator('output[aria-busy="true"]').getByText("Echo").waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  expect(await requestsOnceLeft(stack, "openai", apiKey)).toHaveLength(1);
});

/** Where the code runs, and the provider whose SDK it uses. */
const copies: readonly (readonly [tab: string, ProviderId])[] = [
  ...(["Browser", "Node", "Backend job", "curl"] as const).map((tab) => [tab, "openai"] as const),
  ...(["anthropic", "google", "groq"] as const).flatMap((id) => [["Node", id] as const, ["curl", id] as const]),
];

test("the code runs as it is copied: in a browser, in Node, in a backend job, and with curl", async ({ visit }) => {
  const user = await newUser(10 * copies.length);
  const page = await visit(user, { path: "/#try", permissions: ["clipboard-read", "clipboard-write"] });
  await page.getByRole("option", { name: "Kernel build" }).waitFor({ state: "attached" });
  await page.getByLabel("Operation", { exact: true }).selectOption("doc_generation");
  for (const [tab, provider] of copies) {
    await page.getByLabel("Provider", { exact: true }).selectOption(provider);
    await page.getByRole("tab", { name: tab, exact: true }).click();
    await page.getByRole("tabpanel").getByText(`call/${provider}`).first().waitFor();
    await page.getByRole("button", { name: "Copy", exact: true }).click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    const code = await page.evaluate(() => navigator.clipboard.readText());
    expect(code).not.toContain(user.accessToken);
    const printed =
      tab === "Browser" ? await runInBrowser(page, code) : await runAsProgram(code, tab, user.accessToken);
    expect([tab, provider, printed]).toEqual([tab, provider, expect.stringContaining("Echo: Hello")]);
    if (provider === "openai") await shot(page, `snippet-${tab.replace(" ", "-").toLowerCase()}`);
  }
  await expectBalance(user, 0);
});

async function runAsProgram(code: string, tab: string, accessToken: string): Promise<string> {
  const [program, ...args] =
    tab === "curl" ? ["sh", "-c", code] : [process.execPath, "--input-type=module", "--eval", code];
  const env = { ...process.env, ACCESS_TOKEN: accessToken, SUPABASE_SECRET_KEY: stack.secretKey };
  const { stdout } = await promisify(execFile)(program!, args, { cwd: import.meta.dirname, env });
  return stdout;
}

/** Runs a module on the page as its user, bundled as an app's build would. Resolves with what it prints. */
async function runInBrowser(page: Page, code: string): Promise<string> {
  const entry = "virtual:snippet";
  const { output } = (await build({
    configFile: false,
    logLevel: "error",
    plugins: [
      {
        name: "snippet",
        resolveId: (id) => (id === entry ? id : undefined),
        load: (id) => (id === entry ? code : undefined),
      },
    ],
    root: import.meta.dirname,
    build: { write: false, minify: false, rollupOptions: { input: entry, output: { format: "es" } } },
  })) as { output: readonly { readonly code: string }[] };
  return await page.evaluate(`(async () => {
    const lines = [];
    const console = { ...globalThis.console, log: (line) => lines.push(line) };
    ${output[0]!.code}
    return lines.join("\\n");
  })()`);
}

test("a token is copied with the time at which it expires", async ({ visit }) => {
  const user = await newUser();
  const page = await visit(user, { path: "/#try", permissions: ["clipboard-read", "clipboard-write"] });
  await page.getByRole("tab", { name: "curl" }).click();
  await page.getByRole("button", { name: "Copy token" }).click();
  await announcement(page, /^Copied\. It expires at \d{2}:\d{2}\.$/).waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied === user.accessToken, "it is the user's token").toBe(true);
});

test("the tabs of the code are reached and changed with the keyboard", async ({ visit }) => {
  const page = await visit(await newUser(), { ...phone, path: "/#try" });
  const isFocused = (tab: Element) => tab === document.activeElement;
  await page.getByRole("tab", { name: "Browser" }).focus();
  await page.keyboard.press("ArrowRight");
  expect(await page.getByRole("tab", { name: "Node", selected: true }).evaluate(isFocused)).toBe(true);
  await page.keyboard.press("ArrowLeft");
  for (const key of ["ArrowLeft", "End"]) {
    await page.keyboard.press(key);
    await page.getByRole("tabpanel", { name: "curl" }).getByText("$ACCESS_TOKEN").waitFor();
    await page.keyboard.press("Home");
    await page.getByRole("tabpanel", { name: "Browser" }).waitFor();
  }
});

test("code that a button may not copy is selected instead", async ({ visit }) => {
  const page = await visit(await newUser(), { path: "/#try" });
  await page.getByRole("tabpanel").getByText("createClient").first().waitFor();
  await page.evaluate(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
  await page.getByRole("button", { name: "Copy", exact: true }).click();
  await announcement(page, "The code is selected").waitFor({ state: "attached" });
  const code = await page.getByRole("tabpanel").innerText();
  expect(await page.evaluate(() => String(getSelection()))).toBe(code);
  await page.getByRole("button", { name: "Copy", exact: true }).waitFor();
});
