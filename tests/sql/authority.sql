-- The whole matrix: every table, function and sequence of the schema, attempted by every role that could be an attacker's. The
-- objects come from the catalog, so that a new one without a line of its own here is a failure, not an omission.
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

create temporary table attackers (name text primary key, role name not null, claims text not null);
-- Forgeries in a token are in its claims. The Data API takes the role from those of a sound token alone, and the policies take
-- nothing but the user from them.
insert into attackers values
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
create temporary view browsers as select name from attackers where name in ('anon', 'the owner');

-- Known objects, with the arguments of functions. These are an attacker's: of somebody who has what is asked for.
create temporary table known (kind text, name text, arguments text, primary key (kind, name));
insert into known values
  ('table', 'accounts'), ('table', 'counters'), ('table', 'credentials'), ('table', 'entries'), ('table', 'envelopes'),
  ('table', 'holds'), ('table', 'key_events'), ('table', 'limits'), ('table', 'oauth_clients'), ('table', 'operations'), ('table', 'owners'), ('table', 'prices'),
  ('table', 'required_claims'), ('table', 'used_seals'),
  ('sequence', 'entry_ids'), ('sequence', 'key_events_id_seq');
insert into known values
  ('function', 'act_for(uuid)', $$'00000000-0000-4000-8000-00000000000c'$$),
  ('function', 'act_as(text,uuid)', $$'operator'$$),
  ('function', 'add_key_event(byok.credentials,text)', $$null::byok.credentials, 'saved'$$),
  ('function', 'bear(byok.accounts,bigint)', 'null::byok.accounts, 1'),
  ('function', 'charge_hold(uuid,bigint)', $$'00000000-0000-4000-8000-00000000000c', (select id from holds_of_cyd)$$),
  ('function', 'act_for_team(uuid)', $$'00000000-0000-4000-8000-00000000000c'$$),
  ('function', 'add_owner(uuid,text)', $$'00000000-0000-4000-8000-00000000000c', 'user'$$),
  ('function', 'act_for_active(uuid)', $$'00000000-0000-4000-8000-00000000000c'$$),
  ('function', 'count_attempt(uuid,text,uuid)', $$'00000000-0000-4000-8000-00000000000c'$$),
  ('function', 'count_envelopes()', ''),
  ('function', 'count_once(uuid,byok.limits)', $$'00000000-0000-4000-8000-00000000000c', row('key_attempts', 1, interval '1 day')::byok.limits$$),
  ('function', 'end_expired(byok.accounts,bigint[])', $$null::byok.accounts, array(select id from holds_of_cyd)$$),
  ('function', 'end_unpaid(byok.accounts,byok.holds)', 'null::byok.accounts, null::byok.holds'),
  ('function', 'enter_charge(byok.holds)', 'null::byok.holds'),
  ('function', 'expire_holds(integer)', '1000'),
  ('function', 'forget_deleted_team()', ''),
  ('function', 'forget_key_events()', ''),
  ('function', 'forget_owner(uuid)', $$'00000000-0000-4000-8000-00000000000c'$$),
  ('function', 'grant_credits(uuid,numeric,text,text,text)', $$'00000000-0000-4000-8000-00000000000a', 1000, 'mine', 'tap:mine'$$),
  ('function', 'is_active(uuid)', $$'00000000-0000-4000-8000-00000000000c'$$),
  ('function', 'is_client_accepted(jsonb)', $$'{"client_id": "another-app"}'$$),
  ('function', 'is_membership(uuid,uuid,text,text)', $$'00000000-0000-4000-8000-00000000000c', '00000000-0000-4000-8000-00000000000c', 'user', 'admin'$$),
  ('function', 'is_user(uuid)', $$'00000000-0000-4000-8000-00000000000c'$$),
  ('function', 'key_works(text)', $$'verified'$$),
  ('function', 'list_due_ids(integer,integer)', '0, 1000'),
  ('function', 'list_envelope_ids(bigint,uuid,integer)', '1, null, 1000'),
  ('function', 'list_envelopes(bigint,uuid,integer)', '1, null, 1000'),
  ('function', 'mark_credential(uuid,uuid,text,text,text,uuid)', $$'00000000-0000-4000-8000-00000000000c', '00000000-0000-4000-8000-00000000000c', 'rejected'$$),
  ('function', 'list_prices()', ''),
  ('function', 'may_bring_key(uuid)', $$'00000000-0000-4000-8000-00000000000c'$$),
  ('function', 'may_use_credits(uuid)', $$'00000000-0000-4000-8000-00000000000c'$$),
  ('function', 'memberships_of(uuid)', $$'00000000-0000-4000-8000-00000000000c'$$),
  ('function', 'most_microcredits(byok.prices,bigint,bigint)', 'null::byok.prices, 1, 1'),
  ('function', 'my_owners(text)', ''),
  ('function', 'note_refusal(uuid,uuid,text,text,uuid)', $$'00000000-0000-4000-8000-00000000000c', '00000000-0000-4000-8000-00000000000c', 'rejected', null, null$$),
  ('function', 'on_key_event(jsonb)', $$'{}'$$),
  ('function', 'open_call(uuid,text,uuid)', $$'00000000-0000-4000-8000-00000000000c', 'openai'$$),
  ('function', 'owner_with_account(uuid,uuid[],uuid)', $$'00000000-0000-4000-8000-00000000000c', array['00000000-0000-4000-8000-00000000000c']::uuid[], null$$),
  ('function', 'owners_of(uuid)', $$'00000000-0000-4000-8000-00000000000c'$$),
  ('function', 'owners_to_ask(uuid,uuid)', $$'00000000-0000-4000-8000-00000000000c', null$$),
  ('function', 'place_hold(uuid,text,text,text,text,bigint,bigint,uuid)', $$'00000000-0000-4000-8000-00000000000c', 'request-2', 'kernel_build', 'openai', 'gpt-5.4-nano', 10, 10$$),
  ('function', 'read_envelope(uuid,text,uuid)', $$'00000000-0000-4000-8000-00000000000c', 'openai'$$),
  ('function', 'read_rights()', ''),
  ('function', 'record_credential_change()', ''),
  ('function', 'record_rotation(jsonb)', $$'{}'$$),
  ('function', 'records_last_use()', ''),
  ('function', 'refund_charge(uuid,bigint,bigint,text,bigint,bigint,bigint,bigint)', $$'00000000-0000-4000-8000-00000000000c', (select id from holds_of_cyd), 1, 'unused'$$),
  ('function', 'refuse_browser()', ''),
  ('function', 'refuse_ledger_change()', ''),
  ('function', 'replace_envelopes(jsonb)', $$'[]'$$),
  ('function', 'require_claims(jsonb)', $$'{}'$$),
  ('function', 'require_owner(uuid,uuid,text)', $$'00000000-0000-4000-8000-00000000000c', null, 'admin'$$),
  ('function', 'revoke_credits(uuid,numeric,text,text)', $$'00000000-0000-4000-8000-00000000000c', 1, 'mine', 'tap:taken'$$),
  ('function', 'run_batch(jsonb)', $$'[{"step": "open_call", "user_id": "00000000-0000-4000-8000-00000000000c", "provider": "openai"}]'$$),
  ('function', 'save_credential(uuid,uuid,text,text,text,text,bigint,text,text,uuid)', $$'00000000-0000-4000-8000-00000000000c', gen_random_uuid(), 'openai', '', 'verified', current_setting('test.envelope'), 1$$),
  ('function', 'stop_acting(text)', $$''$$),
  ('function', 'take_due_credentials(integer,integer)', '0, 1000'),
  ('function', 'to_credits(bigint)', '1'),
  ('function', 'to_microcredits(numeric)', '1'),
  ('function', 'void_hold(uuid,bigint,boolean)', $$'00000000-0000-4000-8000-00000000000c', (select id from holds_of_cyd), true$$),
  ('function', 'write_account(byok.accounts)', 'null::byok.accounts');
