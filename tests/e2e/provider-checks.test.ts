/** The checks of `npm run test:real`, at the fakes: what they say where all is well, and where something is not. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createByok } from "../../client/index.ts";
import { providerIds, providers } from "../../functions/_shared/providers/index.ts";
import { fakeKey } from "../harness/fakes.ts";
import { checkProvider, isFine } from "../harness/provider-checks.ts";
import { root } from "../harness/sources.ts";
import { functionsUrl, newUser } from "../harness/users.ts";

test.each(["openai", "anthropic", "google", "mistral", "cohere"] as const)(
  "%s passes with a key that works",
  async (id) => {
    const byok = createByok((await newUser()).supabase);
    const checks = await checkProvider(byok, functionsUrl, id, fakeKey(id, "works"));
    expect(checks).toMatchObject({ verdict: "verified", chat: "ok", stream: "ok", unified: "ok", unifiedStream: "ok" });
    expect(isFine(checks)).toBe(true);
  },
);

test.each([
  ["no_credit", { verdict: "no_credit", chat: "no_credit", unifiedStream: "no_credit" }],
  ["rejected", { verdict: "api_key_rejected", models: "0", chat: "not_offered" }],
  ["cut", { verdict: "unverified", chat: "no JSON" }],
] as const)("a key that is %s fails, and the steps say why", async (behaviour, seen) => {
  const byok = createByok((await newUser()).supabase);
  const checks = await checkProvider(byok, functionsUrl, "mistral", fakeKey("mistral", behaviour));
  expect(checks).toMatchObject(seen);
  expect(isFine(checks)).toBe(false);
});

test("without keys in the environment all providers are named and left out", () => {
  const { PATH } = process.env;
  const run = spawnSync(process.execPath, [join(root, "tests/real/run.ts")], { env: { PATH }, encoding: "utf8" });
  expect([run.status, run.stderr]).toEqual([0, ""]);
  expect(run.stdout).toContain("no keys: openai (OPENAI_API_KEY), anthropic (ANTHROPIC_API_KEY)");
  for (const id of providerIds) expect(run.stdout).toContain(`${id} (${providers[id].keys.variable})`);
});
