-- BYOK for Supabase: the schema. Made from sql/ by npm run generate.

do $$
begin
  if exists (select from pg_catalog.pg_namespace where nspname = 'byok') then
    raise object_not_in_prerequisite_state using message = 'schema byok is there already, and this migration makes it',
      hint = 'The migration was applied before, under another stamp perhaps: select byok.schema_version() tells the version. Mark it as applied (supabase migration repair), or take the schema out first.';
  end if;
end
$$;

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

-- A user whom the operator bans or soft-deletes in Supabase Auth keeps an access token until it expires, and may be named by a
-- backend job. Neither calls for them from that moment: what a caller asks for asks this first, in the round trip that is made anyway.
--
-- auth.users belongs to Supabase Auth, with row-level security and without a policy, so that byok_server would see no row of it. The
-- hosted `postgres`, who runs the migrations, may read it past row-level security: this function stays its own, unlike all others.

create function byok.is_active(p_user_id uuid) returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_claims text := byok.refuse_browser();
begin
  perform from auth.users as u
  where u.id = p_user_id and u.deleted_at is null and (u.banned_until is null or u.banned_until <= now());
  return found;
end
$$;

comment on function byok.is_active(uuid) is
  'Whether a user is there, and neither banned nor soft-deleted. Runs as the owner of the schema, who may read auth.users.';

create function byok.act_for_active(p_user_id uuid) returns text
language plpgsql
set search_path = ''
as $$
declare
  v_previous_claims text := byok.act_for(p_user_id);
begin
  if not byok.is_active(p_user_id) then
    raise sqlstate 'PT401' using message = 'unauthenticated',
      hint = 'The user is not in auth.users, or is banned (banned_until) or soft-deleted (deleted_at) there.';
  end if;
  return v_previous_claims;
end
$$;

comment on function byok.act_for_active(uuid) is
  'As act_for, for what a caller asks for: saving, checking and using keys, and spending credits. Raises unauthenticated for a user who is banned, soft-deleted or not there. What was begun before goes on under act_for: charging, giving back, rotation.';

revoke execute on function byok.is_active(uuid), byok.act_for_active(uuid) from public;
grant execute on function byok.is_active(uuid), byok.act_for_active(uuid) to byok_server;

-- Which access tokens are enough, and for what. Both tables are the operator's; the functions and the policies ask the same two
-- functions, so that what a user may not do through save is not possible through the Data API either.

create table byok.oauth_clients (
  client_id text primary key check (length(client_id) between 1 and 255)
);

comment on table byok.oauth_clients is 'Third-party clients of Supabase Auth''s OAuth server whose tokens are accepted. A token that names another client (claim client_id) is refused; those of the project''s own sessions name none.';
comment on column byok.oauth_clients.client_id is 'The client''s id, as the dashboard shows it under Authentication, OAuth Apps.';

create table byok.required_claims (
  name text primary key check (name ~ '^[a-z][a-z0-9_]{0,62}$'),
  claims jsonb not null check (jsonb_typeof(claims) = 'object' and claims <> '{}')
);

comment on table byok.required_claims is 'What an access token must contain for its user to save, check or remove an API key. None by default.';
comment on column byok.required_claims.name is 'The operator''s name for the rule.';
comment on column byok.required_claims.claims is 'Claims that the token must contain, as jsonb containment (@>): {"aal": "aal2"} demands a second factor.';

alter table byok.oauth_clients enable row level security;
alter table byok.required_claims enable row level security;

create policy "The server reads the accepted clients" on byok.oauth_clients
  for select to byok_server using (true);
create policy "The server reads the required claims" on byok.required_claims
  for select to byok_server using (true);

comment on policy "The server reads the accepted clients" on byok.oauth_clients is 'is_client_accepted.';
comment on policy "The server reads the required claims" on byok.required_claims is 'require_claims.';

grant select on byok.oauth_clients, byok.required_claims to byok_server;

create function byok.is_client_accepted(p_claims jsonb) returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return p_claims ->> 'client_id' is null
    or exists (select from byok.oauth_clients as c where c.client_id = p_claims ->> 'client_id');
end
$$;

comment on function byok.is_client_accepted(jsonb) is
  'Whether the claims of an access token name no OAuth client, or one of byok.oauth_clients. Policies ask it, so authenticated may execute it; it tells nothing about users.';

create function byok.require_claims(p_claims jsonb) returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_missing jsonb;
begin
  if not byok.is_client_accepted(p_claims) then
    raise sqlstate 'PT401' using message = 'unauthenticated',
      hint = 'The token belongs to an OAuth client that is not in byok.oauth_clients.';
  end if;
  select jsonb_object_agg(c.key, c.value) into v_missing
  from byok.required_claims as r cross join jsonb_each(r.claims) as c
  where not coalesce(p_claims, '{}') @> r.claims;
  if v_missing is not null then
    raise sqlstate 'PT403' using message = 'claims_required', detail = jsonb_build_object('claims', v_missing)::text,
      hint = 'byok.required_claims demands claims that this access token does not have.';
  end if;
  return true;
end
$$;

comment on function byok.require_claims(jsonb) is
  'True when the claims of an access token are enough to save, check or remove API keys. Raises unauthenticated for an OAuth client that is not accepted, and claims_required (with claims, those of each rule that the token does not meet). The policy for removing asks it, so authenticated may execute it.';

revoke execute on function byok.is_client_accepted(jsonb), byok.require_claims(jsonb) from public;
grant execute on function byok.is_client_accepted(jsonb), byok.require_claims(jsonb)
  to authenticated, byok_server, service_role;

-- The app says who may bring a key and who may use credits, by plan or trial: it replaces these two functions. Both bodies are bound
-- when they are made, so they need no search_path, and without a SET clause the planner replaces a call by the constant.

create function byok.may_bring_key(p_owner_id uuid) returns boolean
language sql
stable
return true;

comment on function byok.may_bring_key(uuid) is
  'Whether a user, or a team, may save, check and use API keys of their own. The app replaces it; open_call asks it for each call on a saved key. Null counts as no.';

create function byok.may_use_credits(p_owner_id uuid) returns boolean
language sql
stable
return true;

comment on function byok.may_use_credits(uuid) is
  'Whether a user may spend their credits, or the members of a team its credits. The app replaces it; open_call asks it for each call that credits would pay. Null counts as no.';

create function byok.read_rights(p_team_id uuid default null)
returns table (may_bring_key boolean, may_use_credits boolean, may_manage_keys boolean, is_member boolean)
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  -- The server role has no access to schema auth.
  v_claims jsonb := nullif(current_setting('request.jwt.claims', true), '')::jsonb;
  v_user_id uuid := v_claims ->> 'sub';
  v_owner_id uuid := coalesce(p_team_id, v_user_id);
begin
  if v_user_id is null or not byok.is_client_accepted(v_claims) then
    raise sqlstate 'PT401' using message = 'unauthenticated',
      hint = 'The token names no user, or an OAuth client that is not in byok.oauth_clients.';
  end if;
  is_member := v_owner_id = any (byok.my_owners());
  may_bring_key := is_member and coalesce(byok.may_bring_key(v_owner_id), false);
  may_use_credits := is_member and coalesce(byok.may_use_credits(v_owner_id), false);
  may_manage_keys := v_owner_id = any (byok.my_owners('admin'));
  return next;
end
$$;

comment on function byok.read_rights(uuid) is
  'One row, for a page: the rights of the signed-in user, or of a team with whether the user is an admin, who may change its keys, and whether the user belongs to it. A stranger has no right. Raises unauthenticated without a user and for an OAuth client that is not accepted.';

revoke execute on function byok.may_bring_key(uuid), byok.may_use_credits(uuid), byok.read_rights(uuid) from public;
grant execute on function byok.may_bring_key(uuid), byok.may_use_credits(uuid) to byok_server;
grant execute on function byok.read_rights(uuid) to authenticated;

-- An owner has API keys and credits: a user, or a team of users. The app says who belongs where, in one function that it replaces. The
-- table below has an owner from the first key or credits on, so that everything of an owner goes with one row.

create table byok.owners (
  id uuid primary key,
  user_id uuid unique references auth.users (id) on delete cascade,
  constraint user_is_owner check (user_id = id)
);

comment on table byok.owners is 'Users and teams that have, or had, an API key or credits. All that they have refers to this table, and goes with the row.';
comment on column byok.owners.id is 'Id of the user in auth.users, or of the team in the app''s own table.';
comment on column byok.owners.user_id is 'The same id again where the owner is a user, whose deletion deletes the row; null for a team, which the app forgets (forget_owner).';

alter table byok.owners enable row level security;

create policy "The server keeps the owner it acts for" on byok.owners
  for all to byok_server using (id = (select byok.acting_for())) with check (id = (select byok.acting_for()));
comment on policy "The server keeps the owner it acts for" on byok.owners is 'add_owner, act_for_team, forget_owner.';

grant select, insert, delete on byok.owners to byok_server;

-- Its body is bound when it is made, so it needs no search_path, and without a SET clause the planner puts it in its caller's place.
create function byok.owners_of(p_user_id uuid) returns table (owner_id uuid, kind text, role text)
language sql
stable
begin atomic
  select p_user_id, 'user', 'admin';
end;

comment on function byok.owners_of(uuid) is
  'The owners that a user acts for: kind user (the user, or no row where the user may have no keys and credits of their own) or team; role admin (saves, checks and removes keys) or member (calls with them). The app replaces it; docs/teams.md shows how. By default the user alone.';

create function byok.is_membership(p_user_id uuid, p_owner_id uuid, p_kind text, p_role text) returns boolean
language sql
immutable
return (p_kind in ('user', 'team') and p_role in ('admin', 'member') and (p_kind = 'user') = (p_owner_id = p_user_id)) is true;

comment on function byok.is_membership(uuid, uuid, text, text) is
  'Whether a row of owners_of can be: without null, with a kind and a role that there are, and of kind user for the user alone.';

create function byok.memberships_of(p_user_id uuid) returns table (owner_id uuid, kind text, role text)
language plpgsql
stable
set search_path = ''
as $$
declare
  v_seen uuid[] := '{}';
begin
  for owner_id, kind, role in
    select o.owner_id, o.kind, o.role from byok.owners_of(p_user_id) as o order by o.owner_id <> p_user_id, o.owner_id
  loop
    if owner_id = any (v_seen) or not byok.is_membership(p_user_id, owner_id, kind, role) then
      raise sqlstate 'PT500' using message = 'owners_malformed',
        hint = 'byok.owners_of answers rows without null, one for each id: the user''s own id with kind user, teams with kind team, and role admin or member.';
    end if;
    v_seen := v_seen || owner_id;
    return next;
  end loop;
end
$$;

comment on function byok.memberships_of(uuid) is
  'The checked answer of owners_of: the user first, then teams in the order of their ids. Raises owners_malformed.';

create function byok.require_owner(p_user_id uuid, p_team_id uuid, p_role text) returns uuid
language plpgsql
stable
set search_path = ''
as $$
declare
  v_owner_id uuid := coalesce(p_team_id, p_user_id);
  v_role text;
begin
  select m.role into v_role from byok.memberships_of(p_user_id) as m
  where m.owner_id = v_owner_id and (m.kind = 'team') = (p_team_id is not null);
  if not found then
    raise sqlstate 'PT403' using message = 'not_a_member', detail = jsonb_build_object('team', p_team_id)::text,
      hint = 'byok.owners_of has no such owner for this user: no such team, or no row of the user''s own.';
  end if;
  if p_role = 'admin' and v_role <> 'admin' then
    raise sqlstate 'PT403' using message = 'admins_only', hint = 'byok.owners_of says that this user is a member, and no admin.';
  end if;
  return v_owner_id;
end
$$;

comment on function byok.require_owner(uuid, uuid, text) is
  'The owner that a user acts for: a team, or the user where no team is named. Raises not_a_member, and admins_only where the role admin is required of a member.';

create function byok.act_for_team(p_team_id uuid) returns void
language plpgsql
set search_path = ''
as $$
begin
  perform byok.act_for(p_team_id);
  if exists (select from byok.owners as o where o.id = p_team_id and o.user_id is not null) then
    raise sqlstate 'PT500' using message = 'owners_malformed', hint = 'byok.owners_of answers the id of a user as that of a team.';
  end if;
end
$$;

comment on function byok.act_for_team(uuid) is
  'As act_for, for a team that the user belongs to by memberships_of. Raises owners_malformed for a user''s id.';

create function byok.is_user(p_id uuid) returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform byok.refuse_browser();
  return exists (select from auth.users as u where u.id = p_id);
end
$$;

comment on function byok.is_user(uuid) is 'Whether an id is that of a user, banned or not. Runs as the owner of the schema, as is_active does.';

create function byok.add_owner(p_owner_id uuid, p_kind text) returns void
language plpgsql
set search_path = ''
as $$
begin
  if p_kind is null or p_kind not in ('user', 'team') then
    raise sqlstate 'PT400' using message = 'invalid_request', detail = '{"field":"p_kind"}', hint = 'An owner is a user or a team.';
  end if;
  if p_kind = 'team' and byok.is_user(p_owner_id) then
    raise sqlstate 'PT500' using message = 'owners_malformed', hint = 'This id of a team is the id of a user.';
  end if;
  insert into byok.owners (id, user_id) values (p_owner_id, case p_kind when 'user' then p_owner_id end) on conflict do nothing;
end
$$;

comment on function byok.add_owner(uuid, text) is
  'Adds the owner acted for, if it is not there: kind user or team. Raises invalid_request, and owners_malformed for a team with the id of a user.';

create function byok.forget_owner(p_owner_id uuid) returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_previous_claims text := byok.act_for(p_owner_id);
  v_is_forgotten boolean;
begin
  -- The rows of a user go with the user.
  delete from byok.owners as o where o.id = p_owner_id and o.user_id is null;
  v_is_forgotten := found;
  perform byok.stop_acting(v_previous_claims);
  return v_is_forgotten;
end
$$;

comment on function byok.forget_owner(uuid) is
  'Deletes all that a team has: keys, credits and the ledger. Returns whether there was anything. Call it when a team is deleted, or let forget_deleted_team do so. It deletes nothing of a user.';

