-- Example operations and prices, for a project that has none of its own yet: each operation with each model, at one flat price. They are in
-- no migration, since prices are the operator's. Edit them, then run this file as role postgres: in the SQL editor, as a migration of your
-- own, or as supabase/seed.sql, which `supabase db reset` and the local stack run. It leaves rows that are there as they are.
-- `npx supabase-byok credits exposure` tells what the worst call costs the operator.

insert into byok.operations (name, label, description) values
  ('kernel_build', 'Kernel build', 'Builds the kernel of a project.'),
  ('doc_generation', 'Doc generation', 'Writes the documentation of a project.'),
  ('single_doc_regen', 'Single doc regen', 'Writes one document again.')
on conflict (name) do nothing;

insert into byok.prices (operation, provider, model, microcredits_per_call, max_output_tokens, max_input_bytes)
select o.operation, m.provider, m.model, o.microcredits_per_call, o.max_output_tokens, o.max_input_bytes
from (values
  ('kernel_build', 20000000, 16384, 1048576),
  ('doc_generation', 10000000, 8192, 1048576),
  ('single_doc_regen', 2000000, 4096, 262144)
) as o (operation, microcredits_per_call, max_output_tokens, max_input_bytes)
cross join (values
  ('openai', 'gpt-5.4-nano'),
  ('openai', 'gpt-5.4-mini'),
  ('openai', 'gpt-4.1-mini'),
  ('openai', 'text-embedding-3-small'),
  ('anthropic', 'claude-haiku-4-5'),
  ('anthropic', 'claude-haiku-4-5-20251001'),
  ('google', 'gemini-3.5-flash-lite'),
  ('google', 'gemini-3.1-flash-lite'),
  ('google', 'gemini-embedding-001'),
  ('groq', 'openai/gpt-oss-20b'),
  ('groq', 'openai/gpt-oss-120b')
) as m (provider, model)
on conflict (operation, provider, model) do nothing;
