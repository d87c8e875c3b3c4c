-- Opening a call decides who pays for it, once, in one round trip.

create function byok.open_call(p_user_id uuid, p_provider text, p_request_id text, p_operation text default null)
returns table (
  funding text,
  credential_id uuid,
  envelope text,
  hold_id uuid,
  price_microcredits bigint,
  max_output_tokens integer,
  max_input_bytes integer,
  models text[]
)
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_previous_claims text := byok.act_for_active(p_user_id);
  v_expired uuid[];
  v_given_back bigint := 0;
  v_available bigint;
  v_state text;
begin
  -- A credential that exists decides for BYOK, whatever its status: a key that does not work never turns into a debit.
  select c.id, e.envelope into credential_id, envelope
  from byok.credentials as c
  left join byok.envelopes as e on e.credential_id = c.id
  where c.user_id = p_user_id and c.provider = p_provider;
  if found then
    funding := 'byok';
    price_microcredits := 0;
    perform byok.stop_acting(v_previous_claims);
    return next;
    return;
  end if;

  if p_operation is null then
    raise sqlstate 'PT400' using message = 'operation_required';
  end if;
  select o.price_microcredits, o.max_output_tokens, o.max_input_bytes,
    (select coalesce(array_agg(m.model order by m.model), '{}') from byok.platform_models as m where m.provider = p_provider)
  into price_microcredits, max_output_tokens, max_input_bytes, models
  from byok.operations as o where o.name = p_operation;
  if not found then
    raise sqlstate 'PT400' using message = 'invalid_request', detail = '{"field":"x-byok-operation"}';
  end if;
  if p_request_id is null or length(p_request_id) not between 1 and 255 then
    raise sqlstate 'PT400' using message = 'invalid_request', detail = '{"field":"idempotency-key"}';
  end if;

  -- From here on the account is locked, so that of two calls with one request id the second finds the hold of the first. An account
  -- that a grant makes meanwhile is not: it has no credits yet.
  select a.available_microcredits into v_available from byok.accounts as a where a.user_id = p_user_id for update;
  v_expired := array(
    select h.id from byok.holds as h
    where h.user_id = p_user_id and h.state = 'pending' and h.expires_at <= now()
  );
  if v_expired <> '{}' then
    select e.microcredits into v_given_back from byok.void_expired(p_user_id, v_expired) as e;
  end if;
  if v_available + v_given_back >= price_microcredits then
    insert into byok.holds (user_id, operation, microcredits, request_id)
    values (p_user_id, p_operation, price_microcredits, p_request_id)
    on conflict (user_id, request_id) where state <> 'voided' do nothing
    returning id into hold_id;
  end if;
  if hold_id is null then
    select h.state into v_state from byok.holds as h
    where h.user_id = p_user_id and h.request_id = p_request_id and h.state <> 'voided';
    if found then
      raise sqlstate 'PT409' using
        message = case v_state when 'pending' then 'request_in_progress' else 'request_completed' end;
    end if;
    raise sqlstate 'PT402' using message = 'insufficient_credits',
      detail = jsonb_build_object(
        'price_credits', byok.to_credits(price_microcredits),
        'available_credits', byok.to_credits(coalesce(v_available + v_given_back, 0)))::text;
  end if;
  update byok.accounts as a
  set available_microcredits = a.available_microcredits + v_given_back - open_call.price_microcredits,
      held_microcredits = a.held_microcredits - v_given_back + open_call.price_microcredits,
      updated_at = now()
  where a.user_id = p_user_id;
  insert into byok.entries (user_id, kind, microcredits, operation, hold_id)
  values (p_user_id, 'hold', price_microcredits, p_operation, hold_id);

  funding := 'platform';
  perform byok.stop_acting(v_previous_claims);
  return next;
end
$$;

comment on function byok.open_call(uuid, text, text, text) is
  'Decides the funding of a call. byok: the envelope, 0 microcredits, and nothing is written. platform: a hold on the operation''s price, its limits and the models it may name. Raises operation_required, invalid_request, request_in_progress, request_completed, insufficient_credits (with price_credits and available_credits).';

revoke execute on function byok.open_call(uuid, text, text, text) from public;
grant execute on function byok.open_call(uuid, text, text, text) to service_role;
