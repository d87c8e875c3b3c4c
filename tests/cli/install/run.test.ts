/** A command that writes into a project: its plan, its one question, and its end. */
import path from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { CommandError } from "../../../cli/lib/command.ts";
import { ask, confirm, ownTerminal } from "../../../cli/lib/install/ask.ts";
import { runInstall } from "../../../cli/lib/install/run.ts";
import { additionTo, makeProject, treeOf } from "./project.ts";

let printed = "";
beforeEach(() => {
  printed = "";
  vi.spyOn(console, "log").mockImplementation((text) => void (printed += `${text}\n`));
});
afterEach(() => void vi.restoreAllMocks());

const none = { "supabase-dir": undefined, "dry-run": false, yes: false, json: false };

function run(project: string, options: Partial<typeof none>) {
  return runInstall(path.join(project, "supabase"), { ...none, ...options }, () => ({
    ...{ plan: additionTo(project), title: "Add it", nothing: "Nothing to add.", next: () => "Now deploy." },
  }));
}

test("--yes writes, and says what comes next", async () => {
  const project = makeProject();
  expect(await run(project, { yes: true })).toBe(0);
  expect(printed).toMatch(/^Add it\n\n {2}new {6}supabase\/migrations/);
  expect(printed).toContain("Written.\n\nNow deploy.\n");
  expect(treeOf(project)).toHaveProperty(["supabase/functions/byok/index.ts"]);
});

test("--dry-run shows the same, and writes nothing", async () => {
  const project = makeProject();
  const before = treeOf(project);
  expect(await run(project, { "dry-run": true })).toBe(0);
  expect(printed).toContain("+++ supabase/config.toml");
  expect(printed).not.toContain("Written");
  expect(treeOf(project)).toEqual(before);
});

test.each([
  [{ "dry-run": true }, false],
  [{ yes: true }, true],
])("--json with %j prints the plan as JSON", async (options, written) => {
  const project = makeProject();
  expect(await run(project, { json: true, ...options })).toBe(0);
  const plan = JSON.parse(printed);
  expect(plan).toMatchObject({ written, supabase_dir: path.join(project, "supabase"), notices: [] });
  expect(plan.changes).toContainEqual({ path: "supabase/byok.lock.json", action: "new", diff: null });
  const [edit] = plan.changes.filter((change: { path: string }) => change.path === "supabase/config.toml");
  expect(edit).toMatchObject({ action: "changed", diff: expect.stringContaining("[functions.byok]") });
  expect(Object.hasOwn(treeOf(project), "supabase/byok.lock.json")).toBe(written);
});

test.each([
  ["--json alone", { json: true }, "--json needs --dry-run or --yes."],
  ["no terminal and no --yes", {}, "There is no terminal to ask on."],
])("%s is not understood, and nothing is written", async (_, options, complaint) => {
  const project = makeProject();
  const before = treeOf(project);
  const ended = run(project, options);
  await expect(ended).rejects.toThrow(complaint);
  await expect(ended).rejects.toMatchObject({ exitCode: 2 } satisfies Partial<CommandError>);
  expect(treeOf(project)).toEqual(before);
});

describe("on a terminal", () => {
  const typing = (line: string | null) => {
    const input = Object.assign(new PassThrough(), { isTTY: true });
    const output = new PassThrough();
    if (line === null) input.end();
    else input.write(`${line}\n`);
    return { input, output };
  };

  test.each([
    ["y", true],
    ["Yes", true],
    ["", false],
    ["n", false],
    ["yep", false],
    [null, false],
  ])("the answer %j is agreement: %s", async (line, agreed) => {
    expect(await confirm("Write this?", typing(line))).toBe(agreed);
  });

  test("a question gets the line that was typed", async () => {
    expect(await ask("Which? ", typing("  examples "))).toBe("examples");
  });

  test.each([
    ["y", 0, true],
    ["n", 1, false],
  ] as const)("it asks once: %s ends with %d", async (line, code, written) => {
    const { input, output } = typing(line);
    vi.spyOn(ownTerminal, "input", "get").mockReturnValue(input);
    vi.spyOn(ownTerminal, "output", "get").mockReturnValue(output);
    const project = makeProject();
    expect(await run(project, {})).toBe(code);
    expect(String(output.read()).match(/Write this\?/g)).toHaveLength(1);
    expect(printed.includes("Nothing was changed.")).toBe(!written);
    expect(Object.hasOwn(treeOf(project), "supabase/byok.lock.json")).toBe(written);
  });
});
