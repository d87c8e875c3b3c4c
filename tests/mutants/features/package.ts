import type { Guard } from "../mutants.ts";

const contents = { test: "tests/package/contents.test.ts" };
const release = { file: "cli/lib/build/release.ts", test: "tests/package/release.test.ts" };

/** Promises of the package that is published, and of a release. */
export const packageGuards: readonly Guard[] = [
  {
    ...contents,
    file: "components/index.ts",
    name: "The settings page is the client's part in the package",
    guard: '"use client";\n',
    instead: "",
  },
  {
    ...contents,
    file: "cli/lib/build/library.ts",
    name: "Declarations of what no export leads to stay out of the package",
    guard: "removeUnreached(outDir);",
    instead: "void removeUnreached;",
  },
  {
    ...contents,
    file: "cli/lib/build/docs.ts",
    name: "No link in the package leads out of it",
    guard: "? link : words",
    instead: "? link : link",
  },
  {
    ...release,
    name: "A release that is not asked to upload does not",
    guard: "if (!isPublished) return log(",
    instead: "if (!isPublished) log(",
  },
  {
    ...release,
    name: "No release is made of files that are not committed",
    guard: '["Files are not committed."]',
    instead: "[]",
  },
  {
    ...release,
    name: "No release is made before its migrations are frozen",
    guard: '[`Not frozen: ${state.unfrozen.join(", ")}.`]',
    instead: "[]",
  },
];
