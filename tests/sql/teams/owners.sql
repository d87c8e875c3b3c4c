-- Teams: two teams of two, by an app that replaces owners_of. Ada is the admin of the red team and Bob a member; Cyd and Dan are those of
-- the blue one. Eve belongs to neither.
begin;
select plan(83);
grant usage on schema extensions to byok_server;
insert into auth.users (id, email) select tests.user_id(l), l || '@example.com' from unnest(array['a', 'b', 'c', 'd', 'e', 'f']) as l;
select set_config('test.envelope', translate(encode(decode('42594b0100000001' || repeat('00', 348), 'hex'), 'base64'), E'\n', ''), true);
create function tests.team(p_name text) returns uuid language sql immutable as $$
  select ('20000000-0000-4000-8000-00000000000' || case p_name when 'red' then 'a' else 'b' end)::uuid;
$$;
create function tests.save(p_user text, p_team text, p_provider text default 'openai') returns text language sql as $$
  select provider from byok.save_credential(
    tests.user_id(p_user), gen_random_uuid(), p_provider, 'abcd', 'verified', current_setting('test.envelope'), 1, p_team_id => tests.team(p_team));
$$;
create function tests.open(p_user text, p_team text default null, p_provider text default 'openai') returns text language sql as $$
  select concat_ws(' ', payer, case team_id when tests.team('red') then 'red' when tests.team('blue') then 'blue' end)
  from byok.open_call(tests.user_id(p_user), p_provider, case when p_team is not null then tests.team(p_team) end);
$$;
create function tests.place(p_user text, p_team text, p_request text) returns bigint language sql as $$
  select hold_id from byok.place_hold(
    tests.user_id(p_user), p_request, 'kernel_build', 'openai', 'gpt-5.4-nano', 10, 10, case when p_team is not null then tests.team(p_team) end);
$$;
grant execute on all functions in schema tests to public;

select results_eq($$select * from byok.owners_of(tests.user_id('a'))$$, $$select tests.user_id('a'), 'user', 'admin'$$, 'until the app says otherwise a user acts for nobody else');
select tests.authenticate_as_service_role();
select throws_ok($$select tests.save('a', 'red')$$, 'PT403', 'not_a_member', 'and for no team');

-- As an app replaces it: by a table that the functions' role cannot read.
reset role;
create table public.tap_owners (user_id uuid, owner_id uuid, kind text, role text);
create or replace function byok.owners_of(p_user_id uuid) returns table (owner_id uuid, kind text, role text)
language sql stable security definer set search_path = '' as $$
  select o.owner_id, o.kind, o.role from public.tap_owners as o where o.user_id = p_user_id;
$$;
insert into public.tap_owners select id, id, 'user', 'admin' from auth.users where email ~ '^[a-f]@example.com$';
insert into public.tap_owners values
  (tests.user_id('a'), tests.team('red'), 'team', 'admin'), (tests.user_id('b'), tests.team('red'), 'team', 'member'),
  (tests.user_id('c'), tests.team('blue'), 'team', 'admin'), (tests.user_id('d'), tests.team('blue'), 'team', 'member');

-- Keys.
select tests.authenticate_as_service_role();
select is(tests.save('a', 'red'), 'openai', 'an admin saves the key of the team');
select throws_ok($$select tests.save('b', 'red')$$, 'PT403', 'admins_only', 'a member does not');
select throws_ok($$select tests.save('c', 'red')$$, 'PT403', 'not_a_member', 'nor the admin of another team');
select throws_ok($$select tests.save('e', 'red')$$, 'PT403', 'not_a_member', 'nor a stranger');
select throws_ok($$select byok.count_attempt(tests.user_id('b'), null, tests.team('red'))$$, 'PT403', 'admins_only', 'a member has no key of the team checked');
select throws_ok($$select byok.count_attempt(tests.user_id('c'), null, tests.team('red'))$$, 'PT403', 'not_a_member', 'nor the admin of another team');
select lives_ok($$select byok.count_attempt(tests.user_id('a'), null, tests.team('red'))$$, 'an admin has');
select throws_ok($$select * from byok.read_envelope(tests.user_id('b'), 'openai', tests.team('red'))$$, 'PT403', 'admins_only', 'the envelope is not read for a member who would check the key');
select throws_ok($$select * from byok.read_envelope(tests.user_id('c'), 'openai', tests.team('red'))$$, 'PT403', 'not_a_member', 'nor for the admin of another team');
select is((select count(*) from byok.read_envelope(tests.user_id('a'), 'openai', tests.team('red')))::int, 1, 'it is for an admin');
select is_empty($$select * from byok.read_envelope(tests.user_id('a'), 'openai')$$, 'who has no key of their own by that');
select is(current_setting('request.jwt.claims'), '{"role":"service_role"}', 'the claims of the caller come back');

