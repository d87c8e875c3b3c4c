/** `deploy`: the plan, and carrying it out through a program called supabase. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseEnv } from "node:util";
import { beforeEach, describe, expect, test } from "vitest";
import { add, edit, makeFolder, makeProject } from "../install/project.ts";
import { type FakeSupabase, fakeSupabase } from "./fake-supabase.ts";
import { runDeploy } from "./run-deploy.ts";

const ref = "abcdefghijklmnopqrst";
const ca = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
let project: string;
/** Of the key ring. */
let secrets: string;
let fake: FakeSupabase;

beforeEach(() => {
  project = makeProject();
  add(project);
  const folder = makeFolder({ "ca.crt": ca });
  secrets = path.join(folder, "secrets");
  fake = fakeSupabase(folder, "3.1.0");
});

const deploy = (...args: string[]) => runDeploy(fake, ["--supabase-dir", project, "--secrets", secrets, ...args]);
const carryOut = (...args: string[]) => deploy("--run", "--project-ref", ref, ...args);
const inSecrets = (name: string) => path.join(secrets, name);
const written = (name: string) => readFileSync(inSecrets(name), "utf8");

const commands = {
  link: () => ["link", "--project-ref", ref],
  push: () => ["db", "push", "--remote"],
  expose: () => ["config", "push", "--workdir", inSecrets("expose"), `--remote=${ref}`],
  keyring: () => ["secrets", "set", "--env-file", inSecrets("keyring.env"), `--remote=${ref}`],
  settings: () => ["secrets", "set", "--env-file", inSecrets("byok.env"), `--remote=${ref}`],
  login: () => ["db", "query", "--file", inSecrets("login.sql"), `--remote=${ref}`],
  direct: () => ["secrets", "set", "--env-file", inSecrets("direct.env"), `--remote=${ref}`],
  deploy: () => ["functions", "deploy", "byok", "--use-api", `--remote=${ref}`],
};
const usual = () => [commands.link(), commands.push(), commands.expose(), commands.keyring(), commands.deploy()];

describe("the plan", () => {
  test("has the commands of version 3 in their order, and does nothing", async () => {
    const { code, output } = await deploy("--project-ref", ref);
    expect(code).toBe(0);
    expect(output.match(/^ {5}npx supabase .*$/gm)).toEqual(
      usual().map((args) => `     npx supabase ${args.join(" ")}`),
    );
    expect(output).toContain(`SUPABASE_URL=https://${ref}.supabase.co`);
    expect([fake.runs(), existsSync(secrets)]).toEqual([[], false]);
  });

  test("has those of version 2 where that is installed", async () => {
    fake = fakeSupabase(makeFolder({}), "2.117.0");
    const { output } = await deploy("--project-ref", ref);
    expect(output).toContain("with the Supabase CLI 2.117.0");
    expect(output).toContain("\n     npx supabase db push --linked\n");
    expect(output).toContain(`\n     npx supabase functions deploy byok --use-api --project-ref ${ref}\n`);
  });

  test("takes the linked project, and tells machines", async () => {
    mkdirSync(path.join(project, "supabase/.temp"));
    writeFileSync(path.join(project, "supabase/.temp/project-ref"), ref);
    const { steps } = JSON.parse((await deploy("--json")).output);
    expect(steps.map(({ id, status }: Record<string, string>) => [id, status])).toEqual([
      ["link", "done"],
      ...["migrations", "exposure", "keyring", "keyring-secret"].map((id) => [id, "open"]),
      ["settings", "nothing to do"],
      ["function", "open"],
    ]);
    expect(steps.at(-1).command).toBe(`npx supabase ${commands.deploy().join(" ")}`);
  });

  test.each([
    ["--run without a project", ["--run"], "--project-ref <ref>"],
    ["a ref that is none", ["--project-ref", "my-project"], "20 small letters"],
    ["--run and --json", ["--run", "--json"], "--json shows the plan"],
    ["--direct without the pooler's host", ["--direct"], "--pooler <host>"],
    ["--direct without a certificate", ["--direct", "--pooler", "a.pooler.supabase.com"], "--database-ca <file>"],
    ["a host that is none", ["--direct", "--pooler", "x/y"], "--pooler <host>"],
  ])("is not made with %s", async (_, args, words) => {
    const { code, output } = await deploy(...args);
    expect([code, output.split("\n\n")[0]]).toEqual([2, expect.stringContaining(words)]);
  });

  test("is not made for a project without the product", async () => {
    edit(project, "supabase/config.toml", (text) => text.replace(', "byok"', ""));
    const { code, output } = await deploy();
    expect([code, output]).toEqual([1, expect.stringContaining("lacks the exposed schema byok")]);
    rmSync(path.join(project, "supabase/byok.lock.json"));
    expect(await deploy()).toMatchObject({ code: 1, output: expect.stringMatching(/is not in .*\nAdd it first: /) });
  });
});

