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
