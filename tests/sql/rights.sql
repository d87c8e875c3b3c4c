-- Rights: who may bring a key and who may use credits, as the app says.
begin;
select plan(25);
grant usage on schema extensions to byok_server, byok_functions;
grant byok_functions to postgres;
insert into auth.users (id, email) values
  (tests.user_id('a'), 'ada@example.com'),
  (tests.user_id('b'), 'bob@example.com');
select set_config('test.envelope', translate(encode(decode('42594b0100000001' || repeat('00', 348), 'hex'), 'base64'), E'\n', ''), true);
select byok.save_credential(tests.user_id('a'), '10000000-0000-4000-8000-00000000000a', 'openai', 'abcd', 'verified', current_setting('test.envelope'), 1);

-- Without a word of the app.
select tests.authenticate_as(tests.user_id('a'));
select results_eq('select * from byok.read_rights()', 'values (true, true, true, true)', 'until the app says otherwise users have every right');
select throws_ok($$select byok.may_bring_key(tests.user_id('b'))$$, '42501', null, 'a user cannot ask about another');
reset role;
create function pg_temp.plan_of(p_query text) returns text language plpgsql as $$
declare
  v_line text;
  v_plan text := '';
begin
  for v_line in execute 'explain (verbose, costs off) ' || p_query loop
    v_plan := v_plan || v_line;
  end loop;
  return v_plan;
end
$$;
select is(
  pg_temp.plan_of($$select byok.may_bring_key('00000000-0000-4000-8000-00000000000a') is true, byok.may_use_credits('00000000-0000-4000-8000-00000000000a') is true$$),
  'Result  Output: true, true', 'and the planner has made constants of both questions');

-- As an app replaces them: by its own tables, which the functions' role cannot read.
create table public.tap_plans (user_id uuid primary key, keys boolean, credits boolean);
create or replace function byok.may_bring_key(p_owner_id uuid) returns boolean
language sql stable security definer set search_path = '' as $$
  select p.keys from public.tap_plans as p where p.user_id = p_owner_id;
$$;
create or replace function byok.may_use_credits(p_owner_id uuid) returns boolean
language sql stable security definer set search_path = '' as $$
  select p.credits from public.tap_plans as p where p.user_id = p_owner_id;
$$;
insert into public.tap_plans values (tests.user_id('a'), false, true), (tests.user_id('b'), true, false);
select tests.authenticate_as(tests.user_id('a'));
select results_eq('select * from byok.read_rights()', 'values (false, true, true, true)', 'a user reads the own rights');
select tests.authenticate_as(tests.user_id('b'));
select results_eq('select * from byok.read_rights()', 'values (true, false, true, true)', 'each user the own');
select results_eq(
  'select * from byok.read_rights(tests.user_id(''a''))', 'values (false, false, false, false)', 'and nobody those of another');
select tests.clear_authentication();
select throws_ok('select byok.read_rights()', '42501', null, 'a visitor reads none');
set local role authenticated;
set local request.jwt.claims = '{"role":"authenticated"}';
select throws_ok('select byok.read_rights()', 'PT401', 'unauthenticated', 'nor a token of nobody');
set local request.jwt.claims = '{"role":"authenticated","sub":"00000000-0000-4000-8000-00000000000a","client_id":"stranger"}';
select throws_ok('select byok.read_rights()', 'PT401', 'unauthenticated', 'nor one of an OAuth client that is not accepted');

-- Without the right to bring a key.
select tests.authenticate_as_service_role();
select throws_ok($$select byok.count_attempt(tests.user_id('a'))$$, 'PT403', 'byok_not_allowed', 'no key is saved or checked');
select results_eq(
  $$select payer, team_id, credential_id, envelope, unused_key from byok.open_call(tests.user_id('a'), 'openai')$$,
  $$values ('platform', null::uuid, null::uuid, null, 'not_allowed')$$, 'credits pay, the envelope stays where it is, and the answer can say why');
select results_eq(
  $$select payer, team_id, credential_id, envelope, unused_key from byok.open_call(tests.user_id('a'), 'groq')$$,
  $$values ('platform', null::uuid, null::uuid, null, null)$$, 'where no key is saved there is nothing to say');
reset role;
select is((select count(*) from byok.counters where user_id = tests.user_id('a')), 0::bigint, 'a refused attempt is not counted');
select is((select status from byok.credentials where owner_id = tests.user_id('a')), 'verified', 'the key stays as it is');

-- Without the right to use credits.
create function pg_temp.detail_of(p_user text, p_provider text) returns text language plpgsql as $$
declare
  v_detail text;
begin
  perform byok.open_call(tests.user_id(p_user), p_provider);
  return 'opened';
exception when sqlstate 'PT403' then
  get stacked diagnostics v_detail = pg_exception_detail;
  return sqlerrm || ' ' || v_detail;
end
$$;
select tests.authenticate_as_service_role();
select throws_ok($$select byok.open_call(tests.user_id('b'), 'openai')$$, 'PT403', 'credits_not_allowed', 'credits pay for nothing');
select is(pg_temp.detail_of('b', 'openai'), 'credits_not_allowed {}', 'and without a saved key there is nothing to say about one');
reset role;
update public.tap_plans set credits = false where user_id = tests.user_id('a');
select tests.authenticate_as_service_role();
select is(pg_temp.detail_of('a', 'openai'), 'credits_not_allowed {"unused_key": "not_allowed"}', 'a user without any right learns about both');
reset role;
update public.tap_plans set keys = true where user_id = tests.user_id('a');
select tests.authenticate_as_service_role();
select results_eq(
  $$select payer, team_id, credential_id, envelope, unused_key from byok.open_call(tests.user_id('a'), 'openai')$$,
  $$values ('byok', null::uuid, '10000000-0000-4000-8000-00000000000a'::uuid, current_setting('test.envelope'), null)$$,
  'after an upgrade the same key pays again, whatever credits may');
select lives_ok($$select byok.count_attempt(tests.user_id('a'))$$, 'and may be checked');

-- An app that answers nothing has not said yes.
reset role;
delete from public.tap_plans;
select tests.authenticate_as_service_role();
select is(pg_temp.detail_of('a', 'openai'), 'credits_not_allowed {"unused_key": "not_allowed"}', 'null gives no right');
select throws_ok($$select byok.count_attempt(tests.user_id('a'))$$, 'PT403', 'byok_not_allowed', 'neither to bring a key');
select tests.authenticate_as(tests.user_id('a'));
select results_eq('select * from byok.read_rights()', 'values (false, false, true, true)', 'and the page is told so');

-- Who may execute them.
reset role;
select is(
  (select string_agg(grantee::regrole::text, ' ' order by grantee::regrole::text) from pg_proc, aclexplode(proacl) where oid = 'byok.may_bring_key(uuid)'::regprocedure),
  'byok_server postgres', 'a replacement keeps the grants');
set local role byok_functions;
select throws_ok($$select byok.may_bring_key(tests.user_id('a'))$$, '42501', null, 'the functions cannot ask about users at large');
select tests.authenticate_as_service_role();
select throws_ok($$select byok.read_rights()$$, '42501', null, 'and a backend reads its own tables instead');

select * from finish();
rollback;
