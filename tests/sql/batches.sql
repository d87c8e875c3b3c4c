-- run_batch(): many steps in one statement, and each as if it had been asked for by itself.
begin;
select plan(13);

insert into auth.users (id, email) values
  ('00000000-0000-4000-8000-00000000000a', 'ada@example.com'),
  ('00000000-0000-4000-8000-00000000000b', 'bob@example.com'),
  ('00000000-0000-4000-8000-00000000000c', 'cyd@example.com');
insert into byok.operations values ('tap_operation', 30, 1000, 2000);
insert into byok.platform_models values ('tap_provider', 'm-1');
select byok.grant_credits('00000000-0000-4000-8000-00000000000a', 0.00005, null, 'tap-batches-a');
select byok.grant_credits('00000000-0000-4000-8000-00000000000c', 0.0001, null, 'tap-batches-c');
select byok.save_credential('00000000-0000-4000-8000-00000000000b', '00000000-0000-4000-8000-0000000000b1', 'tap_provider', 'abcd', 'verified',
  translate(encode(decode('42594b0100000001' || repeat('00', 348), 'hex'), 'base64'), E'\n', ''), 1);
grant usage on schema extensions to byok_functions;
grant byok_functions to postgres;
create function pg_temp.step(p_step text, p_user text, p_parameters jsonb) returns jsonb language sql as $$
  select jsonb_build_object('step', p_step, 'user_id', '00000000-0000-4000-8000-00000000000' || p_user) || p_parameters;
$$;
create function pg_temp.opening(p_user text, p_request_id text, p_operation text default 'tap_operation') returns jsonb language sql as $$
  select pg_temp.step('open_call', p_user, jsonb_build_object('provider', 'tap_provider', 'request_id', p_request_id, 'operation', p_operation));
$$;

set local role byok_functions;
set local request.jwt.claims = '{"role":"whoever"}';
create temporary table answers as select * from byok.run_batch(jsonb_build_array(
  pg_temp.opening('c', 'request-1'),
  pg_temp.opening('b', 'request-1', null),
  pg_temp.opening('a', 'request-1'),
  pg_temp.opening('a', 'request-2'),
  pg_temp.opening('c', 'request-1'),
  pg_temp.opening('c', 'request-2', 'tap_no_operation'),
  pg_temp.step('settle_hold', 'a', '{"hold_id": "00000000-0000-4000-8000-0000000000aa"}'),
  pg_temp.step('drop_table', 'a', '{}'),
  pg_temp.opening('c', 'request-3')));
select is(current_setting('request.jwt.claims'), '{"role":"whoever"}', 'the claims of the caller are given back');
select results_eq('select number from answers', 'select generate_series(1, 9)', 'there is a row for each step, in their order');
select results_eq(
  $$select number, answer ->> 'funding', answer ->> 'price_microcredits', answer -> 'models' from answers where refusal is null order by number$$,
  $$values (1, 'platform', '30', '["m-1"]'::jsonb), (2, 'byok', '0', 'null'), (3, 'platform', '30', '["m-1"]'), (9, 'platform', '30', '["m-1"]')$$,
  'steps are answered as by open_call()');
select is((select answer ->> 'credential_id' from answers where number = 2), '00000000-0000-4000-8000-0000000000b1', 'a credential is that of the user who asked');
select is((select length(answer ->> 'envelope') from answers where number = 2), 476, 'and comes with its envelope');
select results_eq(
  $$select number, refusal ->> 'code', refusal ->> 'message', (refusal ->> 'details')::text from answers where number between 4 and 7 order by number$$,
  $$values
    (4, 'PT402', 'insufficient_credits', '{"price_credits": 0.00003, "available_credits": 0.00002}'),
    (5, 'PT409', 'request_in_progress', ''),
    (6, 'PT400', 'invalid_request', '{"field":"x-byok-operation"}'),
    (7, 'PT404', 'hold_not_found', '')$$,
  'refusals are those of the functions, with code, message and details');
select is((select refusal ->> 'code' from answers where number = 8), '20000', 'what is no step is refused');
reset role;
select results_eq(
  $$select user_id::text, available_microcredits, held_microcredits from byok.accounts where user_id in ('00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000c') order by user_id$$,
  $$values ('00000000-0000-4000-8000-00000000000a', 20::bigint, 30::bigint), ('00000000-0000-4000-8000-00000000000c', 40, 60)$$,
  'what was refused to one is done for the others all the same, and leaves nothing itself');

set local role byok_functions;
select results_eq(
  format('select number, answer, refusal from byok.run_batch(%L)', jsonb_build_array(
    pg_temp.step('settle_hold', 'a', (select jsonb_build_object('hold_id', answer -> 'hold_id') from answers where number = 3)),
    pg_temp.step('void_hold', 'c', (select jsonb_build_object('hold_id', answer -> 'hold_id') from answers where number = 1)),
    pg_temp.step('settle_hold', 'c', (select jsonb_build_object('hold_id', answer -> 'hold_id') from answers where number = 1)))),
  $$values (1, '"settled"'::jsonb, null::jsonb), (2, '"voided"', null), (3, '"voided"', null)$$,
  'holds are settled and voided, once');
select results_eq(
  format('select refusal ->> ''message'' from byok.run_batch(%L)', jsonb_build_array(
    pg_temp.step('settle_hold', 'a', (select jsonb_build_object('hold_id', answer -> 'hold_id') from answers where number = 9)))),
  array['hold_not_found'], 'nobody settles the hold of another');
select is_empty($$select * from byok.run_batch('[]')$$, 'no steps have no rows');
select throws_ok($$select * from byok.run_batch('{}')$$, '22023', null, 'what is no list is refused');
reset role;
select results_eq(
  $$select user_id::text, available_microcredits, held_microcredits from byok.accounts where user_id in ('00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000c') order by user_id$$,
  $$values ('00000000-0000-4000-8000-00000000000a', 20::bigint, 0::bigint), ('00000000-0000-4000-8000-00000000000c', 70, 30)$$,
  'and the accounts say so');

select * from finish();
rollback;
