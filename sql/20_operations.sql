-- What platform credits pay for: the operations with their prices, and the models the platform's own keys may call.

create table byok.operations (
  name text primary key check (name ~ '^[a-z][a-z0-9_]{0,62}$'),
  -- No integer: Postgres would round 1.5 before any check sees it, and the operator would charge what was never said.
  price_microcredits numeric not null
    check (price_microcredits between 1 and 1e15 and price_microcredits = trunc(price_microcredits)),
  max_output_tokens integer not null check (max_output_tokens between 1 and 1000000),
  max_input_bytes integer not null check (max_input_bytes between 1 and 26214400)
);

comment on table byok.operations is 'Operations that are billed, one row each. The operator edits prices and limits here.';
comment on column byok.operations.name is 'Name sent as x-byok-operation.';
comment on column byok.operations.price_microcredits is 'Price of one call on platform funding, in microcredits: 1000000 are one credit.';
comment on column byok.operations.max_output_tokens is 'Most output tokens that one call on platform funding may ask for.';
comment on column byok.operations.max_input_bytes is 'Largest request body of a call on platform funding, in bytes.';

create table byok.platform_models (
  provider text not null check (provider ~ '^[a-z][a-z0-9_]{0,31}$'),
  model text not null check (length(model) between 1 and 200),
  primary key (provider, model)
);

comment on table byok.platform_models is 'Models that platform funding may call with the platform''s own keys. BYOK calls may name any model.';
comment on column byok.platform_models.provider is 'Provider id: openai, anthropic, google, groq.';
comment on column byok.platform_models.model is 'Model id exactly as the provider spells it.';

alter table byok.operations enable row level security;
alter table byok.platform_models enable row level security;

create policy "Signed-in users read the operations" on byok.operations
  for select to authenticated using (true);
create policy "The server reads the operations" on byok.operations
  for select to byok_server using (true);
create policy "Signed-in users read the platform models" on byok.platform_models
  for select to authenticated using (true);
create policy "The server reads the platform models" on byok.platform_models
  for select to byok_server using (true);

comment on policy "Signed-in users read the operations" on byok.operations is 'Prices are public to users.';
comment on policy "The server reads the operations" on byok.operations is 'open_call looks up prices and limits.';
comment on policy "Signed-in users read the platform models" on byok.platform_models is 'Users see what credits can buy.';
comment on policy "The server reads the platform models" on byok.platform_models is 'open_call hands the list to the function.';

grant select on byok.operations, byok.platform_models to authenticated, byok_server;

insert into byok.operations (name, price_microcredits, max_output_tokens, max_input_bytes) values
  ('kernel_build', 20000000, 16384, 1048576),
  ('doc_generation', 10000000, 8192, 1048576),
  ('single_doc_regen', 2000000, 4096, 262144)
on conflict (name) do nothing;

insert into byok.platform_models (provider, model) values
  ('openai', 'gpt-4.1-mini'),
  ('openai', 'gpt-4.1-nano'),
  ('openai', 'text-embedding-3-small'),
  ('anthropic', 'claude-haiku-4-5'),
  ('anthropic', 'claude-sonnet-4-5'),
  ('google', 'gemini-2.5-flash'),
  ('google', 'gemini-2.5-flash-lite'),
  ('google', 'gemini-embedding-001'),
  ('groq', 'llama-3.1-8b-instant'),
  ('groq', 'llama-3.3-70b-versatile')
on conflict (provider, model) do nothing;
