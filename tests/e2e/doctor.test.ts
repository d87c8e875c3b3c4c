/** `doctor` on a running project, which it reaches as a hosted one. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { defineCheck } from "../../cli/lib/doctor/check.ts";
import { checks } from "../../cli/lib/doctor/checks/index.ts";
import { type Result, runChecks } from "../../cli/lib/doctor/run.ts";
import { withSubject } from "../../cli/lib/doctor/subject.ts";
import { projectDir } from "../../stack/config.ts";
import { fakeKey } from "../../stack/providers/keys.ts";
import { newKeyring } from "../../stack/keyring.ts";
import { runCommand } from "../harness/processes.ts";
import { stack } from "../harness/worker-stack.ts";

const folder = mkdtempSync(path.join(tmpdir(), "byok-doctor-"));
const secrets = path.join(folder, "byok.env");
const costs = path.join(projectDir, "cli/provider-costs.example.toml");
let admin: Client;

beforeAll(async () => {
  mkdirSync(path.join(folder, "supabase"));
  writeFileSync(path.join(folder, "supabase/config.toml"), "[api]\nschemas = ['public', 'byok']\n");
  const origins = JSON.stringify(stack.origins);
  const priced = ["openai", "anthropic", "google", "groq"] as const;
  const keys = JSON.stringify(Object.fromEntries(priced.map((id) => [id, fakeKey(id, "platform")])));
  const settings = { BYOK_MASTER_KEYS: newKeyring(), BYOK_PLATFORM_KEYS: keys, BYOK_PROVIDER_ORIGINS: origins };
  writeFileSync(
    secrets,
    Object.entries(settings)
      .map(([name, value]) => `${name}='${value}'\n`)
      .join(""),
    { mode: 0o600 },
  );
  admin = new Client({ connectionString: stack.adminDbUrl });
  await admin.connect();
});

afterAll(async () => {
  await admin?.end();
  rmSync(folder, { recursive: true, force: true });
});

const hosted = { SUPABASE_URL: stack.url, SUPABASE_PUBLISHABLE_KEY: stack.publishableKey };

function set(environment: Record<string, string>): void {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
}

afterEach(() => void vi.unstubAllEnvs());

/** The findings by the id of their check. */
async function examine(
  given: object = {},
  environment: Record<string, string> = hosted,
): Promise<Map<string, Result[]>> {
  set(environment);
  const all = { supabaseDir: folder, isRemote: true, dbUrl: stack.dbUrl, envFile: secrets, ...given };
  const results = await withSubject(all, (subject) => runChecks(checks, subject));
  return Map.groupBy(results, ({ id }) => id);
}

const one = (results: Map<string, Result[]>, id: string) => results.get(id)!.map(({ state, words }) => [state, words]);

/** Changes the database for one test. */
async function change(there: string, back: string): Promise<void> {
  await admin.query(there);
  onTestFinished(async () => void (await admin.query(back)));
}

test("finds a project that runs in good order", async () => {
  const results = await examine();
  const ids = [
    "postgres",
    "schema-version",
    "roles",
    "grants",
    "pgrst-schemas",
    "data-api",
    "function-answers",
    "jwt-keys",
    "models",
  ];
  expect(ids.map((id) => [id, ...one(results, id).map(([state]) => state)])).toEqual(ids.map((id) => [id, "ok"]));
});

test("as a command prints what it has read", async () => {
  const args = ["--remote", "--supabase-dir", folder, "--db-url", stack.dbUrl, "--json"];
  const { output } = await runCommand("doctor", args, hosted).ended;
  const states = JSON.parse(output).checks.map(({ id, state }: Result) => [id, state]);
  expect(states).toEqual(
    expect.arrayContaining([
      ["grants", "ok"],
      ["function-answers", "ok"],
    ]),
  );
});

test("lets no check change the database", async () => {
  const check = defineCheck({
    ...{ id: "writes", title: "Writes", needs: ["database"] },
    run: async ({ database }) => {
      await database.query("delete from byok.operations");
      return [];
    },
  });
  set(hosted);
  const given = { supabaseDir: folder, isRemote: true, dbUrl: stack.dbUrl };
  const results = await withSubject(given, (subject) => runChecks([check], subject));
  expect(results).toMatchObject([{ state: "problem", words: expect.stringContaining("read-only transaction") }]);
});

