-- Operations and prices: what the examples are, what a price may be, who reads them, who does not change them.
begin;
select plan(21);

select results_eq(
  $$select distinct operation, microcredits_per_call, max_output_tokens, max_input_bytes from byok.prices order by operation$$,
  $$values ('doc_generation', 10000000::numeric, 8192, 1048576), ('kernel_build', 20000000, 16384, 1048576), ('single_doc_regen', 2000000, 4096, 262144)$$,
  'the three operations have one flat price and one set of limits each');
select results_eq(
  $$select provider, count(distinct model), count(*) from byok.prices group by provider order by provider$$,
  $$values ('anthropic', 2::bigint, 6::bigint), ('google', 3, 9), ('groq', 2, 6), ('openai', 4, 12)$$,
  'for models of every provider');
select is_empty($$select from byok.operations where label = name or description !~ '^[A-Z].+[.]$'$$, 'operations have words for users');
select throws_ok($$insert into byok.operations values ('Big Build', 'Big', 'Builds.')$$, '23514', null, 'an operation has a plain name');

create function pg_temp.price(p_flat numeric, p_input numeric, p_cached numeric, p_write numeric, p_output numeric) returns void language sql as $$
  insert into byok.prices values ('kernel_build', 'openai', gen_random_uuid()::text, p_flat, p_input, p_cached, p_write, p_output, 1, 1);
$$;
select lives_ok('select pg_temp.price(1, null, null, null, null)', 'a price is flat');
select lives_ok('select pg_temp.price(null, 3, 0, 3, 5)', 'or metered');
select lives_ok('select pg_temp.price(null, 3, 3, 3, 0)', 'where output may cost nothing, as of embeddings');
select throws_ok('select pg_temp.price(null, null, null, null, null)', '23514', null, 'not none');
select throws_ok('select pg_temp.price(1, 3, 1, 3, 5)', '23514', null, 'not both');
select throws_ok('select pg_temp.price(null, 3, 1, null, 5)', '23514', null, 'and not a part of a metered one');
select throws_ok('select pg_temp.price(0, null, null, null, null)', '23514', null, 'a call cannot be free');
select throws_ok('select pg_temp.price(null, 0, 0, 0, 0)', '23514', null, 'nor can its tokens');
select throws_ok('select pg_temp.price(null, 1.5, 1, 3, 5)', '23514', null, 'a rate is not rounded');
select is(
  (select byok.most_microcredits(p, 1001, 10) from byok.prices as p where microcredits_per_1000_output_tokens = 5), 4::bigint,
  'the most that a metered call can cost is rounded up');
select is(
  (select max(byok.most_microcredits(p, 0, 0)) from byok.prices as p where microcredits_per_1000_output_tokens = 5), 1::bigint,
  'and 1 at least');

select tests.authenticate_as(tests.user_id('a'));
select is((select count(*) from byok.operations)::int, 3, 'users read the operations');
select isnt_empty('select * from byok.prices', 'users read the prices');
select throws_ok($$update byok.prices set microcredits_per_call = 1$$, '42501', null, 'users cannot change a price');
select tests.clear_authentication();
select throws_ok('select * from byok.prices', '42501', null, 'anon reads no prices');
select tests.authenticate_as_service_role();
select throws_ok($$update byok.prices set microcredits_per_call = 1$$, '42501', null, 'the service role cannot change a price');
select is((select count(*) from byok.list_prices())::int, 36, 'but lists them for the functions');

select * from finish();
rollback;
