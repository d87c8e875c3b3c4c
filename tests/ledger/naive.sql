-- The control: billing as it is often written. It reads the balance, decides, and writes what it has calculated, without a lock
-- and without the constraints that would stop it. Functions and tables are named as in schema byok, so that the same attack
-- runs against both. The test replaces `naive` by a schema of its own.

create schema naive;
create table naive.operations as select name, price_microcredits from byok.operations;
create table naive.accounts (
  user_id uuid primary key references auth.users (id) on delete cascade,
  available_microcredits bigint not null,
  held_microcredits bigint not null
);
create table naive.holds (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  operation text not null,
  microcredits bigint not null,
  request_id text not null,
  state text not null default 'pending',
  expires_at timestamptz not null default now() + interval '15 minutes'
);
create table naive.entries (
  id bigint generated always as identity primary key,
  user_id uuid not null references auth.users (id) on delete cascade,
  kind text not null,
  microcredits bigint not null,
  operation text,
  hold_id uuid,
  idempotency_key text
);
create table naive.credentials (
  id uuid,
  user_id uuid references auth.users (id) on delete cascade,
  provider text,
  envelope text,
  primary key (user_id, provider)
);
alter table naive.credentials enable row level security;
create policy "Owners remove their credentials" on naive.credentials to authenticated using (user_id = (select auth.uid()));
create policy "The functions do the rest" on naive.credentials to service_role using (true);

create function naive.grant_credits(p_user_id uuid, p_credits numeric, p_reason text, p_idempotency_key text)
returns table (available_credits numeric, granted boolean) language plpgsql as $$
begin
  insert into naive.accounts values (p_user_id, 0, 0) on conflict do nothing;
  select available_microcredits / 1e6 into available_credits from naive.accounts where user_id = p_user_id;
  granted := not exists (select from naive.entries where idempotency_key = p_idempotency_key);
  if granted then
    available_credits := available_credits + p_credits;
    update naive.accounts set available_microcredits = available_credits * 1e6 where user_id = p_user_id;
    insert into naive.entries (user_id, kind, microcredits, idempotency_key)
    values (p_user_id, 'grant', p_credits * 1e6, p_idempotency_key);
  end if;
  return next;
end
$$;

create function naive.open_call(p_user_id uuid, p_provider text, p_request_id text, p_operation text)
returns table (funding text, envelope text, hold_id uuid, price_microcredits bigint) language plpgsql as $$
declare
  v_account naive.accounts;
begin
  select c.envelope into envelope from naive.credentials as c where c.user_id = p_user_id and c.provider = p_provider;
  if found then
    funding := 'byok';
    price_microcredits := 0;
    return next;
    return;
  end if;
  if exists (select from naive.holds where user_id = p_user_id and request_id = p_request_id and state <> 'voided') then
    raise sqlstate 'PT409' using message = 'request_in_progress';
  end if;
  select o.price_microcredits into price_microcredits from naive.operations as o where o.name = p_operation;
  select * into v_account from naive.accounts where user_id = p_user_id;
  if v_account.available_microcredits < price_microcredits then
    raise sqlstate 'PT402' using message = 'insufficient_credits',
      detail = json_build_object('price_credits', price_microcredits / 1e6, 'available_credits', v_account.available_microcredits / 1e6)::text;
  end if;
  update naive.accounts
  set available_microcredits = v_account.available_microcredits - price_microcredits,
      held_microcredits = v_account.held_microcredits + price_microcredits
  where user_id = p_user_id;
  insert into naive.holds (user_id, operation, microcredits, request_id)
  values (p_user_id, p_operation, price_microcredits, p_request_id)
  returning id into hold_id;
  insert into naive.entries (user_id, kind, microcredits, operation, hold_id)
  values (p_user_id, 'hold', price_microcredits, p_operation, hold_id);
  funding := 'platform';
  return next;
end
$$;

create function naive.resolve_hold(p_user_id uuid, p_hold_id uuid, p_state text) returns text language plpgsql as $$
declare
  v_account naive.accounts;
  v_hold naive.holds;
begin
  select * into v_hold from naive.holds where id = p_hold_id and user_id = p_user_id;
  if not found then
    raise sqlstate 'PT404' using message = 'hold_not_found';
  end if;
  if v_hold.state <> 'pending' then
    return v_hold.state;
  end if;
  select * into v_account from naive.accounts where user_id = p_user_id;
  update naive.holds set state = p_state where id = p_hold_id;
  update naive.accounts
  set held_microcredits = v_account.held_microcredits - v_hold.microcredits,
      available_microcredits = v_account.available_microcredits + case p_state when 'voided' then v_hold.microcredits else 0 end
  where user_id = p_user_id;
  insert into naive.entries (user_id, kind, microcredits, operation, hold_id)
  values (p_user_id, case p_state when 'voided' then 'void' else 'settle' end, v_hold.microcredits, v_hold.operation, p_hold_id);
  return p_state;
end
$$;

create function naive.settle_hold(p_user_id uuid, p_hold_id uuid) returns text language sql
  return naive.resolve_hold(p_user_id, p_hold_id, 'settled');
create function naive.void_hold(p_user_id uuid, p_hold_id uuid) returns text language sql
  return naive.resolve_hold(p_user_id, p_hold_id, 'voided');

create function naive.expire_holds(p_limit integer) returns bigint language sql as $$
  select count(naive.resolve_hold(h.user_id, h.id, 'voided'))
  from (select * from naive.holds where state = 'pending' and expires_at <= now() limit p_limit) as h;
$$;

create function naive.save_credential(uuid, uuid, text, text, text, text, bigint) returns void language sql as $$
  insert into naive.credentials values ($2, $1, $3, $6)
  on conflict (user_id, provider) do update set id = excluded.id, envelope = excluded.envelope;
$$;

grant usage on schema naive to service_role, authenticated;
grant all on all tables in schema naive to service_role;
grant select, delete on naive.credentials to authenticated;
