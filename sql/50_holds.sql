-- A hold reserves the most that a call can cost before the provider is asked. When the provider's answer begins it is charged: an entry
-- takes its place, with the same id. When nothing came of the call it is voided, and nothing of it is kept. What is given back of a
-- charge is an entry of its own.
-- Every function that touches holds locks the account first, so two billing functions never wait for each other in a circle. A charge
-- shares its lock with other charges.

create table byok.holds (
  id bigint not null default nextval('byok.entry_ids'),
  owner_id uuid not null references byok.accounts (owner_id) on delete cascade,
  member_id uuid,
  operation text not null,
  provider text not null,
  model text not null,
  microcredits bigint not null,
  request_id text,
  expires_at timestamptz not null default now() + interval '15 minutes',
  -- The rest of a hold is checked when it becomes an entry.
  check (microcredits between 1 and 1000000000000000),
  -- Serves the cascade from accounts and owners who read their holds as well: each index more is written for every call.
  primary key (owner_id, id)
);

comment on table byok.holds is 'Calls under way on credits, one row each. It goes with the charge, or when the call costs nothing.';
comment on column byok.holds.id is 'The id that the charge will have.';
comment on column byok.holds.owner_id is 'The user or team whose credits are reserved.';
comment on column byok.holds.member_id is 'The member whose call it is, where the owner is a team; else null.';
comment on column byok.holds.operation is 'What the call is billed as.';
comment on column byok.holds.provider is 'The provider that is asked.';
comment on column byok.holds.model is 'The model that the call names.';
comment on column byok.holds.microcredits is 'The most that the call can cost by the price when it was opened.';
comment on column byok.holds.request_id is 'The caller''s idempotency key; null if it sent none.';
comment on column byok.holds.expires_at is 'A hold that is still there then is of a function that died: longer than any may run (400 s).';

create unique index holds_request_id_idx on byok.holds (owner_id, request_id, member_id) nulls not distinct where request_id is not null;
comment on index byok.holds_request_id_idx is 'A request id has one call of a user under way.';
create index holds_expires_at_idx on byok.holds (expires_at);
comment on index byok.holds_expires_at_idx is 'The sweeper finds what has expired without reading what has not.';

alter table byok.holds enable row level security;

create policy "Owners read their holds" on byok.holds
  for select to authenticated using (
    owner_id = any ((select byok.my_owners())::uuid[])
    and (owner_id = any ((select byok.my_owners('admin'))::uuid[]) or member_id = (select auth.uid())));
create policy "The server reads the owner's holds, and all expired ones" on byok.holds
  for select to byok_server using (owner_id = (select byok.acting_for()) or expires_at <= now());
create policy "The server places holds for the owner it acts for" on byok.holds
  for insert to byok_server with check (owner_id = (select byok.acting_for()));
create policy "The server ends the holds of the owner it acts for" on byok.holds
  for delete to byok_server using (owner_id = (select byok.acting_for()));

comment on policy "Owners read their holds" on byok.holds is 'The page shows calls under way.';
comment on policy "The server reads the owner's holds, and all expired ones" on byok.holds is
  'expire_holds learns from the expired ones whom to act for; it sees nothing else of theirs.';
comment on policy "The server places holds for the owner it acts for" on byok.holds is 'place_hold.';
comment on policy "The server ends the holds of the owner it acts for" on byok.holds is 'charge_hold, void_hold and expire_holds.';

grant select on byok.holds to authenticated;
grant select, insert, delete on byok.holds to byok_server;

-- The account passes through these functions as a row, and their caller, who has locked it, writes it once: at a second update in one
-- transaction Postgres would look for the owner again, and wait for a deletion of the owner that waits for the account.

create function byok.bear(p_account byok.accounts, p_microcredits bigint) returns byok.accounts
language plpgsql
set search_path = ''
as $$
declare
  v_today date := (now() at time zone 'utc')::date;
  v_unpaid_microcredits bigint := p_microcredits + case p_account.unpaid_on when v_today then p_account.unpaid_microcredits else 0 end;
begin
  if v_unpaid_microcredits <= (select l.at_most from byok.limits as l where l.name = 'unpaid_microcredits') then
    p_account.unpaid_on := v_today;
    p_account.unpaid_microcredits := v_unpaid_microcredits;
    p_account.available_microcredits := p_account.available_microcredits + p_microcredits;
    return p_account;
  end if;
  return null;
end
$$;

comment on function byok.bear(byok.accounts, bigint) is
  'The account with an amount made available that the platform bears, within the day''s limit; null past it.';

-- Postgres before 18 plans the body of a function in SQL anew at each call, which costs several times what the body does.

create function byok.enter_charge(p_hold byok.holds) returns void
language plpgsql
set search_path = ''
as $$
begin
  insert into byok.entries (id, owner_id, member_id, kind, microcredits, operation, provider, model, request_id)
  values (p_hold.id, p_hold.owner_id, p_hold.member_id, 'charge', p_hold.microcredits, p_hold.operation, p_hold.provider, p_hold.model, p_hold.request_id);