create function byok.forget_deleted_team() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_previous_claims text := coalesce(current_setting('request.jwt.claims', true), '');
begin
  -- A team may be deleted from a browser, as the app allows. Nobody calls a trigger but by such a deletion.
  perform set_config('request.jwt.claims', '', true);
  perform byok.forget_owner((to_jsonb(old) ->> coalesce(tg_argv[0], 'id'))::uuid);
  perform set_config('request.jwt.claims', v_previous_claims, true);
  return null;
end
$$;

comment on function byok.forget_deleted_team() is
  'Trigger for the app''s table of teams, after delete for each row: forgets the team. Its argument names the column of the team''s id; id without one.';

create function byok.my_owners(p_role text default null) returns uuid[]
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  -- Not auth.uid(): byok_server has no right to the schema auth.
  v_claims text := current_setting('request.jwt.claims', true);
  v_user_id uuid := nullif(v_claims, '')::jsonb ->> 'sub';
  v_owners uuid[];
  v_is_sound boolean;
begin
  -- A third party's token carries the role and the id of its user.
  if v_user_id is null or not byok.is_client_accepted(v_claims::jsonb) then
    return '{}';
  end if;
  v_owners := array(
    select v_user_id union
    select m.owner_id from byok.memberships_of(v_user_id) as m where p_role is null or m.role = p_role);
  if cardinality(v_owners) > 1 then
    -- is_user answers to no browser.
    perform set_config('request.jwt.claims', '', true);
    v_is_sound := not exists (select from unnest(v_owners) as o (id) where o.id <> v_user_id and byok.is_user(o.id));
    perform set_config('request.jwt.claims', v_claims, true);
    if not v_is_sound then
      raise sqlstate 'PT500' using message = 'owners_malformed', hint = 'byok.owners_of answers the id of a user as that of a team.';
    end if;
  end if;
  return v_owners;
end
$$;

comment on function byok.my_owners(text) is
  'The ids of the signed-in user and of the user''s teams, or of those teams in which the user has a role; none for an OAuth client that is not accepted. All policies for users ask it, so authenticated may execute it; it answers about its caller alone. Raises owners_malformed, also for a team with the id of a user.';

revoke execute on function
  byok.owners_of(uuid), byok.is_membership(uuid, uuid, text, text), byok.memberships_of(uuid), byok.require_owner(uuid, uuid, text),
  byok.act_for_team(uuid), byok.is_user(uuid),
  byok.add_owner(uuid, text), byok.forget_owner(uuid), byok.forget_deleted_team(), byok.my_owners(text)
from public;
grant execute on function
  byok.owners_of(uuid), byok.is_membership(uuid, uuid, text, text), byok.memberships_of(uuid), byok.require_owner(uuid, uuid, text),
  byok.act_for_team(uuid), byok.is_user(uuid),
  byok.add_owner(uuid, text)
to byok_server;
grant execute on function byok.forget_owner(uuid) to service_role;
grant execute on function byok.forget_owner(uuid) to byok_server;
grant execute on function byok.my_owners(text) to authenticated;

-- The goods that credits buy: an operation with a model, at a price. A client names both, so a price belongs to the pair: nobody gets
-- the dearest model for the price of the cheapest operation. Every amount is in microcredits: 1000000 are one credit.

create table byok.operations (
  name text primary key check (name ~ '^[a-z][a-z0-9_]{0,62}$'),
  label text not null check (length(label) between 1 and 100),
  description text not null check (length(description) between 1 and 500)
);

comment on table byok.operations is 'Operations that are billed, one row each. The operator edits them here.';
comment on column byok.operations.name is 'Name sent as x-byok-operation.';
comment on column byok.operations.label is 'Name shown to users.';
comment on column byok.operations.description is 'One sentence for users: what the operation does.';

create table byok.prices (
  operation text not null references byok.operations (name) on update cascade on delete cascade,
  provider text not null check (provider ~ '^[a-z][a-z0-9_]{0,31}$'),
  model text not null check (length(model) between 1 and 200),
  -- No integers: Postgres would round 1.5 before any check sees it, and the operator would charge what was never said.
  microcredits_per_call numeric
    check (microcredits_per_call between 1 and 1e15 and microcredits_per_call = trunc(microcredits_per_call)),
  microcredits_per_1000_input_tokens numeric
    check (microcredits_per_1000_input_tokens between 0 and 1e9
      and microcredits_per_1000_input_tokens = trunc(microcredits_per_1000_input_tokens)),
  microcredits_per_1000_cached_input_tokens numeric
    check (microcredits_per_1000_cached_input_tokens between 0 and 1e9
      and microcredits_per_1000_cached_input_tokens = trunc(microcredits_per_1000_cached_input_tokens)),
  microcredits_per_1000_cache_write_tokens numeric
    check (microcredits_per_1000_cache_write_tokens between 0 and 1e9
      and microcredits_per_1000_cache_write_tokens = trunc(microcredits_per_1000_cache_write_tokens)),
  microcredits_per_1000_output_tokens numeric
    check (microcredits_per_1000_output_tokens between 0 and 1e9
      and microcredits_per_1000_output_tokens = trunc(microcredits_per_1000_output_tokens)),
  max_output_tokens integer not null check (max_output_tokens between 1 and 1000000),
  max_input_bytes integer not null check (max_input_bytes between 1 and 26214400),
  primary key (operation, provider, model),
  constraint flat_or_metered check (
    num_nonnulls(
      microcredits_per_1000_input_tokens, microcredits_per_1000_cached_input_tokens, microcredits_per_1000_cache_write_tokens,
      microcredits_per_1000_output_tokens)
      = case when microcredits_per_call is null then 4 else 0 end),
  constraint metered_is_not_free check (microcredits_per_1000_input_tokens + microcredits_per_1000_output_tokens > 0)
);

comment on table byok.prices is
  'What a call on credits costs, for each operation and model: a flat price, or one that is metered by the provider''s count of tokens. Credits do not buy a pair without a row; BYOK calls may name any model.';
comment on column byok.prices.operation is 'The operation that this price is for.';
comment on column byok.prices.provider is 'Provider id: openai, anthropic, google, groq.';
comment on column byok.prices.model is 'Model id exactly as the provider spells it.';
comment on column byok.prices.microcredits_per_call is 'Flat: price of one call. Null for a metered price.';
comment on column byok.prices.microcredits_per_1000_input_tokens is 'Metered: price of 1000 input tokens that no cache of the provider''s was involved in. Null for a flat price.';
comment on column byok.prices.microcredits_per_1000_cached_input_tokens is 'Metered: price of 1000 input tokens that the provider read from its cache. Null for a flat price.';
comment on column byok.prices.microcredits_per_1000_cache_write_tokens is 'Metered: price of 1000 input tokens that the provider wrote to its cache. Some bill these at more than input. Null for a flat price.';
comment on column byok.prices.microcredits_per_1000_output_tokens is 'Metered: price of 1000 output tokens, reasoning included. Null for a flat price.';
comment on column byok.prices.max_output_tokens is 'Most output tokens that one call may ask for.';
comment on column byok.prices.max_input_bytes is 'Largest request body of a call, in bytes.';

alter table byok.operations enable row level security;
alter table byok.prices enable row level security;

create policy "Signed-in users read the operations" on byok.operations
  for select to authenticated using (true);
create policy "The server reads the operations" on byok.operations
  for select to byok_server using (true);
create policy "Signed-in users read the prices" on byok.prices
  for select to authenticated using (true);
create policy "The server reads the prices" on byok.prices
  for select to byok_server using (true);

comment on policy "Signed-in users read the operations" on byok.operations is 'Users see what they may ask for.';
comment on policy "The server reads the operations" on byok.operations is 'place_hold tells an unknown operation from one without a price.';
comment on policy "Signed-in users read the prices" on byok.prices is 'Prices are public to users.';
comment on policy "The server reads the prices" on byok.prices is 'list_prices and place_hold.';

grant select on byok.operations, byok.prices to authenticated, byok_server;

create function byok.list_prices() returns setof byok.prices
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform byok.refuse_browser();
  return query select * from byok.prices order by operation, provider, model;
end
$$;

comment on function byok.list_prices() is
  'All prices. The functions remember them for a minute at most, to check a request before any credits are held.';

create function byok.most_microcredits(p_price byok.prices, p_max_input_tokens bigint, p_max_output_tokens bigint) returns bigint
language plpgsql
immutable
set search_path = ''
as $$
begin
  return coalesce(
    p_price.microcredits_per_call,
    greatest(1, ceil((
      p_max_input_tokens
        * greatest(
          p_price.microcredits_per_1000_input_tokens, p_price.microcredits_per_1000_cached_input_tokens,
          p_price.microcredits_per_1000_cache_write_tokens)
      + p_max_output_tokens * p_price.microcredits_per_1000_output_tokens
    ) / 1000)));
end
$$;

comment on function byok.most_microcredits(byok.prices, bigint, bigint) is
  'The most that a call can cost with so many input and output tokens.';

revoke execute on function byok.list_prices(), byok.most_microcredits(byok.prices, bigint, bigint) from public;
grant execute on function byok.list_prices() to service_role;
grant execute on function byok.most_microcredits(byok.prices, bigint, bigint) to byok_server;

-- A credential is the record about an owner's API key; its envelope is the sealed key. They are two tables so that no grant,
-- policy or `select *` on the one can ever show the other.

create table byok.credentials (
  id uuid primary key,
  owner_id uuid not null references byok.owners (id) on delete cascade,
  provider text not null check (provider ~ '^[a-z][a-z0-9_]{0,31}$'),
  prefix text not null default '' check (length(prefix) <= 24),
  hint text not null check (length(hint) <= 4),
  status text not null
    check (status in ('verified', 'unverified', 'rejected', 'restricted', 'no_credit', 'rate_limited', 'locked')),
  reason text check (reason ~ '^[a-z][a-z0-9_]{0,31}$'),
  is_paused boolean not null default false,
  last_used_on date,
  verified_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (owner_id, provider)
);

comment on table byok.credentials is 'One row for each owner and provider with a saved API key. While it exists, calls to that provider for the owner are funded by BYOK.';
comment on column byok.credentials.id is 'Made by the function before sealing: the envelope is bound to it. New with every save.';
comment on column byok.credentials.owner_id is 'The user or team whose key it is; the row is deleted with the owner.';
comment on column byok.credentials.provider is 'Provider id: openai, anthropic, google, groq.';
comment on column byok.credentials.prefix is 'Public beginning that all keys of this kind have, such as sk-proj-, from the list of providers; empty when the key begins otherwise.';
comment on column byok.credentials.hint is 'Last four characters of the API key, or empty when the key is too short to show any.';
comment on column byok.credentials.status is 'The verdict of the last check with the provider, or locked when the envelope cannot be opened: its master key is gone, or it was tampered with.';
comment on column byok.credentials.reason is 'Why the last check came to this status, such as missing_scope or spend_limit_reached; null if the status says it all.';
comment on column byok.credentials.is_paused is 'The owner, or the operator, leaves the key unused: calls are funded as if there were none.';
comment on column byok.credentials.last_used_on is 'The last day (UTC) of a call on this key, if byok.records_last_use says that it is recorded; null otherwise.';
comment on column byok.credentials.verified_at is 'When the provider last accepted the key; null if it never did.';
comment on column byok.credentials.created_at is 'When this key was saved.';
comment on column byok.credentials.updated_at is 'When the status was last set, or the schedule last took the key for a check.';

create index credentials_updated_at_idx on byok.credentials (updated_at);
comment on index byok.credentials_updated_at_idx is 'The schedule checks the keys first that were checked longest ago.';

create table byok.envelopes (
  credential_id uuid primary key references byok.credentials (id) on update cascade on delete cascade,
  -- No foreign key of its own: it goes with the credential. To look for the owner once more while a key is replaced would be
  -- to wait for a deletion of the owner that waits for the credential.
  owner_id uuid not null,
  envelope text not null check (
    (length(envelope) = 476 and envelope ~ '^QllLA[Q-Za-f][A-Za-z0-9+/]*=$')
    or (length(envelope) = 1500 and envelope ~ '^QllLA[g-v][A-Za-z0-9+/]*=$')
  ),
  kid bigint not null check (
    kid between 0 and 4294967295
    and kid = ('x' || encode(substr(decode(envelope, 'base64'), 5, 4), 'hex'))::bit(32)::bigint
  ),
  updated_at timestamptz not null default now()
);

comment on table byok.envelopes is 'Sealed API keys. No browser role, and not service_role either, has any grant here.';
comment on column byok.envelopes.credential_id is 'The credential this envelope belongs to.';
comment on column byok.envelopes.owner_id is 'Owner, for row-level security on the server''s path.';
comment on column byok.envelopes.envelope is 'Base64 of an envelope: 356 bytes in suite 1, 1,124 in suite 2.';
comment on column byok.envelopes.kid is 'Id of the master key it is sealed under; the same number stands inside the envelope.';
comment on column byok.envelopes.updated_at is 'When it was sealed.';

create index envelopes_owner_id_idx on byok.envelopes (owner_id);
comment on index byok.envelopes_owner_id_idx is 'Row-level security looks envelopes up by owner.';

alter table byok.credentials enable row level security;
alter table byok.envelopes enable row level security;

create policy "Owners read their credentials" on byok.credentials
  for select to authenticated using (owner_id = any ((select byok.my_owners())::uuid[]));
create policy "Owners remove their credentials" on byok.credentials
  for delete to authenticated
  using (
    owner_id = any ((select byok.my_owners('admin'))::uuid[])
    -- Of nothing that is theirs nobody is asked for claims: Postgres may look at conditions in any order, but for those of a case.
    and case when owner_id = any ((select byok.my_owners('admin'))::uuid[]) then (select byok.require_claims((select auth.jwt()))) end);
create policy "Owners pause their credentials" on byok.credentials
  for update to authenticated
  using (
    owner_id = any ((select byok.my_owners('admin'))::uuid[])
    and case when owner_id = any ((select byok.my_owners('admin'))::uuid[]) then (select byok.require_claims((select auth.jwt()))) end);
create policy "The server keeps the credentials of the owner it acts for" on byok.credentials
  for all to byok_server using (owner_id = (select byok.acting_for())) with check (owner_id = (select byok.acting_for()));
create policy "The server keeps the envelopes of the owner it acts for" on byok.envelopes
  for all to byok_server using (owner_id = (select byok.acting_for())) with check (owner_id = (select byok.acting_for()));

