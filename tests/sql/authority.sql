-- The whole matrix: every table, function and sequence of the schema, attempted by every role that could be an attacker's.
-- helpers/authority.sql attempts them; teams/team_authority.sql is about teams.
begin;
grant usage on schema extensions to byok_server, byok_rotation, byok_events, byok_functions;
-- Who made the role may become it, but on 17 has to say so.
grant byok_functions to postgres;

-- Ada is the owner and cyd somebody else; both have a row in every table. Bob, the stranger, has none.
insert into auth.users (id, email) values
  ('00000000-0000-4000-8000-00000000000a', 'ada@example.com'),
  ('00000000-0000-4000-8000-00000000000b', 'bob@example.com'),
  ('00000000-0000-4000-8000-00000000000c', 'cyd@example.com');
select set_config('test.envelope', translate(encode(decode('42594b0100000001' || repeat('00', 348), 'hex'), 'base64'), E'\n', ''), true);
do $$
declare
  v_user uuid;
begin
  foreach v_user in array array['00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000c']::uuid[] loop
    perform byok.grant_credits(v_user, 100, 'welcome', 'tap:' || v_user);
    perform byok.place_hold(v_user, 'request-1', 'kernel_build', 'openai', 'gpt-5.4-nano', 10, 10);
    perform byok.save_credential(v_user, v_user, 'openai', 'abcd', 'verified', current_setting('test.envelope'), 1);
    perform byok.count_attempt(v_user, repeat('A', 43) || '=');
  end loop;
end
$$;

-- A rule that every token meets.
insert into byok.required_claims values ('signed_in', '{"role": "authenticated"}');
insert into byok.oauth_clients values ('our-app');

insert into tests.names values (tests.user_id('a'), 'own');
insert into tests.attackers values
  ('anon', 'anon', '{"role":"anon"}'),
  ('anon with the claims of the owner', 'anon', '{"sub":"00000000-0000-4000-8000-00000000000a","role":"authenticated"}'),
  ('a token without claims', 'authenticated', ''),
  ('a token of nobody', 'authenticated', '{"role":"authenticated"}'),
  ('a stranger who claims to be service_role', 'authenticated', '{"sub":"00000000-0000-4000-8000-00000000000b","role":"service_role"}'),
  ('a stranger who claims to be byok_server', 'authenticated', '{"sub":"00000000-0000-4000-8000-00000000000b","role":"byok_server"}'),
  ('a stranger with a user of another project', 'authenticated', '{"sub":"00000000-0000-4000-8000-00000000000f","role":"authenticated","iss":"https://other.supabase.co/auth/v1"}'),
  ('the owner', 'authenticated', '{"sub":"00000000-0000-4000-8000-00000000000a","role":"authenticated"}'),
  ('a stranger', 'authenticated', '{"sub":"00000000-0000-4000-8000-00000000000b","role":"authenticated"}'),
  ('service_role', 'service_role', '{"role":"service_role"}'),
  ('byok_functions', 'byok_functions', ''),
  ('byok_server without a user', 'byok_server', ''),
  ('byok_rotation', 'byok_rotation', ''),
  ('byok_events', 'byok_events', '');

-- Who comes by the Data API from a browser.
create temporary view browsers as select name from tests.attackers where name in ('anon', 'the owner');

-- Who is signed in and has nothing.
create temporary view strangers as select name from tests.attackers where role = 'authenticated' and name <> 'the owner';

insert into tests.allowed
  select 'table', name, 'the owner', 'select', 'shows own rows' from unnest(array['accounts', 'credentials', 'entries', 'holds', 'key_events']) as name
  union all
  select 'table', t, strangers.name, 'select', 'shows nothing'
  from unnest(array['accounts', 'credentials', 'entries', 'holds', 'key_events']) as t, strangers
  union all
  select 'table', t, tests.attackers.name, 'select', 'shows all rows'
  from unnest(array['operations', 'prices']) as t, tests.attackers where role = 'authenticated' or name = 'byok_server without a user'
  union all
  select 'table', name, 'byok_server without a user', 'select', 'shows all rows'
  from unnest(array['limits', 'oauth_clients', 'required_claims']) as name
  union all
  select 'table', name, 'byok_server without a user', 'select', 'shows nothing'
  from unnest(array['accounts', 'counters', 'credentials', 'entries', 'envelopes', 'holds', 'owners', 'used_seals']) as name
  union all
  select 'table', name, 'byok_server without a user', 'update', 'changes nothing'
  from unnest(array['accounts', 'counters', 'credentials', 'envelopes']) as name
  union all
  select 'table', name, 'byok_server without a user', 'insert', 'refused by a policy'
  from unnest(array['accounts', 'counters', 'credentials', 'entries', 'envelopes', 'holds', 'owners', 'used_seals']) as name;
