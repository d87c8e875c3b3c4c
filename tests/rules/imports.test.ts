/** Who may import whom in functions/, and what only one file may touch. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readSources, root, type Source, scan, targetOf } from "../harness/sources.ts";

const sources = readSources();
const byPath = new Map(sources.map((source) => [source.path, source]));

/** From the endpoints down to what everything stands on. A file imports from its own layer and those below it. */
const layers = [
  ["byok/"],
  ["save/", "verify/", "call/", "rotate/", "recheck/", "providers/"],
  ["_shared/relay/"],
  ["_shared/credits/"],
  ["_shared/keys/"],
  ["_shared/request/"],
  ["_shared/services.ts", "_shared/isolate.ts"],
  ["_shared/database/"],
  ["_shared/providers/"],
  ["_shared/crypto/"],
  [
    "_shared/base64.ts",
    "_shared/errors.ts",
    "_shared/env.ts",
    "_shared/endpoints.ts",
    "_shared/origins.ts",
    "_shared/json.ts",
    "_shared/hooks.ts",
    "_shared/keep-alive.ts",
    "_shared/lru-cache.ts",
    "_shared/waits.ts",
    "_shared/read-at-most.ts",
  ],
  ["../protocol/"],
  ["../catalogue/"],
];

function layerOf(path: string): number {
  return layers.findIndex((layer) =>
    layer.some((entry) => (entry.endsWith("/") ? path.startsWith(entry) : path === entry)),
  );
}

function isRelative(specifier: string): boolean {
  return specifier.startsWith(".");
}

/** Files of functions/ that a file imports. */
function localImports(source: Source): string[] {
  return source.imports.filter(isRelative).map((specifier) => targetOf(source, specifier));
}

/** Everything that comes along when a file is imported, itself included. */
function closureOf(path: string): Source[] {
  const reached = new Map<string, Source>();
  const pending = [path];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const source = byPath.get(next);
    if (!source) throw new Error(`There is no ${next}`);
    if (reached.has(next)) continue;
    reached.set(next, source);
    pending.push(...localImports(source));
  }
  return [...reached.values()];
}

/** `file: import`, for every import that breaks a rule. */
function offenders(isOffence: (source: Source, specifier: string) => boolean): string[] {
  return sources.flatMap((source) =>
    source.imports
      .filter((specifier) => isOffence(source, specifier))
      .map((specifier) => `${source.path}: ${specifier}`),
  );
}

function filesNaming(name: string): string[] {
  return sources.filter((source) => source.names.has(name)).map(({ path }) => path);
}

test("the sources of functions/ are found", () => {
  const paths = [...byPath.keys()];
  expect(paths).toEqual(
    expect.arrayContaining(["save/index.ts", "verify/index.ts", "call/index.ts", "_shared/errors.ts"]),
  );
  expect(byPath.get("call/index.ts")?.imports).toContain("../_shared/request/serve.ts");
});

describe("imports in functions/", () => {
  test("belong to files that have their place in a layer", () => {
    expect([...byPath.keys()].filter((path) => layerOf(path) === -1)).toEqual([]);
  });

  test("go one way: endpoints, what they do, what that works with, and what everything stands on", () => {
    expect(
      offenders(
        (source, specifier) => isRelative(specifier) && layerOf(targetOf(source, specifier)) < layerOf(source.path),
      ),
    ).toEqual([]);
  });

  test("go in no circle", () => {
    const circles = sources.filter((source) =>
      localImports(source).some((imported) => closureOf(imported).some(({ path }) => path === source.path)),
    );
    expect(circles.map(({ path }) => path)).toEqual([]);
  });

  test("never go from one endpoint to another", () => {
    const endpointOf = (path: string) => (layerOf(path) === 1 ? path.split("/")[0] : undefined);
    expect(
      offenders((source, specifier) => {
        const [from, to] = [endpointOf(source.path), isRelative(specifier) && endpointOf(targetOf(source, specifier))];
        return Boolean(from && to && from !== to);
      }),
    ).toEqual([]);
  });

  test("name files of functions/ with their endings, so that a deployment finds them", () => {
    expect(offenders((source, specifier) => isRelative(specifier) && !byPath.has(targetOf(source, specifier)))).toEqual(
      [],
    );
    expect(offenders((_, specifier) => isRelative(specifier) && !specifier.endsWith(".ts"))).toEqual([]);
  });

  test("name no package that deno.json does not pin", () => {
    const { imports } = JSON.parse(readFileSync(join(root, "deno.json"), "utf8")) as {
      imports: Record<string, string>;
    };
    // Of Node these two alone, since each module of Node's costs a part of each start.
    const known = [...Object.keys(imports), "node:buffer", "node:events"];
    expect(offenders((_, specifier) => !isRelative(specifier) && !known.includes(specifier))).toEqual([]);
  });
});

