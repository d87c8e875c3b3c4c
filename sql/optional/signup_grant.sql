-- Credits for new users. Off by default and in no migration: an operator who wants it runs this file once, in the SQL editor or
-- as a migration of their own, as role postgres. Running it again is safe, and so is another amount, which counts from then on.
-- `drop function byok.grant_at_signup() cascade` ends it.
--
-- The credits come when a user is no longer anonymous and an email address or a phone number is confirmed, not before, so that
-- nobody collects them with addresses that do not exist. Where confirmation is switched off, that is at once. Who had confirmed
-- before this ran gets nothing. A grant that fails also fails the sign-up: no user is left without the credits.

create or replace function byok.grant_at_signup() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform byok.grant_credits(new.id, tg_argv[0]::numeric, 'signup', 'signup:' || new.id);
  return null;
exception
  -- Granted before, when the amount was another one.
  when sqlstate 'PT409' then
    return null;
end
$$;

comment on function byok.grant_at_signup() is
  'Trigger: grants the credits that its argument says, once for each user.';

-- As every SECURITY DEFINER function of the schema; see 90_ownership.sql.
revoke execute on function byok.grant_at_signup() from public;
grant create on schema byok to byok_server;
alter function byok.grant_at_signup() owner to byok_server;
revoke create on schema byok from byok_server;

-- The number in each trigger is the amount in credits.

create or replace trigger byok_grant_at_signup after insert on auth.users
  for each row
  when (not new.is_anonymous and coalesce(new.email_confirmed_at, new.phone_confirmed_at) is not null)
  execute function byok.grant_at_signup(100);

create or replace trigger byok_grant_at_confirmation
  after update of is_anonymous, email_confirmed_at, phone_confirmed_at on auth.users
  for each row
  when (
    not new.is_anonymous and coalesce(new.email_confirmed_at, new.phone_confirmed_at) is not null
    and (old.is_anonymous or coalesce(old.email_confirmed_at, old.phone_confirmed_at) is null)
  )
  execute function byok.grant_at_signup(100);
