-- Credits. An account says what an owner has; the ledger says why, and is never rewritten. For each account and at any time:
-- available + held + charged - refunded + revoked = granted.
-- Everything is kept in microcredits, 1000000 to a credit, so that every price is exact; operators and users say credits.
--
-- The ledger has what changed a balance for good. A hold that was voided changed nothing: it leaves no entry and no row.

create table byok.accounts (
  owner_id uuid primary key references byok.owners (id) on delete cascade,
  available_microcredits bigint not null default 0,
  unpaid_on date not null default '2000-01-01',
  unpaid_microcredits bigint not null default 0,
  updated_at timestamptz not null default now(),
  -- One check for both: Postgres reads the text of each anew for every statement that writes the row.
  constraint nothing_is_negative check (least(available_microcredits, unpaid_microcredits) >= 0)
) with (fillfactor = 70); -- Every call on credits changes its account; with room on the page no index has to follow.

comment on table byok.accounts is 'One row for each owner who was ever granted credits. It is the one row that billing locks.';
comment on column byok.accounts.owner_id is 'The user, or the team whose members, spend these credits; the row is deleted with the owner.';
comment on column byok.accounts.available_microcredits is 'Microcredits that can be spent now; those that holds have reserved are not among them.';
comment on column byok.accounts.unpaid_on is 'The last day (UTC) on which the platform bore the price of a call.';
comment on column byok.accounts.unpaid_microcredits is 'What the platform bore on that day; the limit unpaid_microcredits is the most for a day.';
comment on column byok.accounts.updated_at is 'When the balance last changed.';

-- A hold has the id that its entry will have, so that a charge is found, and made once, by the id of its hold.
create sequence byok.entry_ids as bigint;
comment on sequence byok.entry_ids is 'Ids of holds and entries.';
grant usage on sequence byok.entry_ids to byok_server;

create table byok.entries (
  id bigint not null default nextval('byok.entry_ids'),
  owner_id uuid not null references byok.accounts (owner_id) on delete cascade,
  member_id uuid,
  kind text not null,
  microcredits bigint not null,
  operation text,
  provider text,
  model text,
  request_id text,
  charge_id bigint,
  input_tokens bigint,
  cached_input_tokens bigint,
  cache_write_tokens bigint,
  output_tokens bigint,
  reason text,
  idempotency_key text,
  created_at timestamptz not null default now(),
  -- An owner's history, page by page. Nobody looks for an entry by its id alone, and an index that invites to walk back through
  -- everybody's entries to find one owner's would be taken now and then.
  primary key (owner_id, id)
);

comment on table byok.entries is 'The ledger: append-only. A row goes only together with its account.';
comment on column byok.entries.id is 'Order of the ledger; a charge stands where its call was opened.';
comment on column byok.entries.owner_id is 'The user or team whose account changed.';
comment on column byok.entries.member_id is 'Of a team''s charge or refund: the member whose call it was. The id stays when that user is deleted. Null for what is a user''s.';
comment on column byok.entries.kind is 'grant: put in; revoke: taken back by the operator; charge: the price of a call; refund: given back of a charge.';
comment on column byok.entries.microcredits is 'Amount, always positive; the kind says the direction.';
comment on column byok.entries.operation is 'What was billed; null for a grant or revoke.';
comment on column byok.entries.provider is 'The provider that was asked; null for a grant or revoke.';
comment on column byok.entries.model is 'The model that was asked; null for a grant or revoke.';
comment on column byok.entries.request_id is 'The caller''s idempotency key, if the call had one; charges only.';
comment on column byok.entries.charge_id is 'The charge that a refund gives back from.';
comment on column byok.entries.input_tokens is 'Of a refund, if the provider reported it: all input tokens of the call, those of the provider''s cache included.';
comment on column byok.entries.cached_input_tokens is 'Of a refund, if the provider reported it: input tokens that came from the provider''s cache.';
comment on column byok.entries.cache_write_tokens is 'Of a refund, if the provider reported it: input tokens that the provider wrote to its cache.';
comment on column byok.entries.output_tokens is 'Of a refund, if the provider reported it: output tokens of the call, reasoning included.';
comment on column byok.entries.reason is
  'Of a grant or revoke: why, in the operator''s words. Of a refund: unused (a metered call cost less), nothing_delivered (the provider failed before any content), broken_off (the platform bears the price, within a daily limit).';
