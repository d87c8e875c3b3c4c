/** The files that `add` has written, as its lock remembers them. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { lockName } from "../../install/lock.ts";
import { digest } from "../../install/text.ts";
import { manifest, typed } from "../../typed.ts";
import { defineCheck, type Finding, listed, ok, problem, skipped, warning } from "../check.ts";

const notAdded = skipped("Nothing is known of what was added.");

export const functionFiles = defineCheck({
  id: "function-files",
  title: "Function's files",
  run: ({ supabaseDir, lock }) => {
    if (!lock) return [problem(`There is no supabase/${lockName}.`, `Add the product with ${typed("add")}.`)];
    const files = Object.entries(lock.files);
    const missing = files.filter(([file]) => !existsSync(path.join(supabaseDir, file))).map(([file]) => file);
    if (missing.length > 0)
      return [problem(`Missing: ${listed(missing)}.`, `Write them again with ${typed("update")}.`)];
    const isEdited = ([file, { owner, sha256 }]: (typeof files)[number]) =>
      owner === "release" && digest(readFileSync(path.join(supabaseDir, file), "utf8")) !== sha256;
    const edited = files.filter(isEdited).map(([file]) => file);
    if (edited.length === 0) return [ok("They are as they were added.")];
    const words = `Edited by hand: ${listed(edited)}. An update stops there.`;
    return [warning(words, "Move the change into index.ts, which is yours, and take the file back from git.")];
  },
});

export const migrationFiles = defineCheck({
  id: "migration-files",
  title: "Migrations",
  run: ({ supabaseDir, lock }) => {
    if (!lock) return [notAdded];
    const all = Object.values(lock.migrations);
    const missing = all.filter(({ file }) => !existsSync(path.join(supabaseDir, file))).map(({ file }) => file);
    const present = all.filter(({ file }) => !missing.includes(file));
    const edited = present.filter(
      ({ file, sha256 }) => digest(readFileSync(path.join(supabaseDir, file), "utf8")) !== sha256,
    );
    const findings: Finding[] = [];
    if (missing.length > 0) {
      findings.push(problem(`Missing: ${listed(missing)}.`, "Take them back from git: db push compares them by name."));
    }
    if (edited.length > 0) {
      const words = `Edited by hand: ${listed(edited.map(({ file }) => file))}. A later one may not fit on it.`;
      findings.push(problem(words, "Take the file back from git, and put your change into a migration of your own."));
    }
    return findings.length > 0 ? findings : [ok(`${all.length} in place, as they were released.`)];
  },
});

export const releaseVersion = defineCheck({
  id: "release",
  title: "Version",
  run: ({ lock }) => {
    if (!lock) return [notAdded];
    const { version } = manifest;
    if (version === lock.version) return [ok(`${version} is installed.`)];
    return [warning(`${lock.version} is installed, and this command is ${version}.`, `Run ${typed("update")}.`)];
  },
});

export const slug = defineCheck({
  id: "slug",
  title: "Function's name",
  run: ({ supabaseDir, lock, functionName: name }) => {
    const folder = `functions/${name}`;
    if (!existsSync(path.join(supabaseDir, folder))) return [ok(`No other function is called ${name}.`)];
    const isOurs = Object.keys(lock?.files ?? {}).some((file) => file.startsWith(`${folder}/`));
    if (isOurs) return [ok(`supabase/${folder} is this product's.`)];
    const words = `supabase/${folder} is a function of yours.`;
    return [problem(words, `Give this one another name: ${typed("add --function-name own-keys")}.`)];
  },
});
