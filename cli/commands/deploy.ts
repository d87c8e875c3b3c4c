import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { CommandError, defineCommand, type Input, misused } from "../lib/command.ts";
import { linkedRef, poolerHost } from "../lib/deploy/linked-project.ts";
import { openFolder, usualFolder } from "../lib/deploy/private-folder.ts";
import { carryOut, describePlan, planOf } from "../lib/deploy/run.ts";
import { type Deployment, stepsOf } from "../lib/deploy/steps.ts";
import { supabaseCommands } from "../lib/deploy/supabase-commands.ts";
import { supabaseProgram } from "../lib/deploy/supabase-program.ts";
import { configName, tableAt } from "../lib/install/config-values.ts";
import { findSupabaseDir } from "../lib/install/find-project.ts";
import { notAdded, readLock } from "../lib/install/lock.ts";
import { findSupabaseCli, type SupabaseCli } from "../lib/install/supabase-cli.ts";
import { jsonOption } from "../lib/options.ts";
import { readValue } from "../lib/toml/document.ts";
import { typed } from "../lib/typed.ts";

const options = {
  run: {
    type: "boolean",
    summary: "carries the plan out, step by step; the Supabase CLI asks before it changes something",
  },
  "project-ref": { type: "string", value: "<ref>", summary: "the hosted project, if it is not the linked one" },
  "supabase-dir": { type: "string", value: "<folder>", summary: "the folder of config.toml, where it is not found" },
  secrets: {
    type: "string",
    value: "<folder>",
    summary: "where the key ring is kept, outside git; otherwise ~/.config/supabase-byok/<ref>",
  },
  direct: { type: "boolean", summary: "gives the function a connection of its own to the database" },
  "database-ca": {
    type: "string",
    value: "<file>",
    summary: "for --direct: the certificate from the dashboard, Database settings, SSL",
  },
  pooler: {
    type: "string",
    value: "<host>",
    summary: "for --direct: the pooler's host, if supabase link has not noted it",
  },
  yes: { type: "boolean", summary: "answers the questions of the Supabase CLI with yes" },
  json: { ...jsonOption, summary: "prints the plan as JSON" },
} as const;

type Options = Input<typeof options>["options"];

export const deploy = defineCommand({
  details: `Without --run it prints the plan, with the commands of the Supabase CLI that is installed, and does nothing. With --run a step that is
done is not repeated until what it works with has changed, so the same command goes on after a failure and after an update. The record
of what is done is deploy.json beside the key ring. No secret stands on a command line or in the output.`,
  operands: [],
  options,
  async run({ options: given }) {
    if (given.run && given.json) throw misused("--json shows the plan, and --run carries it out.");
    const supabaseDir = findSupabaseDir(process.cwd(), given["supabase-dir"]);
    const cli = findSupabaseCli(supabaseDir);
    const deployment = readDeployment(supabaseDir, given, cli);
    const steps = stepsOf(deployment);
    if (given.run) return await runSteps(deployment, steps, cli, given.yes);
    const plan = planOf(steps, deployment.folder);
    if (given.json) return console.log(JSON.stringify({ steps: plan }));
    console.log([headOf(deployment, cli), describePlan(plan), nextSteps(deployment)].join("\n\n"));
  },
});

function readDeployment(supabaseDir: string, given: Options, cli: SupabaseCli | undefined): Deployment {
  const config = readValue(readFileSync(path.join(supabaseDir, "config.toml"), "utf8"), configName);
  const lock = readLock(supabaseDir);
  const functionName = lock?.functionName ?? "byok";
  const schemas = tableAt(config, ["api"])?.schemas;
  if (!tableAt(config, ["functions", functionName]) || !Array.isArray(schemas) || !schemas.includes("byok")) {
    if (!lock) throw notAdded(supabaseDir);
    throw new CommandError(
      `supabase/config.toml lacks the exposed schema byok or the section [functions.${functionName}].`,
      {
        nextStep: `Put it back: ${typed("update")}`,
      },
    );
  }
  const ref = readRef(given, supabaseDir);
  return {
    ...{ supabaseDir, ref, functionName, schemas: schemas.map(String) },
    folder: given.secrets === undefined ? usualFolder(ref) : path.resolve(given.secrets),
    commands: supabaseCommands[cli && cli.major < 3 ? 2 : 3],
    direct: readDirect(given, supabaseDir),
  };
}

/** Without one the plan can still be read. */
function readRef(given: Options, supabaseDir: string): string {
  const ref = given["project-ref"] ?? linkedRef(supabaseDir);
  if (ref === undefined && given.run) throw misused("Name the hosted project with --project-ref <ref>.");
  if (ref === undefined) return "<ref>";
  if (/^[a-z]{20}$/.test(ref)) return ref;
  throw misused("A project ref has 20 small letters, as in https://<ref>.supabase.co.");
}

function readDirect(given: Options, supabaseDir: string): Deployment["direct"] {
  const { direct, "database-ca": file, pooler } = given;
  if (!direct && file === undefined && pooler === undefined) return undefined;
  if (!direct) throw misused("--database-ca and --pooler belong to --direct.");
  const host = pooler ?? poolerHost(supabaseDir);
  if (!host || !/^[\w.-]+$/.test(host)) {
    throw misused("--direct needs --pooler <host>: the dashboard shows it under Connect, Transaction pooler.");
  }
  const ca = file !== undefined && existsSync(file) ? readFileSync(file, "utf8") : "";
  if (ca.includes("-----BEGIN CERTIFICATE-----")) return { host, ca };
  throw misused("--direct needs --database-ca <file>: the dashboard has it under Database settings, SSL.");
}

function headOf({ ref }: Deployment, cli: SupabaseCli | undefined): string {
  const version = cli ? `the Supabase CLI ${cli.version}` : "the Supabase CLI 3, which is not installed here";
  const name = ref === "<ref>" ? "a hosted project" : ref;
  return `To deploy to ${name}, with ${version}. The files that it names are written by --run.`;
}

function nextSteps({ ref, direct }: Deployment): string {
  return [
    ...(direct ? [] : ["If calls are many, --direct gives the function a connection of its own to the database."]),
    `Carry it out: ${typed(`deploy --run${ref === "<ref>" ? " --project-ref <ref>" : ""}`)}`,
    `Then look: SUPABASE_URL=https://${ref}.supabase.co SUPABASE_PUBLISHABLE_KEY=sb_publishable_... ${typed("doctor --remote")}`,
  ].join("\n");
}

async function runSteps(
  deployment: Deployment,
  steps: ReturnType<typeof stepsOf>,
  cli: SupabaseCli | undefined,
  isYes: boolean,
): Promise<void> {
  if (!cli)
    throw new CommandError("The Supabase CLI is not installed.", { nextStep: "Run npm install --save-dev supabase." });
  openFolder(deployment.folder);
  const program = supabaseProgram(cli, path.dirname(deployment.supabaseDir));
  await carryOut(deployment, steps, program, { say: (line) => console.log(line), isYes });
  console.log(
    `Deployed. The key ring is in ${deployment.folder}: back it up.\n${nextSteps(deployment).split("\n").at(-1)}`,
  );
}
