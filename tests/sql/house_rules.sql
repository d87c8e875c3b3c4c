-- Rules for every object of schema byok, the ones that are added later included.
begin;
select plan(26);

select is_empty(
  $$select relname from pg_class where relnamespace = 'byok'::regnamespace and relkind in ('r', 'p') and not relrowsecurity$$,
  'row-level security is on for every table');
select is_empty(
  $$select relname from pg_class where relnamespace = 'byok'::regnamespace and relkind in ('r', 'p') and obj_description(oid, 'pg_class') is null$$,
  'every table has a comment');
select is_empty(
  $$select attrelid::regclass, attname from pg_attribute join pg_class on pg_class.oid = attrelid
    where relnamespace = 'byok'::regnamespace and relkind in ('r', 'p') and attnum > 0 and not attisdropped and col_description(attrelid, attnum) is null$$,
  'every column has a comment');
select is_empty(
  $$select proname from pg_proc where pronamespace = 'byok'::regnamespace and obj_description(oid, 'pg_proc') is null$$,
  'every function has a comment');
select is_empty(
  $$select polname from pg_policy join pg_class on pg_class.oid = polrelid where relnamespace = 'byok'::regnamespace and obj_description(pg_policy.oid, 'pg_policy') is null$$,
  'every policy has a comment');
select is_empty(
  $$select tgname from pg_trigger join pg_class on pg_class.oid = tgrelid where relnamespace = 'byok'::regnamespace and not tgisinternal and obj_description(pg_trigger.oid, 'pg_trigger') is null$$,
  'every trigger has a comment');
select is_empty(
  $$select indexrelid::regclass from pg_index join pg_class on pg_class.oid = indexrelid
    where relnamespace = 'byok'::regnamespace and obj_description(indexrelid, 'pg_class') is null
      and not exists (select from pg_constraint where conindid = indexrelid)$$,
  'every index that no constraint made has a comment');
select is_empty(
  $$select conrelid::regclass, conname from pg_constraint
    where connamespace = 'byok'::regnamespace and contype = 'f' and not exists (
      select from pg_index where indrelid = conrelid and indpred is null and (indkey::smallint[])[0:cardinality(conkey) - 1] = conkey)$$,
  'every foreign key has an index, of all rows, that begins with its columns');
select isnt(obj_description('byok'::regnamespace, 'pg_namespace'), null, 'the schema has a comment');
select is_empty(
  $$select rolname from pg_roles where rolname like 'byok%' and shobj_description(oid, 'pg_authid') is null$$,
  'every role has a comment');
select results_eq(
  $$select rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, array_to_string(rolconfig, ' ') collate "C" from pg_roles where rolname = 'byok_functions'$$,
  $$values (false, false, false, false, false, false, 'statement_timeout=8s' collate "C")$$,
  'byok_functions has no attribute, and its statements have an end');
select is_empty(
  $$select roleid::regrole from pg_auth_members where member = 'byok_functions'::regrole$$,
  'byok_functions is a member of no role');
select is_empty(
  $$select c.oid::regclass from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname not in ('pg_catalog', 'information_schema', 'extensions') and n.nspname !~ '^pg_(toast|temp)' and c.relkind in ('r', 'p', 'v', 'm', 'f')
      and has_schema_privilege('byok_functions', n.oid, 'usage')
      and (has_table_privilege('byok_functions', c.oid, 'select, insert, update, delete, truncate, references, trigger')
        or has_any_column_privilege('byok_functions', c.oid, 'select, insert, update, references'))$$,
  'byok_functions reaches no table, in any schema');
select is_empty(
  $$select nspname from pg_namespace where has_schema_privilege('byok_functions', oid, 'create') and nspname !~ '^pg_(toast_)?temp'$$,
  'byok_functions can create nothing in any schema');
select is_empty(
  $$select proname from pg_proc where pronamespace = 'byok'::regnamespace and prosqlbody is null and not coalesce(proconfig @> array['search_path=""'], false)$$,
  'every function has an empty search_path, or a body that was bound when it was made');
select set_eq(
  $$select format('%s as %s', proname, proowner::regrole) from pg_proc
    where pronamespace = 'byok'::regnamespace and prosecdef and proowner <> 'byok_server'::regrole$$,
  array[
    'count_envelopes as byok_rotation', 'forget_key_events as byok_events', 'is_active as postgres', 'is_user as postgres',
    'list_due_ids as byok_rotation', 'list_envelope_ids as byok_rotation', 'record_credential_change as byok_events',
    'record_rotation as byok_events'],
  'every SECURITY DEFINER function runs as byok_server, but for these');
