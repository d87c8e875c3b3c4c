/** Whose the stack at config.toml's ports is, by what Docker and the database tell of it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Client } from "pg";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { whoseStack } from "../../../cli/lib/doctor/whose-stack.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "byok-whose-"));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
    vi.unstubAllEnvs();
  });
});

interface World {
  /** As Docker prints the labels of the containers at the port; absent without Docker. */
  readonly labels?: string;
  readonly projectId?: string;
  /** Versions of the migrations that the database has applied; null where it records none. */
  readonly applied?: readonly string[] | null;
  /** Versions of the project's own. */
  readonly own?: readonly string[];
  readonly environment?: Record<string, string>;
}

async function look({ labels, projectId, applied = [], own = [], environment = {} }: World) {
  const supabaseDir = path.join(folder, "My App!/supabase");
  mkdirSync(path.join(supabaseDir, "migrations"), { recursive: true });
  for (const version of own) writeFileSync(path.join(supabaseDir, `migrations/${version}_mine.sql`), "");
  const script = labels === undefined ? "exit 1" : `printf '${labels}'`;
  writeFileSync(path.join(folder, "docker"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  for (const [name, value] of Object.entries({ SUPABASE_PROJECT_ID: "", PATH: folder, ...environment })) {
    vi.stubEnv(name, value);
  }
  const query = async (sql: string) => {
    if (sql.includes("data_directory")) return { rows: [{ folder: "/var/lib/postgresql/data" }] };
    if (applied === null) throw new Error("relation does not exist");
    return { rows: applied.map((version) => ({ version })) };
  };
  const lock = { migrations: { "0001_byok": { file: "migrations/20260101000000_byok.sql", sha256: "" } } };
  const config = projectId === undefined ? {} : { project_id: projectId };
  return await whoseStack({ query } as unknown as Client, { supabaseDir, config, lock: lock as never }, 54322);
}

test.each<[string, World]>([
  ["the id in config.toml", { projectId: "my app", labels: "my_app\\n" }],
  ["the name of its folder", { labels: "My_App_\\n" }],
  ["an id that begins with marks, which version 2 of the CLI leaves out", { projectId: "_x", labels: "_x\\n" }],
  ["a long id, of which the CLI takes the beginning", { projectId: "a".repeat(60), labels: `${"a".repeat(40)}\\n` }],
  ["the id in the environment", { labels: "x\\n", environment: { SUPABASE_PROJECT_ID: "x" } }],
  ["the variable in config.toml", { projectId: "env(APP)", labels: "x\\n", environment: { APP: "x" } }],
  ["a migration of its own", { applied: ["20260101000000", "20260202000000"], own: ["20260202000000"] }],
])("a stack is this project's by %s", async (_, world) => {
  expect((await look(world)).state).toBe("ok");
});

test.each<[string, World, string]>([
  ["its id", { projectId: "mine", labels: "other\\n" }, "of the project other"],
  ["its id, whatever migrations it has", { labels: "other\\n", applied: ["2"], own: ["2"] }, "of the project other"],
  ["a container that is no project's", { labels: "\\n" }, "no stack of this project"],
  ["its migrations", { applied: ["20260101000000", "20260303000000"], own: ["20260202000000"] }, "another project"],
])("a stack is another's by %s, and what to do is said", async (_, world, words) => {
  const found = await look(world);
  expect(found).toMatchObject({ state: "warning", words: expect.stringContaining(words) });
  expect(found.nextStep).toMatch(/^Stop it .+ports of its own in config\.toml\.$/);
});

test.each<[string, World]>([
  ["that has the product's migrations alone", { applied: ["20260101000000"], own: ["20260202000000"] }],
  ["that records no migrations", { applied: null }],
  ["whose project's id is in a variable that is not set", { projectId: "env(NOT_SET)", labels: "x\\n" }],
])("a stack %s is taken for this project's, which is said", async (_, world) => {
  expect(await look(world)).toMatchObject({ state: "skipped", words: expect.stringContaining("nothing tells") });
});
