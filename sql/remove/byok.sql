-- Takes schema byok out: all saved API keys, credits and the ledger, and everything that the migrations and the optional files made
-- elsewhere. It cannot be undone. Run it as role postgres, in the SQL editor or as a migration, after two other steps:
--
--   1. delete the Edge Function, so that nobody calls what goes;
--   2. take byok out of the exposed schemas (API settings; `[api] schemas` in config.toml): while an exposed schema does not exist,
--      the Data API of the whole project is down (PGRST002).
--
-- All that the app has built on it goes too (drop ... cascade): triggers that call its functions, foreign keys to its tables, views.

do $$
declare
  v_schemas text;
begin
  -- Seen here where the exposed schemas are a setting of the role; a hosted project may have them elsewhere.
  select substr(setting, length('pgrst.db_schemas=') + 1) into v_schemas
  from pg_catalog.pg_db_role_setting as s cross join unnest(s.setconfig) as setting
  where s.setrole = to_regrole('authenticator') and setting like 'pgrst.db\_schemas=%'
    and s.setdatabase in (0, (select oid from pg_catalog.pg_database where datname = current_database()))
  order by s.setdatabase desc limit 1;
  if 'byok' = any (regexp_split_to_array(v_schemas, '[\s,]+')) then
    raise object_not_in_prerequisite_state using message = 'schema byok is still exposed in the Data API',
      hint = 'Take byok out of the exposed schemas first: API settings of the dashboard, or alter role authenticator set pgrst.db_schemas = ... and notify pgrst. Without it the Data API of the whole project goes down.';
  end if;
end
$$;

-- Jobs of pg_cron, which would fail every minute.
do $$
begin
  if to_regclass('cron.job') is not null then
    perform cron.unschedule(j.jobname) from cron.job as j
    where j.jobname in ('byok-expire-holds', 'byok-retry-webhooks', 'byok-recheck');
  end if;
end
$$;

-- Secrets that the schedule of checks reads.
do $$
begin
  if to_regclass('vault.secrets') is not null then
    delete from vault.secrets where name in ('byok_project_url', 'byok_secret_key');
  end if;
end
$$;

-- Triggers on auth.users go with their functions, and the publication of Realtime lets go of the table.
drop schema if exists byok cascade;

-- Roles, with what the app has granted them on its own tables: owners_of may read the app's teams.
do $$
declare
  v_role text;
begin
  foreach v_role in array array['byok_functions', 'byok_rotation', 'byok_events', 'byok_server'] loop
    if to_regrole(v_role) is not null then
      -- The maker of a role may become it, which it takes to let go of the grants.
      execute format('grant %I to current_user', v_role);
      execute format('drop owned by %I', v_role);
      execute format('drop role %I', v_role);
    end if;
  end loop;
end
$$;