create temporary view holds_of_cyd as select id from byok.holds where owner_id = '00000000-0000-4000-8000-00000000000c';
grant select on holds_of_cyd to anon, authenticated, service_role, byok_server, byok_rotation, byok_events, byok_functions;

-- Who is signed in and has nothing.
create temporary view strangers as select name from attackers where role = 'authenticated' and name <> 'the owner';

-- The attempts that pass the check of privileges. Every cell without a line here must answer 42501, permission denied.
create temporary table allowed (kind text, name text, attacker text, action text, outcome text, primary key (kind, name, attacker, action));
insert into allowed
  select 'table', name, 'the owner', 'select', 'shows own rows' from unnest(array['accounts', 'credentials', 'entries', 'holds', 'key_events']) as name
  union all
  select 'table', t, strangers.name, 'select', 'shows nothing'
  from unnest(array['accounts', 'credentials', 'entries', 'holds', 'key_events']) as t, strangers
  union all
  select 'table', t, attackers.name, 'select', 'shows all rows'
  from unnest(array['operations', 'prices']) as t, attackers where role = 'authenticated' or name = 'byok_server without a user'
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
insert into allowed values
  ('table', 'credentials', 'the owner', 'delete', 'changes own rows'),
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
insert into allowed
  select 'table', 'credentials', name, 'delete', 'changes nothing' from strangers
  union all
  select 'function', name, 'service_role', 'execute', 'runs' from known
  where kind = 'function'
    and split_part(name, '(', 1) in (
      'charge_hold', 'count_attempt', 'count_envelopes', 'expire_holds', 'forget_owner', 'grant_credits', 'is_client_accepted', 'list_envelopes', 'list_prices',
      'mark_credential', 'note_refusal', 'open_call', 'place_hold', 'read_envelope', 'refund_charge', 'replace_envelopes', 'require_claims',
      'revoke_credits', 'save_credential', 'take_due_credentials', 'void_hold')
  union all
  select 'function', name, 'byok_functions', 'execute', 'runs' from known
  where kind = 'function'
    and split_part(name, '(', 1) in (
      'charge_hold', 'count_attempt', 'count_envelopes', 'is_client_accepted', 'list_envelopes', 'list_prices', 'mark_credential', 'note_refusal', 'open_call',
      'place_hold', 'read_envelope', 'refund_charge', 'require_claims', 'replace_envelopes', 'run_batch', 'save_credential', 'take_due_credentials',
      'void_hold')
  union all
  -- The functions that policies call for signed-in users, and the one that a page calls.
  select 'function', known.name, attackers.name, 'execute', 'runs' from known, attackers
  where kind = 'function' and known.name in ('is_client_accepted(jsonb)', 'my_owners(text)', 'read_rights()', 'require_claims(jsonb)') and role = 'authenticated'
  union all
  -- Nobody can become byok_server or byok_rotation but through the functions that they own.
  select 'function', name, 'byok_server without a user', 'execute', 'runs' from known
  where kind = 'function'
    and name not in ('add_key_event(byok.credentials,text)', 'forget_key_events()', 'on_key_event(jsonb)', 'record_credential_change()', 'add_owner(uuid,text)', 'count_envelopes()', 'forget_deleted_team()', 'refuse_ledger_change()', 'count_once(uuid,byok.limits)', 'end_unpaid(byok.accounts,byok.holds)', 'enter_charge(byok.holds)')
  union all
  select 'function', name, 'byok_rotation', 'execute', 'runs' from known
  where kind = 'function' and name in ('count_envelopes()', 'list_due_ids(integer,integer)', 'list_envelope_ids(bigint,uuid,integer)', 'refuse_browser()')
  union all
  select 'function', name, 'byok_events', 'execute', 'runs' from known
  where kind = 'function' and name in ('add_key_event(byok.credentials,text)', 'on_key_event(jsonb)', 'record_rotation(jsonb)', 'refuse_browser()');

