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
  'Owns the functions of schema byok and is subject to row-level security itself: it sees the rows of the owner a function acts for.';

-- The hosted `postgres` is no superuser: to hand functions over it must be able to become their owner, and to run them from
-- the SQL editor or pg_cron it must inherit from it. `postgres` inherits by its attribute; `with inherit true` is no syntax of 15.
grant byok_server to postgres;

grant usage on schema byok to authenticated, service_role, byok_server;

-- Grants say who may call a function, and grants can be wrong: the guide to custom schemas
-- (https://supabase.com/docs/guides/api/using-custom-schemas, November 2026) gives EXECUTE on all routines to anon and authenticated.
-- So whatever acts for a user or looks across users also refuses a caller whose claims say that it is a browser. The Data API takes
-- the claims from a token that it has verified.

-- The owner in claims that `act_for` has written, which `act_as` adds to: nothing in a caller's own claims passes for one. Every policy of the
-- server asks it. Its body is bound when it is made, so it needs no search_path, and the planner puts it in the policy's place.
create function byok.acting_for() returns uuid
language sql
stable
return
  case when current_setting('request.jwt.claims', true) like '{"sub":"____________________________________","role":"byok_server"%'
    then substr(current_setting('request.jwt.claims', true), 9, 36)::uuid end;

comment on function byok.acting_for() is 'The owner, a user or a team, whom a function of the server acts for; null where it acts for nobody.';

-- An assignment of one function call is an expression, which costs a tenth of the statement that PERFORM is. So what each call on
-- credits goes through returns something, and is assigned.

create function byok.refuse_browser() returns text
language plpgsql
stable
set search_path = ''
as $$
declare
  v_claims text := coalesce(current_setting('request.jwt.claims', true), '');
begin
  if v_claims <> '' and byok.acting_for() is null and v_claims::jsonb ->> 'role' in ('anon', 'authenticated') then
    raise insufficient_privilege using message = 'the functions of schema byok are closed to browser roles',
      hint = 'Call them with the secret key. If EXECUTE was granted to anon or authenticated, revoke it: npx supabase-byok credits reconcile lists such grants.';
  end if;
  return v_claims;
end
$$;

comment on function byok.refuse_browser() is
  'The caller''s claims, empty without any. Raises insufficient_privilege where they have the role anon or authenticated, whatever was granted to it.';

-- Acting for an owner, a user or a team, means carrying claims with that id as subject, which is what every policy looks at. A function takes them on with
-- `act_for` and gives them back with `stop_acting` before it returns, so that a caller's own transaction never goes on as
-- somebody else. On an error the transaction, and the setting with it, is rolled back.
--
-- Postgres itself could give them back, with a clause `set "request.jwt.claims" = ''` on each function. But who creates a function
-- with such a clause needs a privilege on the setting, and who is no superuser, as the hosted `postgres`, gets "permission denied to
-- set parameter" (15 and 17).

create function byok.act_for(p_owner_id uuid) returns text
language plpgsql
set search_path = ''
as $$
declare
  v_previous_claims text := byok.refuse_browser();
  v_claims text;
begin
  if p_owner_id is null then
    raise sqlstate 'PT400' using message = 'invalid_request', detail = '{"field":"p_owner_id"}',
      hint = 'Pass the id of a user or team.';
  end if;
  v_claims := set_config('request.jwt.claims', '{"sub":"' || p_owner_id || '","role":"byok_server"}', true);
  return v_previous_claims;
end
$$;

comment on function byok.act_for(uuid) is
  'Takes on the claims of an owner, a user or a team, for row-level security; returns the claims before, for stop_acting. Raises insufficient_privilege for a browser, invalid_request without an owner.';

create function byok.stop_acting(p_previous_claims text) returns text
language plpgsql
set search_path = ''
as $$
declare
  -- Who never acted for anybody still has the claims that it came with.
  v_claims text := byok.refuse_browser();
begin
  v_claims := set_config('request.jwt.claims', p_previous_claims, true);
  return v_claims;
end
$$;

comment on function byok.stop_acting(text) is
  'Puts back the claims that act_for returned, and returns them. Raises insufficient_privilege for a browser, so that no function which ends with it says anything to one.';

revoke execute on function byok.acting_for(), byok.refuse_browser(), byok.act_for(uuid), byok.stop_acting(text) from public;
grant execute on function byok.acting_for(), byok.refuse_browser(), byok.act_for(uuid), byok.stop_acting(text) to byok_server;
