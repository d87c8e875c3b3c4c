-- Checks saved API keys on a schedule, the ones that were checked longest ago first. In no migration: an operator who wants it runs this
-- file once, as role postgres, on a project with pg_cron and pg_net, after keeping two secrets in Supabase Vault:
--
--   select vault.create_secret('https://<ref>.supabase.co', 'byok_project_url');
--   select vault.create_secret('sb_secret_...', 'byok_secret_key');
--
-- Every ten minutes the function recheck checks up to 20 keys whose status was last set more than a week ago. So checks are spread over
-- the time, and 2,880 keys a day are checked at most: raise limit (50 at most) or the frequency if you have more than 20,000.
-- `select cron.unschedule('byok-recheck')` ends it. https://supabase.com/docs/guides/functions/schedule-functions, November 2026.

select cron.schedule('byok-recheck', '*/10 * * * *', $$
  select net.http_post(
    url := (select decrypted_secret from vault.decrypted_secrets where name = 'byok_project_url') || '/functions/v1/byok/recheck',
    headers := jsonb_build_object(
      'content-type', 'application/json',
      'apikey', (select decrypted_secret from vault.decrypted_secrets where name = 'byok_secret_key')),
    body := '{"limit": 20, "older_than_hours": 168}'::jsonb,
    timeout_milliseconds := 60000)
$$);
