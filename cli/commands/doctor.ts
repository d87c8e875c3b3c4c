import { defineCommand, exitCodes } from "../lib/command.ts";
import { readCreditPrice } from "../lib/credits/amounts.ts";
import { checks } from "../lib/doctor/checks/index.ts";
import { describeResults, runChecks } from "../lib/doctor/run.ts";
import { withSubject } from "../lib/doctor/subject.ts";
import { jsonOption } from "../lib/options.ts";

export const doctor = defineCommand({
  details: [
    "It looks at supabase/config.toml, the files that were added, the file of secrets, and a database and project where it can reach them.",
    "Without --remote these are the ones on this machine. With --remote they are the hosted ones: SUPABASE_URL names the project,",
    "SUPABASE_PUBLISHABLE_KEY lets it ask the Data API, and --db-url names the database. It reads only, and prints no secret.",
    "It fails if it finds a problem; a warning is none.",
  ].join("\n"),
  operands: [],
  options: {
    "supabase-dir": {
      type: "string",
      value: "<folder>",
      summary: "the supabase folder, if it is not the one around here",
    },
    remote: { type: "boolean", summary: "looks at the hosted project at SUPABASE_URL" },
    "db-url": {
      type: "string",
      value: "<url>",
      summary: "the database, as role postgres; otherwise BYOK_OPERATOR_DB_URL, or the one on this machine",
    },
    // Node itself takes --env-file, wherever it stands.
    secrets: {
      type: "string",
      value: "<file>",
      summary: "the file of secrets; otherwise supabase/functions/.env, or with --remote those of deploy",
    },
    "function-name": {
      type: "string",
      value: "<name>",
      summary: "of the function, if it was not added by this program",
    },
    costs: { type: "string", value: "<file>", summary: "what providers charge, as credits exposure takes it" },
    "credit-usd": { type: "string", value: "<price>", summary: "what you sell one credit for, in USD" },
    json: jsonOption,
  },
  async run({ options }) {
    const price = options["credit-usd"];
    const given = {
      supabaseDir: options["supabase-dir"],
      functionName: options["function-name"],
      envFile: options.secrets,
      dbUrl: options["db-url"],
      costs: options.costs,
      credit_usd: price === undefined ? undefined : readCreditPrice(price),
      isRemote: options.remote,
    };
    const results = await withSubject(given, async (subject, findings) => [
      ...findings.map((finding) => ({ id: "database", title: "Database", ...finding })),
      ...(await runChecks(checks, subject)),
    ]);
    console.log(options.json ? JSON.stringify({ checks: results }) : describeResults(results));
    return results.some(({ state }) => state === "problem") ? exitCodes.failed : exitCodes.done;
  },
});
