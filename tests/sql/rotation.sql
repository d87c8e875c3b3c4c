-- Rotation: counting, listing and replacing envelopes of many users, of whom each role sees as little as it can.
begin;
select plan(31);

grant usage on schema extensions to byok_server, byok_rotation;
insert into auth.users (id, email)
select id, id || '@example.com' from unnest(array[
  tests.user_id('a'), tests.user_id('b'), tests.user_id('c')]) as id;

-- Of the right form, and sealed by nobody. These kids are of no other test's rows, nor of any key ring.
create function pg_temp.envelope(p_kid bigint, p_filling text) returns text language sql as $$
  select translate(encode(decode('42594b01' || lpad(to_hex(p_kid), 8, '0') || repeat(p_filling, 348), 'hex'), 'base64'), E'\n', '')
$$;
create function pg_temp.save(p_user text, p_id integer, p_provider text, p_kid bigint, p_status text default 'verified') returns void language sql as $$
  select byok.save_credential(
    tests.user_id(p_user), ('10000000-0000-4000-8000-00000000000' || p_id)::uuid,
    p_provider, '', p_status, pg_temp.envelope(p_kid, '0' || p_id), p_kid)
$$;
create function pg_temp.replacement(p_user text, p_id integer, p_old text, p_new text, p_kid bigint) returns jsonb language sql as $$
  select jsonb_build_array(jsonb_build_object(
    'owner_id', tests.user_id(p_user), 'credential_id', '10000000-0000-4000-8000-00000000000' || p_id,
    'old_envelope', p_old, 'new_envelope', p_new, 'new_kid', p_kid))
$$;
select pg_temp.save('a', 2, 'openai', 4000000001), pg_temp.save('b', 1, 'openai', 4000000001),
  pg_temp.save('a', 3, 'groq', 4000000001, 'restricted'), pg_temp.save('c', 4, 'google', 4000000002);

select tests.authenticate_as_service_role();

select results_eq(
  'select * from byok.count_envelopes() where kid >= 4000000000',
  $$values (4000000001::bigint, 3::bigint), (4000000002, 1)$$,
  'count_envelopes() counts the envelopes under each kid');
select results_eq(
  'select * from byok.list_envelopes(4000000001, null, 1000)',
  $$values
    ('10000000-0000-4000-8000-000000000001'::uuid, tests.user_id('b'), 'openai', pg_temp.envelope(4000000001, '01')),
    ('10000000-0000-4000-8000-000000000002', tests.user_id('a'), 'openai', pg_temp.envelope(4000000001, '02')),
    ('10000000-0000-4000-8000-000000000003', tests.user_id('a'), 'groq', pg_temp.envelope(4000000001, '03'))$$,
  'list_envelopes() gives the envelopes of all users under one kid, with what they are bound to');
select results_eq(
  $$select credential_id from byok.list_envelopes(4000000001, '10000000-0000-4000-8000-000000000001', 1)$$,
  $$values ('10000000-0000-4000-8000-000000000002'::uuid)$$,
  'list_envelopes() goes on after a credential, as far as the limit');
select is_empty($$select * from byok.list_envelopes(4000000001, '10000000-0000-4000-8000-000000000003', 1)$$, 'and gives nothing after the last');
select is_empty('select * from byok.list_envelopes(4000000009, null, 1)', 'or under a kid that nothing is sealed under');
select throws_ok('select * from byok.list_envelopes(4000000001, null, 0)', 'PT400', 'invalid_request', 'a limit of 0 is refused');
select throws_ok('select * from byok.list_envelopes(4000000001, null, 1001)', 'PT400', 'invalid_request', 'a limit of more than the Data API gives is refused');
select throws_ok('select * from byok.list_envelopes(4000000001, null, null)', 'PT400', 'invalid_request', 'no limit is refused');
select is(current_setting('request.jwt.claims'), '{"role":"service_role"}', 'list_envelopes() gives the claims of its caller back');

select results_eq(
  $$select * from byok.replace_envelopes(
    pg_temp.replacement('a', 2, pg_temp.envelope(4000000001, '02'), pg_temp.envelope(4000000003, 'aa'), 4000000003)
    || pg_temp.replacement('b', 1, pg_temp.envelope(4000000001, '01'), pg_temp.envelope(4000000003, 'bb'), 4000000003))$$,
  $$values ('10000000-0000-4000-8000-000000000002'::uuid), ('10000000-0000-4000-8000-000000000001')$$,
  'replace_envelopes() replaces the envelopes of several users');
