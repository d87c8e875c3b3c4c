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
