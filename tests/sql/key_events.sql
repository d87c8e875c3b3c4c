-- The life of a key: its events, pausing it, refusals in calls, its last use.
begin;
select plan(57);
grant usage on schema extensions to byok_server, byok_rotation, byok_events;
insert into auth.users (id, email) values
  (tests.user_id('a'), 'ada@example.com'),
  (tests.user_id('b'), 'bob@example.com'),
  (tests.user_id('c'), 'cyd@example.com');
-- Bob is an admin of a team, cyd a member of it.
create or replace function byok.owners_of(p_user_id uuid) returns table (owner_id uuid, kind text, role text)
language sql stable set search_path = '' as $$
  select p_user_id, 'user', 'admin'
  union all select tests.user_id('e'), 'team', case p_user_id when tests.user_id('b') then 'admin' else 'member' end
  where p_user_id in (tests.user_id('b'), tests.user_id('c'));
$$;
select set_config('test.envelope', translate(encode(decode('42594b0100000001' || repeat('00', 348), 'hex'), 'base64'), E'\n', ''), true);
select set_config('test.rotated', translate(encode(decode('42594b0100000002' || repeat('00', 348), 'hex'), 'base64'), E'\n', ''), true);
create function pg_temp.id_of(p_number text) returns uuid language sql as $$ select ('10000000-0000-4000-8000-00000000000' || p_number)::uuid; $$;
create function pg_temp.save(p_user text, p_id text, p_provider text, p_status text default 'verified', p_team_id uuid default null)
returns void language sql as $$
  select byok.save_credential(
    p_user_id => tests.user_id(p_user), p_credential_id => pg_temp.id_of(p_id), p_provider => p_provider, p_hint => 'abcd',
    p_status => p_status, p_envelope => current_setting('test.envelope'), p_kid => 1, p_team_id => p_team_id);
$$;
-- As the operator sees them, oldest first.
create function pg_temp.events(p_owner text) returns text language sql security definer as $$
  select string_agg(concat_ws(' ', kind, provider, status, reason, actor, right(actor_id::text, 1)), ', ' order by id)
  from byok.key_events where owner_id = tests.user_id(p_owner);
$$;

-- A user's own key.
select tests.authenticate_as_service_role();
select pg_temp.save('a', '1', 'openai');
select is(pg_temp.events('a'), 'saved openai verified user a', 'save_credential() leaves an event of the user');
select pg_temp.save('a', '2', 'openai', 'unverified');
select is(pg_temp.events('a'), 'saved openai verified user a, replaced openai unverified user a', 'and another when it replaces a key');
select byok.mark_credential(tests.user_id('a'), pg_temp.id_of('2'), 'verified');
select byok.mark_credential(tests.user_id('a'), pg_temp.id_of('2'), 'verified');
reset role;
delete from byok.key_events where kind in ('saved', 'replaced');
select is(pg_temp.events('a'), 'verdict_changed openai verified user a', 'a verdict leaves an event when it changes, and none when it is found again');
select tests.authenticate_as_service_role();
select byok.mark_credential(tests.user_id('a'), pg_temp.id_of('2'), 'rejected', 'key_revoked', 'schedule');
select byok.mark_credential(tests.user_id('a'), pg_temp.id_of('2'), 'verified', null, 'operator');
reset role;
select is(
  pg_temp.events('a'),
  'verdict_changed openai verified user a, verdict_changed openai rejected key_revoked schedule, verdict_changed openai verified operator',
  'with who checked: the schedule, or a job of the operator');
delete from byok.key_events;

