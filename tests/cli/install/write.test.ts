/** A plan is written whole or not at all, whatever happens on the way. */
import { execFile } from "node:child_process";
import { chmodSync, lstatSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import type { Plan } from "../../../cli/lib/install/plan.ts";
import { writeAll } from "../../../cli/lib/install/write.ts";
import {
  add,
  additionTo,
  edit,
  finish,
  makeFolder,
  makeProject,
  makeRelease,
  removalFrom,
  type Tree,
  treeOf,
  updateOf,
} from "./project.ts";

const here = (name: string) => path.join(import.meta.dirname, name);

/** Writes a plan in a process of its own, which is killed at a step or in the middle of a text. Returns whether it was. */
function writeKilled(plan: Plan, what: "step" | "text", at: number): Promise<boolean> {
  const file = path.join(makeFolder({ "plan.json": JSON.stringify(plan) }), "plan.json");
  const env = { ...process.env, [`KILL_${what.toUpperCase()}`]: String(at) };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, ["--import", here("killed-at.ts"), here("write-once.ts"), file], { env }, (error) => {
      if (error && error.signal !== "SIGKILL") reject(error);
      else resolve(error !== null);
    });
  });
}

const old: Tree = {
  "tsconfig.json": '{ "compilerOptions": {} }\n',
  "supabase/functions/save/index.ts": "export default {};\n",
};

const newer = () =>
  makeRelease({
    version: "0.2.0",
    migrations: { "0002_byok_teams": "-- 2\n" },
    functionFiles: { "byok.js": "// 0.2.0\n", "deno.json": '{ "imports": { "x": "npm:x@1.0.0" } }\n' },
  });

/** A plan for a project, before which the project is brought into the state that it begins from. */
const commands: Readonly<Record<string, { prepare(project: string): void; plan(project: string): Plan }>> = {
  add: { prepare: () => undefined, plan: (project) => additionTo(project, { operations: "select 1;" }) },
  update: { prepare: (project) => void add(project), plan: (project) => updateOf(project, newer()) },
  remove: { prepare: (project) => void add(project), plan: (project) => removalFrom(project) },
};

describe.each(Object.entries(commands))("%s, killed", (_, { prepare, plan }) => {
  const made = () => {
    const project = makeProject(old);
    prepare(project);
    return project;
  };

  test.each([
    ["at any step", "step", 1],
    ["in the middle of any text", "text", 1],
  ] as const)("%s, is finished by the next run, or has not begun", async (_words, what, journalSteps) => {
    const whole = made();
    const before = treeOf(whole);
    writeAll(plan(whole));
    const after = treeOf(whole);
    const survives = async (at: number) => {
      const project = made();
      const wasKilled = await writeKilled(plan(project), what, at);
      expect(finish(project)).toBe(wasKilled && at > journalSteps);
      expect(withoutTemporaries(treeOf(project))).toEqual(at > journalSteps ? after : before);
      return !wasKilled;
    };
    let at = 1;
    while (!(await Promise.all([survives(at), survives(at + 1)])).includes(true)) at += 2;
    expect(at).toBeGreaterThan(2 * journalSteps);
  });
});

/** Killed before the journal is there, a run leaves half a journal at most, which the next one overwrites. */
function withoutTemporaries(tree: Tree): Tree {
  return Object.fromEntries(
    Object.entries(tree).filter(([name]) => !/^supabase\/\.byok-journal\.json\.\d+\.byok-new$/.test(name)),
  );
}

describe("a run that was interrupted", () => {
  test("is not finished over a file that was edited since", async () => {
    const project = makeProject(old);
    await writeKilled(additionTo(project), "step", 9);
    edit(project, "supabase/config.toml", (text) => `${text}# mine\n`);
    const before = treeOf(project);
    expect(() => finish(project)).toThrow("supabase/config.toml was changed meanwhile, and nothing was written.");
    expect(treeOf(project)).toEqual(before);
  });

  test("is given up with its journal", async () => {
    const project = makeProject(old);
    await writeKilled(additionTo(project), "step", 9);
    rmSync(path.join(project, "supabase/.byok-journal.json"));
    expect(finish(project)).toBe(false);
  });
});