comment on policy "Owners read their credentials" on byok.credentials is 'The page shows provider, public prefix, last four characters and status, also to the members of a team.';
comment on policy "Owners remove their credentials" on byok.credentials is 'Remove is a delete through the Data API, for a user or an admin of a team; the envelope goes with it. It asks for the claims that save asks for.';
comment on policy "Owners pause their credentials" on byok.credentials is 'Pause and resume are updates of is_paused through the Data API, the only column that the grant covers. They ask for the claims that save asks for.';
comment on policy "The server keeps the credentials of the owner it acts for" on byok.credentials is 'save_credential, mark_credential, open_call, and rotation one owner at a time.';
comment on policy "The server keeps the envelopes of the owner it acts for" on byok.envelopes is 'save_credential, read_envelope, open_call, and rotation one owner at a time.';

grant select, delete on byok.credentials to authenticated;
grant update (is_paused) on byok.credentials to authenticated;
grant select, insert, update on byok.credentials to byok_server;
grant select, insert, update on byok.envelopes to byok_server;

create function byok.save_credential(
  p_user_id uuid,
  p_credential_id uuid,
  p_provider text,
  p_hint text,
  p_status text,
  p_envelope text,
  p_kid bigint,
  p_reason text default null,
  p_prefix text default '',
  p_team_id uuid default null
) returns setof byok.credentials
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_previous_claims text := byok.act_for_active(p_user_id);
  v_owner_id uuid := byok.require_owner(p_user_id, p_team_id, 'admin');
  v_verified_at timestamptz := case when byok.key_works(p_status) then now() end;
begin
  if p_team_id is not null then
    perform byok.act_for_team(p_team_id);
    perform byok.act_as('user', p_user_id);
  end if;
  perform byok.add_owner(v_owner_id, case when p_team_id is null then 'user' else 'team' end);
  insert into byok.credentials as c (id, owner_id, provider, prefix, hint, status, reason, verified_at)
  values (p_credential_id, v_owner_id, p_provider, p_prefix, p_hint, p_status, p_reason, v_verified_at)
  on conflict (owner_id, provider) do update
    set id = excluded.id, prefix = excluded.prefix, hint = excluded.hint, status = excluded.status, reason = excluded.reason,
        is_paused = false, last_used_on = null, verified_at = excluded.verified_at,
        created_at = now(), updated_at = now();

  insert into byok.envelopes as e (credential_id, owner_id, envelope, kid)
  values (p_credential_id, v_owner_id, p_envelope, p_kid)
  on conflict (credential_id) do update
    set envelope = excluded.envelope, kid = excluded.kid, updated_at = now();

  return query
    select * from byok.credentials as c where c.id = p_credential_id;
  perform byok.stop_acting(v_previous_claims);
end
$$;

comment on function byok.save_credential(uuid, uuid, text, text, text, text, bigint, text, text, uuid) is
  'Puts a credential and its envelope in the place of the owner''s credential for this provider, in one transaction; returns the credential. The owner is the user, or a team of which the user is an admin. Raises not_a_member, admins_only.';

create function byok.read_envelope(p_user_id uuid, p_provider text, p_team_id uuid default null)
returns table (credential_id uuid, envelope text)
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_previous_claims text := byok.act_for_active(p_user_id);
  v_owner_id uuid := byok.require_owner(p_user_id, p_team_id, 'admin');
begin
  if byok.may_bring_key(v_owner_id) is not true then
    raise sqlstate 'PT403' using message = 'byok_not_allowed', hint = 'byok.may_bring_key says no for this user or team.';
  end if;
  if p_team_id is not null then
    perform byok.act_for_team(p_team_id);
  end if;
  return query
    select c.id, e.envelope
    from byok.credentials as c
    left join byok.envelopes as e on e.credential_id = c.id
    where c.owner_id = v_owner_id and c.provider = p_provider;
  perform byok.stop_acting(v_previous_claims);
end
$$;

comment on function byok.read_envelope(uuid, text, uuid) is 'The credential id and envelope for a provider, to check the key: of the user, or of a team of which the user is an admin. No row without a key. Raises not_a_member, admins_only, byok_not_allowed.';

create function byok.mark_credential(
  p_owner_id uuid,
  p_credential_id uuid,
  p_status text,
  p_reason text default null,
  p_actor text default 'user',
  p_actor_id uuid default null
) returns setof byok.credentials
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_previous_claims text := byok.act_for(p_owner_id);
begin
  perform byok.act_as(p_actor, p_actor_id);
  return query
    update byok.credentials as c
    set status = p_status,
        reason = p_reason,
        verified_at = case when byok.key_works(p_status) then now() else c.verified_at end,
        updated_at = now()
    where c.id = p_credential_id and c.owner_id = p_owner_id
    returning c.*;
  perform byok.stop_acting(v_previous_claims);
end
$$;

comment on function byok.mark_credential(uuid, uuid, text, text, text, uuid) is
  'Sets the verdict of a check and its reason if that credential is still the current one, and returns it; no row when it was replaced or removed meanwhile. The actor is who had it checked: user, with the id of a member of a team, operator or schedule.';

create function byok.note_refusal(p_owner_id uuid, p_credential_id uuid, p_status text, p_reason text, p_user_id uuid)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_previous_claims text := byok.act_for(p_owner_id);
  v_is_new boolean;
begin
  if p_status is null or p_status not in ('rejected', 'no_credit') then
    raise sqlstate 'PT400' using message = 'invalid_request', detail = '{"field":"p_status"}',
      hint = 'A call says rejected or no_credit of a key; a check says the rest.';
  end if;
  perform byok.act_as('user', p_user_id);
  update byok.credentials as c
  set status = p_status, reason = p_reason, updated_at = now()
  where c.id = p_credential_id and c.owner_id = p_owner_id and (c.status, c.reason) is distinct from (p_status, p_reason);
  v_is_new := found;
  perform byok.stop_acting(v_previous_claims);
  return v_is_new;
end
$$;

comment on function byok.note_refusal(uuid, uuid, text, text, uuid) is
  'Marks a credential whose key the provider refused in a call of a user: rejected or no_credit. Returns whether that is news; if not, or if the credential is no longer the current one, no row changes. Raises invalid_request.';

create function byok.records_last_use() returns boolean
language sql
stable
return false;

comment on function byok.records_last_use() is
  'Whether open_call records the day of the last call on a key, one write for each key and day. The operator replaces it; by default no: such a row is about use.';

create function byok.key_works(p_status text) returns boolean
language sql
immutable
set search_path = ''
as $$
  select p_status in ('verified', 'restricted', 'rate_limited');
$$;

comment on function byok.key_works(text) is 'Whether a status means that the provider accepted the key.';

revoke execute on function
  byok.save_credential(uuid, uuid, text, text, text, text, bigint, text, text, uuid),
  byok.read_envelope(uuid, text, uuid),
  byok.mark_credential(uuid, uuid, text, text, text, uuid),
  byok.note_refusal(uuid, uuid, text, text, uuid),
  byok.records_last_use(),
  byok.key_works(text)
from public;

grant execute on function
  byok.save_credential(uuid, uuid, text, text, text, text, bigint, text, text, uuid),
  byok.read_envelope(uuid, text, uuid),
  byok.mark_credential(uuid, uuid, text, text, text, uuid),
  byok.note_refusal(uuid, uuid, text, text, uuid)
to service_role;

grant execute on function byok.key_works(text), byok.records_last_use() to byok_server;

-- Limits on how often a user may do something in a period. A check of an API key tells the caller whether it works. So that nobody tries out
-- stolen keys here, every check counts, whatever its outcome, before the provider is asked.

create table byok.limits (
  name text primary key check (name ~ '^[a-z][a-z0-9_]{0,62}$'),
  at_most bigint not null check (at_most between 0 and 1000000000000000),
  period interval not null check (period in (interval '1 minute', interval '1 day'))
);

comment on table byok.limits is 'How much one user may do in a period. The operator edits it here.';
comment on column byok.limits.name is
  'What is limited. key_attempts: checks of API keys by save and verify; without its row nobody may check one. unpaid_microcredits: what calls cost that the platform bears, see 40_accounts.sql; without its row it bears none. byok_calls: calls on a key of the user''s own; without its row, as at first, they are neither limited nor counted.';
comment on column byok.limits.at_most is 'Most for one user in one period: times, or microcredits.';
comment on column byok.limits.period is 'A minute, or a day; both begin with the clock of UTC. unpaid_microcredits is by the day, whatever stands here.';

create table byok.counters (
  user_id uuid not null references auth.users (id) on delete cascade,
  name text not null,
  period_began_at timestamptz not null,
  times bigint not null check (times > 0),
  primary key (user_id, name)
);

comment on table byok.counters is 'How often each user has done what is limited, in the last period with any. One row for each user and limit, overwritten in the next period.';
comment on column byok.counters.user_id is 'Whom the functions worked for.';
comment on column byok.counters.name is 'Name of the limit that this counts against.';
comment on column byok.counters.period_began_at is 'Beginning of the period that is counted.';
comment on column byok.counters.times is 'How often the user did it in that period.';

create table byok.used_seals (
  user_id uuid not null references auth.users (id) on delete cascade,
  seal text not null check (seal ~ '^[A-Za-z0-9+/]{43}=$'),
  used_at timestamptz not null default now(),
  primary key (user_id, seal)
);

comment on table byok.used_seals is 'Sealed API keys that were opened in the last minutes, so that a recorded request cannot be sent again. Each user''s next attempt deletes those that are too old to open.';
comment on column byok.used_seals.user_id is 'Whom the key was sealed for.';
comment on column byok.used_seals.seal is 'The sender''s public key, base64 of 32 bytes, which is different in each sealed key. It opens nothing.';
comment on column byok.used_seals.used_at is 'When it was opened.';

alter table byok.limits enable row level security;
alter table byok.counters enable row level security;
alter table byok.used_seals enable row level security;

create policy "The server reads the limits" on byok.limits
  for select to byok_server using (true);
create policy "The server counts for the user it acts for" on byok.counters
  for all to byok_server using (user_id = (select byok.acting_for())) with check (user_id = (select byok.acting_for()));
create policy "The server keeps the used seals of the user it acts for" on byok.used_seals
  for all to byok_server using (user_id = (select byok.acting_for())) with check (user_id = (select byok.acting_for()));

comment on policy "The server reads the limits" on byok.limits is 'count_attempt, open_call and the billing functions.';
comment on policy "The server counts for the user it acts for" on byok.counters is 'count_attempt and open_call.';
comment on policy "The server keeps the used seals of the user it acts for" on byok.used_seals is 'count_attempt.';

grant select on byok.limits to byok_server;
grant select, insert, update on byok.counters to byok_server;
grant select, insert, delete on byok.used_seals to byok_server;

insert into byok.limits (name, at_most, period) values
  ('key_attempts', 50, '1 day'),
  ('unpaid_microcredits', 100000000, '1 day');

create function byok.count_once(p_user_id uuid, p_rule byok.limits) returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_began_at timestamptz := date_bin(p_rule.period, now(), timestamptz '2000-01-01 00:00:00+00');
  v_times bigint;
begin
  -- The row is locked from here to the end of the transaction, so that uses at the same moment are counted one after the other.
  insert into byok.counters as c (user_id, name, period_began_at, times)
  values (p_user_id, p_rule.name, v_began_at, 1)
  on conflict (user_id, name) do update
    set period_began_at = excluded.period_began_at,
        times = case c.period_began_at when excluded.period_began_at then c.times + 1 else 1 end
  returning c.times into v_times;
  if v_times > p_rule.at_most then
    return ceil(extract(epoch from v_began_at + p_rule.period - now()));
  end if;
  return null;
end
$$;

comment on function byok.count_once(uuid, byok.limits) is
  'Counts one use by the user acted for. Null within the limit; past it the seconds until the next period, and the caller is to raise, which takes the count back.';

create function byok.count_attempt(p_user_id uuid, p_seal text default null, p_team_id uuid default null) returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_previous_claims text := byok.act_for_active(p_user_id);
  -- Not within the question below, whose answer may not depend on it: then Postgres would leave it out.
  v_owner_id uuid := byok.require_owner(p_user_id, p_team_id, 'admin');
  v_limit byok.limits;
  v_wait_s integer;
begin
  if byok.may_bring_key(v_owner_id) is not true then
    raise sqlstate 'PT403' using message = 'byok_not_allowed',
      hint = 'byok.may_bring_key says no for this user or team.';
  end if;
  select * into v_limit from byok.limits as l where l.name = 'key_attempts';
  if not found then
    v_limit := row('key_attempts', 0, interval '1 day');
  end if;
  v_wait_s := byok.count_once(p_user_id, v_limit);
  if v_wait_s is not null then
    raise sqlstate 'PT429' using message = 'too_many_attempts', detail = jsonb_build_object('retry_after_s', v_wait_s)::text,
      hint = 'The row key_attempts of byok.limits says how many checks of API keys a user may have in a day.';
  end if;
  if p_seal is not null then
    -- A sealed key opens for five minutes; more, since the clocks of workers and database may differ.
    delete from byok.used_seals as s where s.user_id = p_user_id and s.used_at < now() - interval '15 minutes';
    insert into byok.used_seals (user_id, seal) values (p_user_id, p_seal) on conflict do nothing;
    if not found then
      raise sqlstate 'PT400' using message = 'sealed_key_refused',
        hint = 'The same sealed API key was sent before: byok.used_seals has it.';
    end if;
  end if;
  perform byok.stop_acting(v_previous_claims);
end
$$;

comment on function byok.count_attempt(uuid, text, uuid) is
  'Counts a check of an API key by a user, for the user or a team of which the user is an admin. Raises not_a_member, admins_only, too_many_attempts (with retry_after_s, the seconds until the next day in UTC) past the limit of the day, sealed_key_refused for a sealed key that came before, and byok_not_allowed if may_bring_key says no; it counts nothing then.';

revoke execute on function byok.count_once(uuid, byok.limits), byok.count_attempt(uuid, text, uuid) from public;
grant execute on function byok.count_once(uuid, byok.limits) to byok_server;
grant execute on function byok.count_attempt(uuid, text, uuid) to service_role;

-- Rotation of the master key: envelopes are counted and listed by the kid they are sealed under, opened and sealed again by the
-- function rotate, and replaced where they are still the same. Envelopes of all users pass through here, and yet no role may
-- select them all: byok_rotation sees whose there are and under which kid but no envelope, and byok_server reads and replaces each while
-- it acts for its owner.

