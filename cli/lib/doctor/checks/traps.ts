/** Tools of the project that may undo the migrations. */
import path from "node:path";
import { tableAt } from "../../install/config-values.ts";
import { findTraps } from "../../install/traps.ts";
import { defineCheck, ok, type Subject, warning } from "../check.ts";

export const traps = defineCheck({
  id: "traps",
  title: "Other tools",
  run: (subject) => {
    const { supabaseDir } = subject;
    const found = findTraps(supabaseDir).map(({ place, words, nextStep }) =>
      warning(`${path.relative(path.dirname(supabaseDir), place)}: ${words}`, nextStep),
    );
    const all = [...found, ...schemaPathsTrap(subject)];
    return all.length > 0 ? all : [ok("None is in the way of the migrations.")];
  },
});

/** The CLI's list of declarative files, which may be anywhere. */
function schemaPathsTrap({ config }: Subject) {
  const paths = tableAt(config, ["db", "migrations"])?.schema_paths;
  if (!Array.isArray(paths) || paths.length === 0) return [];
  const words =
    "[db.migrations] schema_paths names declarative files, so supabase db diff may plan to drop schema byok.";
  return [warning(words, "Diff your own schemas alone: supabase db diff --schema public.")];
}
