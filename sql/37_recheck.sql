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