do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'byok_rotation') then
    create role byok_rotation nologin noinherit;
  end if;
end
$$;

comment on role byok_rotation is
  'Owns the functions of schema byok that count and list envelopes by kid. It sees the ids of credentials and owners and the kids, and nothing else.';

grant byok_rotation to postgres;
grant usage on schema byok to byok_rotation;

create index envelopes_kid_credential_id_idx on byok.envelopes (kid, credential_id);
comment on index byok.envelopes_kid_credential_id_idx is 'Envelopes are counted and listed by kid without reading one.';

create policy "Rotation counts and lists all envelopes" on byok.envelopes
  for select to byok_rotation using (true);
comment on policy "Rotation counts and lists all envelopes" on byok.envelopes is
  'count_envelopes and list_envelope_ids. Its grant covers ids and kids, not the envelope.';
grant select (credential_id, owner_id, kid) on byok.envelopes to byok_rotation;
grant execute on function byok.acting_for(), byok.refuse_browser() to byok_rotation;

create function byok.count_envelopes() returns table (kid bigint, envelopes bigint)
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform byok.refuse_browser();
  return query
    select e.kid, count(*) from byok.envelopes as e group by e.kid order by e.kid;
end
$$;

comment on function byok.count_envelopes() is 'How many envelopes are sealed under each kid.';

create function byok.list_envelope_ids(p_kid bigint, p_after uuid, p_limit integer)
returns table (credential_id uuid, owner_id uuid)
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform byok.refuse_browser();
  return query
    select e.credential_id, e.owner_id
    from byok.envelopes as e
    where e.kid = p_kid and e.credential_id > coalesce(p_after, '00000000-0000-0000-0000-000000000000')
    order by e.credential_id
    limit p_limit;
end
$$;

comment on function byok.list_envelope_ids(bigint, uuid, integer) is
  'Up to p_limit envelopes under a kid, by the ids of their credentials, from the one after p_after; null begins at the first.';

create function byok.list_envelopes(p_kid bigint, p_after uuid, p_limit integer)
returns table (credential_id uuid, owner_id uuid, provider text, envelope text)
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_previous_claims text := coalesce(current_setting('request.jwt.claims', true), '');
  v_listed record;
begin
  if p_limit is null or p_limit not between 1 and 1000 then
    raise sqlstate 'PT400' using message = 'invalid_request', detail = '{"field":"p_limit"}',
      hint = 'Pass a number from 1 to 1000.';
  end if;
  for v_listed in select l.credential_id, l.owner_id from byok.list_envelope_ids(p_kid, p_after, p_limit) as l loop
    perform byok.act_for(v_listed.owner_id);
    return query
      select c.id, c.owner_id, c.provider, e.envelope
      from byok.envelopes as e
      join byok.credentials as c on c.id = e.credential_id
      where e.credential_id = v_listed.credential_id;
  end loop;
  perform byok.stop_acting(v_previous_claims);
end
$$;

comment on function byok.list_envelopes(bigint, uuid, integer) is
  'Up to p_limit (1 to 1000) envelopes under a kid, with what they are bound to, in the order of credential ids from the one after p_after. One that goes meanwhile is left out. Raises invalid_request.';

create function byok.replace_envelopes(p_replacements jsonb) returns setof uuid
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_previous_claims text := coalesce(current_setting('request.jwt.claims', true), '');
  v_replacement record;
begin
  for v_replacement in
    select * from jsonb_to_recordset(p_replacements)
      as r (owner_id uuid, credential_id uuid, old_envelope text, new_envelope text, new_kid bigint)
  loop
    perform byok.act_for(v_replacement.owner_id);
    perform byok.act_as('operator');
    -- A row that somebody else has locked is being saved, removed or marked: it is passed by, so that no batch ever waits for a user,
    -- nor two of them for each other in a circle.
    perform from byok.envelopes as e
    join byok.credentials as c on c.id = e.credential_id
    where e.credential_id = v_replacement.credential_id and e.envelope = v_replacement.old_envelope
    for update skip locked;
    continue when not found;

    if v_replacement.new_envelope is null then
      update byok.credentials as c set status = 'locked', updated_at = now()
      where c.id = v_replacement.credential_id and c.status <> 'locked';
    else
      update byok.envelopes as e
      set envelope = v_replacement.new_envelope, kid = v_replacement.new_kid, updated_at = now()
      where e.credential_id = v_replacement.credential_id;
      -- It has just been opened, so it is locked no longer.
      update byok.credentials as c set status = 'unverified', updated_at = now()
      where c.id = v_replacement.credential_id and c.status = 'locked';
      perform byok.record_rotation(to_jsonb(c)) from byok.credentials as c where c.id = v_replacement.credential_id;
    end if;
    return next v_replacement.credential_id;
  end loop;
  perform byok.stop_acting(v_previous_claims);
end
$$;

comment on function byok.replace_envelopes(jsonb) is
  'Compare-and-swap of a batch, [{owner_id, credential_id, old_envelope, new_envelope, new_kid}]: puts each new envelope in the place of the old one, and marks a credential locked where there is no new one because the old one cannot be opened. Returns the credentials of those that were still as they had been read; the others were saved, removed or in use meanwhile, and are left alone.';

revoke execute on function
  byok.count_envelopes(),
  byok.list_envelope_ids(bigint, uuid, integer),
  byok.list_envelopes(bigint, uuid, integer),
  byok.replace_envelopes(jsonb)
from public;
grant execute on function byok.list_envelope_ids(bigint, uuid, integer) to byok_server;
grant execute on function
  byok.count_envelopes(),
  byok.list_envelopes(bigint, uuid, integer),
  byok.replace_envelopes(jsonb)
to service_role;

-- The life of a key: what happened to each credential, when and by whom. Triggers write it, so that no way of changing a credential
-- passes it by: not the functions, not a delete through the Data API, not the operator's own SQL.

do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'byok_events') then
    create role byok_events nologin noinherit;
  end if;
end
$$;

comment on role byok_events is
  'Owns the triggers that write byok.key_events. It sees the events and the ids of owners, and no credential and no envelope.';

grant byok_events to postgres;
grant usage on schema byok to byok_events;

create table byok.key_events (
  -- No foreign key: its check would lock the owner while a credential is locked, and wait for a deletion of the owner that waits for
  -- the credential. forget_key_events deletes what a deleted owner has.
  owner_id uuid not null,
  id bigint generated always as identity,
  kind text not null
    check (kind in ('saved', 'replaced', 'removed', 'paused', 'resumed', 'verdict_changed', 'locked', 'rotated')),
  provider text not null,
  hint text not null check (length(hint) <= 4),
  status text not null,
  reason text,
  actor text not null check (actor in ('user', 'member', 'operator', 'schedule')),
  actor_id uuid,
  created_at timestamptz not null default now(),
  primary key (owner_id, id)
);

comment on table byok.key_events is 'The events in the life of each API key, append-only: of each owner the newest 200. Never key material.';
comment on column byok.key_events.owner_id is 'The user or team whose key it is or was.';
comment on column byok.key_events.id is 'Order of the events.';
comment on column byok.key_events.kind is
  'saved, replaced, removed; paused, resumed; verdict_changed: the provider says something else of the key than before; locked: the envelope cannot be opened; rotated: re-encrypted under another master key.';
comment on column byok.key_events.provider is 'Provider id: openai, anthropic, google, groq.';
comment on column byok.key_events.hint is 'Last four characters of the API key, or empty.';
comment on column byok.key_events.status is 'The credential''s status after the event; of a removed one, its last.';
comment on column byok.key_events.reason is 'The reason of that status, if it has one.';
comment on column byok.key_events.actor is
  'Who did it: the user whose key it is, a member of the team, the operator (a command, SQL, or a job with the secret key), or the schedule of checks. A call whose key the provider refuses is the caller''s.';
comment on column byok.key_events.actor_id is 'The user or member who did it; null for the operator and the schedule.';
comment on column byok.key_events.created_at is 'When it happened.';

alter table byok.key_events enable row level security;

create policy "Owners read the events of their keys" on byok.key_events
  for select to authenticated using (owner_id = any ((select byok.my_owners('admin'))::uuid[]));
create policy "The triggers write and prune the events" on byok.key_events
  for all to byok_events using (true) with check (true);
create policy "The triggers see which owners there are" on byok.owners
  for select to byok_events using (true);

comment on policy "Owners read the events of their keys" on byok.key_events is 'A user, and the admins of a team. Members see the state of a key, not its history.';
comment on policy "The triggers write and prune the events" on byok.key_events is 'add_key_event and forget_key_events. No role may update an event.';
comment on policy "The triggers see which owners there are" on byok.owners is 'add_key_event: what is deleted with its owner leaves no event.';

grant select on byok.key_events to authenticated;
grant select, insert, delete on byok.key_events to byok_events;
grant select (id) on byok.owners to byok_events;

create function byok.on_key_event(p_event jsonb) returns void
language plpgsql
set search_path = ''
as $$
begin
end
$$;

comment on function byok.on_key_event(jsonb) is
  'Called for each event in the life of a key, the row of byok.key_events as JSON, in the transaction that changes the key. The app replaces it, to send mail for example; by default it does nothing. An error in it is a warning in the log and changes nothing.';

create function byok.add_key_event(p_credential byok.credentials, p_kind text) returns void
language plpgsql
set search_path = ''
as $$
declare
  v_claims jsonb := nullif(current_setting('request.jwt.claims', true), '')::jsonb;
  v_actor text;
  v_actor_id uuid;
  v_event byok.key_events;
begin
  -- A credential that goes with its owner leaves no event.
  if not exists (select from byok.owners as o where o.id = p_credential.owner_id) then
    return;
  end if;
  -- Nobody but act_for gives claims the role byok_server: the Data API takes the role for its own from a token that it has verified.
  v_actor := case v_claims ->> 'role'
    when 'authenticated' then 'user' when 'byok_server' then coalesce(v_claims ->> 'actor', 'user') else 'operator' end;
  if v_actor = 'user' then
    v_actor_id := case v_claims ->> 'role'
      when 'byok_server' then coalesce(v_claims ->> 'actor_id', v_claims ->> 'sub') else v_claims ->> 'sub' end;
    if v_actor_id <> p_credential.owner_id then
      v_actor := 'member';
    end if;
  end if;
  insert into byok.key_events as e (owner_id, kind, provider, hint, status, reason, actor, actor_id)
  values (
    p_credential.owner_id, p_kind, p_credential.provider, p_credential.hint, p_credential.status, p_credential.reason, v_actor, v_actor_id)
  returning e.* into v_event;
  delete from byok.key_events as e
  where e.owner_id = v_event.owner_id
    and e.id <= (select k.id from byok.key_events as k where k.owner_id = v_event.owner_id order by k.id desc offset 200 limit 1);
  begin
    perform byok.on_key_event(to_jsonb(v_event));
  exception when others then
    raise warning 'byok.on_key_event fails with SQLSTATE %', sqlstate;
  end;
end
$$;

comment on function byok.add_key_event(byok.credentials, text) is
  'Adds an event about a credential, by whoever the claims of the transaction name, prunes those of its owner to the newest 200 and calls on_key_event.';

create function byok.record_credential_change() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform byok.add_key_event(
    case when tg_op = 'DELETE' then old else new end,
    case
      when tg_op = 'INSERT' then 'saved'
      when tg_op = 'DELETE' then 'removed'
      when new.id <> old.id then 'replaced'
      when new.is_paused and not old.is_paused then 'paused'
      when old.is_paused and not new.is_paused then 'resumed'
      when new.status = 'locked' then 'locked'
      else 'verdict_changed'
    end);
  return null;
end
$$;

comment on function byok.record_credential_change() is 'Trigger: adds the event that a change of a credential is.';

create trigger record_coming_and_going after insert or delete on byok.credentials
  for each row execute function byok.record_credential_change();
create trigger record_change after update on byok.credentials
  for each row
  when ((old.id, old.is_paused, old.status, old.reason) is distinct from (new.id, new.is_paused, new.status, new.reason))
  execute function byok.record_credential_change();
comment on trigger record_coming_and_going on byok.credentials is 'Every credential that comes or goes leaves an event.';
comment on trigger record_change on byok.credentials is 'So does every change of a verdict; one that is found again leaves none.';

create function byok.record_rotation(p_credential jsonb) returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform byok.refuse_browser();
  perform byok.add_key_event(jsonb_populate_record(null::byok.credentials, p_credential), 'rotated');
end
$$;

comment on function byok.record_rotation(jsonb) is 'Adds the event that an envelope was re-encrypted, for replace_envelopes: the credential itself does not change.';

create function byok.forget_key_events() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  delete from byok.key_events as e where e.owner_id = old.id;
  return null;
end
$$;

comment on function byok.forget_key_events() is 'Trigger: deletes the events of a deleted owner.';

-- It comes after the cascades, whose triggers begin with RI_ConstraintTrigger: Postgres goes by the names.
create trigger forget_key_events after delete on byok.owners
  for each row execute function byok.forget_key_events();
comment on trigger forget_key_events on byok.owners is 'What the owner had goes with the owner.';

create function byok.act_as(p_actor text, p_actor_id uuid default null) returns void
language plpgsql
set search_path = ''
as $$
begin
  perform byok.refuse_browser();
  if byok.acting_for() is not null then
    -- The claims of act_for stay as they are, and gain members.
    perform set_config(
      'request.jwt.claims',
      rtrim(current_setting('request.jwt.claims', true), '}')
        || ',' || ltrim(jsonb_strip_nulls(jsonb_build_object('actor', p_actor, 'actor_id', p_actor_id))::text, '{'),
      true);
  end if;
end
$$;

comment on function byok.act_as(text, uuid) is
  'After act_for: says who acts, for the events. user with the id of a user or member, operator or schedule. Raises insufficient_privilege for a browser.';

revoke execute on function
  byok.on_key_event(jsonb), byok.add_key_event(byok.credentials, text), byok.record_credential_change(),
  byok.record_rotation(jsonb), byok.forget_key_events(), byok.act_as(text, uuid)
from public;
grant execute on function
  byok.on_key_event(jsonb), byok.add_key_event(byok.credentials, text), byok.acting_for(), byok.refuse_browser()
to byok_events;
grant execute on function byok.record_rotation(jsonb), byok.act_as(text, uuid) to byok_server;

