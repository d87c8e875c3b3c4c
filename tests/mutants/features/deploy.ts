import type { Guard } from "../mutants.ts";

const test = "tests/cli/deploy/deploy.test.ts";

/** Of the command that deploys to a hosted project. */
export const deployGuards: readonly Guard[] = [
  {
    file: "cli/lib/deploy/run.ts",
    test,
    name: "A deployment does not replace the project's key ring by another",
    guard: 'if (createHash("sha256").update(own).digest("hex") !== secret.digest) {',
    instead: 'if (createHash("sha256").update(own).digest("hex") === "") {',
  },
  {
    file: "cli/lib/deploy/run.ts",
    test,
    name: "A deployment makes no key ring where the project has one",
    guard: "if (own === undefined) return true;",
    instead: "if (own === undefined) return false;",
  },
  {
    file: "cli/lib/deploy/private-folder.ts",
    test,
    name: "A key ring is kept where git does not take it",
    guard: "if (isCommitted(folder)) {",
    instead: "if (isCommitted(folder) && false) {",
  },
  {
    file: "cli/lib/deploy/private-folder.ts",
    test,
    name: "Only its owner may read a key ring",
    guard: "writeFileSync(`${file}.new`, text, { mode: 0o600 });",
    instead: "writeFileSync(`${file}.new`, text);",
  },
  {
    file: "cli/lib/deploy/steps.ts",
    test,
    name: "The statement that lets the functions log in holds no password",
    guard: "password '${scramVerifier(password)}'",
    instead: "password '${(void scramVerifier, password)}'",
  },
  {
    file: "cli/lib/deploy/supabase-commands.ts",
    test,
    name: "A deployment sends no setting of config.toml but the exposed schemas",
    guard: '["config", "push", "--workdir", workdir,',
    instead: '["config", "push", ...(void workdir, []),',
  },
];
