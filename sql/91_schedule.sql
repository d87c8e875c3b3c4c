-- Holds that outlive their call are swept every minute where pg_cron is installed. Without it place_hold sweeps its own user's,
-- and a backend job may call expire_holds.

do $$
begin
  if to_regprocedure('cron.schedule(text, text, text)') is not null then
    perform cron.schedule('byok-expire-holds', '* * * * *', 'select byok.expire_holds(1000)');
  end if;
end
$$;
