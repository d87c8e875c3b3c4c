-- open_call(), settle_hold(), void_hold(), expire_holds(): who pays, and each credit once.
begin;
select plan(60);

-- For pgTAP itself, when a test runs as the server role.
grant usage on schema extensions to byok_server;
insert into auth.users (id, email) values
  ('00000000-0000-4000-8000-00000000000a', 'ada@example.com'),
  ('00000000-0000-4000-8000-00000000000b', 'bob@example.com'),
  ('00000000-0000-4000-8000-00000000000c', 'cyd@example.com');
insert into byok.operations values ('tap_operation', 30, 1000, 2000), ('tap_cheap', 2, 1000, 2000);
insert into byok.platform_models values ('tap_provider', 'm-2'), ('tap_provider', 'm-1');
select set_config('test.envelope', translate(encode(decode('42594b0100000001' || repeat('00', 348), 'hex'), 'base64'), E'\n', ''), true);
create temporary table opened (name text primary key, hold_id uuid);
grant select, insert on opened to service_role;

set local role service_role;
set local request.jwt.claims = '{"role":"service_role"}';
select byok.grant_credits('00000000-0000-4000-8000-00000000000a', 0.0001, null, 'tap-calls-a');
select byok.grant_credits('00000000-0000-4000-8000-00000000000c', 0.0001, null, 'tap-calls-c');

-- On credits.
insert into opened select 'first', hold_id from byok.open_call('00000000-0000-4000-8000-00000000000a', 'tap_provider', 'request-1', 'tap_operation');
select isnt((select hold_id from opened where name = 'first'), null, 'open_call() places a hold');
select results_eq(
  $$select funding, credential_id, envelope, price_microcredits, max_output_tokens, max_input_bytes, models
    from byok.open_call('00000000-0000-4000-8000-00000000000a', 'tap_provider', 'request-2', 'tap_operation')$$,
  $$values ('platform', null::uuid, null, 30::bigint, 1000, 2000, array['m-1', 'm-2'])$$,
  'open_call() says that the platform pays, the price, the limits and the models');
select is(current_setting('request.jwt.claims'), '{"role":"service_role"}', 'open_call() gives the claims of its caller back');
reset role;
select results_eq($$select available_microcredits, held_microcredits from byok.accounts where user_id = '00000000-0000-4000-8000-00000000000a'$$, $$values (40::bigint, 60::bigint)$$, 'what is held is no longer available');
select results_eq(
  $$select operation, microcredits, request_id, state, resolved_at from byok.holds where user_id = '00000000-0000-4000-8000-00000000000a' order by request_id$$,
  $$values ('tap_operation', 30::bigint, 'request-1', 'pending', null::timestamptz), ('tap_operation', 30, 'request-2', 'pending', null)$$,
  'both holds are pending');
select results_eq(
  $$select kind, microcredits, operation from byok.entries where user_id = '00000000-0000-4000-8000-00000000000a' order by id$$,
  $$values ('grant', 100::bigint, null), ('hold', 30, 'tap_operation'), ('hold', 30, 'tap_operation')$$,
  'and stand in the ledger');

set local role service_role;
set local request.jwt.claims = '{"role":"service_role"}';
select throws_ok($$select * from byok.open_call('00000000-0000-4000-8000-00000000000a', 'tap_provider', 'request-1', 'tap_operation')$$, 'PT409', 'request_in_progress', 'a request id under way is refused');
select is(byok.settle_hold('00000000-0000-4000-8000-00000000000a', (select hold_id from opened where name = 'first')), 'settled', 'settle_hold() charges');
select is(byok.settle_hold('00000000-0000-4000-8000-00000000000a', (select hold_id from opened where name = 'first')), 'settled', 'a second settle_hold() says what the first did');
select is(byok.void_hold('00000000-0000-4000-8000-00000000000a', (select hold_id from opened where name = 'first')), 'settled', 'void_hold() after it reports that it was settled');
select is(current_setting('request.jwt.claims'), '{"role":"service_role"}', 'settle_hold() and void_hold() give the claims of their caller back');
select throws_ok($$select * from byok.open_call('00000000-0000-4000-8000-00000000000a', 'tap_provider', 'request-1', 'tap_operation')$$, 'PT409', 'request_completed', 'a request id that was charged is refused');
reset role;
select results_eq($$select available_microcredits, held_microcredits from byok.accounts where user_id = '00000000-0000-4000-8000-00000000000a'$$, $$values (40::bigint, 30::bigint)$$, 'it was charged once');

