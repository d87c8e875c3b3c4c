-- Reads of a call, a page, a sweep and the deletion of a user depend neither on how much there is of everybody else, nor on how
-- long the user's own history is. Tables are so small here that reading them whole would be cheaper; that is switched off, so an
-- index is used wherever there is one.
begin;
select plan(15);
set local enable_seqscan = off;

create function tests.user_id(p_number integer) returns uuid language sql as $$ select md5('user ' || p_number)::uuid $$;

create function pg_temp.place_holds(p_number integer, p_count integer) returns setof bigint language sql as $$
  select h.hold_id from generate_series(1, p_count) as i,
    byok.place_hold(tests.user_id(p_number), i || ' ' || gen_random_uuid(), 'single_doc_regen', 'openai', 'gpt-5.4-nano', 10, 10) as h
$$;

-- Rows that a statement reads from the tables that grow, when a user asks as that role.
create function pg_temp.rows_read(p_role text, p_number integer, p_statement text) returns bigint language plpgsql as $$
declare
  v_before bigint;
  v_after bigint;
begin
  perform set_config('role', p_role, true);
  perform set_config('request.jwt.claims', jsonb_build_object('sub', md5('user ' || p_number)::uuid, 'role', p_role)::text, true);
  select sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) into v_before from pg_stat_xact_user_tables
  where schemaname = 'byok' and relname not in ('operations', 'prices', 'limits');
  execute p_statement;
  select sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) into v_after from pg_stat_xact_user_tables
  where schemaname = 'byok' and relname not in ('operations', 'prices', 'limits');
  perform set_config('role', 'none', true);
  return v_after - v_before;
end
$$;

-- 300 users with a saved key, credits, and three calls behind them; 400 of user 1's.
insert into auth.users (id, email) select tests.user_id(n), n || '@example.com' from generate_series(1, 300) as n;
do $$
declare
  v_envelope text := translate(encode(decode('42594b0100000001' || repeat('00', 348), 'hex'), 'base64'), E'\n', '');
begin
  perform byok.save_credential(tests.user_id(n), md5('credential ' || n)::uuid, 'anthropic', 'abcd', 'verified', v_envelope, 1),
    byok.grant_credits(tests.user_id(n), 100000, null, 'growth ' || n)
  from generate_series(1, 300) as n;
  perform byok.charge_hold(tests.user_id(n), pg_temp.place_holds(n, case n when 1 then 400 else 3 end))
  from generate_series(1, 300) as n;
end
$$;
-- The plans of a large ledger are not those of a small one: users 101 to 300 have 100 entries more.
insert into byok.entries (owner_id, kind, microcredits, idempotency_key)
  select tests.user_id(n), 'grant', 1, 'growth ' || n || ' ' || i from generate_series(1, 100) as i, generate_series(101, 300) as n;
-- Some have a call under way, and user 1 has 200.
create temp table under_way as
  select n, pg_temp.place_holds(n, case n when 1 then 200 else 1 end) as hold_id from generate_series(1, 20) as n;
analyze byok.credentials, byok.envelopes, byok.accounts, byok.holds, byok.entries;

select cmp_ok(pg_temp.rows_read('service_role', 1, format($$select byok.open_call(%L, 'anthropic')$$, tests.user_id(1))),
  '<', 10::bigint, 'open_call() reads one credential under BYOK');
select cmp_ok(pg_temp.rows_read('service_role', 1, format($$select byok.place_hold(%L, 'r', 'single_doc_regen', 'openai', 'gpt-5.4-nano', 10, 10)$$, tests.user_id(1))),
  '<', 10::bigint, 'place_hold() reads one account, and none of the user''s other holds or charges');
select cmp_ok(pg_temp.rows_read('service_role', 1, format('select byok.charge_hold(%L, %L)', tests.user_id(1), hold_id)),
  '<', 10::bigint, 'charge_hold() reads one hold and its account')
from under_way where n = 1 limit 1;
select cmp_ok(pg_temp.rows_read('service_role', 1, format($$select byok.refund_charge(%L, %s, 1, 'unused')$$, tests.user_id(1), id)),
  '<', 10::bigint, 'refund_charge() reads one charge and its account')
from byok.entries where owner_id = tests.user_id(1) and kind = 'charge' limit 1;
select cmp_ok(pg_temp.rows_read('service_role', 1, format($$select byok.grant_credits(%L, 5, null, 'once more')$$, tests.user_id(1))),
  '<', 10::bigint, 'grant_credits() reads one account');

select is(pg_temp.rows_read('authenticated', 1, format('select * from byok.entries where owner_id = %L order by id desc limit 50', tests.user_id(1))),
  50::bigint, 'the first page of a long ledger reads that page');
select is(pg_temp.rows_read('authenticated', 1, format('select * from byok.entries where owner_id = %L and id < %s order by id desc limit 50', tests.user_id(1),
    (select max(id) from byok.entries where owner_id = tests.user_id(1) and kind = 'charge'))),
  50::bigint, 'so does a deep page');
select is(pg_temp.rows_read('authenticated', 30, format('select * from byok.entries where owner_id = %L order by id desc limit 50', tests.user_id(30))),
  4::bigint, 'and the page of a short ledger reads no entries of others');
select is(pg_temp.rows_read('authenticated', 2, 'select * from byok.holds'),
  1::bigint, 'an owner''s calls under way are read without those of others, or earlier ones');

select is(pg_temp.rows_read('service_role', 1, 'select byok.expire_holds(1000)'), 0::bigint, 'a sweep reads nothing when nothing has expired');
select is(pg_get_indexdef('byok.holds_expires_at_idx'::regclass),
  $$CREATE INDEX holds_expires_at_idx ON byok.holds USING btree (expires_at)$$,
  'nor does it pass by the calls under way');
select byok.act_for(tests.user_id(1));
select is(byok.expire_holds(1000), 0, 'nor does it end those of an owner whom its transaction acts for');
select set_config('request.jwt.claims', '', true);
update byok.holds set expires_at = now() - interval '1 minute' where id in (select hold_id from under_way where n between 11 and 13);
select cmp_ok(pg_temp.rows_read('service_role', 1, 'select byok.expire_holds(1000)'),
  '<', 50::bigint, 'a sweep reads what has expired');
select is((select count(*) from byok.holds where expires_at <= now()), 0::bigint, 'and ends it');

select cmp_ok(pg_temp.rows_read('none', 2, format('delete from auth.users where id = %L', tests.user_id(2))),
  '<', 50::bigint, 'the deletion of a user reads what is the user''s');

select * from finish();
rollback;
