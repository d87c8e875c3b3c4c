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
