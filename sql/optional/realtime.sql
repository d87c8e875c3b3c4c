-- Open pages learn of each event in the life of a key, by Supabase Realtime (Postgres Changes). In no migration: an operator who wants it
-- runs this file once, in the SQL editor or as a migration of their own, as role postgres. Running it again is safe.
-- `alter publication supabase_realtime drop table byok.key_events` ends it.
--
-- Realtime asks row-level security for each subscriber, so a page gets the events that its user may read, and none of others.
-- https://supabase.com/docs/guides/realtime/postgres-changes, November 2026.

do $$
begin
  if not exists (
    select from pg_catalog.pg_publication_tables
    where pubname = 'supabase_realtime' and schemaname = 'byok' and tablename = 'key_events'
  ) then
    alter publication supabase_realtime add table byok.key_events;
  end if;
end
$$;
