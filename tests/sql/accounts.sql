-- Accounts, the ledger and grant_credits().
begin;
select plan(54);

-- For pgTAP itself, when a test runs as the server role.
grant usage on schema extensions to byok_server;
insert into auth.users (id, email) values
  (tests.user_id('a'), 'ada@example.com'),
  (tests.user_id('b'), 'bob@example.com');

select tests.authenticate_as_service_role();
select results_eq($$select * from byok.grant_credits(tests.user_id('a'), 0.0001, 'welcome', 'tap-1')$$, $$values (0.0001, true)$$, 'grant_credits() puts credits in');
select results_eq($$select * from byok.grant_credits(tests.user_id('a'), 0.0001, 'welcome', 'tap-1')$$, $$values (0.0001, false)$$, 'the same key grants once');
select results_eq($$select * from byok.grant_credits(tests.user_id('a'), 0.000005, null, 'tap-2')$$, $$values (0.000105, true)$$, 'another key grants again');
select throws_ok($$select * from byok.grant_credits(tests.user_id('a'), 0.000101, 'welcome', 'tap-1')$$, 'PT409', 'idempotency_key_reused', 'the same key with another amount is refused');
select throws_ok($$select * from byok.grant_credits(tests.user_id('b'), 0.0001, 'welcome', 'tap-1')$$, 'PT409', 'idempotency_key_reused', 'the same key for another user is refused');
select results_eq($$select * from byok.grant_credits(tests.user_id('a'), 0.0001, 'in other words', 'tap-1')$$, $$values (0.000105, false)$$, 'the same key with another reason grants nothing, and is no mistake');
select throws_ok($$select * from byok.grant_credits(tests.user_id('a'), 0, null, 'tap-3')$$, 'PT400', 'invalid_request', 'zero credits are refused');
select throws_ok($$select * from byok.grant_credits(tests.user_id('a'), -1, null, 'tap-3')$$, 'PT400', 'invalid_request', 'negative credits are refused');
select throws_ok($$select * from byok.grant_credits(tests.user_id('a'), 1000000001, null, 'tap-3')$$, 'PT400', 'invalid_request', 'more than 1e9 credits are refused');
select throws_ok($$select * from byok.grant_credits(tests.user_id('a'), null, null, 'tap-3')$$, 'PT400', 'invalid_request', 'no amount is refused');
select throws_ok($$select * from byok.grant_credits(tests.user_id('a'), 1, null, null)$$, 'PT400', 'invalid_request', 'no key is refused');
select throws_ok($$select * from byok.grant_credits(tests.user_id('a'), 1, null, '')$$, 'PT400', 'invalid_request', 'an empty key is refused');
select throws_ok($$select * from byok.grant_credits(tests.user_id('a'), 1, null, repeat('k', 256))$$, 'PT400', 'invalid_request', 'a key of more than 255 characters is refused');
select throws_ok($$select * from byok.grant_credits(tests.user_id('a'), 1, repeat('r', 501), 'tap-3')$$, '23514', null, 'a reason of more than 500 characters is refused');
select throws_ok($$select * from byok.grant_credits(null, 1, null, 'tap-3')$$, 'PT400', 'invalid_request', 'no user is refused');
select throws_ok($$select * from byok.grant_credits(gen_random_uuid(), 1, null, 'tap-3')$$, '23503', null, 'a user who does not exist is refused');
select is(current_setting('request.jwt.claims'), '{"role":"service_role"}', 'grant_credits() gives the claims of its caller back');
select throws_ok('select * from byok.accounts', '42501', null, 'the service role cannot read accounts');
select throws_ok($$update byok.accounts set available_microcredits = 1000000$$, '42501', null, 'the service role cannot change accounts');
select throws_ok('select * from byok.entries', '42501', null, 'the service role cannot read the ledger');
select throws_ok($$delete from byok.entries$$, '42501', null, 'the service role cannot delete from the ledger');