insert into tests.allowed values
  ('table', 'credentials', 'the owner', 'delete', 'changes own rows'),
  ('column', 'credentials.is_paused', 'the owner', 'update', 'changes own rows'),
  ('column', 'credentials.is_paused', 'byok_server without a user', 'update', 'changes nothing'),
  ('table', 'holds', 'byok_server without a user', 'delete', 'changes nothing'),
  ('table', 'owners', 'byok_server without a user', 'delete', 'changes nothing'),
  ('table', 'used_seals', 'byok_server without a user', 'delete', 'changes nothing'),
  ('function', 'add_owner(uuid,text)', 'byok_server without a user', 'execute', 'refused by a policy'),
  ('function', 'forget_deleted_team()', 'byok_server without a user', 'execute', 'fails with 0A000 trigger functions can only be called as triggers'),
  ('table', 'key_events', 'byok_events', 'select', 'shows all rows'),
  ('table', 'key_events', 'byok_events', 'insert', 'fails with 23505 duplicate key value violates unique constraint "key_events_pkey"'),
  ('table', 'key_events', 'byok_events', 'delete', 'changes all rows'),
  ('function', 'forget_key_events()', 'byok_events', 'execute', 'fails with 0A000 trigger functions can only be called as triggers'),
  ('function', 'record_credential_change()', 'byok_events', 'execute', 'fails with 0A000 trigger functions can only be called as triggers'),
  ('sequence', 'entry_ids', 'byok_server without a user', 'nextval', 'runs'),
  ('function', 'count_once(uuid,byok.limits)', 'byok_server without a user', 'execute', 'refused by a policy'),
  ('function', 'end_unpaid(byok.accounts,byok.holds)', 'byok_server without a user', 'execute', 'refused by a policy'),
  ('function', 'enter_charge(byok.holds)', 'byok_server without a user', 'execute', 'refused by a policy');
insert into tests.allowed
  select 'table', 'credentials', name, 'delete', 'changes nothing' from strangers
  union all
  select 'column', 'credentials.is_paused', name, 'update', 'changes nothing' from strangers
  union all
  select 'function', name, 'service_role', 'execute', 'runs' from tests.known
  where kind = 'function'
    and split_part(name, '(', 1) in (
      'charge_hold', 'count_attempt', 'count_envelopes', 'expire_holds', 'forget_owner', 'grant_credits', 'is_client_accepted', 'list_envelopes', 'list_prices',
      'mark_credential', 'note_refusal', 'open_call', 'place_hold', 'read_envelope', 'refund_charge', 'replace_envelopes', 'require_claims',
      'revoke_credits', 'save_credential', 'schema_version', 'take_due_credentials', 'void_hold')
  union all
  select 'function', name, 'byok_functions', 'execute', 'runs' from tests.known
  where kind = 'function'
    and split_part(name, '(', 1) in (
      'charge_hold', 'count_attempt', 'count_envelopes', 'is_client_accepted', 'list_envelopes', 'list_prices', 'mark_credential', 'note_refusal', 'open_call',
      'place_hold', 'read_envelope', 'refund_charge', 'require_claims', 'replace_envelopes', 'run_batch', 'save_credential', 'schema_version', 'take_due_credentials',
      'void_hold')
  union all
  -- The functions that policies call for signed-in users, and the one that a page calls.
  select 'function', tests.known.name, tests.attackers.name, 'execute', 'runs' from tests.known, tests.attackers
  where kind = 'function' and known.name in ('is_client_accepted(jsonb)', 'my_owners(text)', 'read_balance(uuid)', 'read_rights(uuid)', 'require_claims(jsonb)') and role = 'authenticated'
  union all
  -- Nobody can become byok_server or byok_rotation but through the functions that they own.
  select 'function', name, 'byok_server without a user', 'execute', 'runs' from tests.known
  where kind = 'function'
    and name not in ('add_key_event(byok.credentials,text)', 'forget_key_events()', 'on_key_event(jsonb)', 'record_credential_change()', 'schema_version()', 'add_owner(uuid,text)', 'count_envelopes()', 'forget_deleted_team()', 'refuse_ledger_change()', 'count_once(uuid,byok.limits)', 'end_unpaid(byok.accounts,byok.holds)', 'enter_charge(byok.holds)')
  union all
  select 'function', name, 'byok_rotation', 'execute', 'runs' from tests.known
  where kind = 'function' and name in ('count_envelopes()', 'list_due_ids(integer,integer)', 'list_envelope_ids(bigint,uuid,integer)', 'acting_for()', 'refuse_browser()')
  union all
  select 'function', name, 'byok_events', 'execute', 'runs' from tests.known
  where kind = 'function' and name in ('add_key_event(byok.credentials,text)', 'on_key_event(jsonb)', 'record_rotation(jsonb)', 'acting_for()', 'refuse_browser()');