end
$$;

comment on function byok.enter_charge(byok.holds) is 'Enters the charge of a hold that its caller has ended.';

create function byok.end_unpaid(p_account byok.accounts, p_hold byok.holds) returns byok.accounts
language plpgsql
set search_path = ''
as $$
declare
  v_borne byok.accounts := byok.bear(p_account, p_hold.microcredits);
begin
  if v_borne.owner_id is null then
    perform byok.enter_charge(p_hold);
    return p_account;
  end if;
  return v_borne;
end
$$;

comment on function byok.end_unpaid(byok.accounts, byok.holds) is
  'The account after a call whose provider was asked and whose answer never began: given back within the day''s limit, charged past it.';

create function byok.end_expired(p_account byok.accounts, p_hold_ids bigint[]) returns byok.accounts
language plpgsql
set search_path = ''
as $$
declare
  v_hold byok.holds;
begin
  for v_hold in
    delete from byok.holds as h
    where h.owner_id = p_account.owner_id and h.id = any(p_hold_ids)
    returning h.*
  loop
    p_account := byok.end_unpaid(p_account, v_hold);
  end loop;
  return p_account;
end
$$;

comment on function byok.end_expired(byok.accounts, bigint[]) is 'The account after those of these holds that are still there were ended.';

create function byok.write_account(p_account byok.accounts) returns void
language plpgsql
set search_path = ''
as $$
begin
  update byok.accounts as a
  set available_microcredits = p_account.available_microcredits,
      unpaid_on = p_account.unpaid_on,
      unpaid_microcredits = p_account.unpaid_microcredits,
      updated_at = now()
  where a.owner_id = p_account.owner_id;
end
$$;

comment on function byok.write_account(byok.accounts) is 'Writes an account that its caller has locked.';

create function byok.charge_hold(p_owner_id uuid, p_hold_id bigint) returns text
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_previous_claims text := byok.act_for(p_owner_id);
  v_outcome text := 'charged';
begin
  -- The balance stays as it is, so the lock is that of a foreign key: charges share it, and a call without a request id does not wait
  -- for them. A deletion of the owner is before all of this or after it.
  perform from byok.accounts as a where a.owner_id = p_owner_id for key share;
  with ended as (
    delete from byok.holds as h where h.owner_id = p_owner_id and h.id = p_hold_id returning h.*
  )
  insert into byok.entries (id, owner_id, member_id, kind, microcredits, operation, provider, model, request_id)
  select e.id, e.owner_id, e.member_id, 'charge', e.microcredits, e.operation, e.provider, e.model, e.request_id from ended as e;
  if not found then
    if not exists (select from byok.entries as e where e.owner_id = p_owner_id and e.id = p_hold_id and e.kind = 'charge') then
      v_outcome := 'voided';
    end if;
  end if;
  v_previous_claims := byok.stop_acting(v_previous_claims);
  return v_outcome;
end
$$;

comment on function byok.charge_hold(uuid, bigint) is
  'Charges a hold; returns charged, or voided if it is no longer there. A second attempt changes nothing.';

create function byok.void_hold(p_owner_id uuid, p_hold_id bigint, p_was_asked boolean) returns text
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_previous_claims text := byok.act_for(p_owner_id);
  v_account byok.accounts;
  v_hold byok.holds;
  v_outcome text := 'voided';
begin
  select * into v_account from byok.accounts as a where a.owner_id = p_owner_id for update;
  delete from byok.holds as h where h.owner_id = p_owner_id and h.id = p_hold_id returning h.* into v_hold;
  if found then
    if p_was_asked then
      v_account := byok.end_unpaid(v_account, v_hold);
    else
      v_account.available_microcredits := v_account.available_microcredits + v_hold.microcredits;
    end if;
    perform byok.write_account(v_account);
  end if;
  if exists (select from byok.entries as e where e.owner_id = p_owner_id and e.id = p_hold_id and e.kind = 'charge') then
    v_outcome := 'charged';
  end if;
  perform byok.stop_acting(v_previous_claims);
  return v_outcome;
end
$$;

comment on function byok.void_hold(uuid, bigint, boolean) is
  'Gives a hold back. p_was_asked: the provider was asked and may charge for it, so the platform bears the price within the day''s limit, and past it the hold is charged. Returns voided or charged. A second attempt changes nothing.';

create function byok.refund_charge(
  p_owner_id uuid,
  p_charge_id bigint,
  p_microcredits bigint,
  p_reason text,
  p_input_tokens bigint default null,
  p_cached_input_tokens bigint default null,
  p_cache_write_tokens bigint default null,
  p_output_tokens bigint default null
) returns bigint
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_previous_claims text := byok.act_for(p_owner_id);
  v_account byok.accounts;
  v_charge byok.entries;
  v_refunded bigint;