comment on column byok.entries.idempotency_key is 'A grant''s or revoke''s key: the same key counts once.';
comment on column byok.entries.created_at is 'When the account changed.';

-- Postgres reads the text of each check anew for every statement that inserts, and 15 checks took a third of what a charge costs. A
-- function is planned once.
create function byok.is_sound_entry(p_kind text, p_entry byok.entries) returns boolean
language plpgsql
immutable
set search_path = ''
as $$
begin
  -- As with checks, null is no objection.
  return coalesce(
    p_kind in ('grant', 'revoke', 'charge', 'refund')
      and p_entry.microcredits between 1 and 1000000000000000
      and length(p_entry.request_id) between 1 and 255
      and length(p_entry.reason) <= 500
      and length(p_entry.idempotency_key) between 1 and 255
      and p_entry.input_tokens >= 0
      and p_entry.cached_input_tokens between 0 and p_entry.input_tokens
      and p_entry.cache_write_tokens between 0 and p_entry.input_tokens - p_entry.cached_input_tokens
      and p_entry.output_tokens >= 0
      and (p_kind in ('grant', 'revoke')) = (p_entry.idempotency_key is not null)
      and num_nulls(p_entry.operation, p_entry.provider, p_entry.model) = case when p_kind in ('grant', 'revoke') then 3 else 0 end
      and (p_kind = 'charge' or p_entry.request_id is null)
      and (p_entry.member_id is null or p_entry.member_id <> p_entry.owner_id and p_kind in ('charge', 'refund'))
      and (p_kind = 'refund') = (p_entry.charge_id is not null)
      and (p_kind <> 'refund'
        or p_entry.reason is not null and p_entry.reason in ('unused', 'nothing_delivered', 'broken_off'))
      and (p_kind = 'refund'
        or num_nonnulls(p_entry.input_tokens, p_entry.cached_input_tokens, p_entry.cache_write_tokens, p_entry.output_tokens) = 0),
    true);
end
$$;

comment on function byok.is_sound_entry(text, byok.entries) is
  'Whether an entry has what its kind needs and nothing else, and amounts and texts within their limits. The check of the table asks it, so who inserts may execute it.';

alter table byok.entries add constraint entry_is_sound check (byok.is_sound_entry(kind, entries));

-- Most owners have few entries and some have very many. A page names its owner, and the policy names that owner once more: the planner
-- multiplies both. Where it then expects some entries it reads and sorts a long ledger whole; where it expects one it takes the page off
-- the index, which is right for any ledger.
alter table byok.entries alter column owner_id set (n_distinct = -1);
create unique index entries_idempotency_key_idx on byok.entries (idempotency_key) where idempotency_key is not null;
comment on index byok.entries_idempotency_key_idx is 'The same key counts once, for any caller and any owner.';
create index entries_request_id_idx on byok.entries (owner_id, request_id) where request_id is not null;
comment on index byok.entries_request_id_idx is 'place_hold refuses a request id that was charged.';
create unique index entries_charge_id_idx on byok.entries (owner_id, charge_id) where charge_id is not null;
comment on index byok.entries_charge_id_idx is 'A charge is refunded once.';

alter table byok.accounts enable row level security;
alter table byok.entries enable row level security;

create policy "Owners read their account" on byok.accounts
  for select to authenticated using (owner_id = any ((select byok.my_owners())::uuid[]));
create policy "The server keeps the account of the owner it acts for" on byok.accounts
  for all to byok_server using (owner_id = (select byok.acting_for())) with check (owner_id = (select byok.acting_for()));
create policy "Owners read their ledger" on byok.entries
  for select to authenticated using (
    owner_id = any ((select byok.my_owners())::uuid[])
    and (owner_id = any ((select byok.my_owners('admin'))::uuid[]) or member_id = (select auth.uid())));
create policy "The server reads the ledger of the owner it acts for" on byok.entries
  for select to byok_server using (owner_id = (select byok.acting_for()));
create policy "The server appends to the ledger of the owner it acts for" on byok.entries
  for insert to byok_server with check (owner_id = (select byok.acting_for()));