select is(tests.open('b'), 'byok red', 'a member calls on the key of the team');
select is(tests.open('a'), 'byok red', 'so does an admin');
select is(tests.open('d'), 'platform', 'a member of another team does not');
select is(tests.open('e'), 'platform', 'nor does a stranger');
select throws_ok($$select tests.open('d', 'red')$$, 'PT403', 'not_a_member', 'naming the team does not help');
select throws_ok($$select * from byok.open_call(tests.user_id('b'), 'openai', tests.user_id('b'))$$, 'PT403', 'not_a_member', 'a user is no team');
select is(tests.open('b', 'red', 'groq'), 'platform red', 'a key is of one provider');
select is(tests.save('c', 'blue'), 'openai', 'another team has a key of its own');
reset role;
insert into public.tap_owners values (tests.user_id('f'), tests.team('blue'), 'team', 'member'), (tests.user_id('f'), tests.team('red'), 'team', 'member');
select tests.authenticate_as_service_role();
select is(tests.open('f'), 'byok red', 'of several teams the first pays by the order of ids');
select is(tests.open('f', 'blue'), 'byok blue', 'or the one that the call names');
select lives_ok($$select byok.save_credential(tests.user_id('f'), gen_random_uuid(), 'openai', 'abcd', 'rejected', current_setting('test.envelope'), 1)$$, 'a member saves a key of their own');
select is(tests.open('f', 'blue'), 'byok', 'which wins over that of a team, whatever its status');
reset role;
delete from public.tap_owners where user_id = tests.user_id('f') and kind = 'user';
select tests.authenticate_as_service_role();
select is(tests.open('f', 'blue'), 'byok blue', 'where a user may have no keys of their own the team''s is used');
select throws_ok($$select byok.count_attempt(tests.user_id('f'))$$, 'PT403', 'not_a_member', 'and no other is checked');
select throws_ok(
  $$select byok.save_credential(tests.user_id('f'), gen_random_uuid(), 'openai', 'abcd', 'rejected', current_setting('test.envelope'), 1)$$,
  'PT403', 'not_a_member', 'or saved');
select tests.authenticate_as(tests.user_id('f'));
with removed as (delete from byok.credentials where owner_id = tests.user_id('f') returning 1)
select is((select count(*) from removed)::int, 1, 'the one from before can be removed');
reset role;
delete from public.tap_owners where user_id = tests.user_id('f');
select tests.authenticate_as_service_role();
select throws_ok($$select tests.open('f')$$, 'PT403', 'not_a_member', 'a user without any owner does not call');

