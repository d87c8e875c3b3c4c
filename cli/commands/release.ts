import { release as makeRelease, releaseState, releaseTools } from "../lib/build/release.ts";
import { defineCommand, misused } from "../lib/command.ts";

export const release = defineCommand({
  usage: "--dry-run\n--publish",
  details: `It checks the sources, builds the package and packs it into dist/. Only --publish uploads it, with provenance, from the CI of the
repository. Before that: set the version in package.json, freeze the migrations with npm run generate -- --freeze <version>, commit.`,
  operands: [],
  options: {
    "dry-run": { type: "boolean", summary: "uploads nothing, and prints the command that would" },
    publish: { type: "boolean", summary: "uploads it to npm" },
  },
  async run({ options: { "dry-run": isDry, publish } }) {
    if (isDry === publish) throw misused("release takes --dry-run or --publish.");
    await makeRelease(publish, releaseState(), releaseTools, console.log);
  },
});
