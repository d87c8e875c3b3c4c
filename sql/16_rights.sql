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

create function byok.read_rights(p_team_id uuid default null)
returns table (may_bring_key boolean, may_use_credits boolean, may_manage_keys boolean, is_member boolean)
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  -- The server role has no access to schema auth.
  v_claims jsonb := nullif(current_setting('request.jwt.claims', true), '')::jsonb;
  v_user_id uuid := v_claims ->> 'sub';
  v_owner_id uuid := coalesce(p_team_id, v_user_id);
begin
  if v_user_id is null or not byok.is_client_accepted(v_claims) then
    raise sqlstate 'PT401' using message = 'unauthenticated',
      hint = 'The token names no user, or an OAuth client that is not in byok.oauth_clients.';
  end if;
  is_member := v_owner_id = any (byok.my_owners());
  may_bring_key := is_member and coalesce(byok.may_bring_key(v_owner_id), false);
  may_use_credits := is_member and coalesce(byok.may_use_credits(v_owner_id), false);
  may_manage_keys := v_owner_id = any (byok.my_owners('admin'));
  return next;
end
$$;

comment on function byok.read_rights(uuid) is
  'One row, for a page: the rights of the signed-in user, or of a team with whether the user is an admin, who may change its keys, and whether the user belongs to it. A stranger has no right. Raises unauthenticated without a user and for an OAuth client that is not accepted.';

revoke execute on function byok.may_bring_key(uuid), byok.may_use_credits(uuid), byok.read_rights(uuid) from public;
grant execute on function byok.may_bring_key(uuid), byok.may_use_credits(uuid) to byok_server;
grant execute on function byok.read_rights(uuid) to authenticated;
