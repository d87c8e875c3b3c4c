/** `doctor` on the files of a project: the findings when all is well, and with one thing out of place. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { checks } from "../../../cli/lib/doctor/checks/index.ts";
import { describeResults, type Result, runChecks } from "../../../cli/lib/doctor/run.ts";
import { withSubject } from "../../../cli/lib/doctor/subject.ts";
import { newKeyring } from "../../../stack/keyring.ts";
import { runCommand } from "../../harness/processes.ts";
import { add, edit, makeProject, makeRelease } from "../install/project.ts";

const apiKey = "sk-proj-abcdefghijklmnopqrstuvwxyz";
let masterKeys: string;
let project: string;

beforeEach(() => {
  // Nobody listens on the discard port, so no stack of this machine is taken for the project's.
  project = makeProject({ "supabase/config.toml": "[api]\nport = 9\nschemas = ['public']\n[db]\nport = 9\n" });
  add(project);
  masterKeys = newKeyring();
  write("supabase/functions/.env", `BYOK_MASTER_KEYS='${masterKeys}'\nBYOK_PLATFORM_KEYS={"openai":"${apiKey}"}\n`);
  chmodSync(path.join(project, "supabase/functions/.env"), 0o600);
  write(".gitignore", ".env\n");
  execFileSync("git", ["init", "--quiet"], { cwd: project });
});

function write(name: string, text: string): void {
  mkdirSync(path.dirname(path.join(project, name)), { recursive: true });
  writeFileSync(path.join(project, name), text);
}

async function examine(given: object = {}): Promise<Result[]> {
  return withSubject({ supabaseDir: project, isRemote: false, ...given }, async (subject, findings) => [
    ...findings.map((finding) => ({ id: "database", title: "", ...finding })),
    ...(await runChecks(checks, subject)),
  ]);
}

const statesOf = (results: readonly Result[]) => Object.fromEntries(results.map(({ id, state }) => [id, state]));

/** The findings that are neither good nor left out. */
const complaints = (results: readonly Result[]) =>
  results
    .filter(({ state }) => state === "problem" || state === "warning")
    .map(({ id, state, words }) => [id, state, words]);

test("finds nothing in a project where all is well, but that the CLI's stack signs with a shared secret", async () => {
  const results = await examine();
  expect(complaints(results)).toEqual([["jwt-keys", "warning", expect.stringContaining("shared secret")]]);
  expect(statesOf(results)).toMatchObject({ keyring: "ok", secrets: "ok", postgres: "skipped", "data-api": "skipped" });
});

test("tells of every finding that is no good what to do", async () => {
  rmSync(path.join(project, "supabase/byok.lock.json"));
  edit(project, "supabase/config.toml", () => "");
  const found = (await examine()).filter(({ state }) => state === "problem" || state === "warning");
  expect(found.length).toBeGreaterThan(3);
  for (const { nextStep } of found) expect(nextStep).toMatch(/\.$/);
  // Nothing can be updated that was not added.
  expect(found.map(({ nextStep }) => nextStep).join("\n")).not.toMatch(/update/);
});

const toml = (change: (text: string) => string) => () => edit(project, "supabase/config.toml", change);
const env = (text: () => string) => () => write("supabase/functions/.env", text());

