-- The engine of the matrices of authority (authority.sql, teams/team_authority.sql): every object of the schema, attempted by every attacker.
-- The objects come from the catalog, so that a new one without a line here is a failure, not an omission.

-- Who attempts. Forgeries in a token are in its claims: the Data API takes the role from those of a sound token.
create table tests.attackers (name text primary key, role name not null, claims text not null);

-- How owners and members are called in outcomes; everybody else is one of the others.
create table tests.names (id uuid primary key, name text not null);

-- The attempts that pass the check of privileges. Every cell without a line here must answer 42501, permission denied.
create table tests.allowed (kind text, name text, attacker text, action text, outcome text, primary key (kind, name, attacker, action));

-- Known objects, with the arguments of functions. These are an attacker's: of somebody who has what is asked for.
create table tests.known (kind text, name text, arguments text, primary key (kind, name));
create function tests.hold_of_cyd() returns bigint language sql stable security definer as $$
  select max(id) from byok.holds where owner_id = tests.user_id('c');
$$;
insert into tests.known values
  ('table', 'accounts'), ('table', 'counters'), ('table', 'credentials'), ('table', 'entries'), ('table', 'envelopes'),
  ('table', 'holds'), ('table', 'key_events'), ('table', 'limits'), ('table', 'oauth_clients'), ('table', 'operations'), ('table', 'owners'), ('table', 'prices'),
  ('table', 'required_claims'), ('table', 'used_seals'),
  ('column', 'credentials.is_paused'),
  ('sequence', 'entry_ids'), ('sequence', 'key_events_id_seq');
insert into tests.known values
  ('function', 'act_for(uuid)', $$'00000000-0000-4000-8000-00000000000c'$$),
  ('function', 'act_as(text,uuid)', $$'operator'$$),
  ('function', 'add_key_event(byok.credentials,text)', $$null::byok.credentials, 'saved'$$),
  ('function', 'bear(byok.accounts,bigint)', 'null::byok.accounts, 1'),
  ('function', 'charge_hold(uuid,bigint)', $$'00000000-0000-4000-8000-00000000000c', tests.hold_of_cyd()$$),
  ('function', 'act_for_team(uuid)', $$'00000000-0000-4000-8000-00000000000c'$$),
  ('function', 'add_owner(uuid,text)', $$'00000000-0000-4000-8000-00000000000c', 'user'$$),
  ('function', 'act_for_active(uuid)', $$'00000000-0000-4000-8000-00000000000c'$$),
  ('function', 'count_attempt(uuid,text,uuid)', $$'00000000-0000-4000-8000-00000000000c'$$),
  ('function', 'count_envelopes()', ''),
  ('function', 'count_once(uuid,byok.limits)', $$'00000000-0000-4000-8000-00000000000c', row('key_attempts', 1, interval '1 day')::byok.limits$$),
  ('function', 'end_expired(byok.accounts,bigint[])', $$null::byok.accounts, array[tests.hold_of_cyd()]$$),
  ('function', 'end_unpaid(byok.accounts,byok.holds)', 'null::byok.accounts, null::byok.holds'),
  ('function', 'enter_charge(byok.holds)', 'null::byok.holds'),
  ('function', 'expire_holds(integer)', '1000'),
  ('function', 'acting_for()', ''),
  ('function', 'forget_deleted_team()', ''),
  ('function', 'forget_key_events()', ''),
  ('function', 'forget_owner(uuid)', $$'00000000-0000-4000-8000-00000000000c'$$),
  ('function', 'grant_credits(uuid,numeric,text,text,text)', $$'00000000-0000-4000-8000-00000000000a', 1000, 'mine', 'tap:mine'$$),
  ('function', 'hold_call(uuid,uuid,text,text,text,text,bigint,bigint)', $$'00000000-0000-4000-8000-00000000000c', null, 'request-2', 'kernel_build', 'openai', 'gpt-5.4-nano', 10, 10$$),
  ('function', 'is_active(uuid)', $$'00000000-0000-4000-8000-00000000000c'$$),
  ('function', 'is_client_accepted(jsonb)', $$'{"client_id": "another-app"}'$$),
  ('function', 'is_sound_entry(text,byok.entries)', $$'grant', null$$),
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
  ('function', 'open_call(uuid,text,uuid,jsonb)', $$'00000000-0000-4000-8000-00000000000c', 'openai'$$),
  ('function', 'owner_with_account(uuid,uuid[],uuid)', $$'00000000-0000-4000-8000-00000000000c', array['00000000-0000-4000-8000-00000000000c']::uuid[], null$$),
  ('function', 'owners_of(uuid)', $$'00000000-0000-4000-8000-00000000000c'$$),
  ('function', 'owners_to_ask(uuid,uuid)', $$'00000000-0000-4000-8000-00000000000c', null$$),
  ('function', 'place_hold(uuid,text,text,text,text,bigint,bigint,uuid)', $$'00000000-0000-4000-8000-00000000000c', 'request-2', 'kernel_build', 'openai', 'gpt-5.4-nano', 10, 10$$),
  ('function', 'read_envelope(uuid,text,uuid)', $$'00000000-0000-4000-8000-00000000000c', 'openai'$$),
  ('function', 'read_balance(uuid)', ''),
  ('function', 'read_rights(uuid)', ''),
  ('function', 'record_credential_change()', ''),
  ('function', 'record_rotation(jsonb)', $$'{}'$$),
  ('function', 'records_last_use()', ''),
  ('function', 'refund_charge(uuid,bigint,bigint,text,bigint,bigint,bigint,bigint)', $$'00000000-0000-4000-8000-00000000000c', tests.hold_of_cyd(), 1, 'unused'$$),
  ('function', 'refuse_browser()', ''),
  ('function', 'reserve(uuid,uuid,text,text,text,text,bigint)', $$'00000000-0000-4000-8000-00000000000c', null, 'request-2', 'kernel_build', 'openai', 'gpt-5.4-nano', 1$$),
  ('function', 'refuse_ledger_change()', ''),
  ('function', 'replace_envelopes(jsonb)', $$'[]'$$),
  ('function', 'require_claims(jsonb)', $$'{}'$$),
  ('function', 'require_owner(uuid,uuid,text)', $$'00000000-0000-4000-8000-00000000000c', null, 'admin'$$),
  ('function', 'revoke_credits(uuid,numeric,text,text)', $$'00000000-0000-4000-8000-00000000000c', 1, 'mine', 'tap:taken'$$),
  ('function', 'run_batch(jsonb)', $$'[{"step": "open_call", "user_id": "00000000-0000-4000-8000-00000000000c", "provider": "openai"}]'$$),
  ('function', 'save_credential(uuid,uuid,text,text,text,text,bigint,text,text,uuid)', $$'00000000-0000-4000-8000-00000000000c', gen_random_uuid(), 'openai', '', 'verified', current_setting('test.envelope'), 1$$),
  ('function', 'schema_version()', ''),
  ('function', 'stop_acting(text)', $$''$$),
  ('function', 'take_due_credentials(integer,integer)', '0, 1000'),
  ('function', 'to_credits(bigint)', '1'),
  ('function', 'to_microcredits(numeric)', '1'),
  ('function', 'void_hold(uuid,bigint,boolean)', $$'00000000-0000-4000-8000-00000000000c', tests.hold_of_cyd(), true$$),
  ('function', 'write_account(byok.accounts)', 'null::byok.accounts');