reset role;
select is_empty($$select * from byok.accounts where owner_id = tests.user_id('b')$$, 'a refused grant makes no account');
select results_eq($$select available_microcredits from byok.accounts where owner_id = tests.user_id('a')$$, $$values (105::bigint)$$, 'the account holds what was granted');
select results_eq(
  $$select kind, microcredits, reason, idempotency_key from byok.entries where owner_id = tests.user_id('a') order by id$$,
  $$values ('grant', 100::bigint, 'welcome', 'tap-1'), ('grant', 5, null, 'tap-2')$$,
  'the ledger says why');
select throws_ok($$update byok.entries set microcredits = 1$$, 'PT403', 'ledger_is_append_only', 'not even the owner of the table changes the ledger');
select throws_ok($$delete from byok.entries$$, 'PT403', 'ledger_is_append_only', 'or deletes from it');
select throws_ok($$truncate byok.entries$$, 'PT403', 'ledger_is_append_only', 'or empties it');
-- Each kind of entry, whole and spoiled.
create function pg_temp.entry(p_kind text, p_change jsonb) returns boolean language sql as $$
  select byok.is_sound_entry(p_kind, jsonb_populate_record(null::byok.entries, '{"owner_id": "00000000-0000-4000-8000-00000000000a", "microcredits": 1}'
    || case p_kind
      when 'charge' then '{"operation": "o", "provider": "p", "model": "m", "request_id": "r"}'
      when 'refund' then '{"operation": "o", "provider": "p", "model": "m", "charge_id": 1, "reason": "unused",
        "input_tokens": 3, "cached_input_tokens": 2, "cache_write_tokens": 1, "output_tokens": 0}'
      else '{"idempotency_key": "k", "reason": "r"}'
    end::jsonb || p_change));
$$;
select is_empty(
  $$select kind, change from (values
    ('grant', '{}'), ('revoke', '{"reason": null}'), ('charge', '{}'), ('charge', '{"request_id": null}'),
    ('charge', '{"member_id": "00000000-0000-4000-8000-00000000000b"}'), ('refund', '{}'), ('refund', '{"reason": "broken_off", "input_tokens": null}')
  ) as sound (kind, change) where not pg_temp.entry(kind, change::jsonb)$$,
  'an entry has what its kind needs');
select is_empty(
  $$select kind, change from (values
    ('gift', '{}'), ('grant', '{"microcredits": 0}'), ('grant', '{"microcredits": 1000000000000001}'), ('grant', '{"idempotency_key": null}'),
    ('grant', '{"idempotency_key": ""}'), ('grant', '{"operation": "o"}'), ('grant', '{"request_id": "r"}'), ('grant', '{"charge_id": 1}'),
    ('grant', '{"output_tokens": 1}'), ('revoke', '{"member_id": "00000000-0000-4000-8000-00000000000b"}'), ('charge', '{"idempotency_key": "k"}'),
    ('charge', '{"model": null}'), ('charge', '{"request_id": ""}'), ('charge', '{"charge_id": 1}'), ('charge', '{"input_tokens": 1}'),
    ('charge', '{"member_id": "00000000-0000-4000-8000-00000000000a"}'), ('refund', '{"charge_id": null}'), ('refund', '{"reason": null}'),
    ('refund', '{"reason": "kindness"}'), ('refund', '{"request_id": "r"}'), ('refund', '{"provider": null}'), ('refund', '{"input_tokens": -1}'),
    ('refund', '{"cached_input_tokens": 4}'), ('refund', '{"cache_write_tokens": 2}'), ('refund', '{"output_tokens": -1}')
  ) as unsound (kind, change) where pg_temp.entry(kind, change::jsonb)$$,
  'and nothing else');
select throws_ok($$update byok.accounts set available_microcredits = -1 where owner_id = tests.user_id('a')$$, '23514', null, 'available is never negative');
select throws_ok($$update byok.accounts set unpaid_microcredits = -1 where owner_id = tests.user_id('a')$$, '23514', null, 'what the platform bears is never negative');

