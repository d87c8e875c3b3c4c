-- Which access tokens are enough: OAuth clients that the operator names, and claims that the operator demands.
begin;
select plan(28);

grant usage on schema extensions to byok_server;
insert into auth.users (id, email) values (tests.user_id('a'), 'ada@example.com');
select byok.grant_credits(tests.user_id('a'), 100, 'welcome', 'tap:a');
select byok.place_hold(tests.user_id('a'), 'request-1', 'kernel_build', 'groq', 'openai/gpt-oss-20b', 10, 10);
create function pg_temp.save() returns void language sql as $$
  select byok.save_credential(tests.user_id('a'), gen_random_uuid(), 'openai', '', 'verified',
    translate(encode(decode('42594b0100000001' || repeat('00', 348), 'hex'), 'base64'), E'\n', ''), 1);
$$;
select pg_temp.save();
create function pg_temp.sign_in(p_more jsonb) returns void language sql as $$
  select set_config('request.jwt.claims', (jsonb_build_object('sub', tests.user_id('a'), 'role', 'authenticated') || p_more)::text, true);
$$;
-- Rows that ada's token shows: her own in each table.
create function pg_temp.seen() returns bigint[] language sql as $$
  select array[(select count(*) from byok.credentials), (select count(*) from byok.accounts), (select count(*) from byok.holds), least(1, (select count(*) from byok.entries)), least(1, (select count(*) from byok.key_events))]
$$;

select is(byok.is_client_accepted(null), true, 'a token without claims names no client');
select is(byok.is_client_accepted('{"sub":"a"}'), true, 'nor does one of the project''s own sessions');
select is(byok.is_client_accepted('{"client_id":null}'), true, 'nor a null');
select is(byok.is_client_accepted('{"client_id":"another-app"}'), false, 'a client that is not named is not accepted');
select is(byok.is_client_accepted('{"client_id":""}'), false, 'nor one without a name');
select is(byok.is_client_accepted('{"client_id":["our-app"]}'), false, 'nor a list');
select is(byok.require_claims('{"sub":"a"}'), true, 'without a rule every token is enough');
select is(byok.require_claims(null), true, 'also one without claims');
select throws_ok($$select byok.require_claims('{"client_id":"another-app"}')$$, 'PT401', 'unauthenticated', 'but for one of a client that is not accepted');
select throws_ok($$insert into byok.required_claims values ('nothing', '{}')$$, '23514', null, 'a rule demands something');
select throws_ok($$insert into byok.required_claims values ('a_list', '[1]')$$, '23514', null, 'by the names of claims');
insert into byok.oauth_clients values ('our-app');
select is(byok.is_client_accepted('{"client_id":"our-app"}'), true, 'a client that is named is accepted');

insert into byok.required_claims values ('second_factor', '{"aal": "aal2"}'), ('plan', '{"app_metadata": {"plan": "pro"}}');
select is(
  byok.require_claims('{"aal":"aal2","app_metadata":{"plan":"pro","provider":"email"}}'), true, 'a token is enough that contains what all rules demand');
select throws_ok($$select byok.require_claims('{"aal":"aal1","app_metadata":{"plan":"pro"}}')$$, 'PT403', 'claims_required', 'and none that lacks one');
create function pg_temp.lacks(p_claims jsonb) returns jsonb language plpgsql as $$
declare
  v_detail text;
begin
  perform byok.require_claims(p_claims);
  return null;
exception when sqlstate 'PT403' then
  get stacked diagnostics v_detail = pg_exception_detail;
  return v_detail;
end
$$;
select is(pg_temp.lacks('{"aal":"aal1","app_metadata":{"plan":"pro"}}'), '{"claims": {"aal": "aal2"}}', 'which the refusal names');
select is(
  pg_temp.lacks(null), '{"claims": {"aal": "aal2", "app_metadata": {"plan": "pro"}}}', 'all of them, where a token has none');

grant usage on schema extensions to authenticated;
grant execute on function pg_temp.sign_in(jsonb), pg_temp.seen() to authenticated;
set local role authenticated;
select pg_temp.sign_in('{"aal":"aal1"}');
select is(pg_temp.seen(), array[1, 1, 1, 1, 1]::bigint[], 'a user with too little to change keys sees them');
select throws_ok('delete from byok.credentials', 'PT403', 'claims_required', 'and removes none');
select pg_temp.sign_in('{"aal":"aal2","app_metadata":{"plan":"pro"},"client_id":"another-app"}');
select is(pg_temp.seen(), array[0, 0, 0, 0, 0]::bigint[], 'a client that is not accepted sees nothing of its user');
select is_empty('delete from byok.credentials returning 1', 'and removes nothing');
select is(byok.my_owners(), '{}', 'nor learns which teams the user belongs to');
select pg_temp.sign_in('{"aal":"aal2","app_metadata":{"plan":"pro"},"client_id":"our-app"}');
select is(pg_temp.seen(), array[1, 1, 1, 1, 1]::bigint[], 'an accepted one sees what its user sees');
select throws_ok('select * from byok.oauth_clients', '42501', null, 'the list of clients is the operator''s');
select throws_ok('select * from byok.required_claims', '42501', null, 'and so are the rules');
select results_eq('delete from byok.credentials returning provider', $$values ('openai')$$, 'a token that is enough removes a key');

reset role;
set local request.jwt.claims = '';
select pg_temp.save();
delete from byok.required_claims;
set local role authenticated;
select pg_temp.sign_in('{"aal":"aal1","client_id":"our-app"}');
select results_eq('delete from byok.credentials returning provider', $$values ('openai')$$, 'without a rule every token of an accepted client does');
reset role;
set local request.jwt.claims = '';
select pg_temp.save();
delete from byok.oauth_clients;
set local role authenticated;
select is(pg_temp.seen(), array[0, 0, 0, 0, 0]::bigint[], 'a client that is taken off the list sees nothing from then on');
select pg_temp.sign_in('{}');
select results_eq('delete from byok.credentials returning provider', $$values ('openai')$$, 'and the user''s own session removes keys');

select * from finish();
rollback;
