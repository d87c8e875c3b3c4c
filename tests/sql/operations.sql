-- Operations and platform models: what is seeded, who reads them, who does not change them.
begin;
select plan(10);

select results_eq(
  $$select name, price_microcredits from byok.operations order by name$$,
  $$values ('doc_generation', 10000000::numeric), ('kernel_build', 20000000), ('single_doc_regen', 2000000)$$,
  'the three operations have their prices');
select results_eq(
  $$select distinct provider from byok.platform_models order by provider$$,
  $$values ('anthropic'), ('google'), ('groq'), ('openai')$$,
  'every provider has platform models');
select throws_ok($$insert into byok.operations values ('free', 0, 1, 1)$$, '23514', null, 'an operation cannot be free');
select throws_ok($$insert into byok.operations values ('Big Build', 1, 1, 1)$$, '23514', null, 'an operation has a plain name');

set local role authenticated;
set local request.jwt.claims = '{"sub":"00000000-0000-4000-8000-00000000000a","role":"authenticated"}';
select is((select count(*) from byok.operations)::int, 3, 'users read the prices');
select isnt_empty('select * from byok.platform_models', 'users read the platform models');
select throws_ok($$update byok.operations set price_microcredits = 1$$, '42501', null, 'users cannot change a price');
set local role anon;
select throws_ok('select * from byok.operations', '42501', null, 'anon reads no prices');
select throws_ok('select * from byok.platform_models', '42501', null, 'anon reads no models');
set local role service_role;
select throws_ok($$update byok.operations set price_microcredits = 1$$, '42501', null, 'the service role cannot change a price');

select * from finish();
rollback;
