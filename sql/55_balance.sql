-- The balance of an owner, for a page. What is held is a sum: a column of the account would have to be written once more for each call.

create function byok.read_balance(p_team_id uuid default null)
returns table (available_microcredits bigint, held_microcredits bigint)
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_claims text := current_setting('request.jwt.claims', true);
  v_user_id uuid := nullif(v_claims, '')::jsonb ->> 'sub';
  v_owner_id uuid := coalesce(p_team_id, v_user_id);
begin
  if v_user_id is null or not byok.is_client_accepted(v_claims::jsonb) then
    raise sqlstate 'PT401' using message = 'unauthenticated',
      hint = 'The token names no user, or an OAuth client that is not accepted.';
  end if;
  -- Members see all that their team holds, and of its calls their own alone.
  if v_owner_id = any (byok.my_owners()) then
    -- act_for answers to no browser.
    perform set_config('request.jwt.claims', '', true);
    perform byok.act_for(v_owner_id);
    select a.available_microcredits, (
      select coalesce(sum(h.microcredits), 0) from byok.holds as h where h.owner_id = v_owner_id)
    into available_microcredits, held_microcredits
    from byok.accounts as a where a.owner_id = v_owner_id;
    perform set_config('request.jwt.claims', v_claims, true);
  end if;
  available_microcredits := coalesce(available_microcredits, 0);
  held_microcredits := coalesce(held_microcredits, 0);
  return next;
end
$$;

comment on function byok.read_balance(uuid) is
  'One row, for a page: what the signed-in user, or a team that the user belongs to, can spend now, and what calls under way have reserved. An owner without an account has nothing; a stranger sees nothing of a team. Raises unauthenticated without a user and for an OAuth client that is not accepted.';

revoke execute on function byok.read_balance(uuid) from public;
grant execute on function byok.read_balance(uuid) to authenticated;