-- Refusals in calls.
create temporary view versions as select id, ctid::text as version, status, reason from byok.credentials;
create temporary table before as select * from versions;
select tests.authenticate_as_service_role();
select is(byok.note_refusal(tests.user_id('a'), pg_temp.id_of('2'), 'no_credit', 'out_of_credit', tests.user_id('a')), true, 'note_refusal() marks a key that the provider refuses');
select is(byok.note_refusal(tests.user_id('a'), pg_temp.id_of('2'), 'no_credit', 'out_of_credit', tests.user_id('a')), false, 'once');
select is(pg_temp.events('a'), 'verdict_changed openai no_credit out_of_credit user a', 'with one event');
select is(byok.note_refusal(tests.user_id('a'), pg_temp.id_of('1'), 'rejected', null, tests.user_id('a')), false, 'a key that was replaced meanwhile is not marked');
select throws_ok($$select byok.note_refusal(tests.user_id('a'), pg_temp.id_of('2'), 'verified', null, tests.user_id('a'))$$, 'PT400', 'invalid_request', 'a call never marks a key as working');
select is(byok.note_refusal(tests.user_id('b'), pg_temp.id_of('2'), 'rejected', null, tests.user_id('b')), false, 'nor anybody else''s key');
reset role;
select isnt((select version from versions), (select version from before), 'the control: a mark changes the row');

-- Pausing.
select tests.authenticate_as(tests.user_id('a'));
select lives_ok($$update byok.credentials set is_paused = true where provider = 'openai'$$, 'owners pause their key');
select throws_ok($$update byok.credentials set status = 'verified'$$, '42501', null, 'and change nothing else of it');
select tests.authenticate_as_service_role();
select results_eq(
  $$select payer, credential_id, envelope, unused_key from byok.open_call(tests.user_id('a'), 'openai')$$,
  $$values ('platform', null::uuid, null, 'paused')$$, 'credits pay for a paused key, and the answer can say why');
select tests.authenticate_as(tests.user_id('a'));
update byok.credentials set is_paused = false where provider = 'openai';
select tests.authenticate_as_service_role();
select is((select payer from byok.open_call(tests.user_id('a'), 'openai')), 'byok', 'a key that is resumed pays again');
select is(
  pg_temp.events('a'),
  'verdict_changed openai no_credit out_of_credit user a, paused openai no_credit out_of_credit user a, resumed openai no_credit out_of_credit user a',
  'both leave an event');
reset role;
delete from byok.key_events;
update byok.credentials set is_paused = true;
select tests.authenticate_as_service_role();
select pg_temp.save('a', '3', 'openai');
reset role;
select is((select is_paused from byok.credentials), false, 'a new key is not paused');
select is(pg_temp.events('a'), 'paused openai no_credit out_of_credit operator, replaced openai verified user a', 'and what is done without claims is the operator''s');
insert into byok.required_claims values ('second_factor', '{"aal": "aal2"}');
select tests.authenticate_as(tests.user_id('a'));
select throws_ok($$update byok.credentials set is_paused = true where provider = 'openai'$$, 'PT403', 'claims_required', 'pausing asks for the claims that saving asks for');
reset role;
delete from byok.required_claims;
select tests.authenticate_as(tests.user_id('b'));
update byok.credentials set is_paused = true where provider = 'openai';
reset role;
select is((select is_paused from byok.credentials), false, 'nobody pauses another''s key');

-- A team's key.
delete from byok.key_events;
select tests.authenticate_as_service_role();
select pg_temp.save('b', '4', 'groq', 'verified', tests.user_id('e'));
select is(pg_temp.events('e'), 'saved groq verified member b', 'what an admin does with the key of a team is a member''s');
select byok.note_refusal(tests.user_id('e'), pg_temp.id_of('4'), 'rejected', null, tests.user_id('c'));
select is(pg_temp.events('e'), 'saved groq verified member b, verdict_changed groq rejected member c', 'and so is a member''s call that the provider refuses');
select tests.authenticate_as(tests.user_id('c'));
select is_empty('select * from byok.key_events', 'members do not read the history of a team''s key');
update byok.credentials set is_paused = true;
select tests.authenticate_as(tests.user_id('b'));
select results_eq('select kind, right(actor_id::text, 1) from byok.key_events order by id', $$values ('saved', 'b'), ('verdict_changed', 'c')$$, 'admins do');
reset role;
select is((select count(*) from byok.credentials where is_paused), 0::bigint, 'a member pauses no key of the team');
select tests.authenticate_as(tests.user_id('b'));
update byok.credentials set is_paused = true where provider = 'groq';
reset role;
select is(pg_temp.events('e'), 'saved groq verified member b, verdict_changed groq rejected member c, paused groq rejected member b', 'an admin does');
select tests.authenticate_as_service_role();
select pg_temp.save('c', '5', 'groq');
select byok.forget_owner(tests.user_id('e'));
reset role;
select is((select count(*) from byok.key_events where owner_id = tests.user_id('e')), 0::bigint, 'the events go with the team');

