import type { Guard } from "../mutants.ts";

/** Of an app's own project on the stack. */
export const appGuards: readonly Guard[] = [
  {
    name: "An app's functions get nothing of this product's settings",
    file: "stack/functions/app-functions.ts",
    guard: "env: ours ? byokEnv : appEnv,",
    instead: "env: byokEnv,",
    test: "tests/stack/app.test.ts",
  },
  {
    name: "A function that fails takes down no other",
    file: "stack/functions/app-functions.ts",
    guard: "config: { ...this.#config, functions: { [slug]: config } },",
    instead: "config: this.#config,",
    test: "tests/stack/app.test.ts",
  },
  {
    name: "The keys of an app's local project stay out of its git",
    file: "cli/lib/local/app-project.ts",
    guard: 'writeFileSync(path.join(folder, ".gitignore"), "*\\n");',
    instead: "",
    test: "tests/cli/start.test.ts",
  },
];
