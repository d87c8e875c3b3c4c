/** The table of commands. A new one is a row here and a file in commands/; it is loaded only when it runs. */
import type { CommandRow } from "./lib/command.ts";

export const commands: readonly CommandRow[] = [
  {
    name: "start",
    summary: "runs the whole product on this machine, until Ctrl-C",
    load: async () => (await import("./commands/start.ts")).start,
  },
  {
    name: "dev",
    summary: "runs it as start does, and follows changes of the sources",
    load: async () => (await import("./commands/dev.ts")).dev,
  },
  {
    name: "demo",
    summary: "plays the whole story on a stack of its own and checks every line",
    load: async () => (await import("./commands/demo.ts")).demo,
  },
  {
    name: "keyring new",
    summary: "makes a key ring with one random master key",
    load: async () => (await import("./commands/keyring.ts")).keyringNew,
  },
  {
    name: "keyring add",
    summary: "adds a master key that is not used yet",
    load: async () => (await import("./commands/keyring.ts")).keyringAdd,
  },
  {
    name: "keyring promote",
    summary: "makes the newest master key the primary one",
    load: async () => (await import("./commands/keyring.ts")).keyringPromote,
  },
  {
    name: "keyring retire",
    summary: "takes an older master key out",
    load: async () => (await import("./commands/keyring.ts")).keyringRetire,
  },
  {
    name: "keys list",
    summary: "lists saved API keys by status, provider, age and use",
    load: async () => (await import("./commands/keys/list.ts")).keysList,
  },
  {
    name: "keys count",
    summary: "counts saved API keys by provider and status",
    load: async () => (await import("./commands/keys/count.ts")).keysCount,
  },
  {
    name: "keys pause",
    summary: "leaves a saved API key unused, and credits pay",
    load: async () => (await import("./commands/keys/change.ts")).keysPause,
  },
  {
    name: "keys resume",
    summary: "uses a paused API key again",
    load: async () => (await import("./commands/keys/change.ts")).keysResume,
  },
  {
    name: "keys remove",
    summary: "removes a saved API key",
    load: async () => (await import("./commands/keys/change.ts")).keysRemove,
  },
  {
    name: "keys check",
    summary: "checks a user's saved API key with its provider",
    load: async () => (await import("./commands/keys/check.ts")).keysCheck,
  },
  {
    name: "rotate",
    summary: "encrypts every saved API key under the primary master key",
    load: async () => (await import("./commands/rotate.ts")).rotate,
  },
  {
    name: "credits grant",
    summary: "puts credits into an account; the same key grants once",
    load: async () => (await import("./commands/credits/grant.ts")).grant,
  },
  {
    name: "credits revoke",
    summary: "takes credits back; the same key revokes once",
    load: async () => (await import("./commands/credits/revoke.ts")).revoke,
  },
  {
    name: "credits show",
    summary: "prints a user's balance, calls under way and last entries",
    load: async () => (await import("./commands/credits/show.ts")).show,
  },
  {
    name: "credits reconcile",
    summary: "recomputes every account from the ledger and prints each difference",
    load: async () => (await import("./commands/credits/reconcile.ts")).reconcile,
  },
  {
    name: "credits exposure",
    summary: "prints what calls and credits cost you at worst, and what is sold below cost",
    load: async () => (await import("./commands/credits/exposure.ts")).exposure,
  },
  {
    name: "credits models",
    summary: "asks the providers whether they still serve the models that have a price",
    load: async () => (await import("./commands/credits/models.ts")).models,
  },
  {
    name: "bundle",
    summary: "makes one module of each Edge Function, in dist/",
    load: async () => (await import("./commands/bundle.ts")).bundle,
  },
  {
    name: "generate",
    summary: "writes the migration and the database's types from sql/",
    load: async () => (await import("./commands/generate.ts")).generate,
  },
];