-- Rotation.
delete from byok.key_events;
select tests.authenticate_as_service_role();
select is(
  (select count(*) from byok.replace_envelopes(jsonb_build_array(
    jsonb_build_object('owner_id', tests.user_id('a'), 'credential_id', pg_temp.id_of('3'), 'old_envelope', current_setting('test.envelope'), 'new_envelope', current_setting('test.rotated'), 'new_kid', 2),
    jsonb_build_object('owner_id', tests.user_id('c'), 'credential_id', pg_temp.id_of('5'), 'old_envelope', current_setting('test.envelope'), 'new_envelope', null)))),
  2::bigint, 'a rotation passes two keys');
select is(pg_temp.events('a'), 'rotated openai verified operator', 'one is rotated by the operator');
select is(pg_temp.events('c'), 'locked groq locked operator', 'and the other, which does not open, is locked');

-- The hook.
reset role;
delete from byok.key_events;
create table public.tap_mails (text text);
create or replace function byok.on_key_event(p_event jsonb) returns void
language sql security definer set search_path = '' as $$
  insert into public.tap_mails values (concat_ws(' ', p_event ->> 'kind', p_event ->> 'status', right(p_event ->> 'owner_id', 1)));
$$;
select tests.authenticate_as_service_role();
select byok.note_refusal(tests.user_id('a'), pg_temp.id_of('3'), 'rejected', null, tests.user_id('a'));
reset role;
select results_eq('select text from public.tap_mails', $$values ('verdict_changed rejected a')$$, 'the app''s hook gets each event');
drop table public.tap_mails;
select tests.authenticate_as(tests.user_id('a'));
select lives_ok($$delete from byok.credentials where provider = 'openai'$$, 'a hook that fails keeps nobody from removing a key');
reset role;
select is(pg_temp.events('a'), 'verdict_changed openai rejected user a, removed openai rejected user a', 'and the event is there all the same');

create or replace function byok.on_key_event(p_event jsonb) returns void language plpgsql set search_path = '' as $$ begin end $$;

-- The last use.
select tests.authenticate_as_service_role();
select pg_temp.save('a', '6', 'openai');
select byok.open_call(tests.user_id('a'), 'openai');
reset role;
select is((select last_used_on from byok.credentials where provider = 'openai'), null::date, 'at first no use is recorded');
create or replace function byok.records_last_use() returns boolean language sql stable return true;
select tests.authenticate_as_service_role();
select byok.open_call(tests.user_id('a'), 'openai');
reset role;
select is((select last_used_on from byok.credentials where provider = 'openai'), (now() at time zone 'utc')::date, 'once the operator wants it, the day of the last use is');
delete from before;
insert into before select * from versions where id = pg_temp.id_of('6');
delete from byok.key_events;
select tests.authenticate_as_service_role();
select byok.open_call(tests.user_id('a'), 'openai');
reset role;
select results_eq('select * from versions where id = pg_temp.id_of(''6'')', 'select * from before', 'once a day');
select is((select count(*) from byok.key_events), 0::bigint, 'and without an event');