set local role service_role;
set local request.jwt.claims = '{"role":"service_role"}';
insert into opened select 'third', hold_id from byok.open_call('00000000-0000-4000-8000-00000000000a', 'tap_provider', 'request-3', 'tap_operation');
select throws_ok($$select * from byok.open_call('00000000-0000-4000-8000-00000000000a', 'tap_provider', 'request-4', 'tap_operation')$$, 'PT402', 'insufficient_credits', 'a call that cannot be paid is refused');
select is(byok.void_hold('00000000-0000-4000-8000-00000000000a', (select hold_id from opened where name = 'third')), 'voided', 'void_hold() gives back');
select is(byok.void_hold('00000000-0000-4000-8000-00000000000a', (select hold_id from opened where name = 'third')), 'voided', 'a second void_hold() says what the first did');
select is(byok.settle_hold('00000000-0000-4000-8000-00000000000a', (select hold_id from opened where name = 'third')), 'voided', 'settle_hold() after it reports that it was voided');
reset role;
select results_eq($$select available_microcredits, held_microcredits from byok.accounts where user_id = '00000000-0000-4000-8000-00000000000a'$$, $$values (40::bigint, 30::bigint)$$, 'it was given back once');
set local role service_role;
set local request.jwt.claims = '{"role":"service_role"}';
select lives_ok($$select * from byok.open_call('00000000-0000-4000-8000-00000000000a', 'tap_provider', 'request-3', 'tap_operation')$$, 'a request id may be used again after a void');

select throws_ok($$select byok.settle_hold('00000000-0000-4000-8000-00000000000b', (select hold_id from opened where name = 'first'))$$, 'PT404', 'hold_not_found', 'settle_hold() does not know another user''s hold');
select throws_ok($$select byok.void_hold('00000000-0000-4000-8000-00000000000b', (select hold_id from opened where name = 'first'))$$, 'PT404', 'hold_not_found', 'void_hold() does not know another user''s hold');
select throws_ok($$select byok.settle_hold('00000000-0000-4000-8000-00000000000a', gen_random_uuid())$$, 'PT404', 'hold_not_found', 'settle_hold() refuses a hold that does not exist');
select throws_ok($$select byok.settle_hold(null, gen_random_uuid())$$, 'PT400', 'invalid_request', 'settle_hold() refuses no user');
select throws_ok($$select byok.void_hold(null, gen_random_uuid())$$, 'PT400', 'invalid_request', 'void_hold() refuses no user');

-- Refusals that leave nothing.
select throws_ok($$select * from byok.open_call('00000000-0000-4000-8000-00000000000b', 'tap_provider', 'r', 'tap_operation')$$, 'PT402', 'insufficient_credits', 'a user without an account has no credits');
select throws_ok($$select * from byok.open_call('00000000-0000-4000-8000-00000000000c', 'tap_provider', 'r')$$, 'PT400', 'operation_required', 'no operation is refused');
select throws_ok($$select * from byok.open_call('00000000-0000-4000-8000-00000000000c', 'tap_provider', 'r', 'nonsense')$$, 'PT400', 'invalid_request', 'an unknown operation is refused');
select throws_ok($$select * from byok.open_call('00000000-0000-4000-8000-00000000000c', 'tap_provider', '', 'tap_operation')$$, 'PT400', 'invalid_request', 'an empty request id is refused');
select throws_ok($$select * from byok.open_call('00000000-0000-4000-8000-00000000000c', 'tap_provider', null, 'tap_operation')$$, 'PT400', 'invalid_request', 'no request id is refused');
select throws_ok($$select * from byok.open_call('00000000-0000-4000-8000-00000000000c', 'tap_provider', repeat('r', 256), 'tap_operation')$$, 'PT400', 'invalid_request', 'a request id of more than 255 characters is refused');
select throws_ok($$select * from byok.open_call(null, 'tap_provider', 'r', 'tap_operation')$$, 'PT400', 'invalid_request', 'no user is refused');
reset role;
select results_eq($$select available_microcredits, held_microcredits from byok.accounts where user_id = '00000000-0000-4000-8000-00000000000c'$$, $$values (100::bigint, 0::bigint)$$, 'and none of it changed an account');
select is_empty($$select * from byok.accounts where user_id = '00000000-0000-4000-8000-00000000000b'$$, 'or made one');
create temporary table refusal (detail text);
do $$
declare v_detail text;
begin
  perform byok.act_for('00000000-0000-4000-8000-00000000000a');
  set local role service_role;
  perform * from byok.open_call('00000000-0000-4000-8000-00000000000a', 'tap_provider', 'request-5', 'tap_operation');
