-- A user whom the operator bans or soft-deletes in Supabase Auth keeps an access token until it expires, and may be named by a
-- backend job. Neither calls for them from that moment: what a caller asks for asks this first, in the round trip that is made anyway.
--
-- auth.users belongs to Supabase Auth, with row-level security and without a policy, so that byok_server would see no row of it. The
-- hosted `postgres`, who runs the migrations, may read it past row-level security: this function stays its own, unlike all others.

create function byok.is_active(p_user_id uuid) returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_claims text := byok.refuse_browser();
begin
  perform from auth.users as u
  where u.id = p_user_id and u.deleted_at is null and (u.banned_until is null or u.banned_until <= now());
  return found;
end
$$;

comment on function byok.is_active(uuid) is
  'Whether a user is there, and neither banned nor soft-deleted. Runs as the owner of the schema, who may read auth.users.';

create function byok.act_for_active(p_user_id uuid) returns text
language plpgsql
set search_path = ''
as $$
declare
  v_previous_claims text := byok.act_for(p_user_id);
begin
  if not byok.is_active(p_user_id) then
    raise sqlstate 'PT401' using message = 'unauthenticated',
      hint = 'The user is not in auth.users, or is banned (banned_until) or soft-deleted (deleted_at) there.';
  end if;
  return v_previous_claims;
end
$$;

comment on function byok.act_for_active(uuid) is
  'As act_for, for what a caller asks for: saving, checking and using keys, and spending credits. Raises unauthenticated for a user who is banned, soft-deleted or not there. What was begun before goes on under act_for: charging, giving back, rotation.';

revoke execute on function byok.is_active(uuid), byok.act_for_active(uuid) from public;
grant execute on function byok.is_active(uuid), byok.act_for_active(uuid) to byok_server;
