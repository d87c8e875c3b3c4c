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
