-- Credentials and envelopes, as owner, stranger, anon, service role and server role.
begin;
select plan(54);

-- For pgTAP itself, when a test runs as the server role.
grant usage on schema extensions to byok_server;
insert into auth.users (id, email) values
  (tests.user_id('a'), 'ada@example.com'),
  (tests.user_id('b'), 'bob@example.com');
-- Of the right form, and sealed by nobody: kid 1.
select set_config('test.envelope', translate(encode(decode('42594b0100000001' || repeat('00', 348), 'hex'), 'base64'), E'\n', ''), true);
select set_config('test.envelope_of_suite_2', translate(encode(decode('42594b0200000001' || repeat('00', 1116), 'hex'), 'base64'), E'\n', ''), true);
select set_config('test.envelope_2', translate(encode(decode('42594b0100000002' || repeat('ff', 348), 'hex'), 'base64'), E'\n', ''), true);

-- The functions, as service role.
select tests.authenticate_as_service_role();

select results_eq(
  $$select provider, prefix, hint, status, verified_at is not null from byok.save_credential(tests.user_id('a'), '10000000-0000-4000-8000-000000000001', 'openai', 'aaaa', 'verified', current_setting('test.envelope'), 1, null, 'sk-proj-')$$,
  $$values ('openai', 'sk-proj-', 'aaaa', 'verified', true)$$,
  'save_credential() saves and returns the credential');
select results_eq(
  $$select hint, status, verified_at from byok.save_credential(tests.user_id('b'), '10000000-0000-4000-8000-000000000002', 'openai', 'bbbb', 'unverified', current_setting('test.envelope'), 1)$$,
  $$values ('bbbb', 'unverified', null::timestamptz)$$,
  'save_credential() of an unverified key leaves verified_at empty');
select is(current_setting('request.jwt.claims'), '{"role":"service_role"}', 'a function gives the claims of its caller back');
select results_eq(
  $$select * from byok.read_envelope(tests.user_id('a'), 'openai')$$,
  $$values ('10000000-0000-4000-8000-000000000001'::uuid, current_setting('test.envelope'))$$,
  'read_envelope() returns the credential id and the envelope');
select is_empty($$select * from byok.read_envelope(tests.user_id('a'), 'groq')$$, 'read_envelope() returns no row without a credential');

select results_eq(
  $$select hint from byok.save_credential(tests.user_id('a'), '10000000-0000-4000-8000-000000000005', 'openai', 'dddd', 'verified', current_setting('test.envelope_of_suite_2'), 1)$$,
  $$values ('dddd')$$,
  'an envelope of suite 2 is saved');
select results_eq(
  $$select id, hint from byok.save_credential(tests.user_id('a'), '10000000-0000-4000-8000-000000000003', 'openai', 'cccc', 'verified', current_setting('test.envelope_2'), 2)$$,
  $$values ('10000000-0000-4000-8000-000000000003'::uuid, 'cccc')$$,
  'save_credential() takes the place of the credential before');
select results_eq(
  $$select * from byok.read_envelope(tests.user_id('a'), 'openai')$$,
  $$values ('10000000-0000-4000-8000-000000000003'::uuid, current_setting('test.envelope_2'))$$,
  'and its envelope the place of the envelope before');
select results_eq(
  $$select * from byok.read_envelope(tests.user_id('b'), 'openai')$$,
  $$values ('10000000-0000-4000-8000-000000000002'::uuid, current_setting('test.envelope'))$$,
  'while the other user''s stays');

select results_eq(
  $$select status, verified_at is not null from byok.mark_credential(tests.user_id('a'), '10000000-0000-4000-8000-000000000003', 'rejected')$$,
  $$values ('rejected', true)$$,
  'mark_credential() sets the status and keeps when the key last worked');
select results_eq(
  $$select status, verified_at is not null from byok.mark_credential(tests.user_id('b'), '10000000-0000-4000-8000-000000000002', 'rate_limited')$$,
  $$values ('rate_limited', true)$$,
  'mark_credential() notes that a rate-limited key works');
select results_eq(
  $$select status, reason from byok.mark_credential(tests.user_id('b'), '10000000-0000-4000-8000-000000000002', 'restricted', 'website_only')$$,
  $$values ('restricted', 'website_only')$$,
  'mark_credential() sets why, beside the status');