select plan(tests.count_matrix() + (select count(*) from pg_proc cross join browsers
  where pronamespace = 'byok'::regnamespace and (prosecdef and proname not in ('run_batch', 'is_client_accepted', 'my_owners', 'read_balance', 'read_rights', 'require_claims', 'forget_deleted_team', 'forget_key_events', 'record_credential_change') or proname in ('act_for', 'stop_acting', 'refuse_browser')))::integer + 5);

select tests.check_matrix();

-- Once more with what the guide to custom schemas has an operator grant: nothing that acts for a user or looks across users runs.
grant usage on schema byok to anon, authenticated;
grant all on all tables in schema byok to anon, authenticated;
grant all on all routines in schema byok to anon, authenticated;
grant all on all sequences in schema byok to anon, authenticated;

-- A function that runs as its owner refuses; run_batch does so step by step. What runs as its caller is bound by row-level security.
create temporary table refusing as
  select proname || '(' || coalesce((select string_agg(format_type(t, null), ',' order by n) from unnest(proargtypes) with ordinality as a (t, n)), '') || ')' as name
  from pg_proc where pronamespace = 'byok'::regnamespace
    and (prosecdef and proname not in ('run_batch', 'is_client_accepted', 'my_owners', 'read_balance', 'read_rights', 'require_claims', 'forget_deleted_team', 'forget_key_events', 'record_credential_change') or proname in ('act_for', 'stop_acting', 'refuse_browser'));

select is(
  tests.attempt(browsers.name, 'function', refusing.name, 'execute'), 'refused as a browser',
  format('granted all, %s, execute %s: refused as a browser', browsers.name, refusing.name))
from refusing cross join browsers
order by refusing.name, browsers.name;

select is(tests.attempt('the owner', 'table', 'envelopes', 'select'), 'shows nothing', 'granted all, the owner sees no envelope');
select is(tests.attempt('the owner', 'table', 'envelopes', 'update'), 'changes nothing', 'nor changes one');
select is(tests.attempt('the owner', 'table', 'accounts', 'update'), 'changes nothing', 'nor the balance');
select is(tests.attempt('the owner', 'table', 'entries', 'insert'), 'refused by a policy', 'nor the ledger');

create function pg_temp.all_rows() returns jsonb language sql as $$
  select jsonb_object_agg(name, tests.rows_of(name)) from tests.objects where kind = 'table';
$$;
create temporary table before_calls as select pg_temp.all_rows() as rows;
do $$
declare
  v_call text;
begin
  for v_call in select tests.statement('function', name, 'execute') from tests.objects where kind = 'function' loop
    begin
      perform set_config('request.jwt.claims', '{"sub":"00000000-0000-4000-8000-00000000000a","role":"authenticated"}', true);
      perform set_config('role', 'authenticated', true);
      execute v_call;
    exception when others then null;
    end;
    perform set_config('role', 'postgres', true), set_config('request.jwt.claims', '', true);
  end loop;
end
$$;
select is(pg_temp.all_rows(), (select rows from before_calls), 'and no function changes anything of anybody''s');

select * from finish();
rollback;
