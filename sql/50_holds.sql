-- A hold reserves the price of a call before it starts: pending -> settled (charged) or voided (given back), once.
-- Whoever resolves holds locks the account first, so two billing functions never wait for each other in a circle.

create table byok.holds (
  id uuid default gen_random_uuid(),
  user_id uuid not null references byok.accounts (user_id) on delete cascade,
  operation text not null,
  microcredits bigint not null check (microcredits between 1 and 1000000000000000),
  request_id text not null check (length(request_id) between 1 and 255),
  state text not null default 'pending' check (state in ('pending', 'settled', 'voided')),
  expires_at timestamptz not null default now() + interval '15 minutes',
  created_at timestamptz not null default now(),
  resolved_at timestamptz check ((resolved_at is null) = (state = 'pending')),
  -- Serves the cascade from accounts and owners who read their holds as well: each index more is written twice for a call.
  primary key (user_id, id)
);

comment on table byok.holds is 'Reserved credits, one row for each call on platform funding.';
comment on column byok.holds.id is 'Made by the database.';
comment on column byok.holds.user_id is 'Owner.';
comment on column byok.holds.operation is 'What the call is billed as.';
comment on column byok.holds.microcredits is 'The price when the call was opened.';
comment on column byok.holds.request_id is 'The caller''s idempotency key, or one made for the call.';
comment on column byok.holds.state is 'pending, then settled or voided for good.';
comment on column byok.holds.expires_at is 'A hold still pending then is voided: longer than any function may run (400 s).';
comment on column byok.holds.created_at is 'When the call was opened.';
comment on column byok.holds.resolved_at is 'When it was settled or voided.';

create unique index holds_user_id_request_id_idx on byok.holds (user_id, request_id) where state <> 'voided';
comment on index byok.holds_user_id_request_id_idx is 'A request id places one hold; after a void it may be placed again.';
create index holds_expires_at_idx on byok.holds (expires_at) where state = 'pending';
comment on index byok.holds_expires_at_idx is 'The sweeper finds what has expired without reading what has not.';
create index holds_user_id_pending_idx on byok.holds (user_id, expires_at) where state = 'pending';
comment on index byok.holds_user_id_pending_idx is 'open_call voids the expired holds of one user.';

alter table byok.holds enable row level security;

create policy "Owners read their holds" on byok.holds
  for select to authenticated using (user_id = (select auth.uid()));
create policy "The server reads the user's holds, and all expired ones" on byok.holds
  for select to byok_server using (user_id = (select auth.uid()) or (state = 'pending' and expires_at <= now()));
create policy "The server places holds for the user it acts for" on byok.holds
  for insert to byok_server with check (user_id = (select auth.uid()));
create policy "The server resolves the holds of the user it acts for" on byok.holds
  for update to byok_server using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));

comment on policy "Owners read their holds" on byok.holds is 'The page shows calls under way.';
comment on policy "The server reads the user's holds, and all expired ones" on byok.holds is
  'expire_holds learns from the expired ones whom to act for; it sees nothing else of theirs.';
comment on policy "The server places holds for the user it acts for" on byok.holds is 'open_call.';
comment on policy "The server resolves the holds of the user it acts for" on byok.holds is 'settle_hold, void_hold and expire_holds.';

grant select on byok.holds to authenticated;
grant select, insert, update on byok.holds to byok_server;

create function byok.resolve_hold(p_user_id uuid, p_hold_id uuid, p_state text) returns text
language plpgsql
set search_path = ''
as $$
declare
  v_hold byok.holds;
  v_state text;
begin
  perform from byok.accounts as a where a.user_id = p_user_id for update;

  -- Not `state = 'pending'`, which says the same: the hold would be looked for among all the pending ones of the user.
  update byok.holds as h set state = p_state, resolved_at = now()
  where h.id = p_hold_id and h.user_id = p_user_id and h.resolved_at is null
  returning h.* into v_hold;

  if not found then
    select h.state into v_state from byok.holds as h where h.id = p_hold_id and h.user_id = p_user_id;
    if not found then
      raise sqlstate 'PT404' using message = 'hold_not_found';
    end if;
    return v_state;
  end if;

  update byok.accounts as a
  set held_microcredits = a.held_microcredits - v_hold.microcredits,
      available_microcredits = a.available_microcredits + case when p_state = 'voided' then v_hold.microcredits else 0 end,
      updated_at = now()
  where a.user_id = p_user_id;
  insert into byok.entries (user_id, kind, microcredits, operation, hold_id)
  values (p_user_id, case when p_state = 'voided' then 'void' else 'settle' end, v_hold.microcredits, v_hold.operation, v_hold.id);
  return p_state;
