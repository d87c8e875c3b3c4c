/** A release is read from its folder, and a damaged one is not installed. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { readRelease } from "../../../cli/lib/release.ts";
import { makeAssets } from "./project.ts";

test("has its migrations and the files of its function, and the steps of a removal in their order", () => {
  const release = readRelease(makeAssets({ version: "1.2.3", migrations: { "0002_byok_teams": "-- 2\n" } }));
  expect(release).toMatchObject({ version: "1.2.3", schemaVersion: 2 });
  expect(release.migrations.map(({ id }) => id)).toEqual(["0001_byok", "0002_byok_teams"]);
  expect(Object.keys(release.functionFiles)).toEqual(["byok.js", "deno.json", "index.ts"]);
  expect(release.removal).toBe("select 1;\n\ndrop schema byok cascade;");
});

test("with a migration that was changed is refused", () => {
  const assets = makeAssets();
  writeFileSync(path.join(assets, "migrations/0001_byok.sql"), "create schema byok; -- and more\n");
  expect(() => readRelease(assets)).toThrow("migrations/0001_byok.sql is not the migration that was released");
});
