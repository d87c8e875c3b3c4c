-- open_call() with what the call is: who pays and the hold in one step; and read_balance(), which tells of it. Ada and Bob are the admin
-- and a member of the red team, which has credits. Bob is of the blue one too, without credits. Cyd has credits, Dan a key, Eve nothing.
begin;
select plan(41);
grant usage on schema extensions to byok_server;
insert into auth.users (id, email) select tests.user_id(l), l || '@example.com' from unnest(array['a', 'b', 'c', 'd', 'e']) as l;
insert into byok.operations values ('tap_operation', 'Tap', 'Taps.');
insert into byok.prices (operation, provider, model, microcredits_per_call, max_output_tokens, max_input_bytes) values ('tap_operation', 'openai', 'flat', 30, 1000, 2000);
insert into byok.prices values ('tap_operation', 'openai', 'metered', null, 3000, 1000, 4000, 5000, 1000, 2000);
select set_config('test.envelope', translate(encode(decode('42594b0100000001' || repeat('00', 348), 'hex'), 'base64'), E'\n', ''), true);
create function tests.team(p_name text) returns uuid language sql immutable as $$
  select ('20000000-0000-4000-8000-00000000000' || case p_name when 'red' then 'b' else 'a' end)::uuid;
$$;
create table public.tap_owners (user_id uuid, owner_id uuid, kind text, role text);
create or replace function byok.owners_of(p_user_id uuid) returns table (owner_id uuid, kind text, role text)
language sql stable security definer set search_path = '' as $$
  select o.owner_id, o.kind, o.role from public.tap_owners as o where o.user_id = p_user_id;
$$;
insert into public.tap_owners select id, id, 'user', 'admin' from auth.users where email ~ '^[a-e]@example.com$';
insert into public.tap_owners values
  (tests.user_id('a'), tests.team('red'), 'team', 'admin'), (tests.user_id('b'), tests.team('red'), 'team', 'member'),
  (tests.user_id('b'), tests.team('blue'), 'team', 'member');
-- Who pays, and of the hold its cost and rates.
create function tests.open(p_user text, p_call jsonb default '{}', p_team text default null) returns text language sql as $$
  select concat_ws(' ', o.payer, case o.team_id when tests.team('red') then 'red' when tests.team('blue') then 'blue' end, o.unused_key,
    o.hold ->> 'microcredits', o.hold ->> 'microcredits_per_1000_input_tokens', o.hold ->> 'microcredits_per_1000_cached_input_tokens',
    o.hold ->> 'microcredits_per_1000_cache_write_tokens', o.hold ->> 'microcredits_per_1000_output_tokens')
  from byok.open_call(
    tests.user_id(p_user), 'openai', case when p_team is not null then tests.team(p_team) end,
    '{"operation": "tap_operation", "model": "flat", "request_id": null, "max_input_tokens": 10, "max_output_tokens": 20}' || p_call) as o;
$$;
-- As the operator sees it: available, and each hold with its owner's part of the id, member, model and request id.
create function tests.account(p_owner uuid) returns text language sql security definer as $$
  select concat_ws(' | ',
    (select a.available_microcredits from byok.accounts as a where a.owner_id = p_owner),
    (select string_agg(concat_ws(' ', right(h.member_id::text, 1), h.operation, h.provider, h.model, h.microcredits, h.request_id), ', ' order by h.id)
     from byok.holds as h where h.owner_id = p_owner));
$$;
grant execute on all functions in schema tests to public;
select byok.grant_credits(tests.user_id('c'), 0.0002, null, 'tap:c');
select byok.grant_credits(tests.team('red'), 0.0003, null, 'tap:red', 'team');
select byok.save_credential(tests.user_id('d'), gen_random_uuid(), 'openai', 'abcd', 'verified', current_setting('test.envelope'), 1);
select byok.grant_credits(tests.user_id('d'), 0.0001, null, 'tap:d');

-- A user's own credits.
select tests.authenticate_as_service_role();
select is((select hold::text from byok.open_call(tests.user_id('c'), 'openai')), null, 'nothing is held of a call that is not known yet');
select is(tests.account(tests.user_id('c')), '200', 'and nothing changes');
select is(tests.open('c'), 'platform 30', 'a call that is known is held for at once');
select is(tests.account(tests.user_id('c')), '170 | tap_operation openai flat 30', 'by the price of its model');
select is(current_setting('request.jwt.claims'), '{"role":"service_role"}', 'open_call() gives the claims of its caller back');
select is(tests.open('c', '{"model": "metered", "request_id": "r-1"}'), 'platform 140 3000 1000 4000 5000', 'a metered one for the most that it can cost, with its rates');
select is(tests.account(tests.user_id('c')), '30 | tap_operation openai flat 30, tap_operation openai metered 140 r-1', 'and with its request id');
select throws_ok($$select tests.open('c', '{"request_id": "r-1"}')$$, 'PT409', 'request_in_progress', 'a request id under way is refused');
select throws_ok($$select tests.open('c', '{"model": "metered"}')$$, 'PT402', 'insufficient_credits', 'so is a call that cannot be paid');
select throws_ok($$select tests.open('c', '{"model": "dear"}')$$, 'PT403', 'not_offered', 'and one without a price');
select throws_ok($$select tests.open('c', '{"request_id": ""}')$$, 'PT400', 'invalid_request', 'an empty request id is refused');
select throws_ok($$select tests.open('c', '{"max_output_tokens": -1}')$$, 'PT400', 'invalid_request', 'and fewer than no tokens');
select throws_ok($$select tests.open('c', '{"max_input_tokens": null}')$$, 'PT400', 'invalid_request', 'and a call that does not say how many');
select throws_ok($$select tests.open('e')$$, 'PT402', 'insufficient_credits', 'a user without an account has no credits');
select is(tests.account(tests.user_id('c')), '30 | tap_operation openai flat 30, tap_operation openai metered 140 r-1', 'what is refused leaves nothing');