-- Credits.
reset role;
select byok.grant_credits(tests.team('red'), 100, 'invoice', 'tap:red', 'team'), byok.grant_credits(tests.user_id('a'), 50, 'welcome', 'tap:ada');
select throws_ok($$select byok.grant_credits(gen_random_uuid(), 100, 'invoice', 'tap:typo')$$, '23503', null, 'credits for a user who does not exist are not a team''s');
select throws_ok($$select byok.grant_credits(tests.user_id('b'), 100, 'invoice', 'tap:bob', 'team')$$, 'PT500', 'owners_malformed', 'nor those for a team a user''s');
select throws_ok($$select byok.grant_credits(tests.team('blue'), 100, 'invoice', 'tap:blue', 'company')$$, 'PT400', 'invalid_request', 'an owner is a user or a team');
select tests.authenticate_as_service_role();
select is(tests.open('b', null, 'groq'), 'platform red', 'a member without credits of their own spends the team''s');
select is(tests.open('a', null, 'groq'), 'platform', 'who has an account spends that');
select is(tests.open('a', 'red', 'groq'), 'platform red', 'unless the call names the team');
select is(tests.open('d', 'blue', 'groq'), 'platform blue', 'a team that is named pays, though it has no account');
select is(tests.open('d', null, 'groq'), 'platform', 'one that is not named does not');
create temporary table placed (bobs bigint, adas bigint);
select lives_ok($$insert into placed select tests.place('b', 'red', 'r1'), tests.place('a', 'red', 'r1')$$, 'two members use the same request id');
select throws_ok($$select tests.place('b', 'red', 'r1')$$, 'PT409', 'request_in_progress', 'one member does so once');
select throws_ok($$select tests.place('e', 'red', 'r1')$$, 'PT403', 'not_a_member', 'a stranger spends nothing of the team''s');
select throws_ok($$select tests.place('d', 'red', 'r1')$$, 'PT403', 'not_a_member', 'nor does a member of another team');
select is(byok.charge_hold(tests.team('red'), bobs), 'charged', 'the team pays') from placed;
select is(byok.charge_hold(tests.user_id('b'), adas), 'voided', 'a hold of the team is none of the member''s') from placed;
select is(byok.refund_charge(tests.team('red'), bobs, 1, 'unused'), 1::bigint, 'and gets back what was not used') from placed;
select throws_ok($$select tests.place('b', 'red', 'r1')$$, 'PT409', 'request_completed', 'the request of a member is charged once');
reset role;
select results_eq(
  $$select kind, member_id from byok.entries where owner_id = tests.team('red') order by id, kind$$,
  $$values ('grant', null::uuid), ('charge', tests.user_id('b')), ('refund', tests.user_id('b'))$$, 'the ledger of the team says whose calls they were');

-- In the browser.
select tests.authenticate_as(tests.user_id('b'));
select results_eq($$select provider, hint, status from byok.credentials$$, $$values ('openai', 'abcd', 'verified')$$, 'a member sees the key''s provider, end and status');
select throws_ok('select * from byok.envelopes', '42501', null, 'and no envelope');
select results_eq('select owner_id from byok.accounts', $$values (tests.team('red'))$$, 'a member sees the balance of the team');
select set_eq('select distinct member_id from byok.entries', array[tests.user_id('b')], 'in its ledger what they spent');
select is_empty('select * from byok.holds', 'and no call of another member under way');
with removed as (delete from byok.credentials returning 1)
select is((select count(*) from removed)::int, 0, 'a member removes no key');
select tests.authenticate_as(tests.user_id('a'));
select is((select count(*) from byok.entries where owner_id = tests.team('red'))::int, 3, 'an admin sees the whole ledger of the team');
select is((select count(*) from byok.holds where owner_id = tests.team('red'))::int, 1, 'and all calls under way');
select tests.authenticate_as(tests.user_id('c'));
select set_eq('select owner_id from byok.credentials', array[tests.team('blue')], 'the admin of another team sees the keys of that one');
select is_empty('select owner_id from byok.accounts union all select owner_id from byok.entries union all select owner_id from byok.holds', 'and none of the first one''s credits');
with removed as (delete from byok.credentials where owner_id = tests.team('red') returning 1)
select is((select count(*) from removed)::int, 0, 'and removes nothing of theirs');
reset role;
delete from public.tap_owners where user_id = tests.user_id('b') and kind = 'team';
select tests.authenticate_as(tests.user_id('b'));
select is_empty('select owner_id from byok.credentials union all select owner_id from byok.accounts union all select owner_id from byok.entries', 'a former member sees nothing');
select tests.authenticate_as_service_role();
select is(tests.open('b'), 'platform', 'and the next call is on no key of the team');
select throws_ok($$select tests.place('b', 'red', 'r2')$$, 'PT403', 'not_a_member', 'nor on its credits');