comment on policy "Owners read their account" on byok.accounts is 'The page shows the balance, also to the members of a team.';
comment on policy "The server keeps the account of the owner it acts for" on byok.accounts is 'The billing functions.';
comment on policy "Owners read their ledger" on byok.entries is 'The page shows the history: to users their own, to admins their team''s, and to members what they spent of it.';
comment on policy "The server reads the ledger of the owner it acts for" on byok.entries is 'grant_credits and revoke_credits recognise a key they have seen, the billing functions a charge.';
comment on policy "The server appends to the ledger of the owner it acts for" on byok.entries is 'Every movement of credits writes an entry.';

grant select on byok.accounts, byok.entries to authenticated;
grant select, insert, update on byok.accounts to byok_server;
grant select, insert on byok.entries to byok_server;

create function byok.refuse_ledger_change() returns trigger
language plpgsql
set search_path = ''
as $$
begin
  -- The cascade from a deleted owner arrives here when the account is already gone.
  if tg_op = 'DELETE' and not exists (select from byok.accounts as a where a.owner_id = old.owner_id) then
    return old;
  end if;
  raise sqlstate 'PT403' using message = 'ledger_is_append_only',
    hint = 'Correct the ledger with a further entry: grant_credits or revoke_credits.';
end
$$;

comment on function byok.refuse_ledger_change() is 'Trigger: raises ledger_is_append_only, unless the account itself is being deleted.';

create trigger refuse_change before update or delete on byok.entries
  for each row execute function byok.refuse_ledger_change();
create trigger refuse_truncate before truncate on byok.entries
  for each statement execute function byok.refuse_ledger_change();
comment on trigger refuse_change on byok.entries is 'The ledger is append-only, for every role.';
comment on trigger refuse_truncate on byok.entries is 'The ledger is append-only, for every role.';

create function byok.to_credits(p_microcredits bigint) returns numeric
language sql
immutable
set search_path = ''
as $$
  select trim_scale(p_microcredits / 1000000.0);
$$;

comment on function byok.to_credits(bigint) is 'An amount of microcredits as credits: a decimal with up to 6 places, without zeros at its end.';

create function byok.to_microcredits(p_credits numeric) returns bigint
language plpgsql
immutable
set search_path = ''
as $$
begin
  -- NaN is greater than every number.
  if p_credits is null or p_credits <= 0 or p_credits > 1000000000 or p_credits <> round(p_credits, 6) then
    raise sqlstate 'PT400' using message = 'invalid_request', detail = '{"field":"p_credits"}',
      hint = 'An amount is more than 0 and at most 1000000000 credits, with up to 6 decimal places.';
  end if;
  return p_credits * 1000000;
end
$$;

comment on function byok.to_microcredits(numeric) is
  'An amount of credits, above 0 and up to 1e9, as microcredits. Raises invalid_request for more than 6 decimal places, which would have to be rounded.';

create function byok.grant_credits(
  p_owner_id uuid, p_credits numeric, p_reason text, p_idempotency_key text, p_kind text default 'user')
returns table (available_credits numeric, granted boolean)
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_previous_claims text := byok.act_for(p_owner_id);
  v_microcredits bigint := byok.to_microcredits(p_credits);
  v_available bigint;
begin
  if p_idempotency_key is null or length(p_idempotency_key) not between 1 and 255 then
    raise sqlstate 'PT400' using message = 'invalid_request', detail = '{"field":"p_idempotency_key"}',
      hint = 'Pass the id of the payment, 1 to 255 characters.';
  end if;

  perform byok.add_owner(p_owner_id, p_kind);
  insert into byok.accounts (owner_id) values (p_owner_id) on conflict (owner_id) do nothing;
  select a.available_microcredits into v_available from byok.accounts as a where a.owner_id = p_owner_id for update;

  -- Not looked up first: a key that another owner was granted by is out of sight here, and one may be granting at this moment.
  insert into byok.entries (owner_id, kind, microcredits, reason, idempotency_key)
  values (p_owner_id, 'grant', v_microcredits, p_reason, p_idempotency_key)
  on conflict (idempotency_key) where idempotency_key is not null do nothing;
  granted := found;

  if granted then
    update byok.accounts as a
    set available_microcredits = a.available_microcredits + v_microcredits, updated_at = now()
    where a.owner_id = p_owner_id
    returning a.available_microcredits into v_available;
  elsif not exists (
    select from byok.entries as e
    where e.idempotency_key = p_idempotency_key and e.kind = 'grant' and e.owner_id = p_owner_id and e.microcredits = v_microcredits
  ) then
    raise sqlstate 'PT409' using message = 'idempotency_key_reused',
      hint = 'This key has already granted another amount, or to another owner, or has revoked credits.';
  end if;

  available_credits := byok.to_credits(v_available);
  perform byok.stop_acting(v_previous_claims);
  return next;