-- The schedule of checks: the keys that were checked longest ago, of all owners. As for a rotation, no role may select them all:
-- byok_rotation lists ids, and byok_server reads each while it acts for its owner.

create policy "The schedule lists all credentials" on byok.credentials
  for select to byok_rotation using (true);
comment on policy "The schedule lists all credentials" on byok.credentials is
  'list_due_ids. Its grant covers ids, is_paused and the time of the last check.';
grant select (id, owner_id, is_paused, updated_at) on byok.credentials to byok_rotation;

create function byok.list_due_ids(p_older_than_hours integer, p_limit integer)
returns table (credential_id uuid, owner_id uuid)
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform byok.refuse_browser();
  return query
    select c.id, c.owner_id
    from byok.credentials as c
    where c.updated_at < now() - make_interval(hours => p_older_than_hours) and not c.is_paused
    order by c.updated_at
    limit p_limit;
end
$$;

comment on function byok.list_due_ids(integer, integer) is 'Up to p_limit credentials whose status was last set more than so many hours ago, the oldest first; paused ones are left out.';

create function byok.take_due_credentials(p_older_than_hours integer, p_limit integer)
returns table (credential_id uuid, owner_id uuid, provider text, status text, reason text, envelope text)
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_previous_claims text := coalesce(current_setting('request.jwt.claims', true), '');
  v_listed record;
begin
  if p_limit is null or p_limit not between 1 and 1000 or p_older_than_hours is null or p_older_than_hours not between 0 and 87600 then
    raise sqlstate 'PT400' using message = 'invalid_request', detail = '{"field":"p_limit"}',
      hint = 'Pass a limit from 1 to 1000, and 0 to 87600 hours.';
  end if;
  for v_listed in select l.credential_id, l.owner_id from byok.list_due_ids(p_older_than_hours, p_limit) as l loop
    perform byok.act_for(v_listed.owner_id);
    -- It is the next one's turn, whatever comes of this check.
    update byok.credentials as c set updated_at = now() where c.id = v_listed.credential_id;
    continue when byok.may_bring_key(v_listed.owner_id) is not true;
    return query
      select c.id, c.owner_id, c.provider, c.status, c.reason, e.envelope
      from byok.credentials as c
      left join byok.envelopes as e on e.credential_id = c.id
      where c.id = v_listed.credential_id;
  end loop;
  perform byok.stop_acting(v_previous_claims);
end
$$;

comment on function byok.take_due_credentials(integer, integer) is
  'Up to p_limit (1 to 1000) credentials to check, with their envelopes: those whose status was last set more than so many hours ago, the oldest first. They are due again after that time, whatever comes of the check. Those whose owner may not bring keys are left out. Raises invalid_request.';

revoke execute on function byok.list_due_ids(integer, integer), byok.take_due_credentials(integer, integer) from public;
grant execute on function byok.list_due_ids(integer, integer) to byok_server;
grant execute on function byok.take_due_credentials(integer, integer) to service_role;

-- Credits. An account says what an owner has; the ledger says why, and is never rewritten. For each account and at any time:
-- available + held + charged - refunded + revoked = granted.
-- Everything is kept in microcredits, 1000000 to a credit, so that every price is exact; operators and users say credits.
--
-- The ledger has what changed a balance for good. A hold that was voided changed nothing: it leaves no entry and no row.

create table byok.accounts (
  owner_id uuid primary key references byok.owners (id) on delete cascade,
  available_microcredits bigint not null default 0,
  unpaid_on date not null default '2000-01-01',
  unpaid_microcredits bigint not null default 0,
  updated_at timestamptz not null default now(),
  -- One check for both: Postgres reads the text of each anew for every statement that writes the row.
  constraint nothing_is_negative check (least(available_microcredits, unpaid_microcredits) >= 0)
) with (fillfactor = 70); -- Every call on credits changes its account; with room on the page no index has to follow.

comment on table byok.accounts is 'One row for each owner who was ever granted credits. It is the one row that billing locks.';
comment on column byok.accounts.owner_id is 'The user, or the team whose members, spend these credits; the row is deleted with the owner.';
comment on column byok.accounts.available_microcredits is 'Microcredits that can be spent now; those that holds have reserved are not among them.';
comment on column byok.accounts.unpaid_on is 'The last day (UTC) on which the platform bore the price of a call.';
comment on column byok.accounts.unpaid_microcredits is 'What the platform bore on that day; the limit unpaid_microcredits is the most for a day.';
comment on column byok.accounts.updated_at is 'When the balance last changed.';

-- A hold has the id that its entry will have, so that a charge is found, and made once, by the id of its hold.
create sequence byok.entry_ids as bigint;
comment on sequence byok.entry_ids is 'Ids of holds and entries.';
grant usage on sequence byok.entry_ids to byok_server;

create table byok.entries (
  id bigint not null default nextval('byok.entry_ids'),
  owner_id uuid not null references byok.accounts (owner_id) on delete cascade,
  member_id uuid,
  kind text not null,
  microcredits bigint not null,
  operation text,
  provider text,
  model text,
  request_id text,
  charge_id bigint,
  input_tokens bigint,
  cached_input_tokens bigint,
  cache_write_tokens bigint,
  output_tokens bigint,
  reason text,
  idempotency_key text,
  created_at timestamptz not null default now(),
  -- An owner's history, page by page. Nobody looks for an entry by its id alone, and an index that invites to walk back through
  -- everybody's entries to find one owner's would be taken now and then.
  primary key (owner_id, id)
);

comment on table byok.entries is 'The ledger: append-only. A row goes only together with its account.';
comment on column byok.entries.id is 'Order of the ledger; a charge stands where its call was opened.';
comment on column byok.entries.owner_id is 'The user or team whose account changed.';
comment on column byok.entries.member_id is 'Of a team''s charge or refund: the member whose call it was. The id stays when that user is deleted. Null for what is a user''s.';
comment on column byok.entries.kind is 'grant: put in; revoke: taken back by the operator; charge: the price of a call; refund: given back of a charge.';
comment on column byok.entries.microcredits is 'Amount, always positive; the kind says the direction.';
comment on column byok.entries.operation is 'What was billed; null for a grant or revoke.';
comment on column byok.entries.provider is 'The provider that was asked; null for a grant or revoke.';
comment on column byok.entries.model is 'The model that was asked; null for a grant or revoke.';
comment on column byok.entries.request_id is 'The caller''s idempotency key, if the call had one; charges only.';
comment on column byok.entries.charge_id is 'The charge that a refund gives back from.';
comment on column byok.entries.input_tokens is 'Of a refund, if the provider reported it: all input tokens of the call, those of the provider''s cache included.';
comment on column byok.entries.cached_input_tokens is 'Of a refund, if the provider reported it: input tokens that came from the provider''s cache.';
comment on column byok.entries.cache_write_tokens is 'Of a refund, if the provider reported it: input tokens that the provider wrote to its cache.';
comment on column byok.entries.output_tokens is 'Of a refund, if the provider reported it: output tokens of the call, reasoning included.';
comment on column byok.entries.reason is
  'Of a grant or revoke: why, in the operator''s words. Of a refund: unused (a metered call cost less), nothing_delivered (the provider failed before any content), broken_off (the platform bears the price, within a daily limit).';
comment on column byok.entries.idempotency_key is 'A grant''s or revoke''s key: the same key counts once.';
comment on column byok.entries.created_at is 'When the account changed.';

-- Postgres reads the text of each check anew for every statement that inserts, and 15 checks took a third of what a charge costs. A
-- function is planned once.
create function byok.is_sound_entry(p_kind text, p_entry byok.entries) returns boolean
language plpgsql
immutable
set search_path = ''
as $$
begin
  -- As with checks, null is no objection.
  return coalesce(
    p_kind in ('grant', 'revoke', 'charge', 'refund')
      and p_entry.microcredits between 1 and 1000000000000000
      and length(p_entry.request_id) between 1 and 255
      and length(p_entry.reason) <= 500
      and length(p_entry.idempotency_key) between 1 and 255
      and p_entry.input_tokens >= 0
      and p_entry.cached_input_tokens between 0 and p_entry.input_tokens
      and p_entry.cache_write_tokens between 0 and p_entry.input_tokens - p_entry.cached_input_tokens
      and p_entry.output_tokens >= 0
      and (p_kind in ('grant', 'revoke')) = (p_entry.idempotency_key is not null)
      and num_nulls(p_entry.operation, p_entry.provider, p_entry.model) = case when p_kind in ('grant', 'revoke') then 3 else 0 end
      and (p_kind = 'charge' or p_entry.request_id is null)
      and (p_entry.member_id is null or p_entry.member_id <> p_entry.owner_id and p_kind in ('charge', 'refund'))
      and (p_kind = 'refund') = (p_entry.charge_id is not null)
      and (p_kind <> 'refund'
        or p_entry.reason is not null and p_entry.reason in ('unused', 'nothing_delivered', 'broken_off'))
      and (p_kind = 'refund'
        or num_nonnulls(p_entry.input_tokens, p_entry.cached_input_tokens, p_entry.cache_write_tokens, p_entry.output_tokens) = 0),
    true);
end
$$;

comment on function byok.is_sound_entry(text, byok.entries) is
  'Whether an entry has what its kind needs and nothing else, and amounts and texts within their limits. The check of the table asks it, so who inserts may execute it.';

alter table byok.entries add constraint entry_is_sound check (byok.is_sound_entry(kind, entries));

-- Most owners have few entries and some have very many. A page names its owner, and the policy names that owner once more: the planner
-- multiplies both. Where it then expects some entries it reads and sorts a long ledger whole; where it expects one it takes the page off
-- the index, which is right for any ledger.
alter table byok.entries alter column owner_id set (n_distinct = -1);
create unique index entries_idempotency_key_idx on byok.entries (idempotency_key) where idempotency_key is not null;
comment on index byok.entries_idempotency_key_idx is 'The same key counts once, for any caller and any owner.';
create index entries_request_id_idx on byok.entries (owner_id, request_id) where request_id is not null;
comment on index byok.entries_request_id_idx is 'place_hold refuses a request id that was charged.';
create unique index entries_charge_id_idx on byok.entries (owner_id, charge_id) where charge_id is not null;
comment on index byok.entries_charge_id_idx is 'A charge is refunded once.';

alter table byok.accounts enable row level security;
alter table byok.entries enable row level security;

create policy "Owners read their account" on byok.accounts
  for select to authenticated using (owner_id = any ((select byok.my_owners())::uuid[]));
create policy "The server keeps the account of the owner it acts for" on byok.accounts
  for all to byok_server using (owner_id = (select byok.acting_for())) with check (owner_id = (select byok.acting_for()));
create policy "Owners read their ledger" on byok.entries
  for select to authenticated using (
    owner_id = any ((select byok.my_owners())::uuid[])
    and (owner_id = any ((select byok.my_owners('admin'))::uuid[]) or member_id = (select auth.uid())));
create policy "The server reads the ledger of the owner it acts for" on byok.entries
  for select to byok_server using (owner_id = (select byok.acting_for()));
create policy "The server appends to the ledger of the owner it acts for" on byok.entries
  for insert to byok_server with check (owner_id = (select byok.acting_for()));

comment on policy "Owners read their account" on byok.accounts is 'The page shows the balance, also to the members of a team.';
comment on policy "The server keeps the account of the owner it acts for" on byok.accounts is 'The billing functions.';
comment on policy "Owners read their ledger" on byok.entries is 'The page shows the history: to users their own, to admins their team''s, and to members what they spent of it.';
comment on policy "The server reads the ledger of the owner it acts for" on byok.entries is 'grant_credits and revoke_credits recognise a key they have seen, the billing functions a charge.';
comment on policy "The server appends to the ledger of the owner it acts for" on byok.entries is 'Every movement of credits writes an entry.';

grant select on byok.accounts, byok.entries to authenticated;
grant select, insert, update on byok.accounts to byok_server;
grant select, insert on byok.entries to byok_server;

create function byok.refuse_ledger_change() returns trigger
language plpgsql
set search_path = ''
as $$
begin
  -- The cascade from a deleted owner arrives here when the account is already gone.
  if tg_op = 'DELETE' and not exists (select from byok.accounts as a where a.owner_id = old.owner_id) then
    return old;
  end if;
  raise sqlstate 'PT403' using message = 'ledger_is_append_only',
    hint = 'Correct the ledger with a further entry: grant_credits or revoke_credits.';
end
$$;

comment on function byok.refuse_ledger_change() is 'Trigger: raises ledger_is_append_only, unless the account itself is being deleted.';

create trigger refuse_change before update or delete on byok.entries
  for each row execute function byok.refuse_ledger_change();
create trigger refuse_truncate before truncate on byok.entries
  for each statement execute function byok.refuse_ledger_change();
comment on trigger refuse_change on byok.entries is 'The ledger is append-only, for every role.';
comment on trigger refuse_truncate on byok.entries is 'The ledger is append-only, for every role.';

create function byok.to_credits(p_microcredits bigint) returns numeric
language sql
immutable
set search_path = ''
as $$
  select trim_scale(p_microcredits / 1000000.0);
$$;

comment on function byok.to_credits(bigint) is 'An amount of microcredits as credits: a decimal with up to 6 places, without zeros at its end.';

create function byok.to_microcredits(p_credits numeric) returns bigint
language plpgsql
immutable
set search_path = ''
as $$
begin
  -- NaN is greater than every number.
  if p_credits is null or p_credits <= 0 or p_credits > 1000000000 or p_credits <> round(p_credits, 6) then
    raise sqlstate 'PT400' using message = 'invalid_request', detail = '{"field":"p_credits"}',
      hint = 'An amount is more than 0 and at most 1000000000 credits, with up to 6 decimal places.';
  end if;
  return p_credits * 1000000;
end
$$;

comment on function byok.to_microcredits(numeric) is
  'An amount of credits, above 0 and up to 1e9, as microcredits. Raises invalid_request for more than 6 decimal places, which would have to be rounded.';

create function byok.grant_credits(
  p_owner_id uuid, p_credits numeric, p_reason text, p_idempotency_key text, p_kind text default 'user')
returns table (available_credits numeric, granted boolean)
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_previous_claims text := byok.act_for(p_owner_id);
  v_microcredits bigint := byok.to_microcredits(p_credits);
  v_available bigint;
