-- A deleted user leaves nothing behind, in whatever table of the schema.
begin;

insert into auth.users (id, email) values
  (tests.user_id('a'), 'ada@example.com'),
  (tests.user_id('b'), 'bob@example.com');
do $$
declare
  v_user uuid;
  v_envelope text := translate(encode(decode('42594b0100000001' || repeat('00', 348), 'hex'), 'base64'), E'\n', '');
begin
  foreach v_user in array array[tests.user_id('a'), tests.user_id('b')]::uuid[] loop
    perform byok.grant_credits(v_user, 100, 'welcome', 'tap:' || v_user);
    perform byok.charge_hold(v_user, h.hold_id) from byok.place_hold(v_user, 'request-1', 'kernel_build', 'openai', 'gpt-5.4-nano', 10, 10) as h;
    perform byok.place_hold(v_user, 'request-2', 'kernel_build', 'openai', 'gpt-5.4-nano', 10, 10);
    perform byok.save_credential(v_user, gen_random_uuid(), 'openai', 'abcd', 'verified', v_envelope, 1);
    perform byok.save_credential(v_user, gen_random_uuid(), 'groq', 'abcd', 'verified', v_envelope, 1);
    perform byok.count_attempt(v_user, repeat('A', 43) || '=');
  end loop;
end
$$;

-- The tables come from the catalog: one that is added later fails here until it has rows of ada's.
create temporary table owned as
  select attrelid::regclass as name, attname as whose from pg_attribute join pg_class on pg_class.oid = attrelid
  where relnamespace = 'byok'::regnamespace and relkind in ('r', 'p') and attname in ('owner_id', 'user_id');
create function pg_temp.rows_of(p_table regclass, p_user text) returns bigint language plpgsql as $$
declare
  v_count bigint;
begin
  execute format('select count(*) from %s where %I = %L', p_table, (select whose from owned where name = p_table), tests.user_id(p_user)) into v_count;
  return v_count;
end
$$;
create temporary table before as select name, pg_temp.rows_of(name, 'b') as of_bob from owned;

select plan((select count(*) from owned)::integer * 3 + 1);
select set_eq(
  $$select relname::text from pg_class where relnamespace = 'byok'::regnamespace and relkind in ('r', 'p') and oid not in (select name from owned)$$,
  array['limits', 'oauth_clients', 'operations', 'prices', 'required_claims'],
  'every table says whose its rows are, but for the operator''s own');
select cmp_ok(pg_temp.rows_of(name, 'a'), '>', 0::bigint, name || ' has rows of the user') from owned;
delete from auth.users where id = tests.user_id('a');
select is(pg_temp.rows_of(name, 'a'), 0::bigint, name || ' has none when the user is deleted') from owned;
select is(pg_temp.rows_of(name, 'b'), of_bob, name || ' keeps those of others') from before;

select * from finish();
rollback;
