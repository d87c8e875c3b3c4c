/** The database: its version, the schema's, the roles and what they may do. */
import type { Client } from "pg";
import { excessGrants, missingGrants } from "../../grants.ts";
import { typed } from "../../typed.ts";
import { defineCheck, type Finding, listed, ok, problem, warning } from "../check.ts";

const push = "Apply the migrations: supabase db push.";

/** The oldest version that the schema is tested on. */
const oldestPostgres = 15;

export const postgresVersion = defineCheck({
  id: "postgres",
  title: "Postgres",
  needs: ["database"],
  run: async ({ database }) => {
    const { rows } = await database.query("select current_setting('server_version_num')::integer / 10000 as major");
    const { major } = rows[0] as { major: number };
    if (major >= oldestPostgres) return [ok(`Version ${major}.`)];
    return [problem(`Version ${major} is older than ${oldestPostgres}.`, "Upgrade the project in the dashboard.")];
  },
});

/** The version of the schema; undefined where the schema does not say. */
async function versionOf(database: Client): Promise<number | undefined> {
  const { rows } = await database.query("select to_regprocedure('byok.schema_version()') is not null as is_there");
  if (!rows[0].is_there) return undefined;
  return (await database.query("select byok.schema_version() as version")).rows[0].version;
}

export const schemaVersions = defineCheck({
  id: "schema-version",
  title: "Schema",
  needs: ["database"],
  run: async ({ database, lock }) => {
    const { rows } = await database.query("select to_regnamespace('byok') is not null as is_there");
    if (!rows[0].is_there) return [problem("This database has no schema byok.", push)];
    const version = await versionOf(database);
    if (version === undefined) return [problem("The schema byok in this database is none of a release.", push)];
    if (!lock || version === lock.schemaVersion) return [ok(`Version ${version}.`)];
    if (version < lock.schemaVersion) {
      const words = `The database has version ${version}, and the function needs ${lock.schemaVersion}: it refuses every call.`;
      return [problem(words, push)];
    }
    const words = `The database has version ${version}, and the function in this folder is made for ${lock.schemaVersion}.`;
    return [warning(words, `It works. Bring the folder up to date with ${typed("update")}, and deploy.`)];
  },
});

/** Roles of the schema, and whether each may log in. */
const roles = [
  { name: "byok_server", mayLogIn: false },
  { name: "byok_rotation", mayLogIn: false },
  { name: "byok_events", mayLogIn: false },
  { name: "byok_functions", mayLogIn: true },
] as const;

export const rolesInPlace = defineCheck({
  id: "roles",
  title: "Roles",
  needs: ["database"],
  run: async ({ database, secrets }) => {
    const { rows } = await database.query<{ name: string; logs_in: boolean; is_mighty: boolean }>(
      `select rolname as name, rolcanlogin as logs_in, rolsuper or rolbypassrls or rolcreaterole as is_mighty
       from pg_roles where rolname = any($1)`,
      [roles.map(({ name }) => name)],
    );
    const findings = roles.flatMap(({ name, mayLogIn }): Finding[] => {
      const role = rows.find((row) => row.name === name);
      if (!role) return [problem(`There is no role ${name}.`, push)];
      if (role.is_mighty)
        return [
          problem(
            `${name} may do more than it should.`,
            `Run alter role ${name} nosuperuser nobypassrls nocreaterole.`,
          ),
        ];
      if (role.logs_in && !mayLogIn) return [problem(`${name} may log in.`, `Run alter role ${name} nologin.`)];
      return [];
    });
    const logsIn = rows.some(({ name, logs_in }) => name === "byok_functions" && logs_in);
    if (secrets?.variables.BYOK_DATABASE_URL && !logsIn) {
      const nextStep = "In the SQL editor: alter role byok_functions login password '<a long random one>'.";
      findings.push(problem("BYOK_DATABASE_URL is set, and byok_functions may not log in.", nextStep));
    }
    return findings.length > 0 ? findings : [ok("They are there, with no more rights than they need.")];
  },
});

export const grants = defineCheck({
  id: "grants",
  title: "Grants",
  needs: ["database"],
  run: async ({ database }) => {
    const excess = await excessGrants(database);
    const missing = await missingGrants(database);
    const findings: Finding[] = [];
    if (excess.length > 0) {
      const nextStep = `Run in the SQL editor what ${typed("credits reconcile")} prints: ${excess[0]} ...`;
      findings.push(problem(`${excess.length} grants in schema byok are too many.`, nextStep));
    }
    if (missing.length > 0) {
      findings.push(
        problem(
          `${missing.length} grants in schema byok are missing.`,
          `Run in the SQL editor: ${missing.join("; ")};`,
        ),
      );
    }
    return findings.length > 0 ? findings : [ok("They are those of the migrations.")];
  },
});

/** PostgREST's own settings in the database go before those of the dashboard. */
export const databaseExposure = defineCheck({
  id: "pgrst-schemas",
  title: "PostgREST's settings",
  needs: ["database"],
  run: async ({ database }) => {
    const { rows } = await database.query<{ schemas: string }>(
      `select split_part(setting, '=', 2) as schemas from pg_db_role_setting, unnest(setconfig) as setting
       where setrole = to_regrole('authenticator') and setting like 'pgrst.db_schemas=%'`,
    );
    const names = rows[0]?.schemas.split(",").map((name) => name.trim());
    if (!names || names.includes("byok"))
      return [ok(names ? "They expose schema byok." : "The database sets no schemas of its own.")];
    const nextStep = `Run alter role authenticator set pgrst.db_schemas = '${listed([...names, "byok"])}'; notify pgrst, 'reload config'.`;
    return [problem("pgrst.db_schemas of role authenticator goes before config.toml, and has no byok.", nextStep)];
  },
});