begin
  if p_idempotency_key is null or length(p_idempotency_key) not between 1 and 255 then
    raise sqlstate 'PT400' using message = 'invalid_request', detail = '{"field":"p_idempotency_key"}',
      hint = 'Pass the id of the payment, 1 to 255 characters.';
  end if;

  perform byok.add_owner(p_owner_id, p_kind);
  insert into byok.accounts (owner_id) values (p_owner_id) on conflict (owner_id) do nothing;
  select a.available_microcredits into v_available from byok.accounts as a where a.owner_id = p_owner_id for update;

  -- Not looked up first: a key that another owner was granted by is out of sight here, and one may be granting at this moment.
  insert into byok.entries (owner_id, kind, microcredits, reason, idempotency_key)
  values (p_owner_id, 'grant', v_microcredits, p_reason, p_idempotency_key)
  on conflict (idempotency_key) where idempotency_key is not null do nothing;
  granted := found;

  if granted then
    update byok.accounts as a
    set available_microcredits = a.available_microcredits + v_microcredits, updated_at = now()
    where a.owner_id = p_owner_id
    returning a.available_microcredits into v_available;
  elsif not exists (
    select from byok.entries as e
    where e.idempotency_key = p_idempotency_key and e.kind = 'grant' and e.owner_id = p_owner_id and e.microcredits = v_microcredits
  ) then
    raise sqlstate 'PT409' using message = 'idempotency_key_reused',
      hint = 'This key has already granted another amount, or to another owner, or has revoked credits.';
  end if;

  available_credits := byok.to_credits(v_available);
  perform byok.stop_acting(v_previous_claims);
  return next;
end
$$;

comment on function byok.grant_credits(uuid, numeric, text, text, text) is
  'Puts credits (above 0, up to 1e9, up to 6 decimal places) into the account of a user, or of a team with p_kind team, once for each idempotency key; returns the available credits and whether this call granted them. Raises invalid_request, and idempotency_key_reused for a key that granted another amount or to another owner.';

create function byok.revoke_credits(p_owner_id uuid, p_credits numeric, p_reason text, p_idempotency_key text)
returns table (revoked_credits numeric, available_credits numeric)
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_previous_claims text := byok.act_for(p_owner_id);
  v_microcredits bigint := byok.to_microcredits(p_credits);
  v_available bigint;
  v_revoked bigint;
  v_kind text;
begin
  if p_idempotency_key is null or length(p_idempotency_key) not between 1 and 255 then
    raise sqlstate 'PT400' using message = 'invalid_request', detail = '{"field":"p_idempotency_key"}',
      hint = 'Pass the id of the refund or chargeback, 1 to 255 characters.';
  end if;

  -- From here on nobody else grants to this owner or revokes: what this key has done for the owner is there to be seen.
  select a.available_microcredits into v_available from byok.accounts as a where a.owner_id = p_owner_id for update;
  select e.kind, e.microcredits into v_kind, v_revoked from byok.entries as e
  where e.idempotency_key = p_idempotency_key and e.owner_id = p_owner_id;
  if not found then
    v_kind := 'revoke';
    v_revoked := least(v_microcredits, coalesce(v_available, 0));
  end if;
  if not found and v_revoked > 0 then
    insert into byok.entries (owner_id, kind, microcredits, reason, idempotency_key)
    values (p_owner_id, 'revoke', v_revoked, p_reason, p_idempotency_key)
    on conflict (idempotency_key) where idempotency_key is not null do nothing;
    if found then
      update byok.accounts as a
      set available_microcredits = a.available_microcredits - v_revoked, updated_at = now()
      where a.owner_id = p_owner_id
      returning a.available_microcredits into v_available;
    else
      v_kind := 'of another owner';
    end if;
  end if;
  if v_kind <> 'revoke' then
    raise sqlstate 'PT409' using message = 'idempotency_key_reused',
      hint = 'This key has already granted credits, or changed those of another owner.';
  end if;

  revoked_credits := byok.to_credits(v_revoked);
  available_credits := byok.to_credits(coalesce(v_available, 0));
  perform byok.stop_acting(v_previous_claims);
  return next;
end
$$;

comment on function byok.revoke_credits(uuid, numeric, text, text) is
  'Takes credits (above 0, up to 1e9, up to 6 decimal places) back from an account, at most those that are available, once for each idempotency key; returns how many this key has revoked, and the available credits. Where there are none it revokes none and keeps no entry. Raises invalid_request, and idempotency_key_reused for a key that granted credits or revoked those of another owner.';

revoke execute on function
  byok.is_sound_entry(text, byok.entries), byok.refuse_ledger_change(), byok.to_credits(bigint), byok.to_microcredits(numeric),
  byok.grant_credits(uuid, numeric, text, text, text), byok.revoke_credits(uuid, numeric, text, text)
from public;
grant execute on function byok.is_sound_entry(text, byok.entries), byok.to_credits(bigint), byok.to_microcredits(numeric) to byok_server;
grant execute on function byok.grant_credits(uuid, numeric, text, text, text), byok.revoke_credits(uuid, numeric, text, text) to service_role;

-- A hold reserves the most that a call can cost before the provider is asked. When the provider's answer begins it is charged: an entry
-- takes its place, with the same id. When nothing came of the call it is voided, and nothing of it is kept. What is given back of a
-- charge is an entry of its own.
-- Every function that touches holds locks the account first, so two billing functions never wait for each other in a circle. A charge
-- shares its lock with other charges.

create table byok.holds (
  id bigint not null default nextval('byok.entry_ids'),
  owner_id uuid not null references byok.accounts (owner_id) on delete cascade,
  member_id uuid,
  operation text not null,
  provider text not null,
  model text not null,
  microcredits bigint not null,
  request_id text,
  expires_at timestamptz not null default now() + interval '15 minutes',
  -- The rest of a hold is checked when it becomes an entry.
  check (microcredits between 1 and 1000000000000000),
  -- Serves the cascade from accounts and owners who read their holds as well: each index more is written for every call.
  primary key (owner_id, id)
);

comment on table byok.holds is 'Calls under way on credits, one row each. It goes with the charge, or when the call costs nothing.';
comment on column byok.holds.id is 'The id that the charge will have.';
comment on column byok.holds.owner_id is 'The user or team whose credits are reserved.';
comment on column byok.holds.member_id is 'The member whose call it is, where the owner is a team; else null.';
comment on column byok.holds.operation is 'What the call is billed as.';
comment on column byok.holds.provider is 'The provider that is asked.';
comment on column byok.holds.model is 'The model that the call names.';
comment on column byok.holds.microcredits is 'The most that the call can cost by the price when it was opened.';
comment on column byok.holds.request_id is 'The caller''s idempotency key; null if it sent none.';
comment on column byok.holds.expires_at is 'A hold that is still there then is of a function that died: longer than any may run (400 s).';

create unique index holds_request_id_idx on byok.holds (owner_id, request_id, member_id) nulls not distinct where request_id is not null;
comment on index byok.holds_request_id_idx is 'A request id has one call of a user under way.';
create index holds_expires_at_idx on byok.holds (expires_at);
comment on index byok.holds_expires_at_idx is 'The sweeper finds what has expired without reading what has not.';

alter table byok.holds enable row level security;

create policy "Owners read their holds" on byok.holds
  for select to authenticated using (
    owner_id = any ((select byok.my_owners())::uuid[])
    and (owner_id = any ((select byok.my_owners('admin'))::uuid[]) or member_id = (select auth.uid())));
create policy "The server reads the owner's holds, and all expired ones" on byok.holds
  for select to byok_server using (owner_id = (select byok.acting_for()) or expires_at <= now());
create policy "The server places holds for the owner it acts for" on byok.holds
  for insert to byok_server with check (owner_id = (select byok.acting_for()));
create policy "The server ends the holds of the owner it acts for" on byok.holds
  for delete to byok_server using (owner_id = (select byok.acting_for()));

comment on policy "Owners read their holds" on byok.holds is 'The page shows calls under way.';
comment on policy "The server reads the owner's holds, and all expired ones" on byok.holds is
  'expire_holds learns from the expired ones whom to act for; it sees nothing else of theirs.';
comment on policy "The server places holds for the owner it acts for" on byok.holds is 'place_hold.';
comment on policy "The server ends the holds of the owner it acts for" on byok.holds is 'charge_hold, void_hold and expire_holds.';

grant select on byok.holds to authenticated;
grant select, insert, delete on byok.holds to byok_server;

-- The account passes through these functions as a row, and their caller, who has locked it, writes it once: at a second update in one
-- transaction Postgres would look for the owner again, and wait for a deletion of the owner that waits for the account.

create function byok.bear(p_account byok.accounts, p_microcredits bigint) returns byok.accounts
language plpgsql
set search_path = ''
as $$
declare
  v_today date := (now() at time zone 'utc')::date;
  v_unpaid_microcredits bigint := p_microcredits + case p_account.unpaid_on when v_today then p_account.unpaid_microcredits else 0 end;
begin
  if v_unpaid_microcredits <= (select l.at_most from byok.limits as l where l.name = 'unpaid_microcredits') then
    p_account.unpaid_on := v_today;
    p_account.unpaid_microcredits := v_unpaid_microcredits;
    p_account.available_microcredits := p_account.available_microcredits + p_microcredits;
    return p_account;
  end if;
  return null;
end
$$;

comment on function byok.bear(byok.accounts, bigint) is
  'The account with an amount made available that the platform bears, within the day''s limit; null past it.';

-- Postgres before 18 plans the body of a function in SQL anew at each call, which costs several times what the body does.

create function byok.enter_charge(p_hold byok.holds) returns void
language plpgsql
set search_path = ''
as $$
begin
  insert into byok.entries (id, owner_id, member_id, kind, microcredits, operation, provider, model, request_id)
  values (p_hold.id, p_hold.owner_id, p_hold.member_id, 'charge', p_hold.microcredits, p_hold.operation, p_hold.provider, p_hold.model, p_hold.request_id);
end
$$;

comment on function byok.enter_charge(byok.holds) is 'Enters the charge of a hold that its caller has ended.';

create function byok.end_unpaid(p_account byok.accounts, p_hold byok.holds) returns byok.accounts
language plpgsql
set search_path = ''
as $$
declare
  v_borne byok.accounts := byok.bear(p_account, p_hold.microcredits);
begin
  if v_borne.owner_id is null then
    perform byok.enter_charge(p_hold);
    return p_account;
  end if;
  return v_borne;
end
$$;

comment on function byok.end_unpaid(byok.accounts, byok.holds) is
  'The account after a call whose provider was asked and whose answer never began: given back within the day''s limit, charged past it.';

create function byok.end_expired(p_account byok.accounts, p_hold_ids bigint[]) returns byok.accounts
language plpgsql
set search_path = ''
as $$
declare
  v_hold byok.holds;
begin
  for v_hold in
    delete from byok.holds as h
    where h.owner_id = p_account.owner_id and h.id = any(p_hold_ids)
    returning h.*
  loop
    p_account := byok.end_unpaid(p_account, v_hold);
  end loop;
  return p_account;
end
$$;

comment on function byok.end_expired(byok.accounts, bigint[]) is 'The account after those of these holds that are still there were ended.';

create function byok.write_account(p_account byok.accounts) returns void
language plpgsql
set search_path = ''
as $$
begin
  update byok.accounts as a
  set available_microcredits = p_account.available_microcredits,
      unpaid_on = p_account.unpaid_on,
      unpaid_microcredits = p_account.unpaid_microcredits,
      updated_at = now()
  where a.owner_id = p_account.owner_id;
end
$$;

comment on function byok.write_account(byok.accounts) is 'Writes an account that its caller has locked.';

create function byok.charge_hold(p_owner_id uuid, p_hold_id bigint) returns text
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_previous_claims text := byok.act_for(p_owner_id);
  v_outcome text := 'charged';
begin
  -- The balance stays as it is, so the lock is that of a foreign key: charges share it, and a call without a request id does not wait
  -- for them. A deletion of the owner is before all of this or after it.
  perform from byok.accounts as a where a.owner_id = p_owner_id for key share;
  with ended as (
    delete from byok.holds as h where h.owner_id = p_owner_id and h.id = p_hold_id returning h.*
  )
  insert into byok.entries (id, owner_id, member_id, kind, microcredits, operation, provider, model, request_id)
  select e.id, e.owner_id, e.member_id, 'charge', e.microcredits, e.operation, e.provider, e.model, e.request_id from ended as e;
  if not found then
    if not exists (select from byok.entries as e where e.owner_id = p_owner_id and e.id = p_hold_id and e.kind = 'charge') then
      v_outcome := 'voided';
    end if;
  end if;
  v_previous_claims := byok.stop_acting(v_previous_claims);
  return v_outcome;
end
$$;

comment on function byok.charge_hold(uuid, bigint) is
  'Charges a hold; returns charged, or voided if it is no longer there. A second attempt changes nothing.';

create function byok.void_hold(p_owner_id uuid, p_hold_id bigint, p_was_asked boolean) returns text
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_previous_claims text := byok.act_for(p_owner_id);
  v_account byok.accounts;
  v_hold byok.holds;
  v_outcome text := 'voided';
begin
  select * into v_account from byok.accounts as a where a.owner_id = p_owner_id for update;
  delete from byok.holds as h where h.owner_id = p_owner_id and h.id = p_hold_id returning h.* into v_hold;
  if found then
    if p_was_asked then
      v_account := byok.end_unpaid(v_account, v_hold);
    else
      v_account.available_microcredits := v_account.available_microcredits + v_hold.microcredits;
    end if;
    perform byok.write_account(v_account);
  end if;
  if exists (select from byok.entries as e where e.owner_id = p_owner_id and e.id = p_hold_id and e.kind = 'charge') then
    v_outcome := 'charged';
  end if;
  perform byok.stop_acting(v_previous_claims);
  return v_outcome;
end
$$;

comment on function byok.void_hold(uuid, bigint, boolean) is
  'Gives a hold back. p_was_asked: the provider was asked and may charge for it, so the platform bears the price within the day''s limit, and past it the hold is charged. Returns voided or charged. A second attempt changes nothing.';

create function byok.refund_charge(
  p_owner_id uuid,
  p_charge_id bigint,
  p_microcredits bigint,
  p_reason text,
  p_input_tokens bigint default null,
  p_cached_input_tokens bigint default null,
  p_cache_write_tokens bigint default null,
  p_output_tokens bigint default null
) returns bigint
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_previous_claims text := byok.act_for(p_owner_id);
  v_account byok.accounts;
  v_charge byok.entries;
  v_refunded bigint;
