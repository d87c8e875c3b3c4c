-- Signs callers in as PostgREST does, for the rest of the transaction: the role, and the claims of the token. Each file of pgTAP runs in
-- one transaction with these functions, which are gone when it is over. Named as in https://github.com/usebasejump/supabase-test-helpers.
-- `reset role` goes back to the operator.

create schema tests;
grant usage on schema tests to public;

-- The id that a test gives a user, by a letter: `a` is Ada's.
create function tests.user_id(p_letter text) returns uuid language sql immutable as $$
  select ('00000000-0000-4000-8000-00000000000' || p_letter)::uuid;
$$;

create function tests.authenticate_as(p_user_id uuid) returns void language plpgsql as $$
begin
  perform set_config('role', 'authenticated', true),
    set_config('request.jwt.claims', format('{"sub":"%s","role":"authenticated"}', p_user_id), true);
end
$$;

create function tests.authenticate_as_service_role() returns void language plpgsql as $$
begin
  perform set_config('role', 'service_role', true), set_config('request.jwt.claims', '{"role":"service_role"}', true);
end
$$;

-- A visitor who has not signed in.
create function tests.clear_authentication() returns void language plpgsql as $$
begin
  perform set_config('role', 'anon', true), set_config('request.jwt.claims', '{"role":"anon"}', true);
end
$$;

grant execute on all functions in schema tests to public;
