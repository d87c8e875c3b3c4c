/** The supabase folder: at or above the current folder as the Supabase CLI finds it, or the only one below. */
import path from "node:path";
import { expect, test } from "vitest";
import { findSupabaseDir } from "../../../cli/lib/install/find-project.ts";
import { makeFolder, makeProject } from "./project.ts";

test.each(["", "supabase", "src/deep/inside", "supabase/functions"])("is found from /%s of a project", (below) => {
  const project = makeProject({ ".git/HEAD": "", "src/deep/inside/x.ts": "", "supabase/functions/x/index.ts": "" });
  expect(findSupabaseDir(path.join(project, below))).toBe(path.join(project, "supabase"));
});

test("is the nearest one above", () => {
  const project = makeProject({ ".git/HEAD": "", "apps/web/supabase/config.toml": "", "apps/web/src/x.ts": "" });
  expect(findSupabaseDir(path.join(project, "apps"))).toBe(path.join(project, "supabase"));
  expect(findSupabaseDir(path.join(project, "apps/web/src"))).toBe(path.join(project, "apps/web/supabase"));
});

test("is not looked for outside of the repository", () => {
  const project = makeProject({ "vendor/tool/.git/HEAD": "" });
  expect(() => findSupabaseDir(path.join(project, "vendor/tool"))).toThrow("There is no supabase/config.toml");
});

test.each(["config.json", "config.jsonc"])("with a %s instead of config.toml is refused by name", (name) => {
  const project = makeFolder({ ".git/HEAD": "", [`supabase/${name}`]: "{}" });
  expect(() => findSupabaseDir(project)).toThrow(`supabase/${name} is not edited`);
});

test("is found below the root of a monorepo, and not among installed packages or in hidden folders", () => {
  const monorepo = makeFolder({
    ".git/HEAD": "",
    "packages/db/supabase/config.toml": "",
    "node_modules/x/supabase/config.toml": "",
    ".next/supabase/config.toml": "",
    "a/b/c/d/supabase/config.toml": "",
  });
  expect(findSupabaseDir(monorepo)).toBe(path.join(monorepo, "packages/db/supabase"));
});

test("is chosen by the user when there are two below, which are listed", () => {
  const monorepo = makeFolder({
    ".git/HEAD": "",
    "apps/a/supabase/config.toml": "",
    "apps/b/supabase/config.toml": "",
  });
  expect(() => findSupabaseDir(monorepo)).toThrow(
    "There are 2 supabase folders here:\n  apps/a/supabase\n  apps/b/supabase",
  );
  expect(findSupabaseDir(monorepo, "apps/b")).toBe(path.join(monorepo, "apps/b/supabase"));
  expect(findSupabaseDir(monorepo, "apps/a/supabase")).toBe(path.join(monorepo, "apps/a/supabase"));
  expect(() => findSupabaseDir(monorepo, "apps")).toThrow("there is no config.toml in it");
});
