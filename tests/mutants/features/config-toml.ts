import type { Guard } from "../mutants.ts";

const test = "tests/cli/install/config-toml.test.ts";
const edit = { file: "cli/lib/install/config-toml.ts", test };
const removal = { file: "cli/lib/install/config-removal.ts", test };

/** Of the edit of an adopter's config.toml. */
export const configGuards: readonly Guard[] = [
  {
    ...edit,
    name: "A config.toml is written only with the values that were asked for",
    guard: "if (!hasValue(edited, valueWith(text, wanted)))",
    instead: "if (!hasValue(edited, valueWith(text, wanted)) && text === edited)",
  },
  {
    ...edit,
    name: "A function of the same name with other settings is not taken for this one",
    guard: "if (isFunctionSection(present, name)) return undefined;",
    instead: "if (isFunctionSection(present, name) || present) return undefined;",
  },
  {
    ...removal,
    name: "Nothing of the adopter's goes with the edit of a config.toml",
    guard: ".find(({ text: left, value }) => hasValue(left, value))",
    instead: ".find(({ text: left, value }) => hasValue(left, value) || left)",
  },
  {
    file: "cli/lib/toml/document.ts",
    test,
    name: "A line of a config.toml that is no TOML is not repeated",
    guard: "throw error instanceof TomlError ? noToml(name, error.line) : error;",
    instead: "throw error instanceof TomlError ? new CommandError(`${noToml.name} ${name} ${error.message}`) : error;",
  },
];