end
$$;

comment on function byok.grant_credits(uuid, numeric, text, text, text) is
  'Puts credits (above 0, up to 1e9, up to 6 decimal places) into the account of a user, or of a team with p_kind team, once for each idempotency key; returns the available credits and whether this call granted them. Raises invalid_request, and idempotency_key_reused for a key that granted another amount or to another owner.';

create function byok.revoke_credits(p_owner_id uuid, p_credits numeric, p_reason text, p_idempotency_key text)
returns table (revoked_credits numeric, available_credits numeric)
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_previous_claims text := byok.act_for(p_owner_id);
  v_microcredits bigint := byok.to_microcredits(p_credits);
  v_available bigint;
  v_revoked bigint;
  v_kind text;
begin
  if p_idempotency_key is null or length(p_idempotency_key) not between 1 and 255 then
    raise sqlstate 'PT400' using message = 'invalid_request', detail = '{"field":"p_idempotency_key"}',
      hint = 'Pass the id of the refund or chargeback, 1 to 255 characters.';
  end if;

  -- From here on nobody else grants to this owner or revokes: what this key has done for the owner is there to be seen.
  select a.available_microcredits into v_available from byok.accounts as a where a.owner_id = p_owner_id for update;
  select e.kind, e.microcredits into v_kind, v_revoked from byok.entries as e
  where e.idempotency_key = p_idempotency_key and e.owner_id = p_owner_id;
  if not found then
    v_kind := 'revoke';
    v_revoked := least(v_microcredits, coalesce(v_available, 0));
  end if;
  if not found and v_revoked > 0 then
    insert into byok.entries (owner_id, kind, microcredits, reason, idempotency_key)
    values (p_owner_id, 'revoke', v_revoked, p_reason, p_idempotency_key)
    on conflict (idempotency_key) where idempotency_key is not null do nothing;
    if found then
      update byok.accounts as a
      set available_microcredits = a.available_microcredits - v_revoked, updated_at = now()
      where a.owner_id = p_owner_id
      returning a.available_microcredits into v_available;
    else
      v_kind := 'of another owner';
    end if;
  end if;
  if v_kind <> 'revoke' then
    raise sqlstate 'PT409' using message = 'idempotency_key_reused',
      hint = 'This key has already granted credits, or changed those of another owner.';
  end if;

  revoked_credits := byok.to_credits(v_revoked);
  available_credits := byok.to_credits(coalesce(v_available, 0));
  perform byok.stop_acting(v_previous_claims);
  return next;
end
$$;

comment on function byok.revoke_credits(uuid, numeric, text, text) is
  'Takes credits (above 0, up to 1e9, up to 6 decimal places) back from an account, at most those that are available, once for each idempotency key; returns how many this key has revoked, and the available credits. Where there are none it revokes none and keeps no entry. Raises invalid_request, and idempotency_key_reused for a key that granted credits or revoked those of another owner.';

revoke execute on function
  byok.is_sound_entry(text, byok.entries), byok.refuse_ledger_change(), byok.to_credits(bigint), byok.to_microcredits(numeric),
  byok.grant_credits(uuid, numeric, text, text, text), byok.revoke_credits(uuid, numeric, text, text)
from public;
grant execute on function byok.is_sound_entry(text, byok.entries), byok.to_credits(bigint), byok.to_microcredits(numeric) to byok_server;
grant execute on function byok.grant_credits(uuid, numeric, text, text, text), byok.revoke_credits(uuid, numeric, text, text) to service_role;
