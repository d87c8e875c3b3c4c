import { defineCommand } from "../lib/command.ts";
import { localOptions, runLocalProject } from "../lib/local-project.ts";

export const dev = defineCommand({
  usage: "npm run dev [-- <options>]",
  details: `The functions run anew when something in functions/ or catalogue/ changes, and the page is built anew when its own sources,
components/ or client/ do: reload it. After a change of sql/: npm run generate, and this command with --reset.`,
  operands: [],
  options: localOptions,
  run: ({ options }) => runLocalProject(options, { watch: true }),
});
