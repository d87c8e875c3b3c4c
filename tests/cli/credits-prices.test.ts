/** The operator's commands about prices, and taking credits back, on a stack of their own. */
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { projectDir } from "../../stack/config.ts";
import { admin, credits, creditsWith, stateDir } from "./credits-stack.ts";

const example = path.join(projectDir, "cli/provider-costs.example.toml");

describe("exposure", () => {
  const exposure = (...args: string[]) => credits("exposure", "--costs", example, ...args);

  test("prints the worst call and the worst credit of every pair, and what is sold below cost", async () => {
    const { code, output } = await exposure("--credit-usd", "0.01");
    expect(code).toBe(1);
    // 263,144 tokens in at 0.20 USD a million and 4,096 out at 1.25, for 2 credits.
    expect(output).toMatch(/single_doc_regen +openai +gpt-5\.4-nano +flat +2 +0\.057749 +0\.028874 +BELOW COST\n/);
    expect(output).toMatch(/A credit is sold for 0\.01 USD\. prices: \d+, below cost: [1-9]\d*, without costs: 0\n$/);
  });

  test("is content where every credit is sold for more than it can cost, and tells machines", async () => {
    const { code, output } = await exposure("--credit-usd", "100", "--json");
    expect(code).toBe(0);
    const { credit_usd, pairs } = JSON.parse(output);
    expect(credit_usd).toBe(100);
    expect(pairs).toContainEqual({
      operation: "single_doc_regen",
      provider: "groq",
      model: "openai/gpt-oss-20b",
      kind: "flat",
      most_credits: 2,
      worst_call_usd: expect.closeTo(0.0209646, 9),
      worst_credit_usd: expect.closeTo(0.0104823, 9),
      isBelowCost: false,
    });
  });

  test("names what has no costs, and fails", async () => {
    const file = path.join(stateDir, "costs.toml");
    writeFileSync(file, "[openai.m]\ninput_usd = 1\ncached_input_usd = 1\noutput_usd = 1\n");
    const { code, output } = await credits("exposure", "--costs", file, "--credit-usd", "1");
    expect([code, /groq .+ no costs given\n/.test(output)]).toEqual([1, true]);
  });

  test("refuses a price that is none, and a file that is not there", async () => {
    for (const price of ["0", "-1", "free"]) expect((await exposure(`--credit-usd=${price}`)).code).toBe(2);
    expect((await credits("exposure", "--costs", "/nowhere", "--credit-usd", "1")).code).toBe(2);
  });
});

describe("models", () => {
  let server: Server;
  let origin: string;

  beforeAll(async () => {
    server = createServer((_, response) => response.end('{"data":[{"id":"gpt-5.4-nano"}]}'));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    origin = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  test("lists which priced models a provider no longer serves, and prints no key", async () => {
    const file = path.join(stateDir, "keys.env");
    const keys = JSON.stringify({ openai: { api_key: "sk-s3cret-of-the-platform", place: "eu" } });
    writeFileSync(
      file,
      `BYOK_PLATFORM_KEYS='${keys}'\nBYOK_PROVIDER_ORIGINS='${JSON.stringify({ "openai/eu": origin })}'\n`,
    );
    const { code, output } = await creditsWith({ BYOK_PLATFORM_KEYS: "" }, "models", "--secrets", file);
    expect(code).toBe(1);
    expect(output).toMatch(/openai +gpt-5\.4-nano +served +doc_generation, kernel_build, single_doc_regen\n/);
    expect(output).toMatch(/openai +gpt-4\.1-mini +NOT SERVED /);
    expect(output).toMatch(/groq +\S+ +could not be asked /);
    expect(output).not.toContain("s3cret");
  });

  test.each(["", "{}", "sk-s3cret", "[1]"])("refuses platform keys that are none: %j", async (BYOK_PLATFORM_KEYS) => {
    const { code, output } = await creditsWith({ BYOK_PLATFORM_KEYS }, "models");
    expect(code).toBe(2);
    expect(output).not.toContain("s3cret");
  });
});

describe("revoke", () => {
  test("takes back once for a key, and at most what is available", async () => {
    const user = { id: randomUUID(), email: `${randomUUID()}@example.com` };
    await admin.query("insert into auth.users (id, email) values ($1, $2)", [user.id, user.email]);
    await credits("grant", user.email, "100", "--key", randomUUID());
    const [first, second] = [randomUUID(), randomUUID()];
    const revoke = (amount: string, key: string, ...more: string[]) =>
      credits("revoke", user.email, amount, "--key", key, "--reason", "chargeback", ...more);
    for (let time = 0; time < 2; time++) {
      expect(await revoke("30.5", first)).toEqual({
        code: 0,
        output: `Revoked 30.5 credits by this key. ${user.email} has 69.5 available.\n`,
      });
    }
    const rest = await revoke("1000", second, "--json");
    expect(JSON.parse(rest.output)).toEqual({ owner_id: user.id, revoked_credits: 69.5, available_credits: 0 });
    expect((await credits("reconcile")).code).toBe(0);
    expect((await credits("show", user.email)).output).toMatch(/revoke +69\.5 {2}chargeback\n/);
  });

  test("needs a key, a reason and an amount", async () => {
    for (const args of [
      ["ada@example.com", "5", "--key", "k"],
      ["ada@example.com", "5", "--reason", "r"],
      ["ada@example.com", "0", "--key", "k", "--reason", "r"],
    ]) {
      expect((await credits("revoke", ...args)).code).toBe(2);
    }
  });
});
