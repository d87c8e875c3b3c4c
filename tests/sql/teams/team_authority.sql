-- The matrix once more for teams: every table, column, sequence and function, attempted by an admin, a member, a former member, the admin
-- of another team and a stranger. Then what the functions do when one of these names the team.
begin;
create function tests.team(p_name text) returns uuid language sql immutable as $$
  select ('20000000-0000-4000-8000-00000000000' || case p_name when 'red' then 'a' else 'b' end)::uuid;
$$;

create table public.tap_owners (user_id uuid, owner_id uuid, kind text, role text);
create or replace function byok.owners_of(p_user_id uuid) returns table (owner_id uuid, kind text, role text)
language sql stable security definer set search_path = '' as $$
  select o.owner_id, o.kind, o.role from public.tap_owners as o where o.user_id = p_user_id;
$$;
insert into tests.names values
  (tests.user_id('a'), 'Ada'), (tests.user_id('b'), 'Bob'), (tests.user_id('c'), 'Cyd'), (tests.user_id('d'), 'Dan'), (tests.user_id('e'), 'Eve'),
  (tests.team('red'), 'red'), (tests.team('blue'), 'blue');
insert into auth.users (id, email) select id, name || '@example.com' from tests.names where name ~ '^[A-Z]';
insert into public.tap_owners select id, id, 'user', 'admin' from tests.names where name ~ '^[A-Z]';
insert into public.tap_owners values
  (tests.user_id('a'), tests.team('red'), 'team', 'admin'), (tests.user_id('b'), tests.team('red'), 'team', 'member'),
  (tests.user_id('d'), tests.team('red'), 'team', 'member'), (tests.user_id('c'), tests.team('blue'), 'team', 'admin');

-- Each owner has a key and credits, and each user a charge and a call under way, in each of their teams as well.
select set_config('test.envelope', translate(encode(decode('42594b0100000001' || repeat('00', 348), 'hex'), 'base64'), E'\n', ''), true);
do $$
declare
  v_member record;
  v_team_id uuid;
begin
  perform byok.grant_credits(tests.team(t), 1000, 'invoice', 'tap:' || t, 'team') from unnest(array['red', 'blue']) as t;
  for v_member in select * from public.tap_owners order by user_id, kind desc loop
    v_team_id := case v_member.kind when 'team' then v_member.owner_id end;
    if v_member.kind = 'user' then
      perform byok.grant_credits(v_member.user_id, 1000, 'welcome', 'tap:' || v_member.user_id);
    end if;
    perform byok.charge_hold(v_member.owner_id, h.hold_id)
    from byok.place_hold(v_member.user_id, null, 'kernel_build', 'openai', 'gpt-5.4-nano', 10, 10, v_team_id) as h;
    perform byok.place_hold(v_member.user_id, null, 'kernel_build', 'openai', 'gpt-5.4-nano', 10, 10, v_team_id);
    if v_member.role = 'admin' then
      perform byok.save_credential(v_member.user_id, md5(v_member.owner_id::text)::uuid, 'openai', 'abcd', 'verified', current_setting('test.envelope'), 1, p_team_id => v_team_id);
      perform byok.count_attempt(v_member.user_id, rpad(md5(v_member.owner_id::text), 43, 'A') || '=', v_team_id);
    end if;
  end loop;
end
$$;
insert into byok.required_claims values ('signed_in', '{"role": "authenticated"}');
insert into byok.oauth_clients values ('our-app');
delete from public.tap_owners where user_id = tests.user_id('d') and kind = 'team';

create temporary table people (attacker text primary key, letter text not null, owners text not null, ledger text not null, holds text not null, keys text not null);
insert into people values
  ('an admin', 'a', 'Ada, red', 'Ada, red, red by Ada, red by Bob, red by Dan', 'Ada, red by Ada, red by Bob, red by Dan', 'Ada, red'),
  ('a member', 'b', 'Bob, red', 'Bob, red by Bob', 'Bob, red by Bob', 'Bob'),
  ('the admin of another team', 'c', 'Cyd, blue', 'Cyd, blue, blue by Cyd', 'Cyd, blue by Cyd', 'Cyd, blue'),
  ('a former member', 'd', 'Dan', 'Dan', 'Dan', 'Dan'),
  ('a stranger', 'e', 'Eve', 'Eve', 'Eve', 'Eve');
insert into tests.attackers
  select attacker, 'authenticated', jsonb_build_object('sub', tests.user_id(letter), 'role', 'authenticated') from people;
