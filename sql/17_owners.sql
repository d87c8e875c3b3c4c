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
