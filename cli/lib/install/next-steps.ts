/** The lines that are left to the developer after `add`: of JSX, and of the shell. */
import path from "node:path";
import { typed } from "../typed.ts";
import type { SupabaseCli } from "./supabase-cli.ts";

const jsx = (functionName: string) => {
  const options = functionName === "byok" ? "" : `, { functionName: "${functionName}" }`;
  return `import { createByok } from "supabase-byok/client";
import { ApiKeys, Credits } from "supabase-byok/react";
import "supabase-byok/byok.css";

const byok = createByok(supabase${options}); // your supabase-js client

<ApiKeys byok={byok} />
<Credits byok={byok} />`;
};

/** @param cli the one that is installed; the commands of the newest version when there is none */
export function nextSteps(supabaseDir: string, functionName: string, cli: SupabaseCli | undefined): string {
  const isOld = cli !== undefined && cli.major < 3;
  const here = path.relative(process.cwd(), path.dirname(supabaseDir));
  const commands = [
    ...(here === "" ? [] : [`cd ${here}`]),
    `npx supabase db push${isOld ? "" : " --remote"}`,
    typed("deploy"),
    `npx supabase functions deploy ${functionName} --use-api ${isOld ? "--project-ref <ref>" : "--remote=<ref>"}`,
  ];
  const notes = [
    "the schema, to the linked project",
    "the secrets and the exposed schema: prints each step",
    "the function",
  ];
  const width = Math.max(...commands.slice(-3).map((command) => command.length));
  const lines = commands.map((command, index) => {
    const note = notes[index - (commands.length - notes.length)];
    return note ? `  ${command.padEnd(width)}  # ${note}` : `  ${command}`;
  });
  return [
    "On the settings page of your app, after npm install supabase-byok:",
    indented(jsx(functionName)),
    "Try it on this machine, with fakes of the providers:",
    `  ${typed("start")}`,
    `Deploy it with ${cli ? `the Supabase CLI ${cli.version}` : "the Supabase CLI 3, which is not installed here"}, in this order:`,
    lines.join("\n"),
  ].join("\n\n");
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "  ");
}
