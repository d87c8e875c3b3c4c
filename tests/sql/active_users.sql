-- Users who are banned or soft-deleted in Supabase Auth: no caller can save, check, read or spend anything for them.
begin;
select plan(26);

grant usage on schema extensions to byok_server;
insert into auth.users (id, email, banned_until, deleted_at) values
  (tests.user_id('a'), 'ada@example.com', null, null),
  (tests.user_id('b'), 'bob@example.com', now() - interval '1 second', null),
  (tests.user_id('c'), 'cyd@example.com', null, null),
  (tests.user_id('d'), 'dan@example.com', null, null);

-- Requests open to each caller, for one user.
create function pg_temp.save(p_user uuid) returns void language sql as $$
  select byok.save_credential(p_user, gen_random_uuid(), 'openai', '', 'verified',
    translate(encode(decode('42594b0100000001' || repeat('00', 348), 'hex'), 'base64'), E'\n', ''), 1);
$$;
create function pg_temp.call(p_user uuid, p_provider text) returns text language sql as $$
  select payer from byok.open_call(p_user, p_provider);
$$;
create function pg_temp.hold(p_user uuid) returns bigint language sql as $$
  select hold_id from byok.place_hold(p_user, null, 'kernel_build', 'groq', 'openai/gpt-oss-20b', 10, 10);
$$;

select byok.grant_credits(id, 100, 'welcome', 'tap:' || id) from auth.users where id::text like '00000000-0000-4000-8000-00000000000_';
select pg_temp.save(id) from auth.users where id::text like '00000000-0000-4000-8000-00000000000_';
create temporary table begun as
  select pg_temp.hold(tests.user_id('c')) as id;
update auth.users set banned_until = now() + interval '1 second' where email = 'cyd@example.com';
update auth.users set deleted_at = now() where email = 'dan@example.com';

select is(byok.is_active(tests.user_id('a')), true, 'a user who is there is active');
select is(byok.is_active(tests.user_id('b')), true, 'and so is one whose ban is over');
select is(byok.is_active(tests.user_id('c')), false, 'a banned one is not');
select is(byok.is_active(tests.user_id('d')), false, 'nor one who was soft-deleted');
select is(byok.is_active(tests.user_id('f')), false, 'nor one who is not there');
select is(byok.is_active(null), false, 'nor nobody');

select tests.authenticate_as_service_role();
select is(pg_temp.call(tests.user_id('b'), 'openai'), 'byok', 'a user whose ban is over calls');
select is(pg_temp.call(tests.user_id('b'), 'groq'), 'platform', 'on credits too');

select throws_ok(format('select pg_temp.save(%L)', id), 'PT401', 'unauthenticated', 'no key is saved for ' || who)
from (values (tests.user_id('c'), 'a banned user'), (tests.user_id('d'), 'a soft-deleted user')) as users (id, who);
select throws_ok(format('select * from byok.read_envelope(%L, %L)', id, 'openai'), 'PT401', 'unauthenticated', 'no key is read of ' || who)
from (values (tests.user_id('c'), 'a banned user'), (tests.user_id('d'), 'a soft-deleted user')) as users (id, who);
select throws_ok(format('select byok.count_attempt(%L)', id), 'PT401', 'unauthenticated', 'no key is checked for ' || who)
from (values (tests.user_id('c'), 'a banned user'), (tests.user_id('d'), 'a soft-deleted user')) as users (id, who);
select throws_ok(format('select pg_temp.call(%L, %L)', id, 'openai'), 'PT401', 'unauthenticated', 'no key is used of ' || who)
from (values (tests.user_id('c'), 'a banned user'), (tests.user_id('d'), 'a soft-deleted user')) as users (id, who);
select throws_ok(format('select pg_temp.call(%L, %L)', id, 'groq'), 'PT401', 'unauthenticated', 'no call is opened for ' || who)
from (values (tests.user_id('c'), 'a banned user'), (tests.user_id('d'), 'a soft-deleted user')) as users (id, who);
select throws_ok(format('select pg_temp.hold(%L)', id), 'PT401', 'unauthenticated', 'no credits are spent of ' || who)
from (values (tests.user_id('c'), 'a banned user'), (tests.user_id('d'), 'a soft-deleted user')) as users (id, who);
select throws_ok(
  $$select pg_temp.hold(tests.user_id('f'))$$, 'PT401', 'unauthenticated', 'nobody spends nothing');
reset role;

select results_eq(
  $$select refusal ->> 'message' from byok.run_batch('[
    {"step": "open_call", "user_id": "00000000-0000-4000-8000-00000000000c", "provider": "openai"},
    {"step": "open_call", "user_id": "00000000-0000-4000-8000-00000000000a", "provider": "openai"}]')$$,
  $$values ('unauthenticated'), (null)$$,
  'in a batch, too, it is refused to those users alone');
select results_eq(
  $$select owner_id from byok.list_envelopes(1, null, 1000) where owner_id::text like '00000000-0000-4000-8000-00000000000_' order by 1$$,
  $$select id from auth.users where id::text like '00000000-0000-4000-8000-00000000000_' order by 1$$,
  'rotation goes on with their envelopes: a ban may end');
select lives_ok($$select byok.charge_hold(tests.user_id('c'), (select id from begun))$$, 'a call that had begun is charged');
select is(
  (select available_microcredits + (select coalesce(sum(h.microcredits), 0) from byok.holds as h where h.owner_id = a.owner_id) from byok.accounts as a where owner_id = tests.user_id('c'))::bigint, 80000000::bigint, 'with its price');
update auth.users set banned_until = null where email = 'cyd@example.com';
select is(pg_temp.call(tests.user_id('c'), 'openai'), 'byok', 'a ban that is lifted is over at once');

select * from finish();
rollback;
