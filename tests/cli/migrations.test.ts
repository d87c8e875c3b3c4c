/** From sql/ to frozen migrations, in a copy of both. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  beginMigration,
  freeze,
  guardOf,
  integrityOf,
  readFrozen,
  readMigrations,
  writeFirstMigration,
} from "../../cli/lib/migrations.ts";
import { projectDir } from "../../stack/config.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "byok-freeze-"));
  for (const name of ["sql", "supabase"])
    cpSync(path.join(projectDir, name), path.join(root, name), { recursive: true });
  rmSync(path.join(root, "sql/frozen.json"), { force: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const changeSql = () => writeFileSync(path.join(root, "sql/99_more.sql"), "-- More.\n");

test("the first migration follows sql/ until a release freezes it", () => {
  writeFirstMigration(root);
  const [before] = readMigrations(root);
  changeSql();
  writeFirstMigration(root);
  const [first] = readMigrations(root);
  expect(first!.text).toBe(`${before!.text}\n-- More.\n`);
  expect(first).toMatchObject({ version: 1, id: "0001_byok" });

  const { file, text } = first!;
  expect(freeze("1.0.0", root)).toEqual([{ file, integrity: integrityOf(text), release: "1.0.0" }]);
  rmSync(path.join(root, "sql/99_more.sql"));
  writeFirstMigration(root);
  expect(readMigrations(root)[0]!.text).toBe(text);
});

test("a later migration has the next version and its guard, and is frozen with its release", () => {
  freeze("1.0.0", root);
  const file = beginMigration("key_notes", new Date("2027-01-02T03:04:05.678Z"), root);
  expect(path.basename(file)).toBe("20270102030405_byok_key_notes.sql");
  const [, second] = readMigrations(root);
  expect(second).toMatchObject({ version: 2, id: "0002_byok_key_notes", text: readFileSync(file, "utf8") });
  expect(second!.text).toContain(guardOf(2));
  expect(second!.text).toContain("select 2;");
  freeze("1.1.0-beta.1", root);
  expect(readFrozen(root).map(({ release }) => release)).toEqual(["1.0.0", "1.1.0-beta.1"]);
});

test("what cannot be frozen or begun is refused and changes nothing", () => {
  expect(() => freeze("one", root)).toThrow("one is no version");
  expect(() => beginMigration("../notes", new Date(), root)).toThrow("is no name");
  expect(readFrozen(root)).toEqual([]);
  freeze("1.0.0", root);
  expect(() => freeze("1.0.1", root)).toThrow("Every migration is frozen, the last with 1.0.0.");
  expect(readFrozen(root)).toHaveLength(1);
});