select results_eq(
  $$select status, reason from byok.mark_credential(tests.user_id('b'), '10000000-0000-4000-8000-000000000002', 'rate_limited')$$,
  $$values ('rate_limited', null)$$,
  'and forgets it where the next check has none');
select throws_ok(
  $$select * from byok.mark_credential(tests.user_id('b'), '10000000-0000-4000-8000-000000000002', 'restricted', 'Because.')$$,
  '23514', null, 'mark_credential() refuses a reason that is no name');
select is_empty(
  $$select * from byok.mark_credential(tests.user_id('a'), '10000000-0000-4000-8000-000000000001', 'verified')$$,
  'mark_credential() leaves a credential alone that has been replaced');
select is_empty(
  $$select * from byok.mark_credential(tests.user_id('a'), '10000000-0000-4000-8000-000000000002', 'verified')$$,
  'mark_credential() leaves another user''s credential alone');

select throws_ok(
  $$select * from byok.save_credential(tests.user_id('a'), '10000000-0000-4000-8000-000000000002', 'groq', '', 'verified', current_setting('test.envelope'), 1)$$,
  '23505', null, 'save_credential() refuses the id of another user''s credential');
select throws_ok(
  $$select * from byok.save_credential(null, gen_random_uuid(), 'groq', '', 'verified', current_setting('test.envelope'), 1)$$,
  'PT400', 'invalid_request', 'save_credential() refuses no user');
select throws_ok(
  $$select * from byok.read_envelope(null, 'groq')$$, 'PT400', 'invalid_request', 'read_envelope() refuses no user');
select throws_ok(
  $$select * from byok.mark_credential(null, gen_random_uuid(), 'verified')$$, 'PT400', 'invalid_request', 'mark_credential() refuses no user');
select throws_ok(
  $$select * from byok.save_credential(gen_random_uuid(), gen_random_uuid(), 'groq', '', 'verified', current_setting('test.envelope'), 1)$$,
  'PT401', 'unauthenticated', 'save_credential() refuses a user who does not exist');
select throws_ok(
  $$select * from byok.save_credential(tests.user_id('a'), gen_random_uuid(), 'groq', '12345', 'verified', current_setting('test.envelope'), 1)$$,
  '23514', 'new row for relation "credentials" violates check constraint "credentials_hint_check"', 'a hint of more than four characters is refused');
select throws_ok(
  $$select * from byok.save_credential(tests.user_id('a'), gen_random_uuid(), 'groq', '', 'verified', current_setting('test.envelope'), 1, null, repeat('x', 25))$$,
  '23514', null, 'a prefix that is longer than any provider''s is refused');
select throws_ok(
  $$select * from byok.save_credential(tests.user_id('a'), gen_random_uuid(), 'groq', '', 'fine', current_setting('test.envelope'), 1)$$,
  '23514', null, 'an unknown status is refused');
select throws_ok(
  $$select * from byok.save_credential(tests.user_id('a'), gen_random_uuid(), 'Groq!', '', 'verified', current_setting('test.envelope'), 1)$$,
  '23514', null, 'a malformed provider is refused');
select throws_ok(
  $$select * from byok.save_credential(tests.user_id('a'), gen_random_uuid(), 'groq', '', 'verified', 'sk-a-key-in-plaintext', 1)$$,
  '22023', null, 'what is no envelope is refused');
select throws_ok(
  $$select * from byok.save_credential(tests.user_id('a'), gen_random_uuid(), 'groq', '', 'verified', left(current_setting('test.envelope'), 471) || '=', 1)$$,
  '23514', null, 'an envelope that is too short is refused');
select throws_ok(
  $$select * from byok.save_credential(tests.user_id('a'), gen_random_uuid(), 'groq', '', 'verified', current_setting('test.envelope_of_suite_2') || 'AAAA', 1)$$,
  '23514', null, 'an envelope that is too long is refused');
select throws_ok(
  $$select * from byok.save_credential(tests.user_id('a'), gen_random_uuid(), 'groq', '', 'verified', overlay(current_setting('test.envelope_of_suite_2') placing 'Q' from 6), 1)$$,
  '23514', null, 'an envelope of the other suite''s size is refused');