begin
  if p_microcredits is null or p_microcredits < 1 then
    raise sqlstate 'PT400' using message = 'invalid_request', detail = '{"field":"p_microcredits"}',
      hint = 'A refund is 1 microcredit at least.';
  end if;
  select * into v_account from byok.accounts as a where a.owner_id = p_owner_id for update;
  select * into v_charge from byok.entries as e where e.owner_id = p_owner_id and e.id = p_charge_id and e.kind = 'charge';
  if not found then
    raise sqlstate 'PT404' using message = 'charge_not_found', hint = 'Only a hold that was charged has something to give back.';
  end if;
  select e.microcredits into v_refunded from byok.entries as e where e.owner_id = p_owner_id and e.charge_id = p_charge_id;
  if not found then
    v_refunded := least(p_microcredits, v_charge.microcredits);
    if p_reason = 'broken_off' then
      v_account := byok.bear(v_account, v_refunded);
    else
      v_account.available_microcredits := v_account.available_microcredits + v_refunded;
    end if;
    if v_account.owner_id is null then
      v_refunded := 0;
    else
      insert into byok.entries (
        owner_id, member_id, kind, microcredits, operation, provider, model, charge_id, reason, input_tokens, cached_input_tokens,
        cache_write_tokens, output_tokens)
      values (
        p_owner_id, v_charge.member_id, 'refund', v_refunded, v_charge.operation, v_charge.provider, v_charge.model, p_charge_id, p_reason,
        p_input_tokens, p_cached_input_tokens, p_cache_write_tokens, p_output_tokens);
      perform byok.write_account(v_account);
    end if;
  end if;
  perform byok.stop_acting(v_previous_claims);
  return v_refunded;
end
$$;

comment on function byok.refund_charge(uuid, bigint, bigint, text, bigint, bigint, bigint, bigint) is
  'Gives back of a charge, once and at most what was charged; returns the microcredits that were given back, by this attempt or an earlier one. Reasons: unused, nothing_delivered, broken_off; the last within the day''s limit, past which it is 0. Keeps the provider''s token counts. Raises invalid_request, charge_not_found.';

create function byok.expire_holds(p_limit integer) returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_previous_claims text := coalesce(current_setting('request.jwt.claims', true), '');
  v_expired record;
  v_account byok.accounts;
  v_held bigint;
  v_count integer := 0;
begin
  if p_limit is null or p_limit < 1 then
    raise sqlstate 'PT400' using message = 'invalid_request', detail = '{"field":"p_limit"}', hint = 'Sweep one hold at least.';
  end if;
  -- Accounts are locked in one order, so that two sweeps at once do not wait for each other in a circle.
  for v_expired in
    select oldest.owner_id, array_agg(oldest.id) as hold_ids
    from (
      select h.id, h.owner_id from byok.holds as h
      where h.expires_at <= now()
      order by h.expires_at
      limit p_limit
    ) as oldest
    group by oldest.owner_id
    order by oldest.owner_id
  loop
    perform byok.act_for(v_expired.owner_id);
    -- The transaction that had the account until now may have ended the holds, or deleted the owner.
    select * into v_account from byok.accounts as a where a.owner_id = v_expired.owner_id for update;
    continue when not found;
    v_held := (
      select count(*) from byok.holds as h where h.owner_id = v_expired.owner_id and h.id = any(v_expired.hold_ids));
    continue when v_held = 0;
    perform byok.write_account(byok.end_expired(v_account, v_expired.hold_ids));
    v_count := v_count + v_held;
  end loop;
  perform byok.stop_acting(v_previous_claims);
  return v_count;
end
$$;

comment on function byok.expire_holds(integer) is
  'Ends up to p_limit holds that are past their time, oldest first: gives them back within each owner''s limit of the day, and charges them past it. Returns how many. For a schedule; place_hold does it for its own owner if need be.';

revoke execute on function
  byok.bear(byok.accounts, bigint), byok.enter_charge(byok.holds), byok.end_unpaid(byok.accounts, byok.holds),
  byok.end_expired(byok.accounts, bigint[]), byok.write_account(byok.accounts), byok.charge_hold(uuid, bigint),
  byok.void_hold(uuid, bigint, boolean), byok.refund_charge(uuid, bigint, bigint, text, bigint, bigint, bigint, bigint),
  byok.expire_holds(integer)
from public;
grant execute on function
  byok.bear(byok.accounts, bigint), byok.enter_charge(byok.holds), byok.end_unpaid(byok.accounts, byok.holds),
  byok.end_expired(byok.accounts, bigint[]), byok.write_account(byok.accounts)
to byok_server;
grant execute on function
  byok.charge_hold(uuid, bigint), byok.void_hold(uuid, bigint, boolean),
  byok.refund_charge(uuid, bigint, bigint, text, bigint, bigint, bigint, bigint), byok.expire_holds(integer)
to service_role;

-- The balance of an owner, for a page. What is held is a sum: a column of the account would have to be written once more for each call.

create function byok.read_balance(p_team_id uuid default null)
returns table (available_microcredits bigint, held_microcredits bigint)
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_claims text := current_setting('request.jwt.claims', true);
  v_user_id uuid := nullif(v_claims, '')::jsonb ->> 'sub';
  v_owner_id uuid := coalesce(p_team_id, v_user_id);
begin
  if v_user_id is null or not byok.is_client_accepted(v_claims::jsonb) then
    raise sqlstate 'PT401' using message = 'unauthenticated',
      hint = 'The token names no user, or an OAuth client that is not accepted.';
  end if;
  -- Members see all that their team holds, and of its calls their own alone.
  if v_owner_id = any (byok.my_owners()) then
    -- act_for answers to no browser.
    perform set_config('request.jwt.claims', '', true);
    perform byok.act_for(v_owner_id);
    select a.available_microcredits, (
      select coalesce(sum(h.microcredits), 0) from byok.holds as h where h.owner_id = v_owner_id)
    into available_microcredits, held_microcredits
    from byok.accounts as a where a.owner_id = v_owner_id;
    perform set_config('request.jwt.claims', v_claims, true);
  end if;
  available_microcredits := coalesce(available_microcredits, 0);
  held_microcredits := coalesce(held_microcredits, 0);
  return next;
end
$$;

comment on function byok.read_balance(uuid) is
  'One row, for a page: what the signed-in user, or a team that the user belongs to, can spend now, and what calls under way have reserved. An owner without an account has nothing; a stranger sees nothing of a team. Raises unauthenticated without a user and for an OAuth client that is not accepted.';

revoke execute on function byok.read_balance(uuid) from public;
grant execute on function byok.read_balance(uuid) to authenticated;

-- Opening a call decides who pays for it, in one round trip. Only when the whole request is known to be one that credits buy is a hold
-- placed, so that a request that is refused leaves nothing: in the same round trip where it is known before, else in one of its own.

create function byok.owners_to_ask(p_user_id uuid, p_team_id uuid) returns uuid[]
language plpgsql
stable
set search_path = ''
as $$
declare
  v_owners uuid[];
  v_is_sound boolean;
begin
  -- Each call waits for this, and most users have one owner: nothing is sorted for one.
  select array_agg(o.owner_id), bool_and(byok.is_membership(p_user_id, o.owner_id, o.kind, o.role))
  into v_owners, v_is_sound
  from byok.owners_of(p_user_id) as o;
  if cardinality(v_owners) > 1 then
    select array_agg(o.id order by o.id <> p_user_id, o.id), v_is_sound and count(*) = count(distinct o.id)
    into v_owners, v_is_sound
    from unnest(v_owners) as o (id);
  end if;
  if not v_is_sound then
    perform byok.memberships_of(p_user_id);
  end if;
  if v_owners is null or p_team_id = p_user_id or p_team_id <> all (v_owners) then
    raise sqlstate 'PT403' using message = 'not_a_member', detail = jsonb_build_object('team', p_team_id)::text,
      hint = 'byok.owners_of has no such team for this user, or no row at all.';
  end if;
  if p_team_id is not null then
    return array(select o.id from unnest(v_owners) with ordinality as o (id, place) where o.id in (p_user_id, p_team_id) order by o.place);
  end if;
  return v_owners;
end
$$;

comment on function byok.owners_to_ask(uuid, uuid) is
  'The owners whose key or credits may pay a call of a user, in the order in which they are asked: the user, then the team that the call names, or else each team in the order of ids. Raises not_a_member.';

create function byok.owner_with_account(p_user_id uuid, p_owners uuid[], p_team_id uuid) returns uuid
language plpgsql
set search_path = ''
as $$
declare
  v_owner_id uuid;
begin
  for v_owner_id in select o.id from unnest(p_owners) with ordinality as o (id, place) order by o.id = p_team_id desc nulls last, o.place loop
    perform byok.act_for(v_owner_id);
    if exists (select from byok.accounts as a where a.owner_id = v_owner_id) then
      return v_owner_id;
    end if;
  end loop;
  return coalesce(p_team_id, p_owners[1]);
end
$$;

comment on function byok.owner_with_account(uuid, uuid[], uuid) is
  'Of the owners whose key may pay a call, the one whose credits do where there is no key: the team that the call names, then the first in their order, the first that has an account, whatever its balance.';

create function byok.reserve(
  p_owner_id uuid,
  p_member_id uuid,
  p_request_id text,
  p_operation text,
  p_provider text,
  p_model text,
  p_microcredits bigint
) returns bigint
language plpgsql
set search_path = ''
as $$
declare
  v_account byok.accounts;
  v_is_expired boolean;
  v_hold_id bigint;
begin
  -- From here on the account is locked, so that of two calls with one request id the second finds the hold of the first. An account
  -- that a grant makes meanwhile is not: it has no credits yet.
  select * into v_account from byok.accounts as a where a.owner_id = p_owner_id for update;
  if p_request_id is not null then
    select h.expires_at <= now() into v_is_expired from byok.holds as h
    where h.owner_id = p_owner_id and h.request_id = p_request_id and h.member_id is not distinct from p_member_id;
    if v_is_expired = false then
      raise sqlstate 'PT409' using message = 'request_in_progress', hint = 'A call with this idempotency key is under way.';
    end if;
  end if;
  -- Expired holds are looked for only when they are in the way.
  if v_is_expired or v_account.available_microcredits < p_microcredits then
    v_account := byok.end_expired(v_account, array(
      select h.id from byok.holds as h where h.owner_id = p_owner_id and h.expires_at <= now()
    ));
  end if;
  if p_request_id is not null and exists (
    select from byok.entries as c
    where c.owner_id = p_owner_id and c.request_id = p_request_id and c.member_id is not distinct from p_member_id and not exists (
      -- A call that was given back whole may be made again. Of one that has answered no more than the unused part was, be that all.
      select from byok.entries as r
      where r.owner_id = p_owner_id and r.charge_id = c.id and r.microcredits = c.microcredits and r.reason <> 'unused')
  ) then
    raise sqlstate 'PT409' using message = 'request_completed', hint = 'A call with this idempotency key was charged.';
  end if;
  if v_account.owner_id is null or v_account.available_microcredits < p_microcredits then
    raise sqlstate 'PT402' using message = 'insufficient_credits',
      detail = jsonb_build_object(
        'price_credits', byok.to_credits(p_microcredits),
        'available_credits', byok.to_credits(coalesce(v_account.available_microcredits, 0)))::text,
      hint = 'The owner needs credits for this call, or a key of their own.';
  end if;
  v_account.available_microcredits := v_account.available_microcredits - p_microcredits;
  perform byok.write_account(v_account);
  insert into byok.holds as h (owner_id, member_id, operation, provider, model, microcredits, request_id)
  values (p_owner_id, p_member_id, p_operation, p_provider, p_model, p_microcredits, p_request_id)
  returning h.id into v_hold_id;
  return v_hold_id;
end
$$;

comment on function byok.reserve(uuid, uuid, text, text, text, text, bigint) is
  'Locks the account of the owner acted for and turns an amount of it into a hold, for a call with a request id, or for one that needs what expired holds give back. Raises request_in_progress, request_completed, insufficient_credits (with price_credits and available_credits).';

create type byok.placed_hold as (
  hold_id bigint,
  microcredits bigint,
  microcredits_per_1000_input_tokens numeric,
  microcredits_per_1000_cached_input_tokens numeric,
  microcredits_per_1000_cache_write_tokens numeric,
  microcredits_per_1000_output_tokens numeric
);

comment on type byok.placed_hold is 'A hold as the functions follow it, with the rates of its price; they are null for a flat one.';

create function byok.hold_call(
  p_owner_id uuid,
  p_member_id uuid,
  p_request_id text,
  p_operation text,
  p_provider text,
  p_model text,
  p_max_input_tokens bigint,
  p_max_output_tokens bigint
) returns byok.placed_hold
language plpgsql
set search_path = ''
as $$
declare
  v_price byok.prices;
  v_microcredits bigint;
  v_hold_id bigint;
  v_is_held boolean := false;
begin
  if p_request_id is not null and length(p_request_id) not between 1 and 255 then
    raise sqlstate 'PT400' using message = 'invalid_request', detail = '{"field":"idempotency-key"}',
      hint = 'An idempotency key has 1 to 255 characters.';
  end if;
  if p_max_input_tokens is null or p_max_input_tokens < 0 or p_max_output_tokens is null or p_max_output_tokens < 0 then
    raise sqlstate 'PT400' using message = 'invalid_request', hint = 'Say how many tokens the call may have at most.';
  end if;
  select * into v_price from byok.prices as p
  where p.operation = p_operation and p.provider = p_provider and p.model = p_model;
  if not found then
    raise sqlstate 'PT403' using message = 'not_offered', detail = '{"field":"model"}',
      hint = 'There is no row in byok.prices for this operation and model.';
  end if;
  v_microcredits := coalesce(v_price.microcredits_per_call, byok.most_microcredits(v_price, p_max_input_tokens, p_max_output_tokens));

  -- Most calls have no request id, and credits enough: one statement locks the account, takes them and places the hold. It returns
  -- nothing, since the policy for reading would then be asked too.
  if p_request_id is null then
    v_hold_id := nextval('byok.entry_ids');
    with reserved as (
      update byok.accounts as a
      set available_microcredits = a.available_microcredits - v_microcredits, updated_at = now()
      where a.owner_id = p_owner_id and a.available_microcredits >= v_microcredits
      returning a.owner_id
    )
    insert into byok.holds (id, owner_id, member_id, operation, provider, model, microcredits)
    select v_hold_id, r.owner_id, p_member_id, p_operation, p_provider, p_model, v_microcredits from reserved as r;
    v_is_held := found;
  end if;
  if not v_is_held then
    v_hold_id := byok.reserve(p_owner_id, p_member_id, p_request_id, p_operation, p_provider, p_model, v_microcredits);
  end if;
  return row(
    v_hold_id, v_microcredits, v_price.microcredits_per_1000_input_tokens, v_price.microcredits_per_1000_cached_input_tokens,
    v_price.microcredits_per_1000_cache_write_tokens, v_price.microcredits_per_1000_output_tokens)::byok.placed_hold;
