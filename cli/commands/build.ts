import path from "node:path";
import { buildPackage, packageDir } from "../lib/build/package.ts";
import { defineCommand } from "../lib/command.ts";

export const build = defineCommand({
  details: "npm pack ./dist/package makes the tarball of it.",
  operands: [],
  options: {},
  async run() {
    await buildPackage();
    console.log(path.relative(process.cwd(), packageDir));
  },
});