select results_eq(
  $$select * from byok.read_envelope(tests.user_id('a'), 'openai')$$,
  $$values ('10000000-0000-4000-8000-000000000002'::uuid, pg_temp.envelope(4000000003, 'aa'))$$,
  'and its user has the new envelope from then on');
select results_eq(
  'select * from byok.count_envelopes() where kid >= 4000000000',
  $$values (4000000001::bigint, 1::bigint), (4000000002, 1), (4000000003, 2)$$,
  'under its kid');
select is(current_setting('request.jwt.claims'), '{"role":"service_role"}', 'replace_envelopes() gives the claims of its caller back');
select is_empty(
  $$select * from byok.replace_envelopes(pg_temp.replacement('a', 2, pg_temp.envelope(4000000001, '02'), pg_temp.envelope(4000000003, 'cc'), 4000000003))$$,
  'replace_envelopes() leaves an envelope alone that is not the old one any more');
select is_empty(
  $$select * from byok.replace_envelopes(pg_temp.replacement('a', 9, pg_temp.envelope(4000000001, '02'), pg_temp.envelope(4000000003, 'cc'), 4000000003))$$,
  'and a credential that has been removed');
select is_empty(
  $$select * from byok.replace_envelopes(pg_temp.replacement('b', 3, pg_temp.envelope(4000000001, '03'), pg_temp.envelope(4000000003, 'cc'), 4000000003))$$,
  'and one of another user than it says');
select throws_ok(
  $$select * from byok.replace_envelopes(pg_temp.replacement('a', 3, pg_temp.envelope(4000000001, '03'), pg_temp.envelope(4000000003, 'cc'), 4000000004))$$,
  '23514', null, 'a kid that is not the new envelope''s is refused');
select results_eq(
  $$select * from byok.read_envelope(tests.user_id('a'), 'groq')$$,
  $$values ('10000000-0000-4000-8000-000000000003'::uuid, pg_temp.envelope(4000000001, '03'))$$,
  'and nothing of it is kept');
select is_empty('select * from byok.replace_envelopes(null)', 'no replacements replace nothing');

-- Locked and unlocked.
select results_eq(
  $$select * from byok.replace_envelopes(pg_temp.replacement('c', 4, pg_temp.envelope(4000000002, '04'), null, null))$$,
  $$values ('10000000-0000-4000-8000-000000000004'::uuid)$$,
  'replace_envelopes() takes an envelope that does not open');
reset role;
select results_eq(
  $$select status, verified_at is not null, envelope from byok.credentials join byok.envelopes on credential_id = id where provider = 'google' and credentials.owner_id = tests.user_id('c')$$,
  $$values ('locked', true, pg_temp.envelope(4000000002, '04'))$$,
  'marks its credential locked, and keeps the envelope');
select set_config('test.updated_at', (select updated_at::text from byok.credentials where id = '10000000-0000-4000-8000-000000000004'), true);
update byok.credentials set updated_at = updated_at - interval '1 hour' where id = '10000000-0000-4000-8000-000000000004';
select isnt_empty($$select * from byok.replace_envelopes(pg_temp.replacement('c', 4, pg_temp.envelope(4000000002, '04'), null, null))$$, 'one that is locked already');
select is(
  (select updated_at from byok.credentials where id = '10000000-0000-4000-8000-000000000004'),
  current_setting('test.updated_at')::timestamptz - interval '1 hour',
  'is not written again');
select isnt_empty(
  $$select * from byok.replace_envelopes(pg_temp.replacement('c', 4, pg_temp.envelope(4000000002, '04'), pg_temp.envelope(4000000003, 'dd'), 4000000003))$$,
  'one that opens again');
select is((select status from byok.credentials where id = '10000000-0000-4000-8000-000000000004'), 'unverified', 'is locked no longer');
select isnt_empty(
  $$select * from byok.replace_envelopes(pg_temp.replacement('a', 3, pg_temp.envelope(4000000001, '03'), pg_temp.envelope(4000000003, 'ee'), 4000000003))$$,
  'one that was not locked');
select is((select status from byok.credentials where id = '10000000-0000-4000-8000-000000000003'), 'restricted', 'keeps its status');

-- Who sees what.
set local role byok_rotation;
set local request.jwt.claims = '';
select is((select count(distinct owner_id) from byok.envelopes where kid = 4000000003)::int, 3, 'byok_rotation sees whose envelopes there are');
select throws_ok('select envelope from byok.envelopes', '42501', null, 'and no envelope');
select throws_ok('select credential_id from byok.envelopes for update', '42501', null, 'and locks none');
select throws_ok('select hint from byok.credentials', '42501', null, 'and sees no credential');

select * from finish();
rollback;