end
$$;

comment on function byok.hold_call(uuid, uuid, text, text, text, text, bigint, bigint) is
  'Reserves the most that a call can cost of the credits of the owner acted for, by its price and its most input and output tokens. Raises invalid_request, not_offered, and as reserve does.';

create function byok.open_call(
  p_user_id uuid,
  p_provider text,
  p_team_id uuid default null,
  p_call jsonb default null,
  out payer text,
  out team_id uuid,
  out credential_id uuid,
  out envelope text,
  out status text,
  out reason text,
  out unused_key text,
  out hold json
)
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_previous_claims text := byok.act_for_active(p_user_id);
  v_owners uuid[] := byok.owners_to_ask(p_user_id, p_team_id);
  v_owner_id uuid;
  v_is_paused boolean;
  v_last_used_on date;
  v_limit byok.limits;
  v_wait_s integer;
begin
  -- A credential that exists decides for BYOK, whatever its status: a key that does not work never turns into a debit.
  foreach v_owner_id in array v_owners loop
    if v_owner_id <> p_user_id then
      perform byok.act_for_team(v_owner_id);
    end if;
    select 'byok', c.id, e.envelope, c.status, c.reason, c.is_paused, c.last_used_on
    into payer, credential_id, envelope, status, reason, v_is_paused, v_last_used_on
    from byok.credentials as c
    left join byok.envelopes as e on e.credential_id = c.id
    where c.owner_id = v_owner_id and c.provider = p_provider;
    continue when not found;
    exit when byok.may_bring_key(v_owner_id) and not v_is_paused;
    -- The app took the right away, or the owner paused the key: it stays sealed, and counts again once that has changed.
    unused_key := coalesce(unused_key, case when v_is_paused then 'paused' else 'not_allowed' end);
    select null, null, null, null, null into payer, credential_id, envelope, status, reason;
  end loop;
  if payer is null then
    payer := 'platform';
    -- Of a single owner it makes no difference whether there is an account.
    v_owner_id := case when cardinality(v_owners) = 1 then v_owners[1] else byok.owner_with_account(p_user_id, v_owners, p_team_id) end;
    if byok.may_use_credits(v_owner_id) is not true then
      raise sqlstate 'PT403' using message = 'credits_not_allowed',
        detail = jsonb_strip_nulls(jsonb_build_object('unused_key', unused_key))::text,
        hint = 'byok.may_use_credits says no for this user or team.';
    end if;
    if p_call is not null then
      -- Acting for this owner already, or there is no account to hold anything of.
      hold := to_json(byok.hold_call(
        v_owner_id, nullif(p_user_id, v_owner_id), p_call ->> 'request_id', p_call ->> 'operation', p_provider, p_call ->> 'model',
        (p_call ->> 'max_input_tokens')::bigint, (p_call ->> 'max_output_tokens')::bigint));
    end if;
  else
    unused_key := null;
    if byok.records_last_use() and v_last_used_on is distinct from (now() at time zone 'utc')::date then
      -- A row that somebody has locked is passed by: another call of the day records the use.
      update byok.credentials as c set last_used_on = (now() at time zone 'utc')::date
      where c.id = (select k.id from byok.credentials as k where k.id = credential_id for update skip locked);
    end if;
    if v_owner_id <> p_user_id then
      perform byok.act_for(p_user_id);
    end if;
    select * into v_limit from byok.limits as l where l.name = 'byok_calls';
    if found then
      v_wait_s := byok.count_once(p_user_id, v_limit);
    end if;
    if v_wait_s is not null then
      raise sqlstate 'PT429' using message = 'too_many_calls', detail = jsonb_build_object('retry_after_s', v_wait_s)::text,
        hint = 'The row byok_calls of byok.limits says how many calls under BYOK users may make.';
    end if;
  end if;
  team_id := nullif(v_owner_id, p_user_id);
  v_previous_claims := byok.stop_acting(v_previous_claims);
end
$$;

comment on function byok.open_call(uuid, text, uuid, jsonb) is
  'Decides who pays a call, and the owner: a team, or the user where team_id is null. byok: the owner''s key, with its envelope; a user''s own wins over a team''s. platform: credits of the owner, those of the team that the call names, else the user''s own, else those of the first team that has an account. Of these it holds what the call can cost if p_call says what it is: operation, model, request_id (may be null), max_input_tokens, max_output_tokens; hold is what place_hold would return. status and reason are those of its credential. unused_key says why a saved key is not used and credits pay: not_allowed, if may_bring_key says no of its owner; paused. Raises not_a_member, owners_malformed, credits_not_allowed (with unused_key) if credits would pay and may_use_credits says no of their owner, and as place_hold does. Without a hold it writes nothing, unless the operator records the last use (records_last_use) or limits calls under BYOK (limit byok_calls); then it raises too_many_calls (with retry_after_s) past the limit.';

create function byok.place_hold(
  p_user_id uuid,
  p_request_id text,
  p_operation text,
  p_provider text,
  p_model text,
  p_max_input_tokens bigint,
  p_max_output_tokens bigint,
  p_team_id uuid default null
) returns byok.placed_hold
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_previous_claims text := byok.act_for_active(p_user_id);
  v_hold byok.placed_hold;
begin
  if p_team_id is not null then
    perform byok.require_owner(p_user_id, p_team_id, 'member');
    perform byok.act_for_team(p_team_id);
  end if;
  v_hold := byok.hold_call(
    coalesce(p_team_id, p_user_id), case when p_team_id is not null then p_user_id end, p_request_id, p_operation, p_provider, p_model,
    p_max_input_tokens, p_max_output_tokens);
  v_previous_claims := byok.stop_acting(v_previous_claims);
  return v_hold;
end
$$;

comment on function byok.place_hold(uuid, text, text, text, text, bigint, bigint, uuid) is
  'Reserves the most that a call can cost of the credits of a user, or of a team that the user belongs to, by its price and its most input and output tokens, once it is known that they pay; returns the hold and, for a metered price, the rates. Raises not_a_member, invalid_request, not_offered, request_in_progress, request_completed, insufficient_credits (with price_credits and available_credits); then it leaves nothing.';

revoke execute on function
  byok.owners_to_ask(uuid, uuid), byok.owner_with_account(uuid, uuid[], uuid), byok.open_call(uuid, text, uuid, jsonb),
  byok.reserve(uuid, uuid, text, text, text, text, bigint), byok.hold_call(uuid, uuid, text, text, text, text, bigint, bigint),
  byok.place_hold(uuid, text, text, text, text, bigint, bigint, uuid)
from public;
grant execute on function
  byok.owners_to_ask(uuid, uuid), byok.owner_with_account(uuid, uuid[], uuid),
  byok.reserve(uuid, uuid, text, text, text, text, bigint), byok.hold_call(uuid, uuid, text, text, text, text, bigint, bigint)
to byok_server;
grant execute on function
  byok.open_call(uuid, text, uuid, jsonb), byok.place_hold(uuid, text, text, text, text, bigint, bigint, uuid)
to service_role;

-- Parsing, planning and committing cost more than what most statements here do, so what many requests ask for travels in one.
create function byok.run_batch(p_steps jsonb) returns table (number integer, answer json, refusal jsonb)
language plpgsql
security definer
set search_path = ''
-- An account that somebody else has locked is not waited for: everybody in the batch would wait, and two batches might for each other.
set lock_timeout = '1ms'
as $$
declare
  v_step jsonb;
  v_user_id uuid;
  v_team_id uuid;
  v_owner_id uuid;
  v_busy uuid[] := '{}';
  v_detail text;
begin
  -- The fields that a step has are taken out one by one: a record of all that there can be costs more than most steps do.
  for v_place in 0 .. jsonb_array_length(p_steps) - 1 loop
    number := v_place + 1;
    answer := null;
    refusal := null;
    v_step := p_steps -> v_place;
    begin
      v_user_id := v_step ->> 'user_id';
      v_team_id := v_step ->> 'team_id';
      v_owner_id := coalesce(v_step ->> 'owner_id', v_step ->> 'team_id', v_step ->> 'user_id');
      if v_owner_id = any (v_busy) then
        raise lock_not_available;
      end if;
      case v_step ->> 'step'
        when 'open_call' then
          answer := to_json(byok.open_call(v_user_id, v_step ->> 'provider', v_team_id, v_step -> 'call'));
        when 'place_hold' then
          answer := to_json(byok.place_hold(
            v_user_id, v_step ->> 'request_id', v_step ->> 'operation', v_step ->> 'provider', v_step ->> 'model',
            (v_step ->> 'max_input_tokens')::bigint, (v_step ->> 'max_output_tokens')::bigint, v_team_id));
        when 'charge_hold' then
          answer := to_json(byok.charge_hold(v_owner_id, (v_step ->> 'hold_id')::bigint));
        when 'void_hold' then
          answer := to_json(byok.void_hold(v_owner_id, (v_step ->> 'hold_id')::bigint, (v_step ->> 'was_asked')::boolean));
        when 'refund_charge' then
          answer := to_json(byok.refund_charge(
            v_owner_id, (v_step ->> 'charge_id')::bigint, (v_step ->> 'microcredits')::bigint, v_step ->> 'reason',
            (v_step ->> 'input_tokens')::bigint, (v_step ->> 'cached_input_tokens')::bigint,
            (v_step ->> 'cache_write_tokens')::bigint, (v_step ->> 'output_tokens')::bigint));
        else
          raise undefined_function using message = 'no such step', hint = 'The Edge Functions are newer than this schema: apply the migrations.';
      end case;
    exception
      when lock_not_available then
        v_busy := v_busy || v_owner_id;
        refusal := jsonb_build_object('code', sqlstate);
      when others then
        -- A refusal to one does not keep the others from theirs.
        get stacked diagnostics v_detail = pg_exception_detail;
        refusal := jsonb_build_object('code', sqlstate, 'message', sqlerrm, 'details', v_detail);
    end;
    return next;
  end loop;
end
$$;

comment on function byok.run_batch(jsonb) is
  'Carries out steps, [{step: open_call | place_hold | charge_hold | void_hold | refund_charge, and its parameters}], one after the other, in one transaction. A row for each, in their order: its answer, or its refusal {code, message, details} with the SQLSTATE as code. 55P03 says that the owner''s account was locked: the step is not done; send it alone.';

revoke execute on function byok.run_batch(jsonb) from public;

-- The Edge Functions may reach Postgres by a connection of their own instead of the Data API. They log in as byok_functions, which
-- may call what they need and nothing else: it cannot grant credits, and it has no table. It cannot log in until the operator gives
-- it a password: alter role byok_functions login password '...'.

do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'byok_functions') then
    create role byok_functions nologin noinherit;
  end if;
end
$$;

comment on role byok_functions is
  'Who the Edge Functions log in as when they reach Postgres directly: executes the functions of schema byok that they need, and nothing else.';

-- As the Data API's own role on a hosted project: who waits longer gets 57014.
alter role byok_functions set statement_timeout = '8s';

grant usage on schema byok to byok_functions;
grant execute on function
  byok.run_batch(jsonb),
  byok.save_credential(uuid, uuid, text, text, text, text, bigint, text, text, uuid),
  byok.read_envelope(uuid, text, uuid),
  byok.mark_credential(uuid, uuid, text, text, text, uuid),
  byok.note_refusal(uuid, uuid, text, text, uuid),
  byok.open_call(uuid, text, uuid, jsonb),
  byok.list_prices(),
  byok.place_hold(uuid, text, text, text, text, bigint, bigint, uuid),
  byok.charge_hold(uuid, bigint),
  byok.void_hold(uuid, bigint, boolean),
  byok.refund_charge(uuid, bigint, bigint, text, bigint, bigint, bigint, bigint),
  byok.count_attempt(uuid, text, uuid),
  byok.is_client_accepted(jsonb),
  byok.require_claims(jsonb),
  byok.count_envelopes(),
  byok.list_envelopes(bigint, uuid, integer),
  byok.replace_envelopes(jsonb),
  byok.take_due_credentials(integer, integer)
to byok_functions;

-- Every SECURITY DEFINER function runs as byok_server, which row-level security binds to one owner at a time; but for the two
-- that look at all owners' envelopes, which run as byok_rotation and see ids and kids, and the two that look at auth.users, which
-- nobody but the owner of the schema may read; and for those that write events, which run as byok_events. Handing a function over needs CREATE on
-- the schema for its new owner; that is taken back at once.

grant create on schema byok to byok_server, byok_rotation, byok_events;

do $$
declare
  v_function record;
begin
  for v_function in
    select p.oid::regprocedure as signature,
      case
        when p.proname in ('count_envelopes', 'list_envelope_ids', 'list_due_ids') then 'byok_rotation'
        when p.proname in ('record_credential_change', 'record_rotation', 'forget_key_events') then 'byok_events'
        else 'byok_server'
      end as owner
    from pg_catalog.pg_proc as p
    where p.pronamespace = 'byok'::regnamespace and p.prosecdef and p.proname not in ('is_active', 'is_user')
  loop
    execute format('alter function %s owner to %I', v_function.signature, v_function.owner);
  end loop;
end
$$;

revoke create on schema byok from byok_server, byok_rotation, byok_events;

-- Holds that outlive their call are swept every minute where pg_cron is installed. Without it place_hold sweeps its own user's,
-- and a backend job may call expire_holds.

do $$
begin
  if to_regprocedure('cron.schedule(text, text, text)') is not null then
    perform cron.schedule('byok-expire-holds', '* * * * *', 'select byok.expire_holds(1000)');
  end if;
end
$$;

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
