/** The commands as they are typed: add, update and remove of one project, one after the other. */
import { chmodSync, writeFileSync } from "node:fs";
import path from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { proposeAddition, proposeRemoval, proposeUpdate } from "../../../cli/lib/install/proposals.ts";
import { runInstall } from "../../../cli/lib/install/run.ts";
import { findSupabaseCli } from "../../../cli/lib/install/supabase-cli.ts";
import type { Release } from "../../../cli/lib/release.ts";
import { makeFolder, makeProject as makeOther, makeRelease, treeOf } from "./project.ts";

/** The Supabase CLI as npm installs it in a project, so that none is started to be asked for its version. */
const cli = {
  "node_modules/.bin/supabase": "",
  "node_modules/supabase/package.json": '{ "version": "2.117.0" }',
};
const makeProject = () => makeOther(cli);

let printed = "";
beforeEach(() => {
  printed = "";
  vi.spyOn(console, "log").mockImplementation((text) => void (printed += `${text}\n`));
  vi.spyOn(console, "error").mockImplementation((text) => void (printed += `${text}\n`));
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const yes = { "supabase-dir": undefined, "dry-run": false, yes: true, json: false };
const addOptions = { ...yes, "function-name": undefined, operations: undefined } as const;

const add = (
  project: string,
  given: Partial<Record<keyof typeof addOptions, unknown>> = {},
  release = makeRelease(),
) => {
  const options = { ...addOptions, ...(given as object) };
  return runInstall(project, options, (supabaseDir) => proposeAddition(supabaseDir, release, options));
};
const update = (project: string, release: Release) =>
  runInstall(project, yes, (supabaseDir) => proposeUpdate(supabaseDir, release));
const remove = (project: string, database = false) =>
  runInstall(project, yes, (supabaseDir, hasFinished) =>
    proposeRemoval(supabaseDir, makeRelease(), { database, hasFinished }),
  );

const operationsOf = (project: string) =>
  Object.entries(treeOf(project)).find(([name]) => name.endsWith("_byok_operations.sql"))?.[1];

describe("add", () => {
  test("a second time changes nothing, and names the update where there is one", async () => {
    const project = makeProject();
    expect(await add(project)).toBe(0);
    const before = treeOf(project);
    printed = "";
    expect(await add(project)).toBe(0);
    expect(printed).toBe("supabase-byok 0.1.0 is in this project already.\n");
    expect(await add(project, {}, makeRelease({ version: "0.2.0" }))).toBe(0);
    expect(printed).toMatch(/already\. For 0\.2\.0: .*update\n$/);
    expect(treeOf(project)).toEqual(before);
    await expect(add(project, { "function-name": "other" })).rejects.toThrow("its function is named byok");
  });

  test("takes the operations that are named, and none unasked", async () => {
    const project = makeProject();
    await add(project, { operations: "examples" });
    expect(operationsOf(project)).toContain("insert into byok.operations default values;");

    const own = path.join(makeFolder({ "mine.sql": "select 'mine';\n" }), "mine.sql");
    const other = makeProject();
    await add(other, { operations: own });
    expect(operationsOf(other)).toContain("\nselect 'mine';\n");

    const third = makeProject();
    await add(third);
    expect(operationsOf(third)).toBeUndefined();
    await expect(add(makeProject(), { operations: `${own}x` })).rejects.toThrow("mine.sqlx cannot be read");
  });

  test.each([
    ["examples", true],
    ["", false],
  ])("asks for them on a terminal: %j", async (answer, hasRows) => {
    const input = new PassThrough();
    input.write(`${answer}\n`);
    const options = { ...addOptions, yes: false };
    const supabaseDir = path.join(makeProject(), "supabase");
    const terminal = { input, output: new PassThrough() };
    const { plan } = await proposeAddition(supabaseDir, makeRelease(), options, terminal);
    expect(plan.changes.some(({ path: file }) => file.endsWith("_byok_operations.sql"))).toBe(hasRows);
    expect(String(terminal.output.read())).toMatch(/^What do credits pay for: examples .*, none, or a file of SQL\?/);
  });

  test("ends with the lines of JSX and the commands that deploy it", async () => {
    const project = makeProject();
    await add(project, { "function-name": "llm-keys" });
    expect(printed).toContain('createByok(supabase, { functionName: "llm-keys" })');
    expect(printed).toMatch(/deploy --run --project-ref <ref> {2}# takes them\n$/);
  });
});

describe("update and remove", () => {
  test("are refused where nothing was added", async () => {
    const project = makeProject();
    await expect(update(project, makeRelease())).rejects.toThrow("supabase-byok is not in");
    await expect(remove(project)).rejects.toThrow("supabase-byok is not in");
  });

  test("update ends with 1 while a conflict is there, and says so", async () => {
    const project = makeProject();
    await add(project);
    writeFileSync(path.join(project, "supabase/functions/byok/index.ts"), "// mine\n");
    const newer = makeRelease({ version: "0.2.0", functionFiles: { "index.ts": "// theirs\n" } });
    expect(await update(project, newer)).toBe(1);
    printed = "";
    expect(await update(project, newer)).toBe(1);
    expect(printed).toContain("supabase-byok 0.2.0 is up to date.\n\nsupabase/functions/byok/index.ts: your edit");
  });

  test("remove leaves nothing, and a second time is refused", async () => {
    const project = makeProject();
    const before = treeOf(project);
    await add(project, { operations: "examples" });
    expect(await remove(project)).toBe(0);
    expect(treeOf(project)).toEqual(before);
    await expect(remove(project)).rejects.toThrow("supabase-byok is not in");
  });

  test("remove --database says in which order to take it off a hosted project", async () => {
    const project = makeProject();
    await add(project);
    expect(await remove(project, true)).toBe(0);
    expect(printed).toMatch(/1\. .*functions delete byok\n.*2\. Take byok out of the exposed schemas.*3\. .*db push/s);
  });
});

describe("the Supabase CLI whose commands deploy it", () => {
  test("is the one that is installed in the project or above it", () => {
    const project = makeProject();
    expect(findSupabaseCli(path.join(project, "supabase"))).toEqual({
      program: path.join(project, "node_modules/.bin/supabase"),
      version: "2.117.0",
      major: 2,
    });
  });

  test("is the one on the PATH where the project has none", () => {
    const folder = makeFolder({ supabase: "#!/bin/sh\necho 3.1.0\n" });
    chmodSync(path.join(folder, "supabase"), 0o755);
    vi.stubEnv("PATH", [folder, process.env.PATH].join(path.delimiter));
    expect(findSupabaseCli(makeOther())).toEqual({ program: "supabase", version: "3.1.0", major: 3 });
  });

  test("is none where none is installed", () => {
    vi.stubEnv("PATH", makeFolder({}));
    expect(findSupabaseCli(makeOther())).toBeUndefined();
  });
});