insert into tests.allowed
  select 'table', t, attacker, 'select', 'shows ' || owners || ' rows' from people, unnest(array['accounts', 'credentials']) as t
  union all
  select 'table', 'entries', attacker, 'select', 'shows ' || ledger || ' rows' from people
  union all
  select 'table', 'holds', attacker, 'select', 'shows ' || holds || ' rows' from people
  union all
  select 'table', 'key_events', attacker, 'select', 'shows ' || keys || ' rows' from people
  union all
  select 'table', t, attacker, 'select', 'shows all rows' from people, unnest(array['operations', 'prices']) as t
  union all
  select 'table', 'credentials', attacker, 'delete', 'changes ' || keys || ' rows' from people
  union all
  select 'column', 'credentials.is_paused', attacker, 'update', 'changes ' || keys || ' rows' from people
  union all
  select 'function', f, attacker, 'execute', 'runs'
  from people, unnest(array['is_client_accepted(jsonb)', 'my_owners(text)', 'read_balance(uuid)', 'read_rights(uuid)', 'require_claims(jsonb)']) as f;

-- Requests of the functions in the name of a user, to the red team: $1 is the user, $2 the team, $3 a hold of the team, $4 a charge of it.
create temporary table requests (name text primary key, role text, arguments text not null);
insert into requests values
  ('count_attempt', 'admin', '$1, null, $2'),
  ('read_envelope', 'admin', $$$1, 'openai', $2$$),
  ('save_credential', 'admin', $$$1, gen_random_uuid(), 'openai', 'efgh', 'verified', current_setting('test.envelope'), 1, p_team_id => $2$$),
  ('open_call', 'member', $$$1, 'openai', $2$$),
  ('place_hold', 'member', $$$1, null, 'kernel_build', 'openai', 'gpt-5.4-nano', 10, 10, $2$$),
  -- These name the owner. That of a hold or a credential has to be the owner that it has.
  ('charge_hold', null, '$1, $3'),
  ('void_hold', null, '$1, $3, false'),
  ('refund_charge', null, $$$1, $4, 1, 'broken_off'$$),
  ('mark_credential', null, $$$1, md5($2::text)::uuid, 'rejected'$$),
  ('note_refusal', null, $$$1, md5($2::text)::uuid, 'rejected', null, $1$$),
  ('grant_credits', null, $$$1, 5, 'mine', 'tap:mine'$$),
  ('revoke_credits', null, $$$1, 5, 'mine', 'tap:taken'$$),
  ('forget_owner', null, '$1');

-- Every row of the red team.
create function pg_temp.rows_of_red() returns jsonb language sql as $$
  select jsonb_object_agg(name || ' ' || key, value) from tests.objects, jsonb_each(tests.rows_of(name))
  where kind = 'table' and tests.owner_of(value) = tests.team('red')::text;
$$;

-- The answer to one in somebody's name, and whether the team's rows are as before; undone.
create function pg_temp.ask(p_letter text, p_name text) returns text language plpgsql as $$
declare
  v_before jsonb := pg_temp.rows_of_red();
  v_call text := format('select byok.%s(%s)', p_name, (select arguments from requests where name = p_name));
  v_hold_id bigint := (select max(id) from byok.holds where owner_id = tests.team('red'));
  v_charge_id bigint := (select max(id) from byok.entries where owner_id = tests.team('red') and kind = 'charge');
  v_said text := 'runs';
begin
  begin
    perform tests.authenticate_as_service_role();
    execute v_call using tests.user_id(p_letter), tests.team('red'), v_hold_id, v_charge_id;
  exception when sqlstate 'PT401' or sqlstate 'PT403' or sqlstate 'PT404' then
    v_said := sqlerrm;
  end;
  perform set_config('role', 'postgres', true);
  raise sqlstate 'TAP00' using message = v_said || case when pg_temp.rows_of_red() = v_before then '' else ', changes the team' end;
exception when sqlstate 'TAP00' then
  return sqlerrm;
end
$$;

create temporary view answers as
  select attacker, letter, r.name,
    case
      when r.name = 'refund_charge' then 'charge_not_found'
      when r.role is null then 'runs'
      when letter not in ('a', 'b') then 'not_a_member'
      when r.role = 'admin' and letter = 'b' then 'admins_only'
      when r.name in ('save_credential', 'place_hold') then 'runs, changes the team'
      else 'runs'
    end as answer
  from people cross join requests as r;

select plan(tests.count_matrix() + 1 + (select count(*) from answers)::integer);
select tests.check_matrix();
select set_eq(
  $$select proname::text from pg_proc where pronamespace = 'byok'::regnamespace and has_function_privilege('service_role', oid, 'execute')
      and proargnames && array['p_user_id', 'p_owner_id']$$,
  'select name from requests', 'every function that acts for an owner has its line');
select is(pg_temp.ask(letter, name), answer, format('%s, %s of the team: %s', attacker, name, answer)) from answers order by name, attacker;

select * from finish();
rollback;