select is_empty(
  $$select polname from pg_policy join pg_class on pg_class.oid = polrelid
    where relnamespace = 'byok'::regnamespace
      and coalesce(pg_get_expr(polqual, polrelid), '') || coalesce(pg_get_expr(polwithcheck, polrelid), '') ~ '(?<!SELECT )(auth\.uid|byok\.acting_for)\(\)'$$,
  'every policy asks whose rows these are once for a statement, not for each row');
select is_empty(
  $$select polname from pg_policy join pg_class on pg_class.oid = polrelid where relnamespace = 'byok'::regnamespace and (polroles @> array[0::oid] or not polpermissive)$$,
  'every policy names its role, and none is restrictive');
select set_eq(
  $$select polname::text from pg_policy join pg_class on pg_class.oid = polrelid
    where relnamespace = 'byok'::regnamespace and polroles && array['anon'::regrole, 'authenticated'::regrole]::oid[]
      and coalesce(pg_get_expr(polqual, polrelid), '') !~ '^\(+owner_id = ANY \(+ SELECT byok\.my_owners\('$$,
  array['Signed-in users read the operations', 'Signed-in users read the prices'],
  'every policy for users begins with my_owners, which answers no client that is not accepted; but for those of the price list');
select is_empty(
  $$select polname from pg_policy join pg_class on pg_class.oid = polrelid where relnamespace = 'byok'::regnamespace and octet_length(polname) >= 63$$,
  'no policy has a name that Postgres cuts off, at 63 bytes');

select results_eq(
  $$select rolname::text collate "C", rolsuper, rolbypassrls, rolcanlogin, rolcreaterole from pg_roles where rolname in ('byok_server', 'byok_rotation') order by 1$$,
  $$values ('byok_rotation' collate "C", false, false, false, false), ('byok_server', false, false, false, false)$$,
  'the roles that functions run as are bound by row-level security and cannot log in');

select results_eq(
  $$select grantee::regrole::text collate "C", relname::text collate "C", string_agg(privilege_type, ' ' order by privilege_type)
    from pg_class, aclexplode(coalesce(relacl, acldefault('r', relowner)))
    where relnamespace = 'byok'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f') and grantee <> relowner
    group by 1, 2 order by 1, 2$$,
  $$values
    ('authenticated' collate "C", 'accounts' collate "C", 'SELECT'),
    ('authenticated', 'credentials', 'DELETE SELECT'),
    ('authenticated', 'entries', 'SELECT'),
    ('authenticated', 'holds', 'SELECT'),
    ('authenticated', 'key_events', 'SELECT'),
    ('authenticated', 'operations', 'SELECT'),
    ('authenticated', 'prices', 'SELECT'),
    ('byok_events', 'key_events', 'DELETE INSERT SELECT'),
    ('byok_server', 'accounts', 'INSERT SELECT UPDATE'),
    ('byok_server', 'counters', 'INSERT SELECT UPDATE'),
    ('byok_server', 'credentials', 'INSERT SELECT UPDATE'),
    ('byok_server', 'entries', 'INSERT SELECT'),
    ('byok_server', 'envelopes', 'INSERT SELECT UPDATE'),
    ('byok_server', 'holds', 'DELETE INSERT SELECT'),
    ('byok_server', 'limits', 'SELECT'),
    ('byok_server', 'oauth_clients', 'SELECT'),
    ('byok_server', 'operations', 'SELECT'),
    ('byok_server', 'owners', 'DELETE INSERT SELECT'),
    ('byok_server', 'prices', 'SELECT'),
    ('byok_server', 'required_claims', 'SELECT'),
    ('byok_server', 'used_seals', 'DELETE INSERT SELECT')$$,
  'every grant on a table is named here');
select set_eq(
  $$select format('%s.%s %s', relname, attname, attacl)
    from pg_attribute join pg_class on pg_class.oid = attrelid where relnamespace = 'byok'::regnamespace and attacl is not null
    union all
    select format('%s %s', relname, relacl) from pg_class where relnamespace = 'byok'::regnamespace and relkind = 'S' and relacl is not null$$,
  array[
    'credentials.id {byok_rotation=r/postgres}', 'credentials.is_paused {authenticated=w/postgres,byok_rotation=r/postgres}',
    'credentials.owner_id {byok_rotation=r/postgres}', 'credentials.updated_at {byok_rotation=r/postgres}',
    'entry_ids {postgres=rwU/postgres,byok_server=U/postgres}', 'envelopes.credential_id {byok_rotation=r/postgres}',
    'envelopes.kid {byok_rotation=r/postgres}', 'envelopes.owner_id {byok_rotation=r/postgres}', 'owners.id {byok_events=r/postgres}'],
  'no column and no sequence has a grant of its own, but for these: ids, kids, the time of a check, and the switch that pauses a key');