create temporary table objects as
  select 'table' as kind, relname::text as name from pg_class where relnamespace = 'byok'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f')
  union all
  select 'sequence', relname from pg_class where relnamespace = 'byok'::regnamespace and relkind = 'S'
  union all
  select 'function', proname || '(' || coalesce((select string_agg(format_type(t, null), ',' order by n) from unnest(proargtypes) with ordinality as a (t, n)), '') || ')'
  from pg_proc where pronamespace = 'byok'::regnamespace;
create temporary table actions (kind text, action text, primary key (kind, action));
insert into actions values
  ('table', 'select'), ('table', 'insert'), ('table', 'update'), ('table', 'delete'), ('table', 'truncate'),
  ('sequence', 'select'), ('sequence', 'nextval'), ('sequence', 'setval'),
  ('function', 'execute');

-- A row of ada's for attempts to insert or update: as she has it, so that only authority is in the way.
create function pg_temp.row_of(p_table text) returns jsonb language plpgsql as $$
declare
  v_row jsonb;
begin
  execute format('select to_jsonb(t) from byok.%I as t order by coalesce(to_jsonb(t) ->> ''owner_id'', to_jsonb(t) ->> ''user_id'') = %L desc nulls last limit 1', p_table, '00000000-0000-4000-8000-00000000000a') into v_row;
  return coalesce(v_row, '{}');
