-- The version of the schema is the number of migrations that it has. Each migration checks it at its head and raises it at its end.

create function byok.schema_version() returns integer
language sql
stable
set search_path = ''
as $$
  select 1;
$$;

comment on function byok.schema_version() is
  'How many migrations the schema has. The Edge Functions ask it when they miss a function here, migrations and tools before they change anything.';

revoke execute on function byok.schema_version() from public;
grant execute on function byok.schema_version() to service_role, byok_functions;
