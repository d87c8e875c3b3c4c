-- The control: billing as it is often written. It reads the balance, decides, and writes what it has calculated, without a lock
-- and without the constraints that would stop it. Functions and tables are named as in schema byok, so that the same attack
-- runs against both. It knows no teams, so no entry has a member. The test replaces `naive` by a schema of its own.

create schema naive;
create table naive.prices as select operation, provider, model, microcredits_per_call from byok.prices;
create table naive.accounts (
  owner_id uuid primary key references auth.users (id) on delete cascade,
  available_microcredits bigint not null,
  unpaid_microcredits bigint not null default 0
);
create sequence naive.entry_ids;
create table naive.holds (
  id bigint primary key default nextval('naive.entry_ids'),
  owner_id uuid not null references auth.users (id) on delete cascade,
  member_id uuid,
  operation text not null,
  microcredits bigint not null,
  request_id text,
  expires_at timestamptz not null default now() + interval '15 minutes'
);
create table naive.entries (
  id bigint default nextval('naive.entry_ids'),
  owner_id uuid not null references auth.users (id) on delete cascade,
  member_id uuid,
  kind text not null,
  microcredits bigint not null,
  operation text,
  request_id text,
  charge_id bigint,
  reason text,
  idempotency_key text
);
create table naive.credentials (
  id uuid,
  owner_id uuid references auth.users (id) on delete cascade,
  provider text,
  envelope text,
  primary key (owner_id, provider)
);
alter table naive.credentials enable row level security;
create policy "Owners remove their credentials" on naive.credentials to authenticated using (owner_id = (select auth.uid()));
create policy "The functions do the rest" on naive.credentials to service_role using (true);

create function naive.grant_credits(p_owner_id uuid, p_credits numeric, p_reason text, p_idempotency_key text)
returns table (available_credits numeric, granted boolean) language plpgsql as $$
begin
  insert into naive.accounts values (p_owner_id, 0, 0) on conflict do nothing;
  select available_microcredits / 1e6 into available_credits from naive.accounts where owner_id = p_owner_id;
  granted := not exists (select from naive.entries where idempotency_key = p_idempotency_key);
  if granted then
    available_credits := available_credits + p_credits;
    update naive.accounts set available_microcredits = available_credits * 1e6 where owner_id = p_owner_id;
    insert into naive.entries (owner_id, kind, microcredits, idempotency_key)
    values (p_owner_id, 'grant', p_credits * 1e6, p_idempotency_key);
  end if;
  return next;
end
$$;

create function naive.open_call(p_user_id uuid, p_provider text)
returns table (payer text, envelope text) language plpgsql as $$
begin
  select 'byok', c.envelope into payer, envelope from naive.credentials as c where c.owner_id = p_user_id and c.provider = p_provider;
  if not found then
    payer := 'platform';
  end if;
  return next;
end
$$;

create function naive.place_hold(
  p_user_id uuid, p_request_id text, p_operation text, p_provider text, p_model text, p_max_input_tokens bigint,
  p_max_output_tokens bigint)
returns table (hold_id bigint, microcredits bigint) language plpgsql as $$
declare
  v_account naive.accounts;
begin
  if exists (select from naive.holds as h where h.owner_id = p_user_id and h.request_id = p_request_id) then
    raise sqlstate 'PT409' using message = 'request_in_progress';
  end if;
  if exists (select from naive.entries as e where e.owner_id = p_user_id and e.request_id = p_request_id) then
    raise sqlstate 'PT409' using message = 'request_completed';
  end if;
  select p.microcredits_per_call into microcredits from naive.prices as p
  where p.operation = p_operation and p.provider = p_provider and p.model = p_model;
  select * into v_account from naive.accounts where owner_id = p_user_id;
  if v_account.available_microcredits < place_hold.microcredits then
    raise sqlstate 'PT402' using message = 'insufficient_credits',
      detail = json_build_object(
        'price_credits', place_hold.microcredits / 1e6, 'available_credits', v_account.available_microcredits / 1e6)::text;
  end if;
  update naive.accounts
  set available_microcredits = v_account.available_microcredits - place_hold.microcredits
  where owner_id = p_user_id;
  insert into naive.holds (owner_id, operation, microcredits, request_id)
  values (p_user_id, p_operation, place_hold.microcredits, p_request_id)
  returning id into hold_id;
  return next;
end
$$;

create function naive.end_hold(p_user_id uuid, p_hold_id bigint, p_is_charged boolean) returns text language plpgsql as $$
declare
  v_account naive.accounts;
  v_hold naive.holds;
begin
  select * into v_hold from naive.holds where id = p_hold_id and owner_id = p_user_id;
  if not found then
    return case when exists (select from naive.entries where id = p_hold_id and owner_id = p_user_id) then 'charged' else 'voided' end;
  end if;
  select * into v_account from naive.accounts where owner_id = p_user_id;
  delete from naive.holds where id = p_hold_id;
  update naive.accounts
  set available_microcredits = v_account.available_microcredits + case when p_is_charged then 0 else v_hold.microcredits end
  where owner_id = p_user_id;
  if p_is_charged then
    insert into naive.entries (id, owner_id, kind, microcredits, operation, request_id)
    values (p_hold_id, p_user_id, 'charge', v_hold.microcredits, v_hold.operation, v_hold.request_id);
  end if;
  return case when p_is_charged then 'charged' else 'voided' end;
end
$$;

create function naive.charge_hold(p_owner_id uuid, p_hold_id bigint) returns text language sql
  return naive.end_hold(p_owner_id, p_hold_id, true);
create function naive.void_hold(p_owner_id uuid, p_hold_id bigint, p_was_asked boolean) returns text language sql
  return naive.end_hold(p_owner_id, p_hold_id, false);

create function naive.refund_charge(p_owner_id uuid, p_charge_id bigint, p_microcredits bigint, p_reason text) returns bigint language plpgsql as $$
declare
  v_account naive.accounts;
  v_charge naive.entries;
begin
  select * into v_charge from naive.entries where id = p_charge_id and owner_id = p_owner_id;
  if not found then
    raise sqlstate 'PT404' using message = 'charge_not_found';
  end if;
  if exists (select from naive.entries where charge_id = p_charge_id) then
    return (select max(microcredits) from naive.entries where charge_id = p_charge_id);
  end if;
  select * into v_account from naive.accounts where owner_id = p_owner_id;
  update naive.accounts
  set available_microcredits = v_account.available_microcredits + least(p_microcredits, v_charge.microcredits)
  where owner_id = p_owner_id;
  insert into naive.entries (owner_id, kind, microcredits, operation, charge_id, reason)
  values (p_owner_id, 'refund', least(p_microcredits, v_charge.microcredits), v_charge.operation, p_charge_id, p_reason);
  return least(p_microcredits, v_charge.microcredits);
end
$$;

create function naive.expire_holds(p_limit integer) returns bigint language sql as $$
  select count(naive.end_hold(h.owner_id, h.id, false))
  from (select * from naive.holds where expires_at <= now() limit p_limit) as h;
$$;

create function naive.save_credential(uuid, uuid, text, text, text, text, bigint) returns void language sql as $$
  insert into naive.credentials values ($2, $1, $3, $6)
  on conflict (owner_id, provider) do update set id = excluded.id, envelope = excluded.envelope;
$$;

grant usage on schema naive to service_role, authenticated;
grant all on all tables in schema naive to service_role;
grant all on all sequences in schema naive to service_role;
grant select, delete on naive.credentials to authenticated;