describe("--run", () => {
  test("runs the commands in their order, and keeps the key ring for its owner alone", async () => {
    const { code, output } = await carryOut();
    expect(code).toBe(0);
    expect(fake.runs()).toEqual(usual());
    expect(readFileSync(inSecrets("expose/supabase/config.toml"), "utf8")).toBe(
      '[api]\nschemas = ["public", "graphql_public", "byok"]\n',
    );
    const ring = written("keyring.json").trim();
    expect(parseEnv(written("keyring.env"))).toEqual({ BYOK_MASTER_KEYS: ring });
    const modeOf = (file: string) => statSync(file).mode & 0o777;
    expect([secrets, inSecrets("keyring.json"), inSecrets("keyring.env")].map(modeOf)).toEqual([0o700, 0o600, 0o600]);
    const masterKeys = Object.values<string>(JSON.parse(ring).keys);
    const shown = output + JSON.stringify(fake.runs());
    expect(masterKeys.filter((key) => shown.includes(key))).toEqual([]);
  });

  test("runs nothing again, and all of it as far as it has changed", async () => {
    await carryOut();
    await carryOut();
    expect(fake.runs()).toEqual(usual());
    writeFileSync(path.join(project, "supabase/migrations/20270101000000_shop.sql"), "select 1;");
    await carryOut();
    edit(project, "supabase/functions/byok/index.ts", (text) => `${text}// mine\n`);
    await carryOut();
    writeFileSync(inSecrets("byok.env"), 'BYOK_PLATFORM_KEYS={"openai":"sk-proj-s3cret"}\n');
    const { output } = await carryOut();
    expect(fake.runs().slice(usual().length)).toEqual([commands.push(), commands.deploy(), commands.settings()]);
    expect(output).not.toContain("s3cret");
    const { output: plan } = await deploy("--project-ref", ref);
    expect(plan.match(/\(done\)$/gm)).toHaveLength(7);
  });

  test.each([
    ["link", 1],
    ["db push", 2],
    ["config push", 3],
    ["secrets set", 4],
    ["functions deploy", 5],
  ])("stops where %s fails, and goes on from there", async (words, runs) => {
    fake.failAt(words);
    const { code, output } = await carryOut();
    expect(output).toMatch(/ended with 3\. No later step was begun\.\n.*run the same command again/);
    expect([code, fake.runs().length]).toEqual([1, runs]);
    const ring = existsSync(inSecrets("keyring.json")) ? written("keyring.json") : undefined;
    fake.failAt();
    expect((await carryOut()).code).toBe(0);
    expect(fake.runs().slice(runs)).toEqual(usual().slice(runs - 1));
    if (ring) expect(written("keyring.json")).toBe(ring);
  });

  test("answers the CLI's questions with --yes alone", async () => {
    await carryOut("--yes");
    expect(fake.runs()).toEqual(usual().map((args) => [...args, "--yes"]));
  });

  test("keeps a key ring that the project has and this machine has not", async () => {
    fake.secrets = { BYOK_MASTER_KEYS: "0".repeat(64) };
    const { code, output } = await carryOut();
    expect([code, output]).toEqual([0, expect.stringContaining("made elsewhere, which is kept")]);
    expect(fake.runs()).toEqual(usual().filter(([first]) => first !== "secrets"));
    expect(existsSync(inSecrets("keyring.json"))).toBe(false);
  });

  test("does not replace the project's key ring by another", async () => {
    await carryOut();
    fake.secrets = { BYOK_MASTER_KEYS: "0".repeat(64) };
    rmSync(inSecrets("deploy.json"));
    const { code, output } = await carryOut();
    expect([code, output]).toEqual([1, expect.stringContaining("The project has another key ring than")]);
    expect(fake.runs().slice(usual().length)).toEqual([commands.push(), commands.expose()]);
  });

  test("keeps no key ring where git would take it", async () => {
    execFileSync("git", ["init", "--quiet"], { cwd: project });
    secrets = path.join(project, "secrets");
    const { code, output } = await carryOut();
    expect([code, output]).toEqual([1, expect.stringContaining("a git repository that does not ignore it")]);
    expect([fake.runs(), existsSync(secrets)]).toEqual([[], false]);
    writeFileSync(path.join(project, ".gitignore"), "secrets/\n");
    expect((await carryOut()).code).toBe(0);
  });

  test("gives the function a connection of its own with --direct, whose password no statement has", async () => {
    const args = [
      "--direct",
      "--pooler",
      "aws-0-eu.pooler.supabase.com",
      "--database-ca",
      path.join(secrets, "../ca.crt"),
    ];
    const { code, output } = await carryOut(...args);
    expect(code).toBe(0);
    const [last, ...others] = usual().reverse();
    expect(fake.runs()).toEqual([...others.reverse(), commands.login(), commands.direct(), last]);
    const { BYOK_DATABASE_URL, BYOK_DATABASE_CA } = parseEnv(written("direct.env"));
    const { username, password, host } = new URL(BYOK_DATABASE_URL!);
    expect([username, host]).toEqual([`byok_functions.${ref}`, "aws-0-eu.pooler.supabase.com:6543"]);
    expect([password.length, BYOK_DATABASE_CA]).toEqual([43, ca.trim()]);
    expect(written("login.sql")).toMatch(/^alter role byok_functions login password 'SCRAM-SHA-256\$4096:[^']+';\n$/);
    expect([written("login.sql"), output].filter((text) => text.includes(password))).toEqual([]);
    await carryOut(...args);
    expect(fake.runs()).toHaveLength(7);
  });

  test("takes the pooler's host from what link has noted", async () => {
    mkdirSync(path.join(project, "supabase/.temp"));
    const login = `postgres.${ref}:[YOUR-PASSWORD]`;
    const noted = `postgresql://${login}@aws-1-us.pooler.supabase.com:5432/postgres`;
    writeFileSync(path.join(project, "supabase/.temp/pooler-url"), noted);
    await carryOut("--direct", "--database-ca", path.join(secrets, "../ca.crt"));
    expect(written("direct.env")).toContain("@aws-1-us.pooler.supabase.com:6543/postgres");
  });

  test("needs the Supabase CLI", async () => {
    fake = fakeSupabase(makeFolder({}), "not a version");
    const { code, output } = await carryOut();
    expect([code, output]).toEqual([1, expect.stringContaining("The Supabase CLI is not installed.")]);
  });
});
