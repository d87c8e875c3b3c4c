/** Who may do what in schema byok, read from a database's catalog, and what of that no file of sql/ has granted. */
import type { Client } from "pg";
import { intendedGrants } from "./intended-grants.ts";

/**
 * Every grant in schema byok to somebody other than the owner, as the statements that would make them, sorted. `public` is
 * everybody. Default privileges are for what is created later.
 *
 * @param client of the role postgres, or of a superuser
 */
export async function readGrants(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ statement: string }>(grantsQuery);
  return rows.map(({ statement }) => statement);
}

/** Statements for the SQL editor that revoke each grant that a database has and sql/ does not give. */
export async function excessGrants(client: Client): Promise<string[]> {
  const intended = new Set(intendedGrants);
  const excess = (await readGrants(client)).filter((statement) => !intended.has(statement));
  return excess.map((statement) => statement.replace(/\bgrant (.+) to (\S+)$/, "revoke $1 from $2"));
}

/** Statements for the SQL editor that make each grant that sql/ gives and a database has not. */
export async function missingGrants(client: Client): Promise<string[]> {
  const present = new Set(await readGrants(client));
  return intendedGrants.filter((statement) => !present.has(statement));
}

/** Privileges of a list, https://www.postgresql.org/docs/17/ddl-priv.html; what has none listed has the defaults of its kind. */
const grantsQuery = `
  with acls (privilege, object, acl, owner) as (
    select '%s', 'schema ' || nspname, coalesce(nspacl, acldefault('n', nspowner)), nspowner
    from pg_namespace where oid = 'byok'::regnamespace
    union all
    select '%s', case relkind when 'S' then 'sequence ' else 'table ' end || format('byok.%I', relname),
      coalesce(relacl, acldefault(case relkind when 'S' then 's' else 'r' end::"char", relowner)), relowner
    from pg_class where relnamespace = 'byok'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    union all
    select format('%%s (%I)', attname), format('table byok.%I', relname), attacl, relowner
    from pg_class join pg_attribute on attrelid = pg_class.oid
    where relnamespace = 'byok'::regnamespace and attacl is not null
    union all
    select '%s', format('function byok.%I(%s)', proname, (
        select string_agg(format_type(type, null), ',' order by place) from unnest(proargtypes) with ordinality as a (type, place))),
      coalesce(proacl, acldefault('f', proowner)), proowner
    from pg_proc where pronamespace = 'byok'::regnamespace
  ),
  grants as (
    select 'grant ' || format(privilege, lower(privilege_type)) || ' on ' || object as what, grantee
    from acls, aclexplode(acl) where grantee <> owner
    union all
    select format('alter default privileges for role %s in schema byok grant %s on %s', defaclrole::regrole, lower(privilege_type),
        case defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'routines' else 'types' end), grantee
    from pg_default_acl, aclexplode(defaclacl)
    where defaclnamespace = 'byok'::regnamespace and grantee <> defaclrole
  )
  select (what || ' to ' || case grantee when 0 then 'public' else grantee::regrole::text end) collate "C" as statement
  from grants order by 1`;
