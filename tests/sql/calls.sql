-- open_call(), place_hold(), charge_hold(), void_hold(), refund_charge(), expire_holds(): who pays, and each credit once.
begin;
select plan(96);

-- For pgTAP itself, when a test runs as the server role.
grant usage on schema extensions to byok_server;
insert into auth.users (id, email) values
  (tests.user_id('a'), 'ada@example.com'),
  (tests.user_id('b'), 'bob@example.com'),
  (tests.user_id('c'), 'cyd@example.com');
insert into byok.operations values ('tap_operation', 'Tap', 'Taps.'), ('tap_other', 'Other', 'Taps another way.');
insert into byok.prices (operation, provider, model, microcredits_per_call, max_output_tokens, max_input_bytes) values
  ('tap_operation', 'tap_provider', 'm-1', 30, 1000, 2000), ('tap_operation', 'other_provider', 'm-1', 30, 1000, 2000),
  ('tap_other', 'tap_provider', 'm-2', 2, 1000, 2000);
insert into byok.prices values ('tap_other', 'tap_provider', 'metered', null, 3000, 1000, 4000, 5000, 1000, 2000);
update byok.limits set at_most = 45 where name = 'unpaid_microcredits';
select set_config('test.envelope', translate(encode(decode('42594b0100000001' || repeat('00', 348), 'hex'), 'base64'), E'\n', ''), true);
create temporary table placed (name text primary key, hold_id bigint);
grant select, insert on placed to service_role;

create function pg_temp.place(p_user text, p_request_id text, p_operation text default 'tap_operation', p_model text default 'm-1')
returns bigint language sql as $$
  select h.hold_id from byok.place_hold(tests.user_id(p_user), p_request_id, p_operation, 'tap_provider', p_model, 10, 20) as h;
$$;
create function pg_temp.hold(p_name text) returns bigint language sql as $$ select hold_id from placed where name = p_name; $$;
-- As the operator sees it: available, held, borne today.
create function pg_temp.account(p_user text) returns text language sql security definer as $$
  select concat_ws(' ', available_microcredits, (select coalesce(sum(h.microcredits), 0) from byok.holds as h where h.owner_id = a.owner_id), unpaid_microcredits) from byok.accounts as a where owner_id = tests.user_id(p_user);
$$;
create function pg_temp.ledger(p_user text) returns text language sql security definer as $$
  select string_agg(concat_ws(' ', kind, microcredits, reason), ', ' order by created_at, id) from byok.entries where owner_id = tests.user_id(p_user);
$$;

select tests.authenticate_as_service_role();
select byok.grant_credits(tests.user_id('a'), 0.0001, null, 'tap-calls-a');
select byok.grant_credits(tests.user_id('c'), 0.0001, null, 'tap-calls-c');

-- On credits.
select results_eq(
  $$select payer, team_id, credential_id, envelope, unused_key from byok.open_call(tests.user_id('a'), 'tap_provider')$$, $$values ('platform', null::uuid, null::uuid, null, null)$$,
  'open_call() says that the platform pays');
select is(pg_temp.account('a'), '100 0 0', 'and holds nothing');
insert into placed values ('first', pg_temp.place('a', 'request-1'));
select isnt(pg_temp.hold('first'), null, 'place_hold() places a hold');
select results_eq(
  $$select microcredits, microcredits_per_1000_input_tokens from byok.place_hold(tests.user_id('a'), 'request-2', 'tap_operation', 'tap_provider', 'm-1', 10, 20)$$,
  $$values (30::bigint, null::numeric)$$, 'place_hold() says what it holds');
select is(current_setting('request.jwt.claims'), '{"role":"service_role"}', 'place_hold() gives the claims of its caller back');
select is(pg_temp.account('a'), '40 60 0', 'what is held is no longer available');
select is(pg_temp.ledger('a'), 'grant 100', 'and is no entry, since nothing has changed for good');
reset role;
select results_eq(
  $$select operation, provider, model, microcredits, request_id from byok.holds where owner_id = tests.user_id('a') order by id$$,
  $$values ('tap_operation', 'tap_provider', 'm-1', 30::bigint, 'request-1'), ('tap_operation', 'tap_provider', 'm-1', 30, 'request-2')$$,
  'the hold says what for');

