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