describe("on this machine, at the ports of config.toml, tells a stack", () => {
  const programs = mkdtempSync(path.join(tmpdir(), "byok-docker-"));
  afterAll(() => rmSync(programs, { recursive: true, force: true }));

  /** The first finding, and whether the database was looked at. Docker says of which project the containers at the port are. */
  async function look(labels: string): Promise<string[]> {
    const project = mkdtempSync(path.join(tmpdir(), "byok-own-"));
    onTestFinished(() => rmSync(project, { recursive: true, force: true }));
    mkdirSync(path.join(project, "supabase"));
    const ports = `[api]\nport = ${new URL(stack.url).port}\n[db]\nport = ${new URL(stack.dbUrl).port}\n`;
    writeFileSync(path.join(project, "supabase/config.toml"), `project_id = "my app"\n${ports}`);
    writeFileSync(path.join(programs, "docker"), `#!/bin/sh\nprintf '${labels}'\n`, { mode: 0o755 });
    set({ PATH: `${programs}:${process.env.PATH}`, SUPABASE_PROJECT_ID: "" });
    return await withSubject({ supabaseDir: project, isRemote: false }, async (subject, [whose]) => {
      const results = await runChecks(checks, subject);
      return [whose!.state, whose!.words, results.find(({ id }) => id === "postgres")!.state];
    });
  }

  test.each([
    ["of this project", "my_app\\n", "ok", /is this project's, my_app\.$/, "ok"],
    ["of another project", "other\\n", "warning", /is of the project other, and this one is my_app\./, "skipped"],
    ["that `start` runs on another folder", "", "warning", /start runs on \/.+ It was not looked at\.$/, "skipped"],
  ])("%s", async (_, labels, state, words, postgres) => {
    expect(await look(labels)).toEqual([state, expect.stringMatching(words), postgres]);
  });
});

describe("finds in the database", () => {
  test("a grant that is too many", async () => {
    await change(
      "grant execute on function byok.open_call to anon",
      "revoke execute on function byok.open_call from anon",
    );
    expect(one(await examine(), "grants")).toEqual([["problem", "1 grants in schema byok are too many."]]);
  });

  test("a grant that is missing", async () => {
    const list = "function byok.list_prices() to byok_functions";
    await change(`revoke execute on ${list.replace(" to ", " from ")}`, `grant execute on ${list}`);
    const [grants] = (await examine()).get("grants")!;
    expect(grants).toMatchObject({ state: "problem", nextStep: expect.stringContaining(`grant execute on ${list};`) });
  });

  test("a role that may log in, and one that may do too much", async () => {
    await change("alter role byok_server login", "alter role byok_server nologin");
    await change("alter role byok_events bypassrls", "alter role byok_events nobypassrls");
    expect(one(await examine(), "roles")).toEqual([
      ["problem", "byok_server may log in."],
      ["problem", "byok_events may do more than it should."],
    ]);
  });

  test("that the function may not log in, where it is to", async () => {
    await change("alter role byok_functions nologin", "alter role byok_functions login");
    const file = path.join(folder, "direct.env");
    writeFileSync(file, "BYOK_DATABASE_URL=postgresql://byok_functions.x:y@pooler:6543/postgres\n");
    expect(one(await examine({ envFile: file }), "roles")).toEqual([
      ["problem", "BYOK_DATABASE_URL is set, and byok_functions may not log in."],
    ]);
  });

  test("settings of PostgREST that leave the schema out", async () => {
    const role = "alter role authenticator";
    await change(`${role} set pgrst.db_schemas = 'public, app'`, `${role} reset pgrst.db_schemas`);
    const [found] = (await examine()).get("pgrst-schemas")!;
    expect(found).toMatchObject({ state: "problem", nextStep: expect.stringContaining("'public, app, byok'") });
  });

  test("no schema", async () => {
    await admin.query("create database empty");
    onTestFinished(async () => void (await admin.query("drop database empty")));
    const dbUrl = Object.assign(new URL(stack.adminDbUrl), { pathname: "/empty" }).href;
    const results = await examine({ dbUrl });
    expect(one(results, "schema-version")).toEqual([["problem", "This database has no schema byok."]]);
    expect(one(results, "grants")).toEqual([["problem", expect.stringContaining('schema "byok" does not exist')]]);
  });

  test("a schema older than the function", async () => {
    const lock = {
      lockVersion: 1,
      version: "9.0.0",
      schemaVersion: 9,
      functionName: "byok",
      files: {},
      migrations: {},
    };
    const file = path.join(folder, "supabase/byok.lock.json");
    const config = { functionName: "byok", schema: "byok", insertions: [] };
    writeFileSync(file, JSON.stringify({ ...lock, config, tsconfigs: {}, folders: [] }));
    onTestFinished(() => rmSync(file));
    expect(one(await examine(), "schema-version")).toEqual([
      ["problem", expect.stringContaining("the function needs 9")],
    ]);
  });
});

describe("weighs prices", () => {
  test("whose models a provider no longer serves", async () => {
    await change(
      "update byok.prices set model = 'gpt-gone' where model = 'gpt-4.1-mini'",
      "update byok.prices set model = 'gpt-4.1-mini' where model = 'gpt-gone'",
    );
    expect(one(await examine(), "models")).toContainEqual(["problem", expect.stringContaining("openai/gpt-gone")]);
  });

  test("against the costs that are given", async () => {
    expect(one(await examine({ costs, credit_usd: 100 }), "exposure")).toEqual([["ok", expect.any(String)]]);
    expect(one(await examine({ costs, credit_usd: 0.01 }), "exposure")).toEqual([
      ["problem", expect.stringContaining("Sold below cost at worst: ")],
    ]);
  });
});

describe("understands what a project answers:", () => {
  /** A project that answers each path so. */
  async function answering(answers: Record<string, [status: number, body: unknown]>): Promise<Map<string, Result[]>> {
    const server = createServer((request, response) => {
      const path = new URL(request.url!, "http://project").pathname;
      const [status, body] = answers[path] ?? [404, {}];
      asked.push(path);
      response
        .writeHead(status, { "content-type": "application/json", location: "/elsewhere" })
        .end(JSON.stringify(body));
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return examine({ dbUrl: undefined }, { ...hosted, SUPABASE_URL: url });
  }

  const asked: string[] = [];
  const api = "/rest/v1/operations";
  const endpoint = "/functions/v1/byok/providers";
  const jwks = "/auth/v1/.well-known/jwks.json";

  test.each<[string, string, string, [number, unknown], string, string]>([
    ["a schema that is not exposed", "data-api", api, [406, { code: "PGRST106" }], "problem", "does not expose"],
    ["a Data API that is down", "data-api", api, [503, { code: "PGRST002" }], "problem", "whole Data API is down"],
    ["a schema without tables", "data-api", api, [404, { code: "PGRST205" }], "problem", "tables are not there"],
    ["a key of another project", "data-api", api, [401, { message: "Invalid API key" }], "warning", "It answers 401."],
    ["no session, which the database says", "data-api", api, [401, { code: "42501" }], "ok", "exposes schema byok"],
    ["no function", "function-answers", endpoint, [404, {}], "problem", "There is no function byok."],
    [
      "a function behind the platform's check",
      "function-answers",
      endpoint,
      [401, {}],
      "problem",
      "before the function",
    ],
    ["a function that does not start", "function-answers", endpoint, [503, {}], "problem", "does not start"],
    ["another function", "function-answers", endpoint, [200, { hello: "world" }], "problem", "Another function"],
    ["a shared secret", "jwt-keys", jwks, [200, { keys: [] }], "problem", "shared secret"],
    ["an asymmetric key", "jwt-keys", jwks, [200, { keys: [{ kty: "RSA" }] }], "ok", "asymmetric"],
    ["another place for it", "data-api", api, [307, {}], "warning", "It answers 307."],
    ["no Auth", "jwt-keys", jwks, [500, {}], "problem", "cannot be read (500)"],
  ])("%s", async (_, id, path, answer, state, words) => {
    expect(one(await answering({ [path]: answer }), id)).toEqual([[state, expect.stringContaining(words)]]);
    expect(asked).not.toContain("/elsewhere");
  });
});
