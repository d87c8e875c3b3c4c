import { defineCommand } from "../lib/command.ts";
import { localOptions } from "../lib/local/local-options.ts";
import { runLocalProject } from "../lib/local/local-project.ts";

export const dev = defineCommand({
  details: `The functions restart when a file in functions/, catalogue/ or protocol/ changes. The page is rebuilt when a file in page/,
components/, client/, catalogue/ or protocol/ changes: reload it. After a change in sql/, run npm run generate and this command
with --reset.`,
  operands: [],
  options: localOptions,
  run: ({ options }) => runLocalProject(options, { watch: true }),
});
