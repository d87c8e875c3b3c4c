/** The commands that need the sources, which the package leaves out. */
import { commandsForEveryone } from "./commands.ts";
import type { CommandRow } from "./lib/command.ts";

const commandsOfRepository: readonly CommandRow[] = [
  {
    name: "dev",
    summary: "runs it as start does, and follows changes of the sources",
    topic: "In this repository",
    load: async () => (await import("./commands/dev.ts")).dev,
  },
  {
    name: "demo",
    summary: "plays the whole story on a stack of its own and checks every line",
    topic: "In this repository",
    load: async () => (await import("./commands/demo.ts")).demo,
  },
  {
    name: "build",
    summary: "builds the package that is published, in dist/package",
    topic: "In this repository",
    load: async () => (await import("./commands/build.ts")).build,
  },
  {
    name: "release",
    summary: "checks, builds and packs the package; uploads it only when asked to",
    topic: "In this repository",
    load: async () => (await import("./commands/release.ts")).release,
  },
  {
    name: "bundle",
    summary: "makes one module of each Edge Function, in dist/",
    topic: "In this repository",
    load: async () => (await import("./commands/bundle.ts")).bundle,
  },
  {
    name: "generate",
    summary: "writes the migration and the database's types from sql/",
    topic: "In this repository",
    load: async () => (await import("./commands/generate.ts")).generate,
  },
];

/** All commands of this repository. */
export const commands: readonly CommandRow[] = [...commandsForEveryone, ...commandsOfRepository];