end
$$;

comment on function byok.resolve_hold(uuid, uuid, text) is
  'Resolves a hold of the user acted for, once; returns the state it is in, which is an earlier one when it was already resolved. Raises hold_not_found.';

create function byok.void_expired(p_user_id uuid, p_hold_ids uuid[], out voided integer, out microcredits bigint)
language plpgsql
set search_path = ''
as $$
begin
  with given_back as (
    update byok.holds as h set state = 'voided', resolved_at = now()
    where h.id = any(p_hold_ids) and h.user_id = p_user_id and h.resolved_at is null
    returning h.id, h.operation, h.microcredits
  ),
  entered as (
    insert into byok.entries (user_id, kind, microcredits, operation, hold_id)
    select p_user_id, 'void', g.microcredits, g.operation, g.id from given_back as g
  )
  select count(*), coalesce(sum(g.microcredits), 0) into voided, void_expired.microcredits from given_back as g;
end
$$;

comment on function byok.void_expired(uuid, uuid[]) is
  'Voids those of these holds of the user acted for that are pending; returns how many, and the microcredits that the caller, who has locked the account, puts back into it. One update for all of them, or Postgres would look for the user again, and wait for a deletion that waits for the account.';

create function byok.settle_hold(p_user_id uuid, p_hold_id uuid) returns text
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_previous_claims text := byok.act_for(p_user_id);
  v_state text := byok.resolve_hold(p_user_id, p_hold_id, 'settled');
begin
  perform byok.stop_acting(v_previous_claims);
  return v_state;
end
$$;

comment on function byok.settle_hold(uuid, uuid) is
  'Charges a hold; returns settled, or voided when it had been voided before. A second attempt changes nothing. Raises hold_not_found.';

create function byok.void_hold(p_user_id uuid, p_hold_id uuid) returns text
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_previous_claims text := byok.act_for(p_user_id);
  v_state text := byok.resolve_hold(p_user_id, p_hold_id, 'voided');
begin
  perform byok.stop_acting(v_previous_claims);
  return v_state;
end
$$;

comment on function byok.void_hold(uuid, uuid) is
  'Gives a hold back; returns voided, or settled when it had been charged before. A second attempt changes nothing. Raises hold_not_found.';

create function byok.expire_holds(p_limit integer) returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_previous_claims text := coalesce(current_setting('request.jwt.claims', true), '');
  v_expired record;
  v_void record;
  v_count integer := 0;
begin
  if p_limit is null or p_limit < 1 then
    raise sqlstate 'PT400' using message = 'invalid_request', detail = '{"field":"p_limit"}';
  end if;
  -- Accounts are locked in one order, so that two sweeps at once do not wait for each other in a circle.
  for v_expired in
    select oldest.user_id, array_agg(oldest.id) as hold_ids
    from (
      select h.id, h.user_id from byok.holds as h
      where h.state = 'pending' and h.expires_at <= now()
      order by h.expires_at
      limit p_limit
    ) as oldest
    group by oldest.user_id
    order by oldest.user_id
  loop
    perform byok.act_for(v_expired.user_id);
    -- Whoever had the account until now may have resolved the holds, or deleted the user.
    perform from byok.accounts as a where a.user_id = v_expired.user_id for update;
    select * into v_void from byok.void_expired(v_expired.user_id, v_expired.hold_ids);
    update byok.accounts as a
    set held_microcredits = a.held_microcredits - v_void.microcredits,
        available_microcredits = a.available_microcredits + v_void.microcredits,
        updated_at = now()
    where a.user_id = v_expired.user_id and v_void.voided > 0;
    v_count := v_count + v_void.voided;
  end loop;
  perform byok.stop_acting(v_previous_claims);
  return v_count;
end
$$;

comment on function byok.expire_holds(integer) is
  'Voids up to p_limit holds that are past their time, oldest first; returns how many. For a schedule; open_call does it for its own user anyway.';

revoke execute on function
  byok.resolve_hold(uuid, uuid, text), byok.void_expired(uuid, uuid[]), byok.settle_hold(uuid, uuid), byok.void_hold(uuid, uuid),
  byok.expire_holds(integer)
from public;
grant execute on function byok.resolve_hold(uuid, uuid, text), byok.void_expired(uuid, uuid[]) to byok_server;
grant execute on function byok.settle_hold(uuid, uuid), byok.void_hold(uuid, uuid), byok.expire_holds(integer) to service_role;