-- The functions' role, too, sees one owner at a time.
set local role byok_server;
set local request.jwt.claims = '{"sub":"00000000-0000-4000-8000-00000000000a","role":"byok_server"}';
select is_empty('select owner_id from byok.credentials union all select owner_id from byok.envelopes', 'acting for an admin it sees no row of the team');
select set_config('request.jwt.claims', format('{"sub":"%s","role":"byok_server"}', tests.team('red')), true);
select set_eq('select owner_id from byok.credentials union all select owner_id from byok.envelopes', array[tests.team('red')], 'acting for a team it sees that team''s alone');

-- Answers of owners_of that cannot be.
reset role;
create function tests.refused(p_rows text) returns text language plpgsql as $$
begin
  delete from public.tap_owners where user_id = tests.user_id('e');
  execute 'insert into public.tap_owners select tests.user_id(''e''), r.* from (values ' || p_rows || ') as r';
  perform byok.open_call(tests.user_id('e'), 'openai');
  return 'let in';
exception when sqlstate 'PT500' then
  return sqlerrm;
end
$$;
select is(tests.refused(rows), 'owners_malformed', 'refused: ' || rows) from unnest(array[
  $$(null::uuid, 'team', 'member')$$, $$(tests.team('red'), null, 'member')$$, $$(tests.team('red'), 'team', null)$$,
  $$(tests.team('red'), 'company', 'member')$$, $$(tests.team('red'), 'team', 'owner')$$,
  $$(tests.team('red'), 'team', 'member'), (tests.team('red'), 'team', 'admin')$$, $$(tests.user_id('a'), 'user', 'admin')$$,
  $$(tests.user_id('e'), 'team', 'admin')$$, $$(tests.user_id('a'), 'team', 'member')$$]) as rows;
insert into public.tap_owners values (tests.user_id('e'), tests.user_id('b'), 'team', 'admin');
select throws_ok(
  $$select byok.save_credential(tests.user_id('e'), gen_random_uuid(), 'openai', '', 'verified', current_setting('test.envelope'), 1, p_team_id => tests.user_id('b'))$$,
  'PT500', 'owners_malformed', 'nobody saves a key in the name of another user, who has none');

select tests.authenticate_as(tests.user_id('e'));
select throws_ok('select * from byok.' || t, 'PT500', 'owners_malformed', 'nor does anybody see what another user has by an answer that calls the user a team: ' || t)
from unnest(array['credentials', 'key_events']) as t;
select throws_ok('delete from byok.credentials', 'PT500', 'owners_malformed', 'or remove it');
select throws_ok($$select * from byok.read_rights(tests.user_id('b'))$$, 'PT500', 'owners_malformed', 'or read the rights of it');
select tests.authenticate_as_service_role();
reset role;

-- The end of a team, and of a member.
create table public.tap_teams (id uuid primary key);
insert into public.tap_teams values (tests.team('red')), (tests.team('blue'));
create trigger forget_team after delete on public.tap_teams for each row execute function byok.forget_deleted_team();
grant select, delete on public.tap_teams to authenticated;
select is(byok.forget_owner(tests.user_id('a')), false, 'a user is forgotten by being deleted only');
delete from auth.users where id = tests.user_id('b');
select is((select count(*) from byok.entries where member_id = tests.user_id('b'))::int, 2, 'a deleted member stays as an id in the ledger of the team');
select tests.authenticate_as(tests.user_id('a'));
delete from public.tap_teams where id = tests.team('red');
select is(current_setting('request.jwt.claims')::jsonb ->> 'sub', tests.user_id('a')::text, 'who deletes a team stays who they are');
reset role;
select is_empty(
  $$select owner_id from byok.credentials where owner_id = tests.team('red') union all select owner_id from byok.envelopes where owner_id = tests.team('red')
    union all select owner_id from byok.accounts where owner_id = tests.team('red') union all select owner_id from byok.entries where owner_id = tests.team('red')
    union all select owner_id from byok.holds where owner_id = tests.team('red') union all select id from byok.owners where id = tests.team('red')$$,
  'a deleted team leaves nothing');
select is((select count(*) from byok.credentials where owner_id = tests.team('blue'))::int, 1, 'and takes nothing of another along');

select * from finish();
rollback;