select throws_ok(
  $$select * from byok.save_credential(tests.user_id('a'), gen_random_uuid(), 'groq', '', 'verified', overlay(current_setting('test.envelope') placing 'g' from 6), 1)$$,
  '23514', null, 'and the other way round');
select throws_ok(
  $$select * from byok.save_credential(tests.user_id('a'), gen_random_uuid(), 'groq', '', 'verified', current_setting('test.envelope'), 2)$$,
  '23514', null, 'a kid that is not the envelope''s is refused');
select is_empty($$select * from byok.read_envelope(tests.user_id('a'), 'groq')$$, 'and nothing of it is kept');

select throws_ok('select * from byok.envelopes', '42501', null, 'the service role cannot read envelopes');
select throws_ok('select * from byok.credentials', '42501', null, 'the service role cannot read credentials');

-- The owner.
select tests.authenticate_as(tests.user_id('a'));
select results_eq($$select provider, hint, status from byok.credentials$$, $$values ('openai', 'cccc', 'rejected')$$, 'the owner sees the own credentials only');
select throws_ok('select * from byok.envelopes', '42501', null, 'the owner cannot read envelopes');
select throws_ok($$insert into byok.credentials (id, owner_id, provider, hint, status) values (gen_random_uuid(), tests.user_id('a'), 'groq', '', 'verified')$$, '42501', null, 'the owner cannot insert a credential');
select throws_ok($$update byok.credentials set status = 'verified'$$, '42501', null, 'the owner cannot change a credential');
select throws_ok($$delete from byok.envelopes$$, '42501', null, 'the owner cannot delete envelopes');
select throws_ok($$select * from byok.read_envelope(tests.user_id('a'), 'openai')$$, '42501', null, 'the owner cannot call the functions');
select throws_ok($$select byok.act_for(tests.user_id('b'))$$, '42501', null, 'nor act for anybody');

-- A stranger.
select tests.authenticate_as(tests.user_id('c'));
select is_empty('select * from byok.credentials', 'a stranger sees no credential');
delete from byok.credentials;

-- Nobody.
select tests.clear_authentication();
select throws_ok('select * from byok.credentials', '42501', null, 'anon cannot read credentials');
select throws_ok('select * from byok.envelopes', '42501', null, 'anon cannot read envelopes');
select throws_ok($$select * from byok.read_envelope(tests.user_id('a'), 'openai')$$, '42501', null, 'anon cannot call the functions');

-- The server role itself is bound by row-level security.
set local role byok_server;
set local request.jwt.claims = '';
select is_empty('select * from byok.envelopes', 'the server role without a user sees no envelope');
select is_empty('select * from byok.credentials', 'the server role without a user sees no credential');
set local request.jwt.claims = '{"sub":"00000000-0000-4000-8000-00000000000b","role":"authenticated"}';
select is_empty('select * from byok.envelopes', 'nor one whose user is named in claims that act_for() did not write');
set local request.jwt.claims = '{"sub":"00000000-0000-4000-8000-00000000000b","role":"byok_server"}';
select results_eq('select credential_id from byok.envelopes', $$values ('10000000-0000-4000-8000-000000000002'::uuid)$$, 'the server role sees the envelopes of the user it acts for only');
select throws_ok(
  $$insert into byok.credentials (id, owner_id, provider, hint, status) values (gen_random_uuid(), tests.user_id('a'), 'groq', '', 'verified')$$,
  '42501', null, 'the server role cannot write for another user');

-- Removing.
reset role;
select is((select count(*) from byok.credentials where owner_id::text like '00000000-0000-4000-8000-%')::int, 2, 'the stranger''s delete removed nothing');
select tests.authenticate_as(tests.user_id('a'));
delete from byok.credentials where provider = 'openai';
reset role;
select is_empty($$select * from byok.envelopes where owner_id = tests.user_id('a')$$, 'the envelope goes with the credential that its owner removes');
select is((select count(*) from byok.envelopes where owner_id = tests.user_id('b'))::int, 1, 'and nobody else''s');
delete from auth.users where id = tests.user_id('b');
select is_empty($$select * from byok.envelopes where owner_id = tests.user_id('b')$$, 'a deleted user leaves no envelope');

select * from finish();
rollback;
