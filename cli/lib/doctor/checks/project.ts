/** The running project, as its Data API and its functions answer. */
import { isRecord } from "../../../../functions/_shared/json.ts";
import { typed } from "../../typed.ts";
import { defineCheck, type Finding, ok, problem, type RunningProject, skipped, warning } from "../check.ts";
import { getJson } from "../http.ts";

const expose = "In the dashboard, Data API settings: add byok to the exposed schemas, as the last one.";

export const dataApi = defineCheck({
  id: "data-api",
  title: "Data API",
  needs: ["api"],
  run: async ({ api }) => [await exposure(api)],
});

async function exposure({ url, key }: RunningProject): Promise<Finding> {
  if (!key) return skipped("Not asked without a key: set SUPABASE_PUBLISHABLE_KEY.");
  const headers = { apikey: key, "accept-profile": "byok" };
  const { status, json } = await getJson(`${url}/rest/v1/operations?select=name&limit=1`, headers);
  const code = isRecord(json) ? json.code : undefined;
  // https://docs.postgrest.org/en/v14/references/errors.html
  if (code === "PGRST106") return problem("The Data API does not expose schema byok.", expose);
  if (code === "PGRST002") {
    const nextStep = "Apply the migrations, or take the schema that does not exist out of the exposed ones.";
    return problem("The whole Data API is down: one of the exposed schemas does not exist.", nextStep);
  }
  // Without a session nobody may read, which the database says, and so it has looked at the schema.
  if (status === 200 || code === "42501") return ok("It exposes schema byok.");
  if (code === "PGRST205" || code === "42P01") {
    return problem("Schema byok is exposed, and its tables are not there.", "Apply the migrations: supabase db push.");
  }
  return warning(
    `It answers ${status ?? "nothing"}.`,
    "See that SUPABASE_URL and the key belong to one project that runs.",
  );
}

export const functionAnswers = defineCheck({
  id: "function-answers",
  title: "Function",
  needs: ["api"],
  run: async ({ api, functionName }) => [
    answerOf(await getJson(`${api.url}/functions/v1/${functionName}/providers`), api.url, functionName),
  ],
});

function answerOf({ status, json }: Awaited<ReturnType<typeof getJson>>, url: string, name: string): Finding {
  if (status === 200 && isRecord(json) && Array.isArray(json.providers)) {
    return ok(`It runs at ${url}, with ${json.providers.length} providers.`);
  }
  switch (status) {
    case 200:
      return problem(
        `Another function is called ${name}.`,
        `Name it in config.toml: ${typed("add --function-name own-keys")}.`,
      );
    case 401:
      return problem(
        "The platform asks for a token before the function.",
        "Deploy it with verify_jwt = false in config.toml.",
      );
    case 404:
      return problem(`There is no function ${name}.`, `Deploy it: ${typed("deploy")}.`);
    case 503:
    case 546:
      return problem(
        "It does not start.",
        "Its log names the setting that it misses: dashboard, Edge Functions, Logs.",
      );
    default:
      return problem(`It answers ${status ?? "nothing"}.`, "See its log: dashboard, Edge Functions, Logs.");
  }
}
