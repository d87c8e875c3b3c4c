/** The one program behind the scripts: how it finds a command, reads what was typed, and ends. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { commands } from "../../cli/repository-commands.ts";
import { CommandError, type CommandRow, defineCommand, exitCodes, misused } from "../../cli/lib/command.ts";
import { runProgram } from "../../cli/lib/program/program.ts";
import { projectDir } from "../../stack/config.ts";

let printed: string;
let complained: string;
let typed: unknown;

beforeEach(() => {
  printed = complained = "";
  typed = undefined;
  vi.spyOn(console, "log").mockImplementation((text) => void (printed += `${text}\n`));
  vi.spyOn(console, "error").mockImplementation((text) => void (complained += `${text}\n`));
});

afterEach(() => void vi.restoreAllMocks());

/** A command that ends in this way. */
function ending(end: () => number | void) {
  return defineCommand({
    usage: "<animal>",
    operands: ["animal"],
    options: {
      with: { type: "string", value: "<food>", required: true, summary: "what it gets" },
      times: { type: "string", default: "1", summary: "how often" },
      gently: { type: "boolean", summary: "without haste" },
    },
    async run(input) {
      typed = input;
      return end() as 0 | 1 | 2 | undefined;
    },
  });
}

const rows = (end: () => number | void = () => undefined): CommandRow[] => [
  { name: "zoo feed", summary: "feeds an animal", load: async () => ending(end) },
  { name: "zoo close", summary: "closes the gates", load: async () => ending(end) },
  { name: "count", summary: "counts the animals", load: async () => ending(end) },
];

describe("a command", () => {
  test("gets its operands and options by name, with what is absent filled in", async () => {
    expect(await runProgram(rows(), ["zoo", "feed", "bear", "--with", "honey"])).toBe(0);
    expect(typed).toEqual({ options: { with: "honey", times: "1", gently: false }, operands: { animal: "bear" } });
    await runProgram(rows(), ["count", "--gently", "--with=hay", "--times", "2", "ape"]);
    expect(typed).toEqual({ options: { with: "hay", times: "2", gently: true }, operands: { animal: "ape" } });
  });

  test.each([
    ["an operand too few", ["--with", "hay"], "zoo feed takes <animal>."],
    ["an operand too many", ["ape", "bear", "--with", "hay"], "zoo feed takes <animal>."],
    ["a required option that is absent", ["ape"], "zoo feed needs --with."],
    ["a required option that is empty", ["ape", "--with="], "zoo feed needs --with."],
    ["an option that does not exist", ["ape", "--with", "hay", "--loudly"], "Unknown option '--loudly'.\n"],
    ["an option that is misspelt", ["ape", "--wiht", "hay"], "Unknown option '--wiht'. Did you mean --with?\n"],
    ["an option without its value", ["ape", "--with"], "argument missing.\n"],
  ])("does not run with %s", async (_, args, complaint) => {
    expect(await runProgram(rows(), ["zoo", "feed", ...args])).toBe(2);
    expect(complained).toContain(complaint);
    expect(complained).toContain("Usage: npm run byok -- zoo feed <animal>");
    expect([typed, printed]).toEqual([undefined, ""]);
  });

  test.each([
    ["what it says", () => exitCodes.failed, 1, ""],
    [
      "1 when it is refused, with the next step",
      () => {
        throw new CommandError("The bear sleeps.", { nextStep: "Come back in spring." });
      },
      1,
      "The bear sleeps.\nCome back in spring.\n",
    ],
    [
      "1 for a plain error, without its trace",
      () => {
        throw new Error("The gate is locked.");
      },
      1,
      "The gate is locked.\n",
    ],
    [
      "1 for a fault, with its kind",
      () => {
        throw new TypeError("no bear");
      },
      1,
      "TypeError: no bear\n",
    ],
  ])("ends with %s", async (_, end, code, complaint) => {
    expect(await runProgram(rows(end), ["zoo", "feed", "bear", "--with", "honey"])).toBe(code);
    expect(complained).toBe(complaint);
  });

  test("ends with 2 and its usage when it cannot make sense of a value", async () => {
    const confused = () => {
      throw misused("A bear eats no hay.");
    };
    expect(await runProgram(rows(confused), ["zoo", "feed", "bear", "--with", "hay"])).toBe(2);
    expect(complained).toBe(
      "A bear eats no hay.\n\nUsage: npm run byok -- zoo feed <animal>\nOptions: npm run byok -- zoo feed --help\n",
    );
  });

  test("checks what was typed before it asks for packages, and both after the version of Node", async () => {
    const needing = (node: string): CommandRow[] => [
      {
        ...{ name: "fly", summary: "flies", needs: { node, packages: ["no-such-package"] } },
        load: async () => ({ ...ending(() => undefined), check: ({ operands: { animal } }) => refuse(animal) }),
      },
    ];
    const refuse = (animal?: string) => {
      if (animal === "bear") throw new CommandError("A bear does not fly.");
    };
    const fly = async (node: string, animal: string) => {
      complained = "";
      expect(await runProgram(needing(node), ["fly", animal, "--with", "wings"])).toBe(1);
      return complained;
    };
    expect(await fly("999.1", "bear")).toBe(`fly needs Node 999.1 or newer, and this is ${process.versions.node}.\n`);
    expect(await fly("20.0", "bear")).toBe("A bear does not fly.\n");
    expect(await fly("20.0", "bat")).toMatch(/^fly needs packages that are not installed: no-such-package\.\n/);
    expect(typed).toBeUndefined();
  });
});

