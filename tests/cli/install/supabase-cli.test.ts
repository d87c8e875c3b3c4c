/** Both versions of the Supabase CLI take a project to which BYOK was added as their own: they deploy its functions, each with its own files. */
import { afterEach, expect, test } from "vitest";
import { type ManagementApi, projectRef, startManagementApi } from "../management-api.ts";
import { clis, supabase } from "../supabase-cli.ts";
import { add, makeFolder, makeRelease, remove, treeOf } from "./project.ts";

/** Functions of the project, in forms that are in use, under names that BYOK's own sources use as well. */
const own = {
  "supabase/functions/_shared/errors.ts": "export const wrong = 1;\n",
  "supabase/functions/import_map.json": '{ "imports": { "serveByok": "npm:other@1.0.0" } }\n',
  "supabase/functions/save/index.ts":
    'import { wrong } from "errors";\nDeno.serve(() => new Response(String(wrong)));\n',
  "supabase/functions/save/deno.json": '{ "imports": { "errors": "../_shared/errors.ts" } }\n',
  "supabase/functions/byok/index.ts": "Deno.serve(() => new Response());\n",
  "supabase/functions/byok/deno.json": '{ "imports": {} }\n',
};

let api: ManagementApi | undefined;
afterEach(() => api?.stop());

test.each(clis)(
  "version $version deploys the function beside the project's own, each with its own files",
  async (cli) => {
    const home = makeFolder({});
    api = await startManagementApi(home);
    const project = makeFolder(own);
    await supabase(cli, home, project, "init");
    const before = treeOf(project);
    const bundle = "export const serveByok = () => ({ fetch: () => new Response() });\n";
    add(project, { functionName: "llm-keys", release: makeRelease({ functionFiles: { "byok.js": bundle } }) });
    const options = ["--use-api", "--yes", cli.project(projectRef), "--profile", api.profile];
    await supabase(cli, home, project, "functions", "deploy", ...options);

    const files = Object.fromEntries([...api.files].map(([slug, uploaded]) => [slug, [...uploaded.keys()]]));
    expect(Object.keys(files).sort()).toEqual(["byok", "llm-keys", "save"]);
    const { "llm-keys": added, ...others } = files;
    expect(added).toEqual(["byok.js", "deno.json", "index.ts"].map((name) => `supabase/functions/llm-keys/${name}`));
    expect(
      Object.values(others)
        .flat()
        .filter((name) => name.includes("llm-keys")),
    ).toEqual([]);
    expect(others.save).toContain("supabase/functions/_shared/errors.ts");
    expect(api.settings.get("llm-keys")).toMatchObject({
      verify_jwt: false,
      entrypoint_path: "supabase/functions/llm-keys/index.ts",
      import_map_path: "supabase/functions/llm-keys/deno.json",
    });
    expect(api.changes).toEqual([]);

    remove(project);
    expect(treeOf(project)).toEqual(before);
  },
);