begin
  if p_microcredits is null or p_microcredits < 1 then
    raise sqlstate 'PT400' using message = 'invalid_request', detail = '{"field":"p_microcredits"}',
      hint = 'A refund is 1 microcredit at least.';
  end if;
  select * into v_account from byok.accounts as a where a.owner_id = p_owner_id for update;
  select * into v_charge from byok.entries as e where e.owner_id = p_owner_id and e.id = p_charge_id and e.kind = 'charge';
  if not found then
    raise sqlstate 'PT404' using message = 'charge_not_found', hint = 'Only a hold that was charged has something to give back.';
  end if;
  select e.microcredits into v_refunded from byok.entries as e where e.owner_id = p_owner_id and e.charge_id = p_charge_id;
  if not found then
    v_refunded := least(p_microcredits, v_charge.microcredits);
    if p_reason = 'broken_off' then
      v_account := byok.bear(v_account, v_refunded);
    else
      v_account.available_microcredits := v_account.available_microcredits + v_refunded;
    end if;
    if v_account.owner_id is null then
      v_refunded := 0;
    else
      insert into byok.entries (
        owner_id, member_id, kind, microcredits, operation, provider, model, charge_id, reason, input_tokens, cached_input_tokens,
        cache_write_tokens, output_tokens)
      values (
        p_owner_id, v_charge.member_id, 'refund', v_refunded, v_charge.operation, v_charge.provider, v_charge.model, p_charge_id, p_reason,
        p_input_tokens, p_cached_input_tokens, p_cache_write_tokens, p_output_tokens);
      perform byok.write_account(v_account);
    end if;
  end if;
  perform byok.stop_acting(v_previous_claims);
  return v_refunded;
end
$$;

comment on function byok.refund_charge(uuid, bigint, bigint, text, bigint, bigint, bigint, bigint) is
  'Gives back of a charge, once and at most what was charged; returns the microcredits that were given back, by this attempt or an earlier one. Reasons: unused, nothing_delivered, broken_off; the last within the day''s limit, past which it is 0. Keeps the provider''s token counts. Raises invalid_request, charge_not_found.';

create function byok.expire_holds(p_limit integer) returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_previous_claims text := coalesce(current_setting('request.jwt.claims', true), '');
  v_expired record;
  v_account byok.accounts;
  v_held bigint;
  v_count integer := 0;
begin
  if p_limit is null or p_limit < 1 then
    raise sqlstate 'PT400' using message = 'invalid_request', detail = '{"field":"p_limit"}', hint = 'Sweep one hold at least.';
  end if;
  -- Accounts are locked in one order, so that two sweeps at once do not wait for each other in a circle.
  for v_expired in
    select oldest.owner_id, array_agg(oldest.id) as hold_ids
    from (
      select h.id, h.owner_id from byok.holds as h
      where h.expires_at <= now()
      order by h.expires_at
      limit p_limit
    ) as oldest
    group by oldest.owner_id
    order by oldest.owner_id
  loop
    perform byok.act_for(v_expired.owner_id);
    -- The transaction that had the account until now may have ended the holds, or deleted the owner.
    select * into v_account from byok.accounts as a where a.owner_id = v_expired.owner_id for update;
    continue when not found;
    v_held := (
      select count(*) from byok.holds as h where h.owner_id = v_expired.owner_id and h.id = any(v_expired.hold_ids));
    continue when v_held = 0;
    perform byok.write_account(byok.end_expired(v_account, v_expired.hold_ids));
    v_count := v_count + v_held;
  end loop;
  perform byok.stop_acting(v_previous_claims);
  return v_count;
end
$$;

comment on function byok.expire_holds(integer) is
  'Ends up to p_limit holds that are past their time, oldest first: gives them back within each owner''s limit of the day, and charges them past it. Returns how many. For a schedule; place_hold does it for its own owner if need be.';

revoke execute on function
  byok.bear(byok.accounts, bigint), byok.enter_charge(byok.holds), byok.end_unpaid(byok.accounts, byok.holds),
  byok.end_expired(byok.accounts, bigint[]), byok.write_account(byok.accounts), byok.charge_hold(uuid, bigint),
  byok.void_hold(uuid, bigint, boolean), byok.refund_charge(uuid, bigint, bigint, text, bigint, bigint, bigint, bigint),
  byok.expire_holds(integer)
from public;
grant execute on function
  byok.bear(byok.accounts, bigint), byok.enter_charge(byok.holds), byok.end_unpaid(byok.accounts, byok.holds),
  byok.end_expired(byok.accounts, bigint[]), byok.write_account(byok.accounts)
to byok_server;
grant execute on function
  byok.charge_hold(uuid, bigint), byok.void_hold(uuid, bigint, boolean),
  byok.refund_charge(uuid, bigint, bigint, text, bigint, bigint, bigint, bigint), byok.expire_holds(integer)
to service_role;
