/** Packages are installed as chosen: exact versions, from the registry, with a checksum. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../harness/sources.ts";

const read = (file: string) => JSON.parse(readFileSync(join(root, file), "utf8"));
const exact = /^(?:npm:@?[^@]+@)?\d+\.\d+\.\d+(?:-[\w.]+)?$/;

test("package.json names exact versions only", () => {
  const { dependencies, devDependencies, optionalDependencies, overrides } = read("package.json");
  const chosen = { ...dependencies, ...devDependencies, ...optionalDependencies, ...overrides.supabase };
  expect(Object.entries(chosen).filter(([, version]) => !exact.test(String(version)))).toEqual([]);
});

test("deno.json names exact versions only", () => {
  const { imports } = read("deno.json") as { imports: Record<string, string> };
  const loose = Object.values(imports).filter(
    (address) => !exact.test(/^npm:@?[^@]+@([^/]+)/.exec(address)?.[1] ?? ""),
  );
  expect(loose).toEqual([]);
});

test("deno.json holds imports alone, since it is uploaded with the sources: what is for this machine stops a hosted boot", () => {
  expect(Object.keys(read("deno.json"))).toEqual(["imports"]);
});

test("every package of the lock file has a checksum and comes from the registry", () => {
  const { packages } = read("package-lock.json") as {
    packages: Record<string, { resolved?: string; integrity?: string; link?: boolean; inBundle?: boolean }>;
  };
  const loose = Object.entries(packages).filter(
    ([name, { resolved, integrity, inBundle }]) =>
      name !== "" && !inBundle && !(integrity?.startsWith("sha512-") && (resolved ?? "https:").startsWith("https:")),
  );
  expect(loose.map(([name]) => name)).toEqual([]);
});

test("few packages run in production, all of which are named here", () => {
  const { packages } = read("package-lock.json") as {
    packages: Record<string, { dev?: boolean; optional?: boolean; devOptional?: boolean }>;
  };
  const inProduction = Object.entries(packages)
    .filter(([name, { dev, optional, devOptional }]) => name !== "" && !dev && !optional && !devOptional)
    .map(([name]) => name.replace("node_modules/", ""));
  expect(inProduction.sort()).toEqual([
    "@supabase/auth-js",
    "@supabase/functions-js",
    "@supabase/middleware",
    "@supabase/phoenix",
    "@supabase/postgrest-js",
    "@supabase/realtime-js",
    "@supabase/server",
    "@supabase/storage-js",
    "@supabase/supabase-js",
    "iceberg-js",
    "jose",
    "pg",
    "pg-connection-string",
    "pg-int8",
    "pg-pool",
    "pg-protocol",
    "pg-types",
    "pgpass",
    "postgres-array",
    "postgres-bytea",
    "postgres-date",
    "postgres-interval",
    "split2",
    "std-env",
    "tslib",
    "xtend",
    "zod",
  ]);
});
