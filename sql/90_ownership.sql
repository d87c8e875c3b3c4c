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