exception when sqlstate 'PT402' then
  get stacked diagnostics v_detail = pg_exception_detail;
  insert into refusal values (v_detail);
end $$;
select is((select detail::jsonb from refusal), '{"price_credits": 0.00003, "available_credits": 0.00001}'::jsonb, 'insufficient_credits says the price and what is available');

-- Under BYOK.
set local role service_role;
set local request.jwt.claims = '{"role":"service_role"}';
select byok.save_credential('00000000-0000-4000-8000-00000000000c', '10000000-0000-4000-8000-00000000000c', 'tap_provider', '', 'verified', current_setting('test.envelope'), 1);
reset role;
create temporary view fingerprint as
  select 'accounts' as name, count(*), sum(xmin::text::bigint) from byok.accounts
  union all select 'holds', count(*), sum(xmin::text::bigint) from byok.holds
  union all select 'entries', count(*), sum(xmin::text::bigint) from byok.entries
  union all select 'credentials', count(*), sum(xmin::text::bigint) from byok.credentials
  union all select 'envelopes', count(*), sum(xmin::text::bigint) from byok.envelopes;
create temporary table before_byok as select * from fingerprint;
set local role service_role;
set local request.jwt.claims = '{"role":"service_role"}';
select results_eq(
  $$select funding, credential_id, envelope, hold_id, price_microcredits, models from byok.open_call('00000000-0000-4000-8000-00000000000c', 'tap_provider', 'request-1', 'tap_operation')$$,
  $$values ('byok', '10000000-0000-4000-8000-00000000000c'::uuid, current_setting('test.envelope'), null::uuid, 0::bigint, null::text[])$$,
  'a credential decides for BYOK: the envelope, and 0 microcredits');
select is((select funding from byok.open_call('00000000-0000-4000-8000-00000000000c', 'tap_provider', 'request-1')), 'byok', 'BYOK needs no operation, and the same request id may come again');
reset role;
select results_eq('select * from fingerprint', 'select * from before_byok', 'BYOK wrote nothing to any table');
set local role service_role;
set local request.jwt.claims = '{"role":"service_role"}';
select byok.mark_credential('00000000-0000-4000-8000-00000000000c', '10000000-0000-4000-8000-00000000000c', 'rejected');
select is((select funding from byok.open_call('00000000-0000-4000-8000-00000000000c', 'tap_provider', 'request-1', 'tap_operation')), 'byok', 'a key that was rejected never turns into a debit');
select is((select funding from byok.open_call('00000000-0000-4000-8000-00000000000c', 'other_provider', 'request-1', 'tap_operation')), 'platform', 'a credential counts for its own provider only');
select is((select funding from byok.open_call('00000000-0000-4000-8000-00000000000a', 'tap_provider', 'request-6', 'tap_cheap')), 'platform', 'and for its own user only');
reset role;
select results_eq(
  $$select available_microcredits, held_microcredits from byok.accounts where user_id = '00000000-0000-4000-8000-00000000000c'$$,
  $$values (70::bigint, 30::bigint)$$,
  'only the call to the other provider was held');