test("deno.json pins the versions that package.json pins, so that tests run what is deployed", () => {
  const read = (file: string) => JSON.parse(readFileSync(join(root, file), "utf8"));
  const { dependencies } = read("package.json") as { dependencies: Record<string, string> };
  const { imports } = read("deno.json") as { imports: Record<string, string> };
  const pinned = Object.values(imports).map((address) =>
    /^npm:((?:@[^/]+\/)?[^@/]+)@([^/]+)(?:\/.*)?$/.exec(address)?.slice(1),
  );
  expect(pinned).not.toHaveLength(0);
  for (const pin of pinned) expect([pin?.[0], dependencies[pin?.[0] ?? ""]]).toEqual(pin);
});

test.each([
  "_shared/crypto/envelope.ts",
  "_shared/crypto/keyring.ts",
  "_shared/crypto/user-hash.ts",
  "../protocol/sealed-key.ts",
])("nobody else's code comes along with %s", (path) => {
  const foreign = closureOf(path).flatMap((source) =>
    source.imports.filter((specifier) => !isRelative(specifier)).map((specifier) => `${source.path}: ${specifier}`),
  );
  expect(foreign).toEqual([]);
});

test("errors.ts imports the error table alone, which imports nothing", () => {
  expect(byPath.get("_shared/errors.ts")?.imports).toEqual(["../../protocol/errors.ts"]);
  expect(byPath.get("../protocol/errors.ts")?.imports).toEqual([]);
});

test("only env.ts reads the environment", () => {
  expect(filesNaming("process")).toEqual(["_shared/env.ts"]);
  // The other one takes its sockets.
  expect(filesNaming("Deno").sort()).toEqual(["_shared/database/deno-stream.ts", "_shared/env.ts"]);
  for (const name of ["Bun", "import.meta"]) expect(filesNaming(name)).toEqual([]);
});

test("nothing is printed but what an operator reads about the way to the database and about a hook", () => {
  expect(filesNaming("console")).toEqual(["_shared/hooks.ts", "_shared/database/notices.ts"]);
});

test.each(["pg"])("only database/ knows %s", (driver) => {
  const knowing = sources.filter(({ imports }) =>
    imports.some((name) => name === driver || name.startsWith(`${driver}/`)),
  );
  expect(knowing).not.toHaveLength(0);
  expect(knowing.filter(({ path }) => !path.startsWith("_shared/database/"))).toEqual([]);
});

describe("scan()", () => {
  test("finds every form of import", () => {
    const { imports, valueImports } = scan(
      "sample.ts",
      `import "./effect.ts";
       import plain, { some } from "./plain.ts";
       import * as all from "./all.ts";
       import type { Kind } from "./type.ts";
       import { type Other } from "./inline-type.ts";
       export { thing } from "./export.ts";
       export type { Thing } from "./export-type.ts";
       export * from "./export-all.ts";
       import old = require("./old.ts");
       const lazy = () => import("./lazy.ts");
       const computed = import(\`./\${lazy}.ts\`);
       const common = require("./common.ts");
       let kind: import("./import-type.ts").Kind;
       const inside = await (async () => (await import("./nested.ts")).x)();`,
    );
    const names = [
      "effect",
      "plain",
      "all",
      "type",
      "inline-type",
      "export",
      "export-type",
      "export-all",
      "old",
      "lazy",
    ];
    const rest = ["common", "import-type", "nested"];
    expect([...imports].sort()).toEqual([...[...names, ...rest].map((name) => `./${name}.ts`), "<computed>"].sort());
    const types = imports.filter((specifier) => !valueImports.includes(specifier));
    expect(types.sort()).toEqual(["./export-type.ts", "./import-type.ts", "./type.ts"]);
  });

  test("takes no comment and no text for an import, nor an export of its own", () => {
    const { imports } = scan(
      "sample.ts",
      `// import "./comment.ts"\nconst text = 'import "./text.ts"';\nconst own = 1; export { own };`,
    );
    expect(imports).toEqual([]);
  });

  test("finds names wherever they stand, but not in comments and texts", () => {
    const { names } = scan("sample.ts", `/* console */ globalThis.process?.env; "Deno"; import.meta.url;`);
    expect([...names].sort()).toEqual(["env", "globalThis", "import.meta", "meta", "process", "url", "import"].sort());
  });
});
