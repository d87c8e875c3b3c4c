-- Which access tokens are enough, and for what. Both tables are the operator's; the functions and the policies ask the same two
-- functions, so that what a user may not do through save is not possible through the Data API either.

create table byok.oauth_clients (
  client_id text primary key check (length(client_id) between 1 and 255)
);

comment on table byok.oauth_clients is 'Third-party clients of Supabase Auth''s OAuth server whose tokens are accepted. A token that names another client (claim client_id) is refused; those of the project''s own sessions name none.';
comment on column byok.oauth_clients.client_id is 'The client''s id, as the dashboard shows it under Authentication, OAuth Apps.';

create table byok.required_claims (
  name text primary key check (name ~ '^[a-z][a-z0-9_]{0,62}$'),
  claims jsonb not null check (jsonb_typeof(claims) = 'object' and claims <> '{}')
);

comment on table byok.required_claims is 'What an access token must contain for its user to save, check or remove an API key. None by default.';
comment on column byok.required_claims.name is 'The operator''s name for the rule.';
comment on column byok.required_claims.claims is 'Claims that the token must contain, as jsonb containment (@>): {"aal": "aal2"} demands a second factor.';

alter table byok.oauth_clients enable row level security;
alter table byok.required_claims enable row level security;

create policy "The server reads the accepted clients" on byok.oauth_clients
  for select to byok_server using (true);
create policy "The server reads the required claims" on byok.required_claims
  for select to byok_server using (true);

comment on policy "The server reads the accepted clients" on byok.oauth_clients is 'is_client_accepted.';
comment on policy "The server reads the required claims" on byok.required_claims is 'require_claims.';

grant select on byok.oauth_clients, byok.required_claims to byok_server;

create function byok.is_client_accepted(p_claims jsonb) returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return p_claims ->> 'client_id' is null
    or exists (select from byok.oauth_clients as c where c.client_id = p_claims ->> 'client_id');
end
$$;

comment on function byok.is_client_accepted(jsonb) is
  'Whether the claims of an access token name no OAuth client, or one of byok.oauth_clients. Policies ask it, so authenticated may execute it; it tells nothing about users.';

create function byok.require_claims(p_claims jsonb) returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_missing jsonb;
begin
  if not byok.is_client_accepted(p_claims) then
    raise sqlstate 'PT401' using message = 'unauthenticated',
      hint = 'The token belongs to an OAuth client that is not in byok.oauth_clients.';
  end if;
  select jsonb_object_agg(c.key, c.value) into v_missing
  from byok.required_claims as r cross join jsonb_each(r.claims) as c
  where not coalesce(p_claims, '{}') @> r.claims;
  if v_missing is not null then
    raise sqlstate 'PT403' using message = 'claims_required', detail = jsonb_build_object('claims', v_missing)::text,
      hint = 'byok.required_claims demands claims that this access token does not have.';
  end if;
  return true;
end
$$;

comment on function byok.require_claims(jsonb) is
  'True when the claims of an access token are enough to save, check or remove API keys. Raises unauthenticated for an OAuth client that is not accepted, and claims_required (with claims, those of each rule that the token does not meet). The policy for removing asks it, so authenticated may execute it.';

revoke execute on function byok.is_client_accepted(jsonb), byok.require_claims(jsonb) from public;
grant execute on function byok.is_client_accepted(jsonb), byok.require_claims(jsonb)
  to authenticated, byok_server, service_role;
