-- A webhook that tells your app about events in the life of keys, such as a key that the provider takes no longer. In no migration: an
-- operator who wants it runs this file once, as role postgres, on a project with pg_net. Running it again is safe. Then:
--
--   insert into byok.webhooks (url, secret) values ('https://app.example.com/hooks/byok', 'whsec_' || encode(extensions.gen_random_bytes(32), 'base64'));
--
-- Requests are signed as https://www.standardwebhooks.com says (HMAC-SHA256), so any of its libraries verifies them with that secret. One
-- that fails is sent again up to five times, over some four hours, where pg_cron is installed. `drop table byok.webhooks cascade` and
-- `drop function byok.queue_webhooks() cascade` end it.
--
-- The functions run as postgres, which pg_net is open to: https://supabase.com/docs/guides/database/extensions/pg_net, November 2026.

create table if not exists byok.webhooks (
  id bigint generated always as identity primary key,
  url text not null check (url ~ '^https://'),
  secret text not null check (secret ~ '^whsec_[A-Za-z0-9+/]{32,}={0,2}$'),
  kinds text[] not null default '{verdict_changed,locked}'
);

comment on table byok.webhooks is 'Where events in the life of keys are sent. The operator''s: no other role may read it, since it holds secrets.';
comment on column byok.webhooks.id is 'Id.';
comment on column byok.webhooks.url is 'Address that takes a POST, by https.';
comment on column byok.webhooks.secret is 'Secret of the signature: whsec_ and base64 of at least 24 bytes.';
comment on column byok.webhooks.kinds is 'Kinds of byok.key_events that are sent.';

create table if not exists byok.webhook_deliveries (
  webhook_id bigint not null references byok.webhooks (id) on delete cascade,
  event_id bigint not null,
  owner_id uuid not null,
  body jsonb not null,
  attempts integer not null default 0,
  request_id bigint,
  next_attempt_at timestamptz not null default now(),
  primary key (webhook_id, event_id)
);

comment on table byok.webhook_deliveries is 'Events that are on their way, for some four hours at most.';
comment on column byok.webhook_deliveries.webhook_id is 'The webhook.';
comment on column byok.webhook_deliveries.event_id is 'The event, whose id is the webhook-id by which a receiver knows it again.';
comment on column byok.webhook_deliveries.owner_id is 'The owner of the event.';
comment on column byok.webhook_deliveries.body is 'The event as it is sent.';
comment on column byok.webhook_deliveries.attempts is 'How often it was sent.';
comment on column byok.webhook_deliveries.request_id is 'pg_net''s id of the last request.';
comment on column byok.webhook_deliveries.next_attempt_at is 'When the answer is looked at: it is sent again then, unless it was taken.';

alter table byok.webhooks enable row level security;
alter table byok.webhook_deliveries enable row level security;

create or replace function byok.hmac_sha256(p_key bytea, p_message bytea) returns bytea
language plpgsql
immutable
set search_path = ''
as $$
declare
  -- RFC 2104 with blocks of 64 bytes, by Postgres's own sha256: no extension is needed.
  v_key bytea := case when length(p_key) > 64 then sha256(p_key) else p_key end;
  v_inner bytea := decode(repeat('36', 64), 'hex');
  v_outer bytea := decode(repeat('5c', 64), 'hex');