select tests.authenticate_as_service_role();
select throws_ok($$select pg_temp.place('a', 'request-1')$$, 'PT409', 'request_in_progress', 'a request id under way is refused');
select is(byok.charge_hold(tests.user_id('a'), pg_temp.hold('first')), 'charged', 'charge_hold() charges');
select is(byok.charge_hold(tests.user_id('a'), pg_temp.hold('first')), 'charged', 'a second charge_hold() says what the first did');
select is(byok.void_hold(tests.user_id('a'), pg_temp.hold('first'), false), 'charged', 'void_hold() after it reports that it was charged');
select is(current_setting('request.jwt.claims'), '{"role":"service_role"}', 'charge_hold() and void_hold() give the claims of their caller back');
select throws_ok($$select pg_temp.place('a', 'request-1')$$, 'PT409', 'request_completed', 'a request id that was charged is refused');
select is(pg_temp.account('a'), '40 30 0', 'it was charged once');
select is(pg_temp.ledger('a'), 'grant 100, charge 30', 'by one entry');
reset role;
select results_eq(
  $$select id, operation, provider, model, request_id from byok.entries where owner_id = tests.user_id('a') and kind = 'charge'$$,
  $$select pg_temp.hold('first'), 'tap_operation', 'tap_provider', 'm-1', 'request-1'$$, 'which takes the hold''s place');
select is((select count(*) from byok.holds where id = pg_temp.hold('first')), 0::bigint, 'and the hold is gone');

select tests.authenticate_as_service_role();
insert into placed values ('third', pg_temp.place('a', 'request-3'));
select throws_ok($$select pg_temp.place('a', 'request-4')$$, 'PT402', 'insufficient_credits', 'a call that cannot be paid is refused');
select is(byok.void_hold(tests.user_id('a'), pg_temp.hold('third'), false), 'voided', 'void_hold() gives back');
select is(byok.void_hold(tests.user_id('a'), pg_temp.hold('third'), true), 'voided', 'a second void_hold() changes nothing');
select is(byok.charge_hold(tests.user_id('a'), pg_temp.hold('third')), 'voided', 'charge_hold() after it reports that it was voided');
select is(pg_temp.account('a'), '40 30 0', 'it was given back once, and counts against no limit');
select is(pg_temp.ledger('a'), 'grant 100, charge 30', 'and leaves no entry');
select lives_ok($$insert into placed values ('third again', pg_temp.place('a', 'request-3'))$$, 'a request id may be used again after a void');
select is(byok.void_hold(tests.user_id('a'), pg_temp.hold('third again'), false), 'voided', 'and that one voided too');

select is(byok.charge_hold(tests.user_id('b'), pg_temp.hold('first')), 'voided', 'another user has no such hold to charge');
select is(byok.void_hold(tests.user_id('c'), pg_temp.hold('first'), true), 'voided', 'or to void');
select is(pg_temp.account('c'), '100 0 0', 'and nothing changes');
select throws_ok($$select byok.charge_hold(null, 1)$$, 'PT400', 'invalid_request', 'charge_hold() refuses no user');
select throws_ok($$select byok.void_hold(null, 1, false)$$, 'PT400', 'invalid_request', 'void_hold() refuses no user');

-- A request without an idempotency key.
insert into placed values ('nameless', pg_temp.place('c', null)), ('nameless too', pg_temp.place('c', null));
select is(byok.charge_hold(tests.user_id('c'), pg_temp.hold('nameless')), 'charged', 'calls without an idempotency key have a hold each');
select is(byok.void_hold(tests.user_id('c'), pg_temp.hold('nameless too'), false), 'voided', 'and are never taken for one another');
select is(pg_temp.account('c'), '70 0 0', 'one of two was charged');

