-- One schema, one server role. Nothing of the product lives in `public`, so it drops into a project with tables of its own.

create schema byok;
comment on schema byok is 'BYOK for Supabase: credentials, envelopes and credits.';

-- Roles belong to the cluster, not to the database, so another database may have made this one before.
do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'byok_server') then
    create role byok_server nologin noinherit;
  end if;
end
$$;

comment on role byok_server is
  'Owns the functions of schema byok and is subject to row-level security itself: it sees the rows of the user a function acts for.';

-- The hosted `postgres` is no superuser: to hand functions over it must be able to become their owner, and to run them from
-- the SQL editor or pg_cron it must inherit from it.
grant byok_server to postgres with inherit true, set true;

grant usage on schema byok to authenticated, service_role, byok_server;

-- Acting for a user means carrying that user's claims, which is what every policy looks at. A function takes them on with
-- `act_for` and gives them back with `stop_acting` before it returns, so that a caller's own transaction never goes on as
-- somebody else. On an error the transaction, and the setting with it, is rolled back.

create function byok.act_for(p_user_id uuid) returns text
language plpgsql
set search_path = ''
as $$
declare
  v_previous_claims text := coalesce(current_setting('request.jwt.claims', true), '');
begin
  if p_user_id is null then
    raise sqlstate 'PT400' using message = 'invalid_request', detail = '{"field":"p_user_id"}';
  end if;
  perform set_config('request.jwt.claims', jsonb_build_object('sub', p_user_id, 'role', 'byok_server')::text, true);
  return v_previous_claims;
end
$$;

comment on function byok.act_for(uuid) is
  'Takes on the claims of a user for row-level security; returns the claims before, for stop_acting. Raises invalid_request without a user.';

create function byok.stop_acting(p_previous_claims text) returns void
language sql
set search_path = ''
as $$
  select set_config('request.jwt.claims', p_previous_claims, true);
$$;

comment on function byok.stop_acting(text) is 'Puts back the claims that act_for returned.';

revoke execute on function byok.act_for(uuid), byok.stop_acting(text) from public;
grant execute on function byok.act_for(uuid), byok.stop_acting(text) to byok_server;
