-- run_batch(): many steps in one statement, and each as if it had been sent alone.
begin;
select plan(13);

insert into auth.users (id, email) values
  (tests.user_id('a'), 'ada@example.com'),
  (tests.user_id('b'), 'bob@example.com'),
  (tests.user_id('c'), 'cyd@example.com');
insert into byok.operations values ('tap_operation', 'Tap', 'Taps.');
insert into byok.prices values ('tap_operation', 'tap_provider', 'm-1', 30, null, null, null, null, 1000, 2000);
select byok.grant_credits(tests.user_id('a'), 0.00005, null, 'tap-batches-a');
select byok.grant_credits(tests.user_id('c'), 0.0001, null, 'tap-batches-c');
select byok.save_credential(tests.user_id('b'), '00000000-0000-4000-8000-0000000000b1', 'tap_provider', 'abcd', 'verified',
  translate(encode(decode('42594b0100000001' || repeat('00', 348), 'hex'), 'base64'), E'\n', ''), 1);
grant usage on schema extensions to byok_functions;
grant byok_functions to postgres;
create function pg_temp.step(p_step text, p_user text, p_parameters jsonb) returns jsonb language sql as $$
  select jsonb_build_object('step', p_step, 'user_id', tests.user_id(p_user), 'owner_id', tests.user_id(p_user)) || p_parameters;
$$;
create function pg_temp.placing(p_user text, p_request_id text, p_operation text default 'tap_operation') returns jsonb language sql as $$
  select pg_temp.step('place_hold', p_user, jsonb_build_object('provider', 'tap_provider', 'request_id', p_request_id,
    'operation', p_operation, 'model', 'm-1', 'max_input_tokens', 10, 'max_output_tokens', 10));
$$;

set local role byok_functions;
set local request.jwt.claims = '{"role":"whoever"}';
create temporary table answers as select * from byok.run_batch(jsonb_build_array(
  pg_temp.placing('c', 'request-1'),
  pg_temp.step('open_call', 'b', '{"provider": "tap_provider"}'),
  pg_temp.placing('a', 'request-1'),
  pg_temp.placing('a', 'request-2'),
  pg_temp.placing('c', 'request-1'),
  pg_temp.placing('c', 'request-2', 'tap_no_operation'),
  pg_temp.step('refund_charge', 'a', '{"charge_id": 1, "microcredits": 1, "reason": "unused"}'),
  pg_temp.step('drop_table', 'a', '{}'),
  pg_temp.placing('c', 'request-3')));
select is(current_setting('request.jwt.claims'), '{"role":"whoever"}', 'the claims of the caller are given back');
select results_eq('select number from answers', 'select generate_series(1, 9)', 'there is a row for each step, in their order');
select results_eq(
  $$select number, answer ->> 'payer', answer ->> 'microcredits' from answers where refusal is null order by number$$,
  $$values (1, null, '30'), (2, 'byok', null), (3, null, '30'), (9, null, '30')$$,
  'steps are answered as by the functions');
select is((select answer ->> 'credential_id' from answers where number = 2), '00000000-0000-4000-8000-0000000000b1', 'a credential is that of the user who asked');
select is((select length(answer ->> 'envelope') from answers where number = 2), 476, 'and comes with its envelope');
select results_eq(
  $$select number, refusal ->> 'code', refusal ->> 'message', (refusal ->> 'details')::text from answers where number between 4 and 7 order by number$$,
  $$values
    (4, 'PT402', 'insufficient_credits', '{"price_credits": 0.00003, "available_credits": 0.00002}'),
    (5, 'PT409', 'request_in_progress', ''),
    (6, 'PT403', 'not_offered', '{"field":"model"}'),
    (7, 'PT404', 'charge_not_found', '')$$,
  'refusals are those of the functions, with code, message and details');
select is((select refusal ->> 'code' from answers where number = 8), '42883', 'what is no step is refused');
reset role;
select results_eq(
  $$select owner_id, available_microcredits, (select coalesce(sum(h.microcredits), 0) from byok.holds as h where h.owner_id = a.owner_id)::bigint from byok.accounts as a where owner_id in (tests.user_id('a'), tests.user_id('c')) order by owner_id$$,
  $$values (tests.user_id('a'), 20::bigint, 30::bigint), (tests.user_id('c'), 40, 60)$$,
  'what was refused to one is done for the others all the same, and leaves nothing itself');

create function pg_temp.ending(p_step text, p_user text, p_number integer, p_more jsonb default '{}') returns jsonb language sql as $$
  select pg_temp.step(p_step, p_user, p_more
    || (select jsonb_build_object('hold_id', answer -> 'hold_id', 'charge_id', answer -> 'hold_id') from answers where number = p_number));
$$;
set local role byok_functions;
select results_eq(
  format('select number, answer::jsonb, refusal from byok.run_batch(%L)', jsonb_build_array(
    pg_temp.ending('charge_hold', 'a', 3),
    pg_temp.ending('void_hold', 'c', 1, '{"was_asked": false}'),
    pg_temp.ending('charge_hold', 'c', 1),
    pg_temp.ending('refund_charge', 'a', 3, '{"microcredits": 10, "reason": "unused", "input_tokens": 3, "cached_input_tokens": 2, "cache_write_tokens": 1, "output_tokens": 1}'))),
  $$values (1, '"charged"'::jsonb, null::jsonb), (2, '"voided"', null), (3, '"voided"', null), (4, '10', null)$$,
  'holds are charged, voided and refunded, once');
select results_eq(
  format('select answer::jsonb from byok.run_batch(%L)', jsonb_build_array(pg_temp.ending('charge_hold', 'a', 9))),
  array['"voided"'::jsonb], 'nobody charges the hold of another');
select is_empty($$select * from byok.run_batch('[]')$$, 'no steps have no rows');
select throws_ok($$select * from byok.run_batch('{}')$$, '22023', null, 'what is no list is refused');
reset role;
select results_eq(
  $$select owner_id, available_microcredits, (select coalesce(sum(h.microcredits), 0) from byok.holds as h where h.owner_id = a.owner_id)::bigint from byok.accounts as a where owner_id in (tests.user_id('a'), tests.user_id('c')) order by owner_id$$,
  $$values (tests.user_id('a'), 30::bigint, 0::bigint), (tests.user_id('c'), 70, 30)$$,
  'and the accounts say so');

select * from finish();
rollback;