select results_eq(
  $$select case grantee when 0 then 'public' else grantee::regrole::text end collate "C", proname::text collate "C"
    from pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner)))
    where pronamespace = 'byok'::regnamespace and grantee <> proowner
    order by 1, 2$$,
  $$values
    ('authenticated' collate "C", 'is_client_accepted' collate "C"),
    ('authenticated', 'my_owners'),
    ('authenticated', 'read_balance'),
    ('authenticated', 'read_rights'),
    ('authenticated', 'require_claims'),
    ('byok_events', 'acting_for'),
    ('byok_events', 'add_key_event'),
    ('byok_events', 'on_key_event'),
    ('byok_events', 'refuse_browser'),
    ('byok_functions', 'charge_hold'),
    ('byok_functions', 'count_attempt'),
    ('byok_functions', 'count_envelopes'),
    ('byok_functions', 'is_client_accepted'),
    ('byok_functions', 'list_envelopes'),
    ('byok_functions', 'list_prices'),
    ('byok_functions', 'mark_credential'),
    ('byok_functions', 'note_refusal'),
    ('byok_functions', 'open_call'),
    ('byok_functions', 'place_hold'),
    ('byok_functions', 'read_envelope'),
    ('byok_functions', 'refund_charge'),
    ('byok_functions', 'replace_envelopes'),
    ('byok_functions', 'require_claims'),
    ('byok_functions', 'run_batch'),
    ('byok_functions', 'save_credential'),
    ('byok_functions', 'schema_version'),
    ('byok_functions', 'take_due_credentials'),
    ('byok_functions', 'void_hold'),
    ('byok_rotation', 'acting_for'),
    ('byok_rotation', 'refuse_browser'),
    ('byok_server', 'act_as'),
    ('byok_server', 'act_for'),
    ('byok_server', 'act_for_active'),
    ('byok_server', 'act_for_team'),
    ('byok_server', 'acting_for'),
    ('byok_server', 'add_owner'),
    ('byok_server', 'bear'),
    ('byok_server', 'count_once'),
    ('byok_server', 'end_expired'),
    ('byok_server', 'end_unpaid'),
    ('byok_server', 'enter_charge'),
    ('byok_server', 'hold_call'),
    ('byok_server', 'is_active'),
    ('byok_server', 'is_membership'),
    ('byok_server', 'is_sound_entry'),
    ('byok_server', 'is_user'),
    ('byok_server', 'key_works'),
    ('byok_server', 'list_due_ids'),
    ('byok_server', 'list_envelope_ids'),
    ('byok_server', 'may_bring_key'),
    ('byok_server', 'may_use_credits'),
    ('byok_server', 'memberships_of'),
    ('byok_server', 'most_microcredits'),
    ('byok_server', 'owner_with_account'),
    ('byok_server', 'owners_of'),
    ('byok_server', 'owners_to_ask'),
    ('byok_server', 'record_rotation'),
    ('byok_server', 'records_last_use'),
    ('byok_server', 'refuse_browser'),
    ('byok_server', 'require_owner'),
    ('byok_server', 'reserve'),
    ('byok_server', 'stop_acting'),
    ('byok_server', 'to_credits'),
    ('byok_server', 'to_microcredits'),
    ('byok_server', 'write_account'),
    ('service_role', 'charge_hold'),
    ('service_role', 'count_attempt'),
    ('service_role', 'count_envelopes'),
    ('service_role', 'expire_holds'),
    ('service_role', 'forget_owner'),
    ('service_role', 'grant_credits'),
    ('service_role', 'is_client_accepted'),
    ('service_role', 'list_envelopes'),
    ('service_role', 'list_prices'),
    ('service_role', 'mark_credential'),
    ('service_role', 'note_refusal'),
    ('service_role', 'open_call'),
    ('service_role', 'place_hold'),
    ('service_role', 'read_envelope'),
    ('service_role', 'refund_charge'),
    ('service_role', 'replace_envelopes'),
    ('service_role', 'require_claims'),
    ('service_role', 'revoke_credits'),
    ('service_role', 'save_credential'),
    ('service_role', 'schema_version'),
    ('service_role', 'take_due_credentials'),
    ('service_role', 'void_hold')$$,
  'every EXECUTE is named here, and none is for everyone');

select is_empty(
  $$select proname, raised[1] from pg_proc, regexp_matches(prosrc, 'raise (?:sqlstate|insufficient_privilege).*?;\n', 'g') as raised
    where pronamespace = 'byok'::regnamespace and raised[1] !~ '\mhint ='$$,
  'every refusal has a hint for the operator who reads it');

select is_empty(
  $$select p.proname from pg_proc as p join pg_language as l on l.oid = p.prolang
    where p.pronamespace = 'byok'::regnamespace and l.lanname = 'sql' and p.provolatile = 'v'$$,
  'no function that writes is in SQL, whose body Postgres 17 plans anew at each call');

select * from finish();
rollback;