end
$$;

create function pg_temp.statement(p_kind text, p_name text, p_action text) returns text language plpgsql as $$
declare
  v_column text;
  v_row jsonb;
begin
  if p_kind = 'function' then
    return format('select byok.%s(%s)', split_part(p_name, '(', 1), (select arguments from known where kind = 'function' and name = p_name));
  elsif p_kind = 'sequence' then
    return case p_action
      when 'select' then format('select * from byok.%I', p_name)
      when 'nextval' then format('select nextval(%L)', 'byok.' || p_name)
      else format('select setval(%L, 1)', 'byok.' || p_name)
    end;
  end if;
  v_row := pg_temp.row_of(p_name);
  -- A constant, because `set a = a` would ask for the right to read as well.
  select attname into v_column from pg_attribute
  where attrelid = ('byok.' || quote_ident(p_name))::regclass and attnum > 0 and not attisdropped
  order by attname in ('owner_id', 'user_id') desc, attnum limit 1;
  return case p_action
    when 'select' then format('select * from byok.%I', p_name)
    when 'insert' then format('insert into byok.%I overriding system value select (jsonb_populate_record(null::byok.%I, %L)).*', p_name, p_name, v_row)
    when 'update' then format('update byok.%I set %I = %L', p_name, v_column, v_row ->> v_column)
    when 'delete' then format('delete from byok.%I', p_name)
    else format('truncate byok.%I cascade', p_name)
  end;
end
$$;

-- Which rows there are, each with its version, as the table's owner sees them.
create function pg_temp.rows_of(p_table text) returns jsonb language plpgsql as $$
declare
  v_rows jsonb;
begin
  execute format('select coalesce(jsonb_object_agg(ctid::text || '':'' || xmin, coalesce(to_jsonb(t) ->> ''owner_id'', to_jsonb(t) ->> ''user_id'', ''everybody'')), ''{}'') from byok.%I as t', p_table) into v_rows;
  return v_rows;
end
$$;

create function pg_temp.describe_rows(p_verb text, p_rows jsonb, p_all jsonb) returns text language sql as $$
  select p_verb || case
    when p_rows = '{}' then ' nothing'
    when p_rows = (select jsonb_object_agg(key, value) from jsonb_each(p_all) where value = '"00000000-0000-4000-8000-00000000000a"') then ' own rows'
    when p_rows = p_all then ' all rows'
    else ' what it should not'
  end;
$$;

-- Does it for real, tells what came of it, and undoes it.
create function pg_temp.attempt(p_attacker text, p_kind text, p_name text, p_action text) returns text language plpgsql as $$
declare
  v_attacker attackers;
  v_statement text := pg_temp.statement(p_kind, p_name, p_action);
  v_before jsonb;
  v_rows jsonb;
  v_message text;
begin
  select * into v_attacker from attackers where name = p_attacker;
  if p_kind = 'table' then
    v_before := pg_temp.rows_of(p_name);
  end if;
  begin
    perform set_config('request.jwt.claims', v_attacker.claims, true), set_config('role', v_attacker.role, true);
    if p_kind = 'table' and p_action = 'select' then
      execute format('select coalesce(jsonb_object_agg(ctid::text || '':'' || xmin, coalesce(to_jsonb(t) ->> ''owner_id'', to_jsonb(t) ->> ''user_id'', ''everybody'')), ''{}'') from byok.%I as t', p_name) into v_rows;
      raise sqlstate 'TAP00' using message = pg_temp.describe_rows('shows', v_rows, v_before);
    end if;
    execute v_statement;
    perform set_config('role', 'postgres', true);
    if p_kind = 'table' then
      v_rows := pg_temp.rows_of(p_name);
      v_rows := (select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(v_before) where not v_rows ? key);
      raise sqlstate 'TAP00' using message = pg_temp.describe_rows('changes', v_rows, v_before);
    end if;
    raise sqlstate 'TAP00' using message = 'runs';
  exception
    when sqlstate 'TAP00' then
      return sqlerrm;
    when insufficient_privilege then
      return case
        when sqlerrm = 'the functions of schema byok are closed to browser roles' then 'refused as a browser'
        when sqlerrm like 'new row violates row-level security policy %' then 'refused by a policy'
        -- A function that is let in and then finds a table closed to it has still been let in.
        when p_kind = 'function' and sqlerrm not in ('permission denied for function ' || split_part(p_name, '(', 1), 'permission denied for schema byok') then 'runs'
        else 'refused'
      end;
    when others then
      get stacked diagnostics v_message = returned_sqlstate;
      -- A function that answers with a refusal of its own has been let in.
      return case when p_kind = 'function' and v_message like 'PT%' then 'runs' else 'fails with ' || v_message || ' ' || sqlerrm end;
  end;
