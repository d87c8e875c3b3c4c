/**
 * Checks real providers, with the API keys that the environment has under the names of the providers' own SDKs, on a stack of its
 * own. It spends a few short answers of each.
 *
 *     OPENAI_API_KEY=... ANTHROPIC_API_KEY=... npm run test:real
 *
 * Exits with 1 when a step of a provider fails. Providers without a key are named and left out.
 */
import { createClient } from "@supabase/supabase-js";
import { withStack } from "../../cli/lib/with-stack.ts";
import { createByok } from "../../client/index.ts";
import { providerIds, providers } from "../../functions/_shared/providers/index.ts";
import { checkProvider, isFine, type ProviderChecks } from "../harness/provider-checks.ts";

const variableOf = (id: (typeof providerIds)[number]) => providers[id].keys.variable;
const chosen = providerIds.filter((id) => process.env[variableOf(id)]);
const skipped = providerIds.filter((id) => !chosen.includes(id)).map((id) => `${id} (${variableOf(id)})`);
if (skipped.length > 0) console.log(`no keys: ${skipped.join(", ")}`);
if (chosen.length > 0) {
  const failed = await withStack({ providers: "real" }, async (stack) => {
    const supabase = createClient(stack.url, stack.publishableKey, { auth: { persistSession: false } });
    const email = `${crypto.randomUUID()}@example.com`;
    const { error } = await supabase.auth.signUp({ email, password: crypto.randomUUID() });
    if (error) throw new Error("The user of these checks could not sign up.");
    const byok = createByok(supabase);
    const steps = ["verdict", "models", "chat", "stream", "unified", "unifiedStream"] as const;
    const print = (cells: readonly string[]) =>
      console.log(
        cells
          .map((cell) => cell.padEnd(22))
          .join(" ")
          .trimEnd(),
      );
    print(["provider", ...steps]);
    const failures: string[] = [];
    for (const id of chosen) {
      const checks: ProviderChecks = await checkProvider(
        byok,
        `${stack.url}/functions/v1/byok`,
        id,
        process.env[variableOf(id)]!,
      );
      print([id, ...steps.map((step) => checks[step])]);
      if (!isFine(checks)) failures.push(id);
    }
    return failures;
  });
  console.log(failed.length === 0 ? "\nAll are fine." : `\nNot as expected: ${failed.join(", ")}.`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}
