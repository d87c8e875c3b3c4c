/** Uploads of both Supabase CLI versions to a hosted project when this repository is deployed as docs/deploy.md says. */
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundleFunctions } from "../../cli/lib/bundle/functions.ts";
import { projectDir } from "../../stack/config.ts";
import { denoProgram } from "../../stack/functions/deno-program.ts";
import { run } from "../harness/processes.ts";
import { type ManagementApi, projectRef, startManagementApi } from "./management-api.ts";
import { clis, supabase } from "./supabase-cli.ts";

const slugs = ["byok"];
const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "byok-deploy-")));
const bundle = path.join(folder, "bundle");

beforeAll(() => bundleFunctions(bundle));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The modules of the function, by name. */
const modulesOf = (slug: string) => {
  const names = readdirSync(path.join(bundle, "functions", slug)).filter((name) => name.endsWith(".js"));
  return new Map(names.map((name) => [name, readFileSync(path.join(bundle, "functions", slug, name), "utf8")]));
};

test("a bundle has Deno load nothing of Node, and never asks for process", () => {
  const modules = modulesOf("byok");
  const later = ["answers.js", "credits.js", "keys.js", "models.js", "postgres.js", "provider-errors.js"];
  expect([...modules.keys()].sort()).toEqual(["byok.js", "core.js", ...later].sort());
  for (const [name, code] of modules) {
    const loaded = [...code.matchAll(/(?:from|import\(|import) *"([^"]+)"/g)].map(([, module]) => module!);
    expect(
      loaded.filter((module) => !modules.has(module.replace("./", ""))),
      name,
    ).toEqual([]);
    expect(code.match(/(?<!typeof )\bprocess\.\w+/g), name).toBeNull();
  }
});

test("a start reads what a call on an own key needs, and neither a driver, nor the rows of providers, nor what saves keys, nor what credits buy", () => {
  const modules = modulesOf("byok");
  // Packages may stand elsewhere, behind a link.
  const sourcesOf = (name: string) =>
    Array.from(
      modules
        .get(name)!
        .matchAll(/^\/\/ (?:\.\.\/\S*?\/)??((?:node_modules|functions|catalogue|protocol|cli)\/\S+)$/gm),
      ([, file]) => file!.replace(/^node_modules\/((?:@[^/]+\/)?[^/]+)\/.*/, "$1"),
    );
  const atOnce = [...sourcesOf("byok.js"), ...sourcesOf("core.js")];
  const isOwn = (source: string) => /^(?:functions|catalogue|protocol)\//.test(source);
  expect([...new Set(atOnce.filter((source) => !isOwn(source)))].sort()).toEqual(["@supabase/server", "jose"]);
  expect(atOnce).toContain("functions/call/index.ts");
  expect(atOnce.filter((source) => source.startsWith("catalogue/")).sort()).toEqual([
    "catalogue/called.ts",
    "catalogue/openai-compatible.ts",
    "catalogue/places.ts",
  ]);
  expect(sourcesOf("answers.js")).toEqual(
    expect.arrayContaining([
      "catalogue/openai.ts",
      "catalogue/compatible/zai.ts",
      "functions/_shared/providers/classify.ts",
      "functions/_shared/relay/provider-error.ts",
    ]),
  );
  expect(sourcesOf("credits.js")).toEqual(
    expect.arrayContaining([
      "functions/call/credits.ts",
      "functions/_shared/relay/answer.ts",
      "catalogue/offers/index.ts",
    ]),
  );
  expect(sourcesOf("keys.js")).toEqual(expect.arrayContaining(["zod", "functions/_shared/keys/rotation.ts"]));
  const whole = [...modules.keys()].flatMap(sourcesOf);
  expect(atOnce.filter((source) => isOwn(source) && whole.indexOf(source) < whole.lastIndexOf(source))).toEqual([]);
  // It is loaded while core.js is not yet done.
  expect(modules.get("postgres.js")).not.toMatch(/^import /m);
  expect(sourcesOf("postgres.js")).toEqual(expect.arrayContaining(["pg", "functions/_shared/database/postgres.ts"]));
});

test("a start reads less than 250 kB", () => {
  const modules = modulesOf("byok");
  const { length: atOnce_bytes } = Buffer.from(modules.get("byok.js")! + modules.get("core.js")!);
  expect(atOnce_bytes).toBeLessThan(250_000);
});

describe.each(clis)("version $version of the Supabase CLI", (cli) => {
  let api: ManagementApi;
  const namesOf = (slug: string) => [...(api.files.get(slug)?.keys() ?? [])];
  /** A command on the hosted project. */
  const onProject = (workdir: string, ...args: string[]) =>
    supabase(cli, folder, workdir, ...args, "--yes", cli.project(projectRef), "--profile", api.profile);

  describe("config push", () => {
    beforeAll(async () => {
      api = await startManagementApi(folder);
    });
    afterAll(() => api.stop());

    test("exposes schema byok in the Data API, and changes nothing else of a project in use", async () => {
      await onProject(projectDir, "config", "push");
      expect(api.changes).toEqual([["PATCH", "/postgrest", { db_schema: "public,byok" }]]);
    });
  });

  describe("secrets set", () => {
    beforeAll(async () => {
      api = await startManagementApi(folder);
      await onProject(projectDir, "secrets", "set", "BYOK_CHECK_TIMEOUT_MS=9000");
    });
    afterAll(() => api.stop());

    test("sets what is named, and nothing else", () => {
      expect(api.changes).toEqual([["POST", "/secrets", [{ name: "BYOK_CHECK_TIMEOUT_MS", value: "9000" }]]]);
    });
  });

  describe("functions deploy --use-api, of the sources,", () => {
    beforeAll(async () => {
      api = await startManagementApi(folder);
      await onProject(projectDir, "functions", "deploy", "--use-api");
    });
    afterAll(() => api.stop());

    test.each(slugs)("uploads for %s the files it imports, deno.json, and nothing else", async (slug) => {
      const imported = await localModules(projectDir, `functions/${slug}/index.ts`);
      expect(imported.length).toBeGreaterThan(5);
      expect(namesOf(slug)).toEqual([...imported, "deno.json"].sort());
      for (const [name, content] of api.files.get(slug)!)
        expect(content, name).toBe(readFileSync(path.join(projectDir, name), "utf8"));
    });

    test.each(slugs)("leaves the check of the token to %s itself", (slug) => {
      expect(api.settings.get(slug)).toMatchObject({
        verify_jwt: false,
        entrypoint_path: `functions/${slug}/index.ts`,
        import_map_path: "deno.json",
      });
    });

    test("deploys these functions, and changes nothing else", () => {
      expect([...api.files.keys()].sort()).toEqual(slugs);
      expect(api.changes).toEqual([]);
    });
  });

  describe("functions deploy --use-api --workdir, of what `npm run bundle` makes,", () => {
    beforeAll(async () => {
      api = await startManagementApi(folder);
      await onProject(bundle, "functions", "deploy", "--use-api");
    });
    afterAll(() => api.stop());

    test.each(slugs)("uploads for %s the modules it consists of, and nothing else", async (slug) => {
      const modules = await localModules(bundle, `functions/${slug}/index.ts`);
      expect(namesOf(slug)).toEqual([...modules, `functions/${slug}/deno.json`].sort());
      expect(api.settings.get(slug)).toMatchObject({
        verify_jwt: false,
        entrypoint_path: `functions/${slug}/index.ts`,
      });
    });

    test("deploys these functions, and changes nothing else", () => {
      expect([...api.files.keys()].sort()).toEqual(slugs);
      expect(api.changes).toEqual([]);
    });
  });
});

/** A module's imports from a folder by Deno's account, itself included, as paths from that folder. */
async function localModules(root: string, entrypoint: string): Promise<string[]> {
  const env = { DENO_DIR: path.join(folder, "deno"), DENO_NO_UPDATE_CHECK: "1" };
  const { output } = await run(denoProgram(), ["info", "--json", "--no-lock", path.join(root, entrypoint)], { env })
    .ended;
  const { modules } = JSON.parse(output) as { modules: { local?: string }[] };
  const files = modules.flatMap(({ local }) => (local ? [path.relative(root, local)] : []));
  return files.filter((file) => !file.startsWith("node_modules") && !file.startsWith("..")).sort();
}