-- Refusals that leave nothing.
select throws_ok($$select pg_temp.place('b', 'r')$$, 'PT402', 'insufficient_credits', 'a user without an account has no credits');
select throws_ok($$select pg_temp.place('c', 'r', 'nonsense')$$, 'PT403', 'not_offered', 'an unknown operation has no price');
select throws_ok($$select pg_temp.place('c', 'r', 'tap_operation', 'm-2')$$, 'PT403', 'not_offered', 'nor has a model that the operation does not buy');
select throws_ok($$select pg_temp.place('c', '')$$, 'PT400', 'invalid_request', 'an empty request id is refused');
select throws_ok($$select pg_temp.place('c', repeat('r', 256))$$, 'PT400', 'invalid_request', 'a request id of more than 255 characters is refused');
select throws_ok($$select * from byok.place_hold(tests.user_id('c'), 'r', 'tap_operation', 'tap_provider', 'm-1', -1, 1)$$, 'PT400', 'invalid_request', 'tokens below zero are refused');
select throws_ok($$select * from byok.place_hold(tests.user_id('c'), 'r', 'tap_operation', 'tap_provider', 'm-1', 1, null)$$, 'PT400', 'invalid_request', 'and unknown ones');
select throws_ok($$select * from byok.place_hold(null, 'r', 'tap_operation', 'tap_provider', 'm-1', 1, 1)$$, 'PT400', 'invalid_request', 'no user is refused');
select throws_ok($$select payer, team_id, credential_id, envelope, unused_key from byok.open_call(null, 'tap_provider')$$, 'PT400', 'invalid_request', 'open_call() refuses no user');
select is(pg_temp.account('c') || ', ' || pg_temp.ledger('c'), '70 0 0, grant 100, charge 30', 'and none of it changed anything');
reset role;
create temporary table refusal (detail text);
do $$
declare v_detail text;
begin
  set local role service_role;
  perform pg_temp.place('a', 'request-5', 'tap_operation', 'm-1') from generate_series(1, 2);
exception when sqlstate 'PT409' or sqlstate 'PT402' then
  get stacked diagnostics v_detail = pg_exception_detail;
  insert into refusal values (v_detail);
end $$;
do $$
declare v_detail text;
begin
  set local role service_role;
  perform pg_temp.place('a', null), pg_temp.place('a', null);
exception when sqlstate 'PT402' then
  get stacked diagnostics v_detail = pg_exception_detail;
  reset role;
  insert into refusal values (v_detail);
end $$;
select is((select detail::jsonb from refusal where detail like '{%'), '{"price_credits": 0.00003, "available_credits": 0.00001}'::jsonb, 'insufficient_credits says the price and what is available');

-- Metered prices: 10 input tokens, all written to the cache at 4000 for 1000, and 20 output tokens at 5000 are 140 at most; c has 70.
select tests.authenticate_as_service_role();
select throws_ok($$select pg_temp.place('c', 'metered', 'tap_other', 'metered')$$, 'PT402', 'insufficient_credits', 'a metered call holds the most that it can cost');
select results_eq(
  $$select microcredits, microcredits_per_1000_input_tokens, microcredits_per_1000_cached_input_tokens,
      microcredits_per_1000_cache_write_tokens, microcredits_per_1000_output_tokens
    from byok.place_hold(tests.user_id('c'), 'metered', 'tap_other', 'tap_provider', 'metered', 7, 5)$$,
  $$values (53::bigint, 3000::numeric, 1000::numeric, 4000::numeric, 5000::numeric)$$, 'to the next microcredit, and says the rates');
reset role;
insert into placed select 'metered', id from byok.holds where request_id = 'metered';
select tests.authenticate_as_service_role();
select throws_ok($$select byok.refund_charge(tests.user_id('c'), pg_temp.hold('metered'), 1, 'unused')$$, 'PT404', 'charge_not_found', 'of a hold that was not charged nothing is refunded');
select is(byok.charge_hold(tests.user_id('c'), pg_temp.hold('metered')), 'charged', 'it is charged like any other');
select is(byok.refund_charge(tests.user_id('c'), pg_temp.hold('metered'), 47, 'unused', 3, 1, 1, 0), 47::bigint, 'refund_charge() gives back what was not used');
select is(byok.refund_charge(tests.user_id('c'), pg_temp.hold('metered'), 53, 'nothing_delivered'), 47::bigint, 'once: a second attempt says what the first did');
select is(pg_temp.account('c'), '64 0 0', 'so that the call cost 6');
select is(pg_temp.ledger('c'), 'grant 100, charge 30, charge 53, refund 47 unused', 'and the ledger says why');
select throws_ok($$select pg_temp.place('c', 'metered', 'tap_other', 'm-2')$$, 'PT409', 'request_completed', 'the request is completed all the same');
select throws_ok($$select byok.refund_charge(tests.user_id('c'), pg_temp.hold('nameless'), 0, 'unused')$$, 'PT400', 'invalid_request', 'a refund of nothing is refused');
select throws_ok($$select byok.refund_charge(tests.user_id('c'), pg_temp.hold('nameless'), 1, 'out of kindness')$$, '23514', null, 'and one without a reason that there is');
select throws_ok($$select byok.refund_charge(tests.user_id('a'), pg_temp.hold('nameless'), 1, 'unused')$$, 'PT404', 'charge_not_found', 'nobody is refunded what another was charged');
reset role;
select results_eq(
  $$select charge_id, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, model from byok.entries where kind = 'refund' and owner_id = tests.user_id('c')$$,
  $$select pg_temp.hold('metered'), 3::bigint, 1::bigint, 1::bigint, 0::bigint, 'metered'$$, 'a refund keeps the provider''s counts');

