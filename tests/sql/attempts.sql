-- Attempts: how often a user may have API keys checked in a day.
begin;
select plan(23);

-- A session keeps what the functions made of a time zone when they were first called: the days are those of UTC in any.
set local time zone 'Pacific/Kiritimati';
grant usage on schema extensions to byok_server;
insert into auth.users (id, email) values
  (tests.user_id('a'), 'ada@example.com'),
  (tests.user_id('b'), 'bob@example.com');
create function pg_temp.today() returns date language sql as $$ select (now() at time zone 'utc')::date $$;

select results_eq('select name, at_most, period from byok.limits order by name', $$values ('key_attempts', 50::bigint, interval '1 day'), ('unpaid_microcredits', 100000000, '1 day')$$, 'a user may have 50 API keys checked in a day');
update byok.limits set at_most = 2;

select tests.authenticate_as_service_role();
select lives_ok($$select byok.count_attempt(tests.user_id('a'))$$, 'count_attempt() lets the first attempt pass');
select lives_ok($$select byok.count_attempt(tests.user_id('a'))$$, 'and the last that the limit allows');
select is(current_setting('request.jwt.claims'), '{"role":"service_role"}', 'count_attempt() gives the claims of its caller back');
select throws_ok($$select byok.count_attempt(tests.user_id('a'))$$, 'PT429', 'too_many_attempts', 'and refuses the next');
select lives_ok($$select byok.count_attempt(tests.user_id('b'))$$, 'while another user still may');
select throws_ok($$select byok.count_attempt(null)$$, 'PT400', 'invalid_request', 'no user is refused');

reset role;
select results_eq(
  $$select user_id, name, period_began_at, times from byok.counters order by user_id$$,
  $$values (tests.user_id('a'), 'key_attempts', pg_temp.today()::timestamp at time zone 'utc', 2::bigint), (tests.user_id('b'), 'key_attempts', pg_temp.today()::timestamp at time zone 'utc', 1)$$,
  'a refused attempt is not counted');

-- A sealed key passes once.
update byok.limits set at_most = 4 where name = 'key_attempts';
set local role service_role;
select lives_ok($$select byok.count_attempt('00000000-0000-4000-8000-00000000000b', repeat('A', 43) || '=')$$, 'a sealed key is let in');
select throws_ok($$select byok.count_attempt('00000000-0000-4000-8000-00000000000b', repeat('A', 43) || '=')$$, 'PT400', 'sealed_key_refused', 'and refused when it comes again');
select lives_ok($$select byok.count_attempt('00000000-0000-4000-8000-00000000000b', repeat('B', 43) || '=')$$, 'another one is let in');
select throws_ok($$select byok.count_attempt('00000000-0000-4000-8000-00000000000b', 'B')$$, '23514', null, 'a seal is the base64 of 32 bytes');
reset role;
select is((select times from byok.counters where user_id = '00000000-0000-4000-8000-00000000000b'), 3::bigint, 'what is refused is not counted');
update byok.used_seals set used_at = now() - interval '16 minutes';
set local role service_role;
select lives_ok($$select byok.count_attempt('00000000-0000-4000-8000-00000000000b', repeat('C', 43) || '=')$$, 'one more is let in');
reset role;
select results_eq('select seal from byok.used_seals', $$values (repeat('C', 43) || '=')$$, 'those that are too old to open are forgotten');
update byok.limits set at_most = 2 where name = 'key_attempts';

create function pg_temp.retry_after_s() returns numeric language plpgsql as $$
declare
  v_detail text;
begin
  perform byok.count_attempt(tests.user_id('a'));
  return null;
exception when sqlstate 'PT429' then
  get stacked diagnostics v_detail = pg_exception_detail;
  return (v_detail::jsonb ->> 'retry_after_s')::numeric;
end
$$;
select is(
  pg_temp.retry_after_s(),
  ceil(extract(epoch from (pg_temp.today() + 1)::timestamp - now() at time zone 'utc')),
  'the refusal says how many seconds are left of the day');
set local time zone 'Pacific/Kiritimati';
select is(
  pg_temp.retry_after_s(),
  ceil(extract(epoch from (pg_temp.today() + 1)::timestamp - now() at time zone 'utc')),
  'and of the day in UTC, wherever the database believes to be');

update byok.counters set period_began_at = period_began_at - interval '1 day' where user_id = tests.user_id('a');
select lives_ok($$select byok.count_attempt(tests.user_id('a'))$$, 'the count starts again on the next day');
select results_eq(
  $$select period_began_at, times from byok.counters where user_id = tests.user_id('a')$$,
  $$values (pg_temp.today()::timestamp at time zone 'utc', 1::bigint)$$,
  'and takes the place of the day before');

update byok.limits set at_most = 0;
select throws_ok($$select byok.count_attempt(tests.user_id('a'))$$, 'PT429', 'too_many_attempts', 'a limit that was lowered counts at once');
delete from byok.limits;
select throws_ok($$select byok.count_attempt(tests.user_id('a'))$$, 'PT429', 'too_many_attempts', 'without a limit nobody may');

set local role byok_server;
set local request.jwt.claims = '{"sub":"00000000-0000-4000-8000-00000000000b","role":"byok_server"}';
select results_eq('select user_id from byok.counters', $$values (tests.user_id('b'))$$, 'the server role sees the attempts of the user it acts for only');
reset role;
delete from auth.users where id = tests.user_id('a');
select is((select count(*) from byok.counters where user_id = tests.user_id('a'))::int, 0, 'a deleted user leaves no attempts');

select * from finish();
rollback;
