/** The package as an app has it: installed by npm, type-checked with the app's own settings, loaded on a server, typed as a command. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { projectDir } from "../../stack/config.ts";

const { tarball } = inject("built");
const modules = path.join(projectDir, "node_modules");
const app = realpathSync(mkdtempSync(path.join(tmpdir(), "byok-app-")));
/** npm installs nothing else than the package here; an app has these. */
const peers = ["@supabase/supabase-js", "react", "react-dom", "@types/react", "@types/node", "csstype"];

const source = `
import { createClient } from "@supabase/supabase-js";
import { type Byok, createByok, type Credential, readPayment } from "supabase-byok/client";
import { ApiKeys, announceChange, Credits, english, type Texts } from "supabase-byok/react";
import "supabase-byok/byok.css";

const byok: Byok = createByok(createClient("http://127.0.0.1:9", "key"), { functionName: "byok" });
const german: Texts = { ...english };

export async function firstKey(): Promise<Credential | undefined> {
  const { data, error } = await byok.list();
  if (error) {
    if (error.code === "too_many_attempts") console.log(error.retry_after_s.toFixed());
    // @ts-expect-error only an error of that code has it
    console.log(error.retry_after_s);
    return undefined;
  }
  await byok.save({ provider: "openai", key: "sk-..." });
  return data[0];
}

export function Settings() {
  return <><ApiKeys byok={byok} texts={german} /><Credits byok={byok} /></>;
}

export const payer: "byok" | "platform" | null = readPayment(new Headers()).payer;
announceChange();
`;

beforeAll(() => {
  writeFileSync(path.join(app, "package.json"), JSON.stringify({ name: "app", type: "module" }));
  const options = ["--offline", "--omit=peer", "--legacy-peer-deps", "--no-audit", "--no-fund"];
  execFileSync("npm", ["install", ...options, tarball], { cwd: app, stdio: "pipe" });
  for (const peer of peers) {
    mkdirSync(path.dirname(path.join(app, "node_modules", peer)), { recursive: true });
    symlinkSync(path.join(modules, peer), path.join(app, "node_modules", peer));
  }
  writeFileSync(path.join(app, "app.tsx"), source);
  writeFileSync(path.join(app, "styles.d.ts"), 'declare module "*.css";\n');
});

afterAll(() => rmSync(app, { recursive: true, force: true }));

const compilers = [["7", "typescript/bin/tsc"]] as const;
/** By the name of the resolution; with the first the declarations are checked as well. */
const settings = {
  nodenext: { module: "nodenext", skipLibCheck: false },
  bundler: { module: "esnext", moduleResolution: "bundler", skipLibCheck: true },
};
const strictest = { exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, verbatimModuleSyntax: true };

describe.each(compilers)("with TypeScript %s", (version, program) => {
  test.each(Object.entries(settings))("an app type-checks under strict and %s", (name, resolution) => {
    const config = `tsconfig.${version}.${name}.json`;
    const compilerOptions = {
      ...{ target: "es2022", lib: ["es2022", "dom"], jsx: "react-jsx", types: ["react", "node"], noEmit: true },
      ...{ strict: true, ...strictest, ...resolution },
    };
    writeFileSync(path.join(app, config), JSON.stringify({ compilerOptions, files: ["app.tsx", "styles.d.ts"] }));
    const { stdout } = spawnSync(process.execPath, [path.join(modules, program), "-p", config], {
      ...{ cwd: app, encoding: "utf8" },
    });
    // The declarations of other packages are checked as well, and do not all pass on the strictest settings.
    const ours = stdout.split("\n").filter((line) => /^(?:app\.tsx|node_modules\/supabase-byok\/|error )/.test(line));
    expect(ours).toEqual([]);
  });
});

/** The oldest Node that the package names, if the machine has it, and the one that runs the tests. */
const nodes = [...new Set(["/usr/bin/node", "/usr/local/bin/node", process.execPath])].flatMap((program) => {
  const { stdout } = spawnSync(program, ["--version"], { encoding: "utf8" });
  return stdout ? [[stdout.trim(), program] as const] : [];
});

describe.each(nodes)("on Node %s", (_, node) => {
  const evaluate = (code: string) => {
    const { status, stdout, stderr } = spawnSync(node, ["--input-type=module", "-e", code], {
      ...{ cwd: app, encoding: "utf8" },
    });
    return { status, stdout, stderr };
  };

  test("the client and the settings page load on a server, which renders the page", () => {
    const { stderr, stdout } = evaluate(`
      import { createClient } from "@supabase/supabase-js";
      import { createElement } from "react";
      import { renderToString } from "react-dom/server";
      import { createByok } from "supabase-byok/client";
      import { ApiKeys, Credits } from "supabase-byok/react";
      const realtime = { transport: class {} };
      const byok = createByok(createClient("http://127.0.0.1:9", "key", { realtime }));
      console.log(renderToString(createElement("main", null, createElement(ApiKeys, { byok }), createElement(Credits, { byok }))));
      process.exit();
    `);
    expect(stdout, stderr).toContain('class="byok');
  });

  test("the command says what it can do, and its version", () => {
    const program = path.join(app, "node_modules/.bin/supabase-byok");
    const help = spawnSync(node, [program, "--help"], { cwd: app, encoding: "utf8" });
    expect(help.stderr).toBe("");
    expect(help.stdout).toContain("npx supabase-byok <command>");
    expect(help.stdout).toContain("keys list");
    expect(help.stdout).not.toContain("In this repository");
    const version = spawnSync(node, [program, "--version"], { cwd: app, encoding: "utf8" });
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test("a command that needs a package says how to install it", () => {
    const program = path.join(app, "node_modules/.bin/supabase-byok");
    mkdirSync(path.join(app, "supabase"), { recursive: true });
    writeFileSync(path.join(app, "supabase/config.toml"), "");
    const start = spawnSync(node, [program, "start"], { cwd: app, encoding: "utf8" });
    expect(start.status).toBe(1);
    // The older of the two is told before it is sent for packages that would not run.
    const isOld = start.stderr.startsWith("start needs Node 22.13 or newer, and this is 20.");
    expect(isOld).toBe(spawnSync(node, ["--version"], { encoding: "utf8" }).stdout.startsWith("v20."));
    if (isOld) return;
    expect(start.stderr).toMatch(/^start needs packages that are not installed: deno, .*\n/);
    expect(start.stderr).toMatch(/\nInstall them: npm install --save-dev deno@\d+\.\d+\.\d+ .*\n$/);
  });
});