describe("--help", () => {
  test("of a command lists its options, and does not run it", async () => {
    expect(await runProgram(rows(), ["zoo", "feed", "--help"])).toBe(0);
    expect(printed).toMatch(/^Usage: npm run byok -- zoo feed <animal>\nFeeds an animal\.\n/);
    expect(printed).toMatch(/^ {2}--with <food> {2}what it gets$/m);
    expect(typed).toBeUndefined();
  });

  test.each([
    ["all", ["--help"], ["zoo feed", "zoo close", "count"]],
    ["a group", ["zoo", "-h"], ["zoo feed", "zoo close"]],
  ])("of %s lists the commands", async (_, args, names) => {
    expect(await runProgram(rows(), args)).toBe(0);
    expect([...printed.matchAll(/^ {2}(\w+(?: \w+)?) {2}/gm)].map(([, name]) => name)).toEqual(names);
  });
});

test.each([[[]], [["zoo"]], [["zoo", "burn"]], [["burn", "zoo"]]])(
  "ends with 2 and the commands for %j",
  async (args) => {
    expect(await runProgram(rows(), args)).toBe(2);
    expect(complained).toContain("Commands:\n");
  },
);

test.each([
  [["cuont"], "There is no command 'cuont'. Did you mean npm run byok -- count?"],
  [["zoo", "fed"], "There is no command 'zoo fed'. Did you mean npm run byok -- zoo feed?"],
  [["burn"], "There is no command 'burn'."],
])("says of %j what may have been meant", async (args, complaint) => {
  expect(await runProgram(rows(), args)).toBe(2);
  expect(complained.split("\n")[0]).toBe(complaint);
});

describe("the table of commands", () => {
  const { scripts, version } = JSON.parse(readFileSync(path.join(projectDir, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
    version: string;
  };
  const behindScripts = Object.values(scripts).flatMap((script) => /^node cli\/main\.ts (.*)$/.exec(script)?.[1] ?? []);

  test("is what the scripts of package.json run", () => {
    expect(behindScripts.filter((words) => !commands.some(({ name }) => `${name} `.startsWith(`${words} `)))).toEqual(
      [],
    );
  });

  test.each(commands)("has $name behind a script, which its help names", async ({ name }) => {
    expect(await runProgram(commands, [...name.split(" "), "--help"])).toBe(0);
    const [, script = "", rest = ""] =
      /^Usage: npm (?:run (?:--silent )?)?([\w:]+)(?: -- )?(.*)/.exec(printed) ?? expect.fail(printed);
    const words = `${scripts[script]?.replace(/^node cli\/main\.ts ?/, "")} ${rest}`.trim();
    expect(`${words} `.startsWith(`${name} `)).toBe(true);
  });

  test("is listed under its headings, with the program's name and version", async () => {
    expect(await runProgram(commands, ["--help"])).toBe(0);
    expect(printed).toContain(`supabase-byok ${version}: `);
    for (const { name, topic } of commands) {
      expect(topic).toBeDefined();
      expect(printed.split(`${topic}:\n`)[1]?.split("\n\n")[0]).toMatch(new RegExp(`^ {2}${name} {2}`, "m"));
    }
  });

  test("has a version", async () => {
    expect(await runProgram(commands, ["--version"])).toBe(0);
    expect(printed).toBe(`${version}\n`);
  });
});