select tests.authenticate_as(tests.user_id('a'));
select results_eq('select available_microcredits from byok.accounts', $$values (105::bigint)$$, 'the owner reads the own account');
select is((select count(*) from byok.entries)::int, 2, 'the owner reads the own ledger');
select throws_ok($$update byok.accounts set available_microcredits = 1000000$$, '42501', null, 'the owner cannot change the account');
select throws_ok($$insert into byok.entries (id, owner_id, kind, microcredits, idempotency_key) values (1, tests.user_id('a'), 'grant', 1, 'mine')$$, '42501', null, 'the owner cannot write to the ledger');
select throws_ok($$select * from byok.grant_credits(tests.user_id('a'), 1, null, 'mine')$$, '42501', null, 'the owner cannot grant');
select tests.authenticate_as(tests.user_id('b'));
select is_empty('select owner_id from byok.accounts union all select owner_id from byok.entries', 'a stranger sees neither account nor ledger');
select tests.clear_authentication();
select throws_ok('select * from byok.accounts', '42501', null, 'anon cannot read accounts');
select throws_ok('select * from byok.entries', '42501', null, 'anon cannot read the ledger');

set local role byok_server;
set local request.jwt.claims = '{"sub":"00000000-0000-4000-8000-00000000000b","role":"byok_server"}';
select is_empty('select owner_id from byok.accounts union all select owner_id from byok.entries', 'the server role sees nothing of a user it does not act for');

-- Taking back, from 105.
select tests.authenticate_as_service_role();
select results_eq($$select * from byok.revoke_credits(tests.user_id('a'), 0.0001, 'chargeback', 'tap-back-1')$$, $$values (0.0001, 0.000005)$$, 'revoke_credits() takes credits back');
select results_eq($$select * from byok.revoke_credits(tests.user_id('a'), 0.0001, 'chargeback', 'tap-back-1')$$, $$values (0.0001, 0.000005)$$, 'the same key revokes once');
select results_eq($$select * from byok.revoke_credits(tests.user_id('a'), 1, null, 'tap-back-2')$$, $$values (0.000005, 0::numeric)$$, 'at most what is available');
select results_eq($$select * from byok.revoke_credits(tests.user_id('a'), 1, null, 'tap-back-3')$$, $$values (0::numeric, 0::numeric)$$, 'and of nothing nothing');
select results_eq($$select * from byok.revoke_credits(tests.user_id('b'), 1, null, 'tap-back-3')$$, $$values (0::numeric, 0::numeric)$$, 'nor of a user without an account');
select throws_ok($$select * from byok.revoke_credits(tests.user_id('a'), 0.000005, null, 'tap-2')$$, 'PT409', 'idempotency_key_reused', 'a key that has granted does not revoke');
select throws_ok($$select * from byok.grant_credits(tests.user_id('a'), 0.0001, null, 'tap-back-1')$$, 'PT409', 'idempotency_key_reused', 'nor does one that has revoked grant');
select lives_ok($$select byok.grant_credits(tests.user_id('b'), 1, null, 'tap-bob')$$, 'another user has credits');
select throws_ok($$select * from byok.revoke_credits(tests.user_id('b'), 1, null, 'tap-back-1')$$, 'PT409', 'idempotency_key_reused', 'and a key that revoked one user''s does not revoke another''s');
select throws_ok($$select * from byok.revoke_credits(tests.user_id('b'), 0, null, 'tap-back-4')$$, 'PT400', 'invalid_request', 'no credits are refused');
select throws_ok($$select * from byok.revoke_credits(tests.user_id('b'), 1, null, '')$$, 'PT400', 'invalid_request', 'and no key');
select is(current_setting('request.jwt.claims'), '{"role":"service_role"}', 'revoke_credits() gives the claims of its caller back');
reset role;
select results_eq(
  $$select kind, microcredits, reason from byok.entries where owner_id = tests.user_id('a') and kind = 'revoke' order by id$$,
  $$values ('revoke', 100::bigint, 'chargeback'), ('revoke', 5, null)$$, 'the ledger says what was taken back');

reset role;
delete from auth.users where id = tests.user_id('a');
select is_empty($$select * from byok.entries where owner_id = tests.user_id('a')$$, 'the ledger of a deleted user goes with the account');

select * from finish();
rollback;
