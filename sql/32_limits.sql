-- Limits on how often a user may do something in a period. A check of an API key tells the caller whether it works. So that nobody tries out
-- stolen keys here, every check counts, whatever its outcome, before the provider is asked.

create table byok.limits (
  name text primary key check (name ~ '^[a-z][a-z0-9_]{0,62}$'),
  at_most bigint not null check (at_most between 0 and 1000000000000000),
  period interval not null check (period in (interval '1 minute', interval '1 day'))
);

comment on table byok.limits is 'How much one user may do in a period. The operator edits it here.';
comment on column byok.limits.name is
  'What is limited. key_attempts: checks of API keys by save and verify; without its row nobody may check one. unpaid_microcredits: what calls cost that the platform bears, see 40_accounts.sql; without its row it bears none. byok_calls: calls on a key of the user''s own; without its row, as at first, they are neither limited nor counted.';
comment on column byok.limits.at_most is 'Most for one user in one period: times, or microcredits.';
comment on column byok.limits.period is 'A minute, or a day; both begin with the clock of UTC. unpaid_microcredits is by the day, whatever stands here.';

create table byok.counters (
  user_id uuid not null references auth.users (id) on delete cascade,
  name text not null,
  period_began_at timestamptz not null,
  times bigint not null check (times > 0),
  primary key (user_id, name)
);

comment on table byok.counters is 'How often each user has done what is limited, in the last period with any. One row for each user and limit, overwritten in the next period.';
comment on column byok.counters.user_id is 'Whom the functions worked for.';
comment on column byok.counters.name is 'Name of the limit that this counts against.';
comment on column byok.counters.period_began_at is 'Beginning of the period that is counted.';
comment on column byok.counters.times is 'How often the user did it in that period.';

create table byok.used_seals (
  user_id uuid not null references auth.users (id) on delete cascade,
  seal text not null check (seal ~ '^[A-Za-z0-9+/]{43}=$'),
  used_at timestamptz not null default now(),
  primary key (user_id, seal)
);

comment on table byok.used_seals is 'Sealed API keys that were opened in the last minutes, so that a recorded request cannot be sent again. Each user''s next attempt deletes those that are too old to open.';
comment on column byok.used_seals.user_id is 'Whom the key was sealed for.';
comment on column byok.used_seals.seal is 'The sender''s public key, base64 of 32 bytes, which is different in each sealed key. It opens nothing.';
comment on column byok.used_seals.used_at is 'When it was opened.';

alter table byok.limits enable row level security;
alter table byok.counters enable row level security;
alter table byok.used_seals enable row level security;

create policy "The server reads the limits" on byok.limits
  for select to byok_server using (true);
create policy "The server counts for the user it acts for" on byok.counters
  for all to byok_server using (user_id = (select byok.acting_for())) with check (user_id = (select byok.acting_for()));
create policy "The server keeps the used seals of the user it acts for" on byok.used_seals
  for all to byok_server using (user_id = (select byok.acting_for())) with check (user_id = (select byok.acting_for()));

comment on policy "The server reads the limits" on byok.limits is 'count_attempt, open_call and the billing functions.';
comment on policy "The server counts for the user it acts for" on byok.counters is 'count_attempt and open_call.';
comment on policy "The server keeps the used seals of the user it acts for" on byok.used_seals is 'count_attempt.';

grant select on byok.limits to byok_server;
grant select, insert, update on byok.counters to byok_server;
grant select, insert, delete on byok.used_seals to byok_server;

insert into byok.limits (name, at_most, period) values
  ('key_attempts', 50, '1 day'),
  ('unpaid_microcredits', 100000000, '1 day');

create function byok.count_once(p_user_id uuid, p_rule byok.limits) returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_began_at timestamptz := date_bin(p_rule.period, now(), timestamptz '2000-01-01 00:00:00+00');
  v_times bigint;
begin
  -- The row is locked from here to the end of the transaction, so that uses at the same moment are counted one after the other.
  insert into byok.counters as c (user_id, name, period_began_at, times)
  values (p_user_id, p_rule.name, v_began_at, 1)
  on conflict (user_id, name) do update
    set period_began_at = excluded.period_began_at,
        times = case c.period_began_at when excluded.period_began_at then c.times + 1 else 1 end
  returning c.times into v_times;
  if v_times > p_rule.at_most then
    return ceil(extract(epoch from v_began_at + p_rule.period - now()));
  end if;
  return null;
end
$$;

comment on function byok.count_once(uuid, byok.limits) is
  'Counts one use by the user acted for. Null within the limit; past it the seconds until the next period, and the caller is to raise, which takes the count back.';

create function byok.count_attempt(p_user_id uuid, p_seal text default null, p_team_id uuid default null) returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_previous_claims text := byok.act_for_active(p_user_id);
  -- Not within the question below, whose answer may not depend on it: then Postgres would leave it out.
  v_owner_id uuid := byok.require_owner(p_user_id, p_team_id, 'admin');
  v_limit byok.limits;
  v_wait_s integer;
begin
  if byok.may_bring_key(v_owner_id) is not true then
    raise sqlstate 'PT403' using message = 'byok_not_allowed',
      hint = 'byok.may_bring_key says no for this user or team.';
  end if;
  select * into v_limit from byok.limits as l where l.name = 'key_attempts';
  if not found then
    v_limit := row('key_attempts', 0, interval '1 day');
  end if;
  v_wait_s := byok.count_once(p_user_id, v_limit);
  if v_wait_s is not null then
    raise sqlstate 'PT429' using message = 'too_many_attempts', detail = jsonb_build_object('retry_after_s', v_wait_s)::text,
      hint = 'The row key_attempts of byok.limits says how many checks of API keys a user may have in a day.';
  end if;
  if p_seal is not null then
    -- A sealed key opens for five minutes; more, since the clocks of workers and database may differ.
    delete from byok.used_seals as s where s.user_id = p_user_id and s.used_at < now() - interval '15 minutes';
    insert into byok.used_seals (user_id, seal) values (p_user_id, p_seal) on conflict do nothing;
    if not found then
      raise sqlstate 'PT400' using message = 'sealed_key_refused',
        hint = 'The same sealed API key was sent before: byok.used_seals has it.';
    end if;
  end if;
  perform byok.stop_acting(v_previous_claims);
end
$$;

comment on function byok.count_attempt(uuid, text, uuid) is
  'Counts a check of an API key by a user, for the user or a team of which the user is an admin. Raises not_a_member, admins_only, too_many_attempts (with retry_after_s, the seconds until the next day in UTC) past the limit of the day, sealed_key_refused for a sealed key that came before, and byok_not_allowed if may_bring_key says no; it counts nothing then.';

revoke execute on function byok.count_once(uuid, byok.limits), byok.count_attempt(uuid, text, uuid) from public;
grant execute on function byok.count_once(uuid, byok.limits) to byok_server;
grant execute on function byok.count_attempt(uuid, text, uuid) to service_role;