-- A key that is saved decides.
select is(tests.open('d'), 'byok', 'nothing is held where a key pays');
select throws_ok($$select tests.open('d', '{}', 'red')$$, 'PT403', 'not_a_member', 'nor for a team that the user does not belong to');
select is(tests.account(tests.user_id('d')), '100', 'whatever the call is');
reset role;
update byok.credentials set is_paused = true where owner_id = tests.user_id('d');
select tests.authenticate_as_service_role();
select is(tests.open('d'), 'platform paused 30', 'where it is paused, credits are held, and the answer says why');
select is(tests.account(tests.user_id('d')), '70 | tap_operation openai flat 30', 'the user''s own');

-- Teams.
select is(tests.open('a', '{}', 'red'), 'platform red 30', 'credits of the team that the call names are held');
select is(tests.account(tests.team('red')), '270 | a tap_operation openai flat 30', 'in the name of the member');
select is(tests.open('b', '{"request_id": "r-2"}'), 'platform red 30', 'where none is named, those of the first team that has an account, though others come before it');
select is(tests.account(tests.team('red')), '240 | a tap_operation openai flat 30, b tap_operation openai flat 30 r-2', 'of it alone');
select throws_ok($$select tests.open('b', '{}', 'blue')$$, 'PT402', 'insufficient_credits', 'a team that is named and has none does not fall back to another');
select throws_ok($$select tests.open('c', '{}', 'red')$$, 'PT403', 'not_a_member', 'a stranger to the team has none of its credits held');
reset role;
create or replace function byok.may_use_credits(p_owner_id uuid) returns boolean language sql stable return p_owner_id <> '20000000-0000-4000-8000-00000000000b';
select tests.authenticate_as_service_role();
select throws_ok($$select tests.open('a', '{}', 'red')$$, 'PT403', 'credits_not_allowed', 'nor has a team that may not use credits');
select is(tests.account(tests.team('red')), '240 | a tap_operation openai flat 30, b tap_operation openai flat 30 r-2', 'and nothing changes');
select is(current_setting('request.jwt.claims'), '{"role":"service_role"}', 'the claims of the caller come back from a team');

-- The balance.
select tests.authenticate_as(tests.user_id('c'));
select results_eq('select * from byok.read_balance()', 'values (30::bigint, 170::bigint)', 'users read what they can spend and what is held');
select is((select count(*) from byok.accounts)::int, 1, 'and afterwards see their own account alone, as before');
select results_eq($$select * from byok.read_balance(tests.team('red'))$$, 'values (0::bigint, 0::bigint)', 'nothing of a team that they do not belong to');
select results_eq($$select * from byok.read_balance(tests.user_id('d'))$$, 'values (0::bigint, 0::bigint)', 'and nothing of another user');
select tests.authenticate_as(tests.user_id('b'));
select results_eq($$select * from byok.read_balance(tests.team('red'))$$, 'values (240::bigint, 60::bigint)', 'members read what their team holds in all');
select is((select count(*) from byok.holds)::int, 1, 'though of its calls their own alone');
select results_eq('select * from byok.read_balance()', 'values (0::bigint, 0::bigint)', 'without an account there is nothing');
select tests.clear_authentication();
select throws_ok('select byok.read_balance()', '42501', null, 'a visitor reads none');
set local role authenticated;
set local request.jwt.claims = '{"role":"authenticated"}';
select throws_ok('select byok.read_balance()', 'PT401', 'unauthenticated', 'nor does a token of nobody');
set local request.jwt.claims = '{"role":"authenticated","sub":"00000000-0000-4000-8000-00000000000c","client_id":"stranger"}';
select throws_ok('select byok.read_balance()', 'PT401', 'unauthenticated', 'nor one of an OAuth client that is not accepted');
select tests.authenticate_as_service_role();
select throws_ok('select byok.read_balance()', '42501', null, 'a backend reads its own tables instead');

select tests.authenticate_as(tests.user_id('c'));
select is((select right(current_setting('request.jwt.claims')::jsonb ->> 'sub', 1) from byok.read_balance()), 'c', 'the claims of the user stay');

select * from finish();
rollback;
