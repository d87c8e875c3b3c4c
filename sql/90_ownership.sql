-- Every SECURITY DEFINER function runs as byok_server, which row-level security binds. Handing a function over needs CREATE
-- on the schema for its new owner; that is taken back at once.

grant create on schema byok to byok_server;

do $$
declare
  v_function regprocedure;
begin
  for v_function in
    select p.oid::regprocedure from pg_catalog.pg_proc as p
    where p.pronamespace = 'byok'::regnamespace and p.prosecdef
  loop
    execute format('alter function %s owner to byok_server', v_function);
  end loop;
end
$$;

revoke create on schema byok from byok_server;