delete from byok.envelopes where user_id = '00000000-0000-4000-8000-00000000000c';
set local role service_role;
select results_eq(
  $$select funding, envelope from byok.open_call('00000000-0000-4000-8000-00000000000c', 'tap_provider', 'request-9', 'tap_operation')$$,
  $$values ('byok', null)$$,
  'a credential without its envelope still never turns into a debit');

-- Expiry.
reset role;
update byok.holds set expires_at = now() - interval '1 second' where user_id in ('00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000c') and state = 'pending';
set local role byok_server;
set local request.jwt.claims = '{"sub":"00000000-0000-4000-8000-00000000000b"}';
select is((select count(distinct user_id) from byok.holds)::int, 2, 'the server role finds expired holds of others');
reset role;
update byok.holds set expires_at = now() + interval '1 minute' where user_id = '00000000-0000-4000-8000-00000000000c' and state = 'pending';
set local role byok_server;
select is_empty($$select * from byok.holds where user_id = '00000000-0000-4000-8000-00000000000c'$$, 'and none that have not expired');
set local role service_role;
set local request.jwt.claims = '{"role":"service_role"}';
select is(byok.expire_holds(1), 1, 'expire_holds() voids as many as it is told');
select is(byok.expire_holds(1000), 2, 'expire_holds() voids what is left');
set local request.jwt.claims = '{"sub":"00000000-0000-4000-8000-00000000000c"}';
select is(byok.expire_holds(1000), 0, 'and then nothing, not even the holds of its caller that have not expired');
select is(current_setting('request.jwt.claims'), '{"sub":"00000000-0000-4000-8000-00000000000c"}', 'expire_holds() gives the claims of its caller back');
select throws_ok($$select byok.expire_holds(0)$$, 'PT400', 'invalid_request', 'expire_holds() refuses zero');
select throws_ok($$select byok.expire_holds(null)$$, 'PT400', 'invalid_request', 'expire_holds() refuses no limit');
reset role;
select results_eq($$select available_microcredits, held_microcredits from byok.accounts where user_id = '00000000-0000-4000-8000-00000000000a'$$, $$values (70::bigint, 0::bigint)$$, 'what had expired is available again');
update byok.holds set expires_at = now() - interval '1 second' where user_id = '00000000-0000-4000-8000-00000000000c' and state = 'pending';
set local role service_role;
select lives_ok($$select * from byok.open_call('00000000-0000-4000-8000-00000000000c', 'other_provider', 'request-1', 'tap_operation')$$, 'open_call() voids the expired holds of its user first, which frees the request id too');
reset role;
select results_eq($$select available_microcredits, held_microcredits from byok.accounts where user_id = '00000000-0000-4000-8000-00000000000c'$$, $$values (70::bigint, 30::bigint)$$, 'so that only the new one is held');
select is_empty(
  $$select user_id from byok.accounts as a where a.available_microcredits + a.held_microcredits
    <> (select coalesce(sum(case kind when 'grant' then microcredits when 'settle' then -microcredits else 0 end), 0) from byok.entries as e where e.user_id = a.user_id)$$,
  'available + held + settled = granted, for each user');
select is_empty(
  $$select user_id from byok.accounts as a where a.held_microcredits <> (select coalesce(sum(microcredits), 0) from byok.holds as h where h.user_id = a.user_id and state = 'pending')$$,
  'held is the sum of the pending holds, for each user');

-- Who may see and do what.
set local role authenticated;
set local request.jwt.claims = '{"sub":"00000000-0000-4000-8000-00000000000a","role":"authenticated"}';
select is((select count(distinct user_id) from byok.holds)::int, 1, 'the owner sees the own holds only');
select throws_ok($$update byok.holds set state = 'voided'$$, '42501', null, 'the owner cannot change a hold');
select throws_ok($$select * from byok.open_call('00000000-0000-4000-8000-00000000000a', 'tap_provider', 'r', 'tap_operation')$$, '42501', null, 'the owner cannot open a call in SQL');
select throws_ok($$select byok.void_hold('00000000-0000-4000-8000-00000000000a', gen_random_uuid())$$, '42501', null, 'the owner cannot void a hold');
set local role anon;
select throws_ok('select * from byok.holds', '42501', null, 'anon cannot read holds');

select * from finish();
rollback;