test.each<[string, () => void, [id: string, state: string, words: string]]>([
  [
    "without the schema",
    toml((text) => text.replace(', "byok"', "")),
    ["schema-exposed", "problem", "does not name byok"],
  ],
  [
    "with the schema first",
    toml((text) => text.replace(/schemas = .*/, "schemas = ['byok', 'public']")),
    ["schema-exposed", "problem", "is the first"],
  ],
  [
    "without a Data API",
    toml((text) => text.replace("[api]", "[api]\nenabled = false")),
    ["schema-exposed", "problem", "no Data API"],
  ],
  [
    "with a branch that exposes less",
    toml((text) => `${text}[remotes.x.api]\nschemas = ["public"]\n`),
    ["schema-exposed", "problem", "remotes.x.api.schemas"],
  ],
  [
    "without the section",
    toml((text) => text.replace(/\[functions[^]*$/, "")),
    ["function-section", "problem", "has no section"],
  ],
  [
    "where the platform checks tokens",
    toml((text) => text.replace("verify_jwt = false", "")),
    ["function-section", "problem", "refuses provider SDKs"],
  ],
  [
    "with the function disabled",
    toml((text) => text.replace("enabled = true", "enabled = false")),
    ["function-section", "problem", "is disabled"],
  ],
  [
    "with another entrypoint",
    toml((text) => text.replace("index.ts", "main.ts")),
    ["function-section", "warning", "another entrypoint"],
  ],
  [
    "without the bundle",
    () => rmSync(path.join(project, "supabase/functions/byok/byok.js")),
    ["function-files", "problem", "Missing: functions/byok/byok.js"],
  ],
  [
    "with an edited bundle",
    () => edit(project, "supabase/functions/byok/byok.js", () => "//"),
    ["function-files", "warning", "Edited by hand"],
  ],
  [
    "without a migration",
    () => rmSync(path.join(project, "supabase/migrations/20261126120000_byok.sql")),
    ["migration-files", "problem", "Missing"],
  ],
  [
    "with an edited migration",
    () => edit(project, "supabase/migrations/20261126120000_byok.sql", () => "--"),
    ["migration-files", "problem", "Edited by hand"],
  ],
  ["without a key ring", env(() => "BYOK_PLATFORM_KEYS={}\n"), ["secrets", "problem", "BYOK_MASTER_KEYS is not set"]],
  [
    "with a misspelt setting",
    env(() => `BYOK_MASTER_KEYS='${masterKeys}'\nBYOK_PLATFROM_KEYS={}\n`),
    ["secrets", "problem", "BYOK_PLATFROM_KEYS is no setting"],
  ],
  [
    "with platform keys of nobody",
    env(() => `BYOK_MASTER_KEYS='${masterKeys}'\nBYOK_PLATFORM_KEYS={"opneai":"${apiKey}"}\n`),
    ["secrets", "problem", "names a provider that does not exist"],
  ],
  [
    "with a key of half the length",
    env(() => `BYOK_MASTER_KEYS={"primary":1,"keys":{"1":"${"AAAA".repeat(5)}AA=="}}\n`),
    ["keyring", "problem", "exactly 32 bytes"],
  ],
  [
    "without its primary key",
    env(() => masterKeys.replace(/"primary":\d+/, '"primary":7').replace(/^/, "BYOK_MASTER_KEYS=")),
    ["keyring", "problem", "not among the keys"],
  ],
  [
    "with secrets that git does not ignore",
    () => write(".gitignore", ""),
    ["secrets-private", "problem", "git does not ignore .env"],
  ],
  [
    "with secrets in git",
    () => execFileSync("git", ["add", "--force", "supabase/functions/.env"], { cwd: project }),
    ["secrets-private", "problem", "is committed"],
  ],
  [
    "with secrets for all to read",
    () => chmodSync(path.join(project, "supabase/functions/.env"), 0o644),
    ["secrets-private", "warning", "Other users"],
  ],
  [
    "with drizzle",
    () => write("drizzle.config.ts", "export default { schema: './x.ts' };\n"),
    ["traps", "warning", "drizzle.config.ts: Drizzle"],
  ],
  [
    "with declarative schemas",
    () => write("supabase/schemas/a.sql", "create table a ();\n"),
    ["traps", "warning", "declarative"],
  ],
  [
    "with schema_paths",
    toml((text) => `${text}[db.migrations]\nschema_paths = ["./database/*.sql"]\n`),
    ["traps", "warning", "schema_paths"],
  ],
  [
    "with signing keys that are not there",
    toml((text) => `${text}[auth]\nsigning_keys_path = "./keys.json"\n`),
    ["jwt-keys", "problem", "names no file"],
  ],
])("%s", async (_, change, [id, state, words]) => {
  change();
  expect(complaints(await examine())).toContainEqual([id, state, expect.stringContaining(words)]);
});

test("takes asymmetric signing keys of the project's stack for good", async () => {
  write("supabase/keys.json", JSON.stringify([{ kty: "EC", alg: "ES256" }]));
  edit(project, "supabase/config.toml", (text) => `${text}[auth]\nsigning_keys_path = "./keys.json"\n`);
  expect(complaints(await examine())).toEqual([]);
});

test("sees a function of the same name that is the project's own", async () => {
  rmSync(path.join(project, "supabase/byok.lock.json"));
  expect(complaints(await examine())).toContainEqual([
    "slug",
    "problem",
    "supabase/functions/byok is a function of yours.",
  ]);
});

test("sees that a later release is at hand", async () => {
  const other = makeProject();
  add(other, { release: makeRelease({ version: "0.0.9" }) });
  const found = complaints(await examine({ supabaseDir: other }));
  expect(found).toContainEqual(["release", "warning", expect.stringContaining("0.0.9 is installed")]);
});

test("says that a database cannot be reached, and goes on without it", async () => {
  const results = await examine({ dbUrl: "postgresql://postgres:secret@127.0.0.1:9/postgres" });
  expect(results[0]).toMatchObject({
    id: "database",
    state: "problem",
    words: "The database cannot be reached (ECONNREFUSED).",
  });
  expect(statesOf(results)).toMatchObject({ grants: "skipped", keyring: "ok" });
});

test("takes for a hosted project the secrets that deploy has set there", async () => {
  const ref = "abcdefghijklmnopqrst";
  vi.stubEnv("SUPABASE_URL", `https://${ref}.supabase.co`);
  for (const name of ["XDG_CONFIG_HOME", "APPDATA"]) vi.stubEnv(name, project);
  onTestFinished(() => void vi.unstubAllEnvs());
  write(`supabase-byok/${ref}/keyring.env`, "BYOK_MASTER_KEYS=a\n");
  write(`supabase-byok/${ref}/byok.env`, "BYOK_PROVIDERS=openai\n");
  const { secrets } = await withSubject({ supabaseDir: project, isRemote: true }, async (subject) => subject);
  expect(secrets?.variables).toEqual({ BYOK_MASTER_KEYS: "a", BYOK_PROVIDERS: "openai" });
});

describe("the command", () => {
  let secrets: readonly string[];
  beforeEach(
    () =>
      void (secrets = [apiKey, ...Object.values((JSON.parse(masterKeys) as { keys: Record<string, string> }).keys)]),
  );
  const doctor = (args: readonly string[] = [], environment: NodeJS.ProcessEnv = {}) =>
    runCommand("doctor", ["--supabase-dir", project, ...args], environment).ended;

  test("ends with 0 without a problem, and shows no secret", async () => {
    const { code, output } = await doctor();
    expect(output).toMatch(/^ok +Exposed schema +config\.toml exposes byok/m);
    expect(output).toMatch(/^WARNING +JWT signing keys .*\n +-> Run supabase gen signing-key/m);
    expect(output).toMatch(/\nproblem: 0, warning: 1, ok: \d+, skipped: \d+\n$/);
    expect(secrets.filter((secret) => output.includes(secret))).toEqual([]);
    expect(code).toBe(0);
  });

  test("ends with 1 with one, and tells machines, without a secret", async () => {
    write("supabase/functions/.env", `BYOK_MASTER_KEYS='${masterKeys}x'\nBYOK_PLATFORM_KEYS=${apiKey}\n`);
    const { code, output } = await doctor(["--json"]);
    expect(statesOf(JSON.parse(output).checks)).toMatchObject({ keyring: "problem", secrets: "problem" });
    expect(secrets.filter((secret) => output.includes(secret))).toEqual([]);
    expect(code).toBe(1);
  });

  test.each([
    ["--remote without SUPABASE_URL", ["--remote"], {}, "--remote needs SUPABASE_URL"],
    ["an address that a key cannot be sent to", ["--remote"], { SUPABASE_URL: "http://example.com" }, "is not https"],
    ["a file of secrets that is not there", ["--secrets", "nowhere.env"], {}, "nowhere.env."],
    ["costs without a price of credits", ["--costs", "costs.toml"], {}, "belong together"],
    ["a database URL that is none", ["--db-url", "secret"], {}, "The database URL is none"],
  ])("does not run with %s", async (_, args, environment, words) => {
    const { code, output } = await doctor(args, environment);
    expect(output).toContain(words);
    expect([code, output.includes("secret\n")]).toEqual([2, false]);
  });
});

test("describeResults() puts the next step below, under the words", () => {
  const results = [
    { id: "a", title: "One", state: "ok", words: "Good." },
    { id: "b", title: "Second", state: "problem", words: "Bad.", nextStep: "Mend it." },
  ] as const;
  expect(describeResults(results)).toBe(
    [
      "ok       One     Good.",
      "PROBLEM  Second  Bad.",
      "                 -> Mend it.",
      "",
      "problem: 1, warning: 0, ok: 1, skipped: 0",
    ].join("\n"),
  );
});

test("every check has an id of its own", () => {
  const ids = checks.map(({ id }) => id);
  expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
});
