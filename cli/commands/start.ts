import { defineCommand } from "../lib/command.ts";
import { localOptions, runLocalProject } from "../lib/local-project.ts";

export const start = defineCommand({
  operands: [],
  options: localOptions,
  run: ({ options }) => runLocalProject(options, { watch: false }),
});