-- Columns are those that signed-in users may change where the table is closed to them.
create view tests.objects as
  select 'table' as kind, relname::text as name from pg_class where relnamespace = 'byok'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f')
  union all
  select 'column', relname || '.' || attname from pg_class join pg_attribute on attrelid = pg_class.oid
  where relnamespace = 'byok'::regnamespace and relkind in ('r', 'p', 'v') and attnum > 0 and not attisdropped
    and has_column_privilege('authenticated', pg_class.oid, attnum, 'update')
  union all
  select 'sequence', relname from pg_class where relnamespace = 'byok'::regnamespace and relkind = 'S'
  union all
  select 'function', proname || '(' || coalesce((select string_agg(format_type(t, null), ',' order by n) from unnest(proargtypes) with ordinality as a (t, n)), '') || ')'
  from pg_proc where pronamespace = 'byok'::regnamespace;
create table tests.actions (kind text, action text, primary key (kind, action));
insert into tests.actions values
  ('table', 'select'), ('table', 'insert'), ('table', 'update'), ('table', 'delete'), ('table', 'truncate'),
  ('column', 'update'),
  ('sequence', 'select'), ('sequence', 'nextval'), ('sequence', 'setval'),
  ('function', 'execute');

create function tests.owner_of(p_row jsonb) returns text language sql immutable as $$
  select coalesce(p_row ->> 'owner_id', p_row ->> 'user_id');
$$;

-- A row of ada's for attempts to insert or update: as she has it, so that only authority is in the way.
create function tests.row_of(p_table text) returns jsonb language plpgsql as $$
declare
  v_row jsonb;
begin
  execute format('select to_jsonb(t) from byok.%I as t order by tests.owner_of(to_jsonb(t)) = %L desc nulls last limit 1', p_table, tests.user_id('a')) into v_row;
  return coalesce(v_row, '{}');
end
$$;

create function tests.statement(p_kind text, p_name text, p_action text) returns text language plpgsql as $$
declare
  v_table text := split_part(p_name, '.', 1);
  v_column text := nullif(split_part(p_name, '.', 2), '');
  v_row jsonb;
