-- The app says who may bring a key and who may use credits, by plan or trial: it replaces these two functions. Both bodies are bound
-- when they are made, so they need no search_path, and without a SET clause the planner replaces a call by the constant.

create function byok.may_bring_key(p_owner_id uuid) returns boolean
language sql
stable
return true;

comment on function byok.may_bring_key(uuid) is
  'Whether a user, or a team, may save, check and use API keys of their own. The app replaces it; open_call asks it for each call on a saved key. Null counts as no.';

create function byok.may_use_credits(p_owner_id uuid) returns boolean
language sql
stable
return true;

comment on function byok.may_use_credits(uuid) is
  'Whether a user may spend their credits, or the members of a team its credits. The app replaces it; open_call asks it for each call that credits would pay. Null counts as no.';

create function byok.read_rights() returns table (may_bring_key boolean, may_use_credits boolean)
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  -- The server role has no access to schema auth.
  v_claims jsonb := nullif(current_setting('request.jwt.claims', true), '')::jsonb;
  v_user_id uuid := v_claims ->> 'sub';
begin
  if v_user_id is null or not byok.is_client_accepted(v_claims) then
    raise sqlstate 'PT401' using message = 'unauthenticated',
      hint = 'The token names no user, or an OAuth client that is not in byok.oauth_clients.';
  end if;
  may_bring_key := coalesce(byok.may_bring_key(v_user_id), false);
  may_use_credits := coalesce(byok.may_use_credits(v_user_id), false);
  return next;
end
$$;

comment on function byok.read_rights() is
  'One row: the rights of the signed-in user, for a page. Raises unauthenticated without a user and for an OAuth client that is not accepted.';

revoke execute on function byok.may_bring_key(uuid), byok.may_use_credits(uuid), byok.read_rights() from public;
grant execute on function byok.may_bring_key(uuid), byok.may_use_credits(uuid) to byok_server;
grant execute on function byok.read_rights() to authenticated;