-- A call that answered and cost nothing by the provider's counts is no call that was given back.
select tests.authenticate_as_service_role();
insert into placed values ('for nothing', pg_temp.place('c', 'for nothing', 'tap_other', 'm-2'));
select byok.charge_hold(tests.user_id('c'), pg_temp.hold('for nothing'));
select is(byok.refund_charge(tests.user_id('c'), pg_temp.hold('for nothing'), 2, 'unused'), 2::bigint, 'a charge may be refunded whole as unused');
select throws_ok($$select pg_temp.place('c', 'for nothing', 'tap_other', 'm-2')$$, 'PT409', 'request_completed', 'and its request is completed');

-- At most what was charged; and what the platform bears, up to 45 a day.
select tests.authenticate_as_service_role();
select is(byok.refund_charge(tests.user_id('c'), pg_temp.hold('nameless'), 1000, 'broken_off'), 30::bigint, 'a refund is at most what was charged');
select is(pg_temp.account('c'), '94 0 30', 'and counts as borne by the platform');
insert into placed values ('left', pg_temp.place('c', 'left'));
select is(byok.void_hold(tests.user_id('c'), pg_temp.hold('left'), true), 'charged', 'past the limit of the day a call that was asked for is charged though nobody took its answer');
select is(pg_temp.account('c'), '64 0 30', 'and the account says so');
select is(byok.refund_charge(tests.user_id('c'), pg_temp.hold('left'), 30, 'broken_off'), 0::bigint, 'and nothing is refunded for breaking off');
select is(byok.refund_charge(tests.user_id('c'), pg_temp.hold('left'), 30, 'nothing_delivered'), 30::bigint, 'what the provider failed to deliver is, limit or not');
select lives_ok($$insert into placed values ('left again', pg_temp.place('c', 'left'))$$, 'a request that was refunded whole may be made again');
select is(byok.void_hold(tests.user_id('c'), pg_temp.hold('left again'), false), 'voided', 'and what the provider refused costs nothing, limit or not');
reset role;
update byok.accounts set unpaid_on = unpaid_on - 1 where owner_id = tests.user_id('c');
select tests.authenticate_as_service_role();
insert into placed values ('next day', pg_temp.place('c', 'next day'));
select is(byok.void_hold(tests.user_id('c'), pg_temp.hold('next day'), true), 'voided', 'the next day the platform bears again');
select is(pg_temp.account('c'), '94 0 30', 'and counts from nothing');

-- Under BYOK.
select byok.save_credential(tests.user_id('c'), '10000000-0000-4000-8000-00000000000c', 'tap_provider', '', 'verified', current_setting('test.envelope'), 1);
reset role;
create temporary view fingerprint as
  select 'accounts' as name, count(*), sum(xmin::text::bigint) from byok.accounts
  union all select 'holds', count(*), sum(xmin::text::bigint) from byok.holds
  union all select 'entries', count(*), sum(xmin::text::bigint) from byok.entries
  union all select 'counters', count(*), sum(xmin::text::bigint) from byok.counters
  union all select 'credentials', count(*), sum(xmin::text::bigint) from byok.credentials
  union all select 'envelopes', count(*), sum(xmin::text::bigint) from byok.envelopes;
create temporary table before_byok as select * from fingerprint;
select tests.authenticate_as_service_role();
select results_eq(
  $$select payer, team_id, credential_id, envelope, unused_key from byok.open_call(tests.user_id('c'), 'tap_provider')$$,
  $$values ('byok', null::uuid, '10000000-0000-4000-8000-00000000000c'::uuid, current_setting('test.envelope'), null)$$,
  'a credential decides for BYOK, with its envelope');