-- The bound, and who may do what.
select tests.authenticate_as_service_role();
select byok.mark_credential(tests.user_id('a'), pg_temp.id_of('6'), case number % 2 when 0 then 'rejected' else 'verified' end) from generate_series(1, 250) as number;
reset role;
select is((select count(*) from byok.key_events where owner_id = tests.user_id('a')), 200::bigint, 'of an owner the newest 200 events are kept');
select is((select status from byok.key_events order by id desc limit 1), 'rejected', 'the last one among them');
select tests.authenticate_as(tests.user_id('b'));
select is_empty('select * from byok.key_events', 'a stranger sees none');
select tests.authenticate_as(tests.user_id('a'));
select isnt_empty('select * from byok.key_events', 'the owner sees the own');
select throws_ok('delete from byok.key_events', '42501', null, 'and deletes none');
select throws_ok($$update byok.key_events set kind = 'saved'$$, '42501', null, 'nor rewrites one');
set local role byok_events;
select throws_ok($$update byok.key_events set kind = 'saved'$$, '42501', null, 'nor do the triggers');
select throws_ok('select * from byok.credentials', '42501', null, 'which see no credential');
select throws_ok('select * from byok.envelopes', '42501', null, 'and no envelope');
reset role;
delete from auth.users where id = tests.user_id('a');
select is((select count(*) from byok.key_events where owner_id = tests.user_id('a')), 0::bigint, 'the events go with the user, the removal of the keys included');

-- The schedule of checks: the credentials that are due, each once.
insert into auth.users (id, email) values (tests.user_id('a'), 'ada@example.com');
delete from byok.key_events;
select tests.authenticate_as_service_role();
select byok.save_credential(tests.user_id('a'), '10000000-0000-4000-8000-000000000001', 'openai', '', 'verified', current_setting('test.envelope'), 1);
select byok.save_credential(tests.user_id('a'), '10000000-0000-4000-8000-000000000002', 'groq', '', 'no_credit', current_setting('test.envelope'), 1);
select byok.save_credential(tests.user_id('b'), '10000000-0000-4000-8000-000000000003', 'openai', '', 'verified', current_setting('test.envelope'), 1);
create function pg_temp.age(p_id text, p_age interval) returns void language sql as $$
  update byok.credentials set updated_at = now() - p_age where right(id::text, 1) = p_id;
$$;
create function pg_temp.due(p_hours integer, p_limit integer) returns text language sql as $$
  select string_agg(concat_ws(' ', right(d.credential_id::text, 1), right(d.owner_id::text, 1), d.provider, d.status, d.envelope is not null), ', ')
  from byok.take_due_credentials(p_hours, p_limit) as d;
$$;

select tests.authenticate_as_service_role();
select is(pg_temp.due(1, 10), null, 'what was checked a moment ago is not due');
reset role;
select pg_temp.age('1', '3 hours'), pg_temp.age('2', '5 hours'), pg_temp.age('3', '4 hours');
select tests.authenticate_as_service_role();
select is(pg_temp.due(2, 2), '2 a groq no_credit t, 3 b openai verified t', 'of what is due the oldest comes first, of all owners, with the envelope');
select is(current_setting('request.jwt.claims'), '{"role":"service_role"}', 'take_due_credentials() gives the claims of its caller back');
select is(pg_temp.due(2, 2), '1 a openai verified t', 'and each once');
select is(pg_temp.due(2, 2), null, 'until it is due again');
select throws_ok('select byok.take_due_credentials(1, 0)', 'PT400', 'invalid_request', 'a limit of none is refused');
select throws_ok('select byok.take_due_credentials(null, 1)', 'PT400', 'invalid_request', 'and no time');

reset role;
select pg_temp.age('1', '3 hours'), pg_temp.age('2', '3 hours'), pg_temp.age('3', '3 hours');
update byok.credentials set is_paused = true where right(id::text, 1) = '1';
create or replace function byok.may_bring_key(p_owner_id uuid) returns boolean language sql stable return p_owner_id <> '00000000-0000-4000-8000-00000000000b';
select tests.authenticate_as_service_role();
select is(pg_temp.due(2, 10), '2 a groq no_credit t', 'a paused key is not checked, nor one whose owner may not bring keys');
reset role;
select is((select count(*) from byok.key_events where kind <> 'saved'), 1::bigint, 'and taking a key for a check leaves no event, but for the pause');
set local role byok_rotation;
select throws_ok('select provider from byok.credentials', '42501', null, 'who lists what is due sees ids and times alone');

select * from finish();
rollback;
