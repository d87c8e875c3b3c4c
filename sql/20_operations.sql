-- The goods that credits buy: an operation with a model, at a price. A client names both, so a price belongs to the pair: nobody gets
-- the dearest model for the price of the cheapest operation. Every amount is in microcredits: 1000000 are one credit.

create table byok.operations (
  name text primary key check (name ~ '^[a-z][a-z0-9_]{0,62}$'),
  label text not null check (length(label) between 1 and 100),
  description text not null check (length(description) between 1 and 500)
);

comment on table byok.operations is 'Operations that are billed, one row each. The operator edits them here.';
comment on column byok.operations.name is 'Name sent as x-byok-operation.';
comment on column byok.operations.label is 'Name shown to users.';
comment on column byok.operations.description is 'One sentence for users: what the operation does.';

create table byok.prices (
  operation text not null references byok.operations (name) on update cascade on delete cascade,
  provider text not null check (provider ~ '^[a-z][a-z0-9_]{0,31}$'),
  model text not null check (length(model) between 1 and 200),
  -- No integers: Postgres would round 1.5 before any check sees it, and the operator would charge what was never said.
  microcredits_per_call numeric
    check (microcredits_per_call between 1 and 1e15 and microcredits_per_call = trunc(microcredits_per_call)),
  microcredits_per_1000_input_tokens numeric
    check (microcredits_per_1000_input_tokens between 0 and 1e9
      and microcredits_per_1000_input_tokens = trunc(microcredits_per_1000_input_tokens)),
  microcredits_per_1000_cached_input_tokens numeric
    check (microcredits_per_1000_cached_input_tokens between 0 and 1e9
      and microcredits_per_1000_cached_input_tokens = trunc(microcredits_per_1000_cached_input_tokens)),
  microcredits_per_1000_cache_write_tokens numeric
    check (microcredits_per_1000_cache_write_tokens between 0 and 1e9
      and microcredits_per_1000_cache_write_tokens = trunc(microcredits_per_1000_cache_write_tokens)),
  microcredits_per_1000_output_tokens numeric
    check (microcredits_per_1000_output_tokens between 0 and 1e9
      and microcredits_per_1000_output_tokens = trunc(microcredits_per_1000_output_tokens)),
  max_output_tokens integer not null check (max_output_tokens between 1 and 1000000),
  max_input_bytes integer not null check (max_input_bytes between 1 and 26214400),
  primary key (operation, provider, model),
  constraint flat_or_metered check (
    num_nonnulls(
      microcredits_per_1000_input_tokens, microcredits_per_1000_cached_input_tokens, microcredits_per_1000_cache_write_tokens,
      microcredits_per_1000_output_tokens)
      = case when microcredits_per_call is null then 4 else 0 end),
  constraint metered_is_not_free check (microcredits_per_1000_input_tokens + microcredits_per_1000_output_tokens > 0)
);

comment on table byok.prices is
  'What a call on credits costs, for each operation and model: a flat price, or one that is metered by the provider''s count of tokens. Credits do not buy a pair without a row; BYOK calls may name any model.';
comment on column byok.prices.operation is 'The operation that this price is for.';
comment on column byok.prices.provider is 'Provider id: openai, anthropic, google, groq.';
comment on column byok.prices.model is 'Model id exactly as the provider spells it.';
comment on column byok.prices.microcredits_per_call is 'Flat: price of one call. Null for a metered price.';
comment on column byok.prices.microcredits_per_1000_input_tokens is 'Metered: price of 1000 input tokens that no cache of the provider''s was involved in. Null for a flat price.';
comment on column byok.prices.microcredits_per_1000_cached_input_tokens is 'Metered: price of 1000 input tokens that the provider read from its cache. Null for a flat price.';
comment on column byok.prices.microcredits_per_1000_cache_write_tokens is 'Metered: price of 1000 input tokens that the provider wrote to its cache. Some bill these at more than input. Null for a flat price.';
comment on column byok.prices.microcredits_per_1000_output_tokens is 'Metered: price of 1000 output tokens, reasoning included. Null for a flat price.';
comment on column byok.prices.max_output_tokens is 'Most output tokens that one call may ask for.';
comment on column byok.prices.max_input_bytes is 'Largest request body of a call, in bytes.';

alter table byok.operations enable row level security;
alter table byok.prices enable row level security;

create policy "Signed-in users read the operations" on byok.operations
  for select to authenticated using (true);
create policy "The server reads the operations" on byok.operations
  for select to byok_server using (true);
create policy "Signed-in users read the prices" on byok.prices
  for select to authenticated using (true);
create policy "The server reads the prices" on byok.prices
  for select to byok_server using (true);

comment on policy "Signed-in users read the operations" on byok.operations is 'Users see what they may ask for.';
comment on policy "The server reads the operations" on byok.operations is 'place_hold tells an unknown operation from one without a price.';
comment on policy "Signed-in users read the prices" on byok.prices is 'Prices are public to users.';
comment on policy "The server reads the prices" on byok.prices is 'list_prices and place_hold.';

grant select on byok.operations, byok.prices to authenticated, byok_server;

create function byok.list_prices() returns setof byok.prices
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform byok.refuse_browser();
  return query select * from byok.prices order by operation, provider, model;
end
$$;

comment on function byok.list_prices() is
  'All prices. The functions remember them for a minute at most, to check a request before any credits are held.';

create function byok.most_microcredits(p_price byok.prices, p_max_input_tokens bigint, p_max_output_tokens bigint) returns bigint
language plpgsql
immutable
set search_path = ''
as $$
begin
  return coalesce(
    p_price.microcredits_per_call,
    greatest(1, ceil((
      p_max_input_tokens
        * greatest(
          p_price.microcredits_per_1000_input_tokens, p_price.microcredits_per_1000_cached_input_tokens,
          p_price.microcredits_per_1000_cache_write_tokens)
      + p_max_output_tokens * p_price.microcredits_per_1000_output_tokens
    ) / 1000)));
end
$$;

comment on function byok.most_microcredits(byok.prices, bigint, bigint) is
  'The most that a call can cost with so many input and output tokens.';

revoke execute on function byok.list_prices(), byok.most_microcredits(byok.prices, bigint, bigint) from public;
grant execute on function byok.list_prices() to service_role;
grant execute on function byok.most_microcredits(byok.prices, bigint, bigint) to byok_server;