select is(current_setting('request.jwt.claims'), '{"role":"service_role"}', 'open_call() gives the claims of its caller back');
reset role;
select results_eq('select * from fingerprint', 'select * from before_byok', 'BYOK wrote nothing to any table');
select tests.authenticate_as_service_role();
select byok.mark_credential(tests.user_id('c'), '10000000-0000-4000-8000-00000000000c', 'rejected');
select is((select payer from byok.open_call(tests.user_id('c'), 'tap_provider')), 'byok', 'a key that was rejected never turns into a debit');
select is((select payer from byok.open_call(tests.user_id('c'), 'other_provider')), 'platform', 'a credential counts for its own provider only');
select is((select payer from byok.open_call(tests.user_id('a'), 'tap_provider')), 'platform', 'and for its own user only');
reset role;
insert into byok.limits values ('byok_calls', 2, '1 minute');
select tests.authenticate_as_service_role();
select lives_ok($$select byok.open_call(tests.user_id('c'), 'tap_provider') from generate_series(1, 2)$$, 'where the operator limits calls under BYOK, so many pass');
select throws_ok($$select byok.open_call(tests.user_id('c'), 'tap_provider')$$, 'PT429', 'too_many_calls', 'and the next is refused');
select is((select payer from byok.open_call(tests.user_id('c'), 'other_provider')), 'platform', 'but not one on credits');
reset role;
delete from byok.limits where name = 'byok_calls';
delete from byok.envelopes where owner_id = tests.user_id('c');
select tests.authenticate_as_service_role();
select results_eq(
  $$select payer, envelope from byok.open_call(tests.user_id('c'), 'tap_provider')$$, $$values ('byok', null)$$,
  'a credential without its envelope still never turns into a debit');

-- Expiry. The hold of request-2 is still there; 30 have been borne for c today.
reset role;
update byok.holds set expires_at = now() - interval '1 second' where owner_id = tests.user_id('a');
set local role byok_server;
set local request.jwt.claims = '{"sub":"00000000-0000-4000-8000-00000000000b","role":"byok_server"}';
select is((select count(distinct owner_id) from byok.holds)::int, 1, 'the server role finds expired holds of others');
select tests.authenticate_as_service_role();
select lives_ok($$insert into placed values ('second again', pg_temp.place('a', 'request-2'))$$, 'place_hold() ends an expired hold of the same request id first');
select is(pg_temp.account('a'), '40 30 30', 'which counts as borne by the platform');
reset role;
update byok.holds set expires_at = now() - interval '1 second' where owner_id = tests.user_id('a');
select tests.authenticate_as_service_role();
select is(byok.expire_holds(1000), 1, 'expire_holds() ends what has expired');
select is(pg_temp.account('a'), '40 0 30', 'past the limit of the day by charging it');
select is(pg_temp.ledger('a'), 'grant 100, charge 30, charge 30', 'with an entry');
select is(byok.expire_holds(1000), 0, 'and then nothing');
select throws_ok($$select byok.expire_holds(0)$$, 'PT400', 'invalid_request', 'expire_holds() refuses zero');
select throws_ok($$select byok.expire_holds(null)$$, 'PT400', 'invalid_request', 'expire_holds() refuses no limit');
insert into placed values ('in the way', pg_temp.place('a', null));
reset role;
update byok.holds set expires_at = now() - interval '1 second' where owner_id = tests.user_id('a');
update byok.accounts set unpaid_on = unpaid_on - 1 where owner_id = tests.user_id('a');
select tests.authenticate_as_service_role();
select lives_ok($$insert into placed values ('after it', pg_temp.place('a', null))$$, 'place_hold() ends its user''s expired holds when credits are short');
reset role;
select is_empty(
  $$select owner_id from byok.accounts as a where a.available_microcredits + (select coalesce(sum(h.microcredits), 0) from byok.holds as h where h.owner_id = a.owner_id) <> (
    select coalesce(sum(case when kind in ('grant', 'refund') then microcredits else -microcredits end), 0) from byok.entries as e where e.owner_id = a.owner_id)$$,
  'available + held + charged - refunded + revoked = granted, for each user');

-- Who may see and do what.
insert into byok.holds (owner_id, operation, provider, model, microcredits) values (tests.user_id('c'), 'x', 'x', 'x', 7);
select tests.authenticate_as(tests.user_id('a'));
select results_eq('select distinct owner_id from byok.holds', $$select tests.user_id('a')$$, 'the owner sees the own holds only');
select throws_ok($$delete from byok.holds$$, '42501', null, 'the owner cannot end a hold');
select throws_ok($$select pg_temp.place('a', 'r')$$, '42501', null, 'the owner cannot place a hold in SQL');
select throws_ok($$select byok.refund_charge(tests.user_id('a'), pg_temp.hold('first'), 1, 'unused')$$, '42501', null, 'the owner cannot refund');
select tests.clear_authentication();
select throws_ok('select * from byok.holds', '42501', null, 'anon cannot read holds');

select * from finish();
rollback;