describe("two runs at once", () => {
  /** The journal of a run whose process lives as long as this one. */
  const journalOf = (plan: Plan) =>
    JSON.stringify({
      changes: plan.changes.map((change) => ({ ...change, path: path.relative(plan.supabaseDir, change.path) })),
      ...{ made: [], emptied: [], pid: process.ppid },
    });

  test("leave the files to the one that made the journal", () => {
    const project = makeProject(old);
    const plan = additionTo(project);
    writeFileSync(path.join(project, "supabase/.byok-journal.json"), journalOf(plan));
    const before = treeOf(project);
    const refusal = "Another run is writing into this project, and this one wrote nothing.";
    expect(() => writeAll(plan)).toThrow(refusal);
    expect(() => finish(project)).toThrow(refusal);
    expect(treeOf(project)).toEqual(before);
  });

  test("are none where the journal is older than a run takes: its process id is another's by now", () => {
    const project = makeProject(old);
    const journal = path.join(project, "supabase/.byok-journal.json");
    writeFileSync(journal, journalOf(additionTo(project)));
    const longAgo_s = Date.now() / 1000 - 61;
    utimesSync(journal, longAgo_s, longAgo_s);
    expect(finish(project)).toBe(true);
    expect(treeOf(project)).toHaveProperty("supabase/byok.lock.json");
  });

  test("leave nothing of one that was killed before it had a journal", () => {
    const left = ".byok-journal.json.123.byok-new";
    const project = makeProject({ ...old, [`supabase/${left}`]: "half" });
    writeAll(additionTo(project));
    expect(treeOf(project)).not.toHaveProperty([`supabase/${left}`]);
  });

  test("have one plan written, whole", async () => {
    const project = makeProject(old);
    const plans = ["select 1;", "select 2;", "select 3;"].map((operations) => additionTo(project, { operations }));
    const before = treeOf(project);
    const written = await Promise.allSettled(plans.map((plan) => writeKilled(plan, "step", 1_000)));
    expect(written.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const lone = makeProject(old);
    writeAll(additionTo(lone, { operations: "select 1;" }));
    expect(Object.keys(treeOf(project)).sort()).toEqual(Object.keys(treeOf(lone)).sort());
    expect(treeOf(project)).not.toEqual(before);
  });
});

/** A hostile repository may bring a journal along. */
describe("a journal that no run has written", () => {
  const change = (file: string) =>
    JSON.stringify({ changes: [{ path: file, before: null, after: "x" }], made: [], emptied: [], pid: 1 });
  test.each([
    ...[
      "../outside",
      "/tmp/byok-outside",
      "functions/../../outside",
      "..\\outside",
      "C:/outside",
      "../package.json",
    ].map(change),
    JSON.stringify({ changes: [], made: [], emptied: [".."], pid: 1 }),
    JSON.stringify({ changes: [], made: ["../outside"], emptied: [], pid: 1 }),
    "no JSON",
    "{}",
  ])("writes nothing: %s", (journal) => {
    const project = makeProject({ "supabase/.byok-journal.json": journal });
    const before = treeOf(project);
    expect(() => finish(project)).toThrow("supabase/.byok-journal.json is no journal of an earlier run");
    expect(treeOf(project)).toEqual(before);
  });
});

describe("a plan", () => {
  test("is not written over a file that was edited after it was made", () => {
    const project = makeProject(old);
    const plan = additionTo(project);
    edit(project, "supabase/config.toml", (text) => `${text}# mine\n`);
    const before = treeOf(project);
    expect(() => writeAll(plan)).toThrow("was changed meanwhile, and nothing was written");
    expect(treeOf(project)).toEqual(before);
  });

  test("is taken back when a file cannot be written", () => {
    const project = makeProject(old);
    const before = treeOf(project);
    const plan = additionTo(project);
    // A file cannot hold another one.
    const impossible = { path: path.join(project, "supabase/config.toml/x"), before: null, after: "" };
    expect(() => writeAll({ ...plan, changes: [...plan.changes, impossible] })).toThrow(
      "Nothing was changed, because a file could not be written",
    );
    expect(treeOf(project)).toEqual(before);
  });

  test("leaves a link as one, and a file its mode", () => {
    const project = makeProject(old);
    const config = path.join(project, "supabase/config.toml");
    const elsewhere = path.join(project, "elsewhere.toml");
    writeFileSync(elsewhere, readFileSync(config));
    chmodSync(elsewhere, 0o640);
    rmSync(config);
    symlinkSync("../elsewhere.toml", config);
    add(project);
    expect(lstatSync(config).isSymbolicLink()).toBe(true);
    expect(readFileSync(elsewhere, "utf8")).toContain("[functions.byok]");
    expect(statSync(elsewhere).mode & 0o777).toBe(0o640);
  });
});