end
$$;

select plan((
  select count(*) from objects join actions using (kind) cross join attackers
)::integer + 2 + (select count(*) from pg_proc cross join browsers
  where pronamespace = 'byok'::regnamespace and (prosecdef and proname not in ('run_batch', 'is_client_accepted', 'my_owners', 'read_rights', 'require_claims', 'forget_deleted_team', 'forget_key_events', 'record_credential_change') or proname in ('act_for', 'stop_acting', 'refuse_browser')))::integer + 5);

select is_empty('select kind, name from objects except select kind, name from known', 'every object of the schema has its line here');
select is_empty('select kind, name from known except select kind, name from objects', 'and every line its object');

select is(
  pg_temp.attempt(attackers.name, objects.kind, objects.name, actions.action),
  coalesce(allowed.outcome, 'refused'),
  format('%s, %s %s: %s', attackers.name, actions.action, objects.name, coalesce(allowed.outcome, 'refused')))
from objects
join actions using (kind)
cross join attackers
left join allowed on (allowed.kind, allowed.name, allowed.attacker, allowed.action) = (objects.kind, objects.name, attackers.name, actions.action)
order by objects.kind desc, objects.name, attackers.role, attackers.name, actions.action;

-- Once more with what the guide to custom schemas has an operator grant: nothing that acts for a user or looks across users runs.
grant usage on schema byok to anon, authenticated;
grant all on all tables in schema byok to anon, authenticated;
grant all on all routines in schema byok to anon, authenticated;
grant all on all sequences in schema byok to anon, authenticated;

-- A function that runs as its owner refuses; run_batch does so step by step. What runs as its caller is bound by row-level security.
create temporary table refusing as
  select proname || '(' || coalesce((select string_agg(format_type(t, null), ',' order by n) from unnest(proargtypes) with ordinality as a (t, n)), '') || ')' as name
  from pg_proc where pronamespace = 'byok'::regnamespace
    and (prosecdef and proname not in ('run_batch', 'is_client_accepted', 'my_owners', 'read_rights', 'require_claims', 'forget_deleted_team', 'forget_key_events', 'record_credential_change') or proname in ('act_for', 'stop_acting', 'refuse_browser'));

select is(
  pg_temp.attempt(browsers.name, 'function', refusing.name, 'execute'), 'refused as a browser',
  format('granted all, %s, execute %s: refused as a browser', browsers.name, refusing.name))
from refusing cross join browsers
order by refusing.name, browsers.name;

select is(pg_temp.attempt('the owner', 'table', 'envelopes', 'select'), 'shows nothing', 'granted all, the owner sees no envelope');
select is(pg_temp.attempt('the owner', 'table', 'envelopes', 'update'), 'changes nothing', 'nor changes one');
select is(pg_temp.attempt('the owner', 'table', 'accounts', 'update'), 'changes nothing', 'nor the balance');
select is(pg_temp.attempt('the owner', 'table', 'entries', 'insert'), 'refused by a policy', 'nor the ledger');

create function pg_temp.all_rows() returns jsonb language sql as $$
  select jsonb_object_agg(name, pg_temp.rows_of(name)) from objects where kind = 'table';
$$;
create temporary table before_calls as select pg_temp.all_rows() as rows;
do $$
declare
  v_call text;
begin
  for v_call in select pg_temp.statement('function', name, 'execute') from objects where kind = 'function' loop
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