begin
  for v_place in 0 .. length(v_key) - 1 loop
    v_inner := set_byte(v_inner, v_place, get_byte(v_inner, v_place) # get_byte(v_key, v_place));
    v_outer := set_byte(v_outer, v_place, get_byte(v_outer, v_place) # get_byte(v_key, v_place));
  end loop;
  return sha256(v_outer || sha256(v_inner || p_message));
end
$$;

comment on function byok.hmac_sha256(bytea, bytea) is 'HMAC-SHA256 (RFC 2104) of a message, 32 bytes.';

create or replace function byok.send_delivery(p_delivery byok.webhook_deliveries) returns void
language plpgsql
set search_path = ''
as $$
declare
  -- After the first attempt a minute, then 5, 30, 60 and 120.
  v_waits interval[] := array['1 minute', '5 minutes', '30 minutes', '1 hour', '2 hours', '10 minutes'];
  v_webhook byok.webhooks;
  v_id text := 'byok_' || p_delivery.event_id;
  v_sent_at text := floor(extract(epoch from clock_timestamp()))::bigint::text;
  v_signature text;
begin
  select * into strict v_webhook from byok.webhooks as w where w.id = p_delivery.webhook_id;
  v_signature := encode(
    byok.hmac_sha256(
      decode(substr(v_webhook.secret, 7), 'base64'),
      convert_to(v_id || '.' || v_sent_at || '.' || p_delivery.body::text, 'UTF8')),
    'base64');
  update byok.webhook_deliveries as d
  set attempts = p_delivery.attempts + 1,
      next_attempt_at = now() + v_waits[p_delivery.attempts + 1],
      -- pg_net sends it when the transaction has ended, and the text of the body as it was signed.
      request_id = net.http_post(
        url := v_webhook.url, body := p_delivery.body,
        headers := jsonb_build_object(
          'content-type', 'application/json', 'webhook-id', v_id, 'webhook-timestamp', v_sent_at,
          'webhook-signature', 'v1,' || replace(v_signature, E'\n', '')))
  where d.webhook_id = p_delivery.webhook_id and d.event_id = p_delivery.event_id;
end
$$;

comment on function byok.send_delivery(byok.webhook_deliveries) is 'Signs an event and hands it to pg_net.';

create or replace function byok.queue_webhooks() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_delivery byok.webhook_deliveries;
begin
  for v_delivery in
    insert into byok.webhook_deliveries (webhook_id, event_id, owner_id, body)
    select w.id, new.id, new.owner_id, jsonb_build_object('type', 'byok.key.' || new.kind, 'timestamp', new.created_at, 'data', to_jsonb(new))
    from byok.webhooks as w where new.kind = any (w.kinds)
    returning *
  loop
    perform byok.send_delivery(v_delivery);
  end loop;
  return null;
exception when others then
  -- A webhook that cannot be sent does not keep the owner from changing a key.
  raise warning 'byok.queue_webhooks fails with SQLSTATE %', sqlstate;
  return null;
end
$$;

comment on function byok.queue_webhooks() is 'Trigger: sends an event to each webhook that wants its kind.';

create or replace function byok.retry_webhooks() returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_delivery byok.webhook_deliveries;
  v_sent integer := 0;
begin
  for v_delivery in
    select * from byok.webhook_deliveries as d where d.next_attempt_at <= now() order by d.next_attempt_at limit 100 for update skip locked
  loop
    if v_delivery.attempts >= 6
      or exists (select from net._http_response as r where r.id = v_delivery.request_id and r.status_code between 200 and 299)
    then
      delete from byok.webhook_deliveries as d where d.webhook_id = v_delivery.webhook_id and d.event_id = v_delivery.event_id;
    else
      perform byok.send_delivery(v_delivery);
      v_sent := v_sent + 1;
    end if;
  end loop;
  return v_sent;
end
$$;

comment on function byok.retry_webhooks() is
  'Forgets events that were taken (status 200 to 299) or were sent six times, and sends the others again, 100 at most; returns how many it sent.';

create or replace function byok.forget_deliveries() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  delete from byok.webhook_deliveries as d where d.owner_id = old.id;
  return null;
end
$$;

comment on function byok.forget_deliveries() is 'Trigger: a deleted owner leaves no event on its way.';

create or replace trigger queue_webhooks after insert on byok.key_events
  for each row execute function byok.queue_webhooks();
create or replace trigger forget_deliveries after delete on byok.owners
  for each row execute function byok.forget_deliveries();
comment on trigger queue_webhooks on byok.key_events is 'Every event goes to the webhooks that want it.';
comment on trigger forget_deliveries on byok.owners is 'What the owner had goes with the owner.';

revoke execute on function
  byok.hmac_sha256(bytea, bytea), byok.send_delivery(byok.webhook_deliveries), byok.queue_webhooks(), byok.retry_webhooks(),
  byok.forget_deliveries()
from public;

do $$
begin
  if to_regprocedure('cron.schedule(text, text, text)') is not null then
    perform cron.schedule('byok-retry-webhooks', '* * * * *', 'select byok.retry_webhooks()');
  end if;
end
$$;
