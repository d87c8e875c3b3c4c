/** The catalogue of a database, as rows that can be compared with those of another database. */
import { Client } from "pg";

/** A connection, or where to make one. */
type Connection = Client | string;

/** Rows of a statement, as arrays. */
export async function rowsOf(connection: Connection, text: string): Promise<unknown[][]> {
  if (typeof connection !== "string") return (await connection.query({ text, rowMode: "array" })).rows;
  const client = new Client({ connectionString: connection });
  await client.connect();
  try {
    return await rowsOf(client, text);
  } finally {
    await client.end();
  }
}

async function rowsOfAll(
  connection: Connection,
  queries: Record<string, string>,
): Promise<Record<string, unknown[][]>> {
  const results: Record<string, unknown[][]> = {};
  for (const [name, text] of Object.entries(queries)) results[name] = await rowsOf(connection, text);
  return results;
}

const ofSchema = "relnamespace = 'byok'::regnamespace";

/**
 * Everything about schema byok and its roles, and the rows that come with it. Columns are compared by name: one that a migration adds
 * comes last in a table, and stands in sql/ where it belongs.
 */
const schemaQueries = {
  tables: `select relname, relkind, relrowsecurity, relforcerowsecurity, relowner::regrole, array(select unnest(relacl)::text order by 1), reloptions,
      obj_description(oid, 'pg_class')
    from pg_class where ${ofSchema} order by relname`,
  columns: `select relname, attname, format_type(atttypid, atttypmod), attnotnull, attidentity, attoptions,
      array(select unnest(attacl)::text order by 1), pg_get_expr(adbin, adrelid), col_description(attrelid, attnum)
    from pg_class join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped
    left join pg_attrdef on adrelid = attrelid and adnum = attnum
    where ${ofSchema} and relkind in ('r', 'p', 'v', 'm', 'f', 'c') order by relname, attname`,
  constraints: `select conrelid::regclass, conname, pg_get_constraintdef(oid), convalidated, obj_description(oid, 'pg_constraint')
    from pg_constraint where connamespace = 'byok'::regnamespace order by 1, 2`,
  indexes: `select indexrelid::regclass, pg_get_indexdef(indexrelid), indisvalid, obj_description(indexrelid, 'pg_class')
    from pg_index join pg_class on pg_class.oid = indrelid where ${ofSchema} order by 1`,
  sequences: `select seqrelid::regclass, seqtypid::regtype, seqstart, seqincrement, seqmax, seqmin, seqcache, seqcycle
    from pg_sequence join pg_class on pg_class.oid = seqrelid where ${ofSchema} order by 1`,
  functions: `select pg_get_functiondef(oid), proowner::regrole, array(select unnest(proacl)::text order by 1), obj_description(oid, 'pg_proc')
    from pg_proc where pronamespace = 'byok'::regnamespace order by 1`,
  policies: `select polrelid::regclass, polname, polpermissive, polcmd, polroles::regrole[]::text, pg_get_expr(polqual, polrelid),
      pg_get_expr(polwithcheck, polrelid), obj_description(pg_policy.oid)
    from pg_policy join pg_class on pg_class.oid = polrelid where ${ofSchema} order by 1, 2`,
  triggers: `select pg_get_triggerdef(pg_trigger.oid), tgenabled, obj_description(pg_trigger.oid, 'pg_trigger')
    from pg_trigger join pg_class on pg_class.oid = tgrelid where ${ofSchema} and not tgisinternal order by 1`,
  roles: `select rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, rolconfig, shobj_description(oid, 'pg_authid'),
      array(select member::regrole::text from pg_auth_members where roleid = r.oid order by 1)
    from pg_roles as r where rolname like 'byok%' order by 1`,
  schema: `select array(select unnest(nspacl)::text order by 1), obj_description(oid, 'pg_namespace') from pg_namespace where nspname = 'byok'`,
  limits: "select * from byok.limits order by name",
};

/** @throws Error where there is nothing of a kind: the query would compare nothing */
export async function schemaOf(connection: Connection): Promise<Record<string, unknown[][]>> {
  const schema = await rowsOfAll(connection, schemaQueries);
  for (const [name, rows] of Object.entries(schema)) if (rows.length === 0) throw new Error(`There are no ${name}.`);
  return schema;
}

const isOurs = "not in ('pg_catalog', 'information_schema') and nspname !~ '^pg_(toast|temp)'";

/** Everything in a database and its cluster, with owners and grants, that taking a schema out might leave or take along. */
const databaseQueries = {
  schemas: `select nspname, nspowner::regrole, nspacl::text from pg_namespace where nspname ${isOurs} order by 1`,
  relations: `select c.oid::regclass, relkind, relowner::regrole, relacl::text from pg_class as c join pg_namespace as n on n.oid = relnamespace
    where nspname ${isOurs} order by 1::text`,
  columns: `select attrelid::regclass, attname, attacl::text from pg_attribute join pg_class as c on c.oid = attrelid
    join pg_namespace as n on n.oid = relnamespace where nspname ${isOurs} and attnum > 0 order by 1::text, 2`,
  types: `select t.oid::regtype from pg_type as t join pg_namespace as n on n.oid = typnamespace where nspname ${isOurs} order by 1::text`,
  functions: `select p.oid::regprocedure, proowner::regrole, proacl::text from pg_proc as p join pg_namespace as n on n.oid = pronamespace
    where nspname ${isOurs} order by 1::text`,
  constraints: `select conrelid::regclass, conname from pg_constraint where conrelid <> 0 order by 1::text, 2`,
  // Those of foreign keys are named after their numbers.
  triggers: `select tgrelid::regclass, tgfoid::regproc, tgisinternal, case when not tgisinternal then tgname end from pg_trigger order by 1::text, 2::text, 4`,
  policies: "select polrelid::regclass, polname, polroles::regrole[]::text from pg_policy order by 1::text, 2",
  eventTriggers: "select evtname from pg_event_trigger order by 1",
  defaults:
    "select defaclrole::regrole, defaclnamespace::regnamespace, defaclobjtype, defaclacl::text from pg_default_acl order by 1::text, 2::text, 3",
  publications:
    "select pubname, schemaname, tablename from pg_publication left join pg_publication_tables using (pubname) order by 1, 2, 3",
  roles: "select rolname, rolcanlogin, rolinherit, rolbypassrls, rolconfig from pg_roles order by 1",
  members: "select roleid::regrole, member::regrole from pg_auth_members order by 1::text, 2::text",
  settings: "select setdatabase, setrole::regrole, setconfig from pg_db_role_setting order by 1, 2::text",
  databases: "select datname, datacl::text from pg_database where datname = current_database()",
};

/** @param more further queries, by what they ask about */
export async function databaseOf(
  connection: Connection,
  more: Record<string, string> = {},
): Promise<Record<string, unknown[][]>> {
  return await rowsOfAll(connection, { ...databaseQueries, ...more });
}
