/** supabase/config.toml: the schema among the exposed ones, and the function's section. */
import { functionSettings, schemaPaths, tableAt } from "../../install/config-values.ts";
import { isFunctionSection } from "../../install/config-toml.ts";
import { typed } from "../../typed.ts";
import { defineCheck, type Finding, ok, problem, warning } from "../check.ts";

const schema = "byok";

export const schemaExposed = defineCheck({
  id: "schema-exposed",
  title: "Exposed schema",
  run: ({ config, lock }) => {
    const mend = typed(lock ? "update" : "add");
    const findings = schemaPaths(config).flatMap((path) => exposureOf(path, tableAt(config, path.slice(0, -1)), mend));
    return findings.length > 0 ? findings : [ok(`config.toml exposes ${schema} in the Data API.`)];
  },
});

/** @param mend the command that puts back what is missing */
function exposureOf(path: readonly string[], table: ReturnType<typeof tableAt>, mend: string): Finding[] {
  const name = path.join(".");
  const schemas = table?.schemas;
  if (table?.enabled === false) {
    return [problem(`${path.slice(0, -1).join(".")}.enabled is false: there is no Data API.`, "Set it to true.")];
  }
  if (!Array.isArray(schemas) || !schemas.includes(schema)) {
    const words = `${name} in config.toml does not name ${schema}: no page can read keys or credits.`;
    return [problem(words, `Add "${schema}" as the last one, or run ${mend}.`)];
  }
  if (schemas[0] !== schema) return [];
  const words = `${schema} is the first of ${name}, so supabase.from() without a schema asks ${schema}.`;
  return [problem(words, 'Name the schema of your app first, such as "public".')];
}

export const functionSection = defineCheck({
  id: "function-section",
  title: "Function's section",
  run: ({ config, lock, functionName: name }) => {
    const section = tableAt(config, ["functions", name]);
    if (!section) {
      return [
        problem(`config.toml has no section [functions.${name}].`, `Add it with ${typed(lock ? "update" : "add")}.`),
      ];
    }
    if (section.verify_jwt !== false) {
      const words = `[functions.${name}] lets the platform check access tokens, which refuses provider SDKs.`;
      return [problem(words, "Set verify_jwt = false: the function checks them itself.")];
    }
    if (section.enabled === false) {
      return [problem(`[functions.${name}] is disabled, and a deploy leaves it out.`, "Set enabled = true.")];
    }
    if (isFunctionSection(section, name)) return [ok(`[functions.${name}] is as it should be.`)];
    const { entrypoint, import_map } = functionSettings(name);
    const words = `[functions.${name}] names another entrypoint or import map than the ones that were added.`;
    return [warning(words, `Unless you mean it, set entrypoint = "${entrypoint}" and import_map = "${import_map}".`)];
  },
});
