/** How the project signs access tokens: the function checks them with public keys, and knows no shared secret. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { isRecord, parseJson } from "../../../../functions/_shared/json.ts";
import { tableAt } from "../../install/config-values.ts";
import { defineCheck, type Finding, ok, problem, type RunningProject, type Subject, warning } from "../check.ts";
import { getJson } from "../http.ts";

/** https://supabase.com/docs/guides/auth/signing-keys, November 2026 */
const steps = {
  hosted: "In the dashboard, JWT Keys: migrate the JWT secret, then rotate to the asymmetric standby key.",
  local: "Run supabase gen signing-key --algorithm ES256, and set [auth] signing_keys_path to its file.",
};

export const signingKeys = defineCheck({
  id: "jwt-keys",
  title: "JWT signing keys",
  run: async (subject) => [subject.api ? await published(subject.api) : configured(subject)],
});

async function published({ url, isHosted }: RunningProject): Promise<Finding> {
  const { status, json } = await getJson(`${url}/auth/v1/.well-known/jwks.json`);
  if (status !== 200) {
    return problem(`The project's public keys cannot be read (${status ?? "no answer"}).`, "See that Auth runs there.");
  }
  const keys = isRecord(json) ? json.keys : undefined;
  if (areAsymmetric(keys)) return ok("Access tokens are signed with an asymmetric key.");
  return problem(
    "The project signs access tokens with a shared secret, so every call is refused.",
    isHosted ? steps.hosted : steps.local,
  );
}

/** At least one, all for signing by ES256 or RS256, which Auth offers. */
function areAsymmetric(keys: unknown): boolean {
  return Array.isArray(keys) && keys.some((key) => isRecord(key) && (key.kty === "EC" || key.kty === "RSA"));
}

/** For a project on this machine, by the Supabase CLI's `[auth] signing_keys_path`. */
function configured({ config, supabaseDir }: Subject): Finding {
  const file = tableAt(config, ["auth"])?.signing_keys_path;
  if (typeof file !== "string") {
    const words =
      "The Supabase CLI's stack on this machine signs with a shared secret. A hosted one is seen by --remote.";
    return warning(words, steps.local);
  }
  if (areAsymmetric(parseJson(readOrEmpty(path.join(supabaseDir, file)))))
    return ok("Those of config.toml are asymmetric.");
  return problem("[auth] signing_keys_path names no file with an asymmetric key.", steps.local);
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
