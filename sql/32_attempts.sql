-- A check of an API key tells whoever asks whether it works. So that nobody tries out stolen keys here, a user may have keys
-- checked so many times a day: every check counts, whatever its outcome, before the provider is asked.

create table byok.limits (
  name text primary key check (name ~ '^[a-z][a-z0-9_]{0,62}$'),
  per_day integer not null check (per_day between 0 and 1000000)
);

comment on table byok.limits is 'How often a user may do something in a day (UTC). The operator edits it here; without its row nobody may.';
comment on column byok.limits.name is 'What is limited: key_attempts, the checks of API keys by save and verify.';
comment on column byok.limits.per_day is 'Most times for one user in one day.';

create table byok.attempts (
  user_id uuid primary key references auth.users (id) on delete cascade,
  day date not null,
  attempts integer not null check (attempts > 0)
);

comment on table byok.attempts is 'How many checks of API keys each user has had on the last day with one. One row for each user, overwritten the next day.';
comment on column byok.attempts.user_id is 'Whom save and verify worked for.';
comment on column byok.attempts.day is 'The day that is counted, in UTC.';
comment on column byok.attempts.attempts is 'Checks on that day.';

alter table byok.limits enable row level security;
alter table byok.attempts enable row level security;

create policy "The server reads the limits" on byok.limits
  for select to byok_server using (true);
create policy "The server counts the attempts of the user it acts for" on byok.attempts
  for all to byok_server using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));

comment on policy "The server reads the limits" on byok.limits is 'count_attempt.';
comment on policy "The server counts the attempts of the user it acts for" on byok.attempts is 'count_attempt.';

grant select on byok.limits to byok_server;
grant select, insert, update on byok.attempts to byok_server;

insert into byok.limits (name, per_day) values ('key_attempts', 50);

create function byok.count_attempt(p_user_id uuid) returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_previous_claims text := byok.act_for_active(p_user_id);
  v_now timestamp := now() at time zone 'utc';
  v_attempts integer;
begin
  -- The row is locked from here to the end of the transaction, so attempts at the same moment are counted one after the other.
  insert into byok.attempts as a (user_id, day, attempts)
  values (p_user_id, v_now::date, 1)
  on conflict (user_id) do update
    set day = excluded.day, attempts = case a.day when excluded.day then a.attempts + 1 else 1 end
  returning a.attempts into v_attempts;

  if v_attempts > coalesce((select l.per_day from byok.limits as l where l.name = 'key_attempts'), 0) then
    raise sqlstate 'PT429' using message = 'too_many_attempts',
      detail = jsonb_build_object('retry_after_s', ceil(extract(epoch from date_trunc('day', v_now) + interval '1 day' - v_now)))::text;
  end if;
  perform byok.stop_acting(v_previous_claims);
end
$$;

comment on function byok.count_attempt(uuid) is
  'Counts a check of an API key. Raises too_many_attempts (with retry_after_s, the seconds until the next day in UTC) past the limit of the day, and then counts nothing.';

revoke execute on function byok.count_attempt(uuid) from public;
grant execute on function byok.count_attempt(uuid) to service_role;
