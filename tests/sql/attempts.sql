-- Attempts: how often a user may have API keys checked in a day.
begin;
select plan(16);

grant usage on schema extensions to byok_server;
insert into auth.users (id, email) values
  ('00000000-0000-4000-8000-00000000000a', 'ada@example.com'),
  ('00000000-0000-4000-8000-00000000000b', 'bob@example.com');
create function pg_temp.today() returns date language sql as $$ select (now() at time zone 'utc')::date $$;

select results_eq('select name, per_day from byok.limits', $$values ('key_attempts', 50)$$, 'a user may have 50 API keys checked in a day');
update byok.limits set per_day = 2;

set local role service_role;
set local request.jwt.claims = '{"role":"service_role"}';
select lives_ok($$select byok.count_attempt('00000000-0000-4000-8000-00000000000a')$$, 'count_attempt() lets the first attempt pass');
select lives_ok($$select byok.count_attempt('00000000-0000-4000-8000-00000000000a')$$, 'and the last that the limit allows');
select is(current_setting('request.jwt.claims'), '{"role":"service_role"}', 'count_attempt() gives the claims of its caller back');
select throws_ok($$select byok.count_attempt('00000000-0000-4000-8000-00000000000a')$$, 'PT429', 'too_many_attempts', 'and refuses the next');
select lives_ok($$select byok.count_attempt('00000000-0000-4000-8000-00000000000b')$$, 'while another user still may');
select throws_ok($$select byok.count_attempt(null)$$, 'PT400', 'invalid_request', 'no user is refused');

reset role;
select results_eq(
  $$select user_id, day, attempts from byok.attempts order by user_id$$,
  $$values ('00000000-0000-4000-8000-00000000000a'::uuid, pg_temp.today(), 2), ('00000000-0000-4000-8000-00000000000b', pg_temp.today(), 1)$$,
  'a refused attempt is not counted');

create function pg_temp.retry_after_s() returns numeric language plpgsql as $$
declare
  v_detail text;
begin
  perform byok.count_attempt('00000000-0000-4000-8000-00000000000a');
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

update byok.attempts set day = day - 1 where user_id = '00000000-0000-4000-8000-00000000000a';
select lives_ok($$select byok.count_attempt('00000000-0000-4000-8000-00000000000a')$$, 'the next day begins anew');
select results_eq(
  $$select day, attempts from byok.attempts where user_id = '00000000-0000-4000-8000-00000000000a'$$,
  $$values (pg_temp.today(), 1)$$,
  'and takes the place of the day before');

update byok.limits set per_day = 0;
select throws_ok($$select byok.count_attempt('00000000-0000-4000-8000-00000000000a')$$, 'PT429', 'too_many_attempts', 'a limit that was lowered counts at once');
delete from byok.limits;
select throws_ok($$select byok.count_attempt('00000000-0000-4000-8000-00000000000a')$$, 'PT429', 'too_many_attempts', 'without a limit nobody may');

set local role byok_server;
set local request.jwt.claims = '{"sub":"00000000-0000-4000-8000-00000000000b"}';
select results_eq('select user_id from byok.attempts', $$values ('00000000-0000-4000-8000-00000000000b'::uuid)$$, 'the server role sees the attempts of the user it acts for only');
reset role;
delete from auth.users where id = '00000000-0000-4000-8000-00000000000a';
select is((select count(*) from byok.attempts where user_id = '00000000-0000-4000-8000-00000000000a')::int, 0, 'a deleted user leaves no attempts');

select * from finish();
rollback;