begin
  if p_kind = 'function' then
    return format('select byok.%s(%s)', split_part(p_name, '(', 1), (select arguments from tests.known where kind = 'function' and name = p_name));
  elsif p_kind = 'sequence' then
    return case p_action
      when 'select' then format('select * from byok.%I', p_name)
      when 'nextval' then format('select nextval(%L)', 'byok.' || p_name)
      else format('select setval(%L, 1)', 'byok.' || p_name)
    end;
  end if;
  v_row := tests.row_of(v_table);
  if v_column is null then
    select attname into v_column from pg_attribute
    where attrelid = ('byok.' || quote_ident(v_table))::regclass and attnum > 0 and not attisdropped
    order by attname in ('owner_id', 'user_id') desc, attnum limit 1;
  end if;
  return case p_action
    when 'select' then format('select * from byok.%I', v_table)
    when 'insert' then format('insert into byok.%I overriding system value select (jsonb_populate_record(null::byok.%I, %L)).*', v_table, v_table, v_row)
    -- A constant, because `set a = a` would ask for the right to read as well.
    when 'update' then format('update byok.%I set %I = %L', v_table, v_column, v_row ->> v_column)
    when 'delete' then format('delete from byok.%I', v_table)
    else format('truncate byok.%I cascade', v_table)
  end;
end
$$;

-- Which rows there are, by their versions, as the current role sees them.
create function tests.rows_of(p_table text) returns jsonb language plpgsql as $$
declare
  v_rows jsonb;
begin
  execute format('select coalesce(jsonb_object_agg(ctid::text || '':'' || xmin, to_jsonb(t)), ''{}'') from byok.%I as t', p_table) into v_rows;
  return v_rows;
end
$$;

-- Whose rows these are among all: whole groups of them, by owner and member.
create function tests.describe_rows(p_verb text, p_rows jsonb, p_all jsonb) returns text language sql as $$
  with groups as (
    select concat_ws(' by ',
        case when tests.owner_of(value) is null then 'everybody' else coalesce(o.name, 'others') end,
        case when value ->> 'member_id' is not null then coalesce(m.name, 'others') end) as name,
      bool_or(p_rows ? key) as has_some, bool_and(p_rows ? key) as has_all
    from jsonb_each(p_all)
    left join tests.names as o on o.id::text = tests.owner_of(value)
    left join tests.names as m on m.id::text = value ->> 'member_id'
    group by 1)
  select p_verb || ' ' || case
    when p_rows = '{}' then 'nothing'
    when bool_or(has_some and not has_all) then 'what it should not'
    when bool_and(has_all) then 'all rows'
    else string_agg(name, ', ' order by name collate "C") filter (where has_all) || ' rows'
  end from groups;
$$;

-- Does it for real, tells what came of it, and undoes it.
create function tests.attempt(p_attacker text, p_kind text, p_name text, p_action text) returns text language plpgsql as $$
declare
  v_attacker tests.attackers;
  v_table text := case when p_kind in ('table', 'column') then split_part(p_name, '.', 1) end;
  v_statement text := tests.statement(p_kind, p_name, p_action);
  v_before jsonb;
  v_rows jsonb;
  v_message text;
begin
  select * into v_attacker from tests.attackers where name = p_attacker;
  if v_table is not null then
    v_before := tests.rows_of(v_table);
  end if;
  begin
    perform set_config('request.jwt.claims', v_attacker.claims, true), set_config('role', v_attacker.role, true);
    if v_table is not null and p_action = 'select' then
      v_rows := tests.rows_of(v_table);
      perform set_config('role', 'postgres', true);
      raise sqlstate 'TAP00' using message = tests.describe_rows('shows', v_rows, v_before);
    end if;
    execute v_statement;
    perform set_config('role', 'postgres', true);
    if v_table is not null then
      v_rows := tests.rows_of(v_table);
      v_rows := (select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(v_before) where not v_rows ? key);
      raise sqlstate 'TAP00' using message = tests.describe_rows('changes', v_rows, v_before);
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

-- Assertions: one for each attacker, object and action, and two that no object is left out.
create function tests.count_matrix() returns integer language sql as $$
  select count(*)::integer + 2 from tests.objects join tests.actions using (kind) cross join tests.attackers;
$$;

create function tests.check_matrix() returns setof text language sql as $$
  select is_empty('select kind, name from tests.objects except select kind, name from tests.known', 'every object of the schema has its line')
  union all
  select is_empty('select kind, name from tests.known except select kind, name from tests.objects', 'and every line its object')
  union all (
    select is(
      tests.attempt(attackers.name, objects.kind, objects.name, actions.action),
      coalesce(allowed.outcome, 'refused'),
      format('%s, %s %s: %s', attackers.name, actions.action, objects.name, coalesce(allowed.outcome, 'refused')))
    from tests.objects
    join tests.actions using (kind)
    cross join tests.attackers
    left join tests.allowed on (allowed.kind, allowed.name, allowed.attacker, allowed.action) = (objects.kind, objects.name, attackers.name, actions.action)
    order by objects.kind desc, objects.name, attackers.role, attackers.name, actions.action);
$$;

grant execute on all functions in schema tests to public;
