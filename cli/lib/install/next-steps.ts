/** The lines that are left to the developer after `add`: of JSX, and of the shell. */
import path from "node:path";
import { typed } from "../typed.ts";

const jsx = (functionName: string) => {
  const options = functionName === "byok" ? "" : `, { functionName: "${functionName}" }`;
  return `import { createByok } from "supabase-byok/client";
import { ApiKeys, Credits } from "supabase-byok/react";
import "supabase-byok/byok.css";

const byok = createByok(supabase${options}); // your supabase-js client

<ApiKeys byok={byok} />
<Credits byok={byok} />`;
};

export function nextSteps(supabaseDir: string, functionName: string): string {
  const here = path.relative(process.cwd(), path.dirname(supabaseDir));
  return [
    "On the settings page of your app, after npm install supabase-byok:",
    indented(jsx(functionName)),
    "Try it on this machine, with fakes of the providers:",
    `  ${typed("start")}`,
    "Deploy it:",
    commented([
      ...(here === "" ? [] : [[`cd ${here}`, "the folder around supabase"]]),
      [typed("deploy"), "prints each step with its command"],
      [typed("deploy --run --project-ref <ref>"), "takes them"],
    ]),
  ].join("\n\n");
}

/** Commands, each with a comment behind it. */
function commented(lines: readonly (readonly string[])[]): string {
  const width = Math.max(...lines.map(([command]) => command!.length));
  return lines.map(([command, comment]) => `  ${command!.padEnd(width)}  # ${comment}`).join("\n");
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "  ");
}
