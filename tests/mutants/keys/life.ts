/** The life of a saved key: its events, marks, pausing and checks. */
import type { Guard } from "../mutants.ts";

const life = { promise: "G34", test: "tests/sql/key_events.sql" } as const;
const credentials = { ...life, file: "sql/30_credentials.sql" };
const events = { ...life, file: "sql/36_key_events.sql" };
const calls = { ...life, file: "sql/60_calls.sql" };
const refusals = {
  promise: "G4",
  file: "functions/_shared/keys/refusals.ts",
  test: "tests/unit/keys/refusals.test.ts",
} as const;

export const lifeGuards: readonly Guard[] = [
  {
    ...calls,
    name: "A paused key is not used",
    guard: "exit when byok.may_bring_key(v_owner_id) and not v_is_paused;",
    instead: "exit when byok.may_bring_key(v_owner_id);",
  },
  {
    ...calls,
    name: "The last use is recorded only if the operator wants it, once a day",
    guard: "if byok.records_last_use() and v_last_used_on is distinct from (now() at time zone 'utc')::date then",
    instead: "if true then",
  },
  {
    ...credentials,
    name: "A key is paused with the claims that save asks for",
    guard:
      "case when owner_id = any ((select byok.my_owners('admin'))::uuid[]) then (select byok.require_claims((select auth.jwt()))) end);\ncreate policy \"The server keeps the credentials",
    instead: 'true);\ncreate policy "The server keeps the credentials',
  },
  {
    ...credentials,
    name: "Owners pause their own key alone",
    guard:
      "for update to authenticated\n  using (\n    owner_id = any ((select byok.my_owners('admin'))::uuid[])\n    and case when owner_id = any ((select byok.my_owners('admin'))::uuid[])",
    instead: "for update to authenticated\n  using (\n    true and case when true",
  },
  {
    ...credentials,
    name: "Owners change nothing of a key but whether it is paused",
    guard: "grant update (is_paused) on byok.credentials",
    instead: "grant update on byok.credentials",
  },
  {
    ...credentials,
    name: "A refusal in a call is marked once",
    promise: "G4",
    guard: " and (c.status, c.reason) is distinct from (p_status, p_reason)",
    instead: "",
  },
  {
    ...credentials,
    name: "A call never marks a key as working",
    guard: "if p_status is null or p_status not in ('rejected', 'no_credit') then",
    instead: "if false then",
  },
  {
    ...credentials,
    name: "A new key is not paused",
    guard: "is_paused = false, last_used_on = null,",
    instead: "",
  },
  {
    ...events,
    name: "Members do not read the history of a team's key",
    guard: "using (owner_id = any ((select byok.my_owners('admin'))::uuid[]));",
    instead: "using (owner_id = any ((select byok.my_owners())::uuid[]));",
  },
  {
    ...events,
    name: "Owners read the events of their own keys alone",
    guard: "using (owner_id = any ((select byok.my_owners('admin'))::uuid[]));",
    instead: "using (true);",
  },
  {
    ...events,
    name: "Events are append-only",
    guard: "grant select, insert, delete on byok.key_events to byok_events;",
    instead: "grant select, insert, update, delete on byok.key_events to byok_events;",
  },
  {
    ...events,
    name: "The events of an owner are bounded",
    guard: "offset 200 limit 1",
    instead: "offset 2000 limit 1",
  },
  {
    ...events,
    name: "The events go with their owner",
    promise: "G18",
    test: "tests/sql/deleted_users.sql",
    guard: "delete from byok.key_events as e where e.owner_id = old.id;",
    instead: "",
  },
  {
    ...events,
    name: "A verdict that is found again leaves no event",
    guard:
      "when ((old.id, old.is_paused, old.status, old.reason) is distinct from (new.id, new.is_paused, new.status, new.reason))",
    instead: "when (true)",
  },
  {
    ...events,
    name: "A hook that fails changes nothing",
    guard: "exception when others then\n    raise warning 'byok.on_key_event",
    instead: "exception when division_by_zero then\n    raise warning 'byok.on_key_event",
  },
  {
    ...events,
    name: "An event says which member did it",
    guard: "v_actor := 'member';",
    instead: "",
  },
  {
    name: "A due check is taken once",
    promise: "G34",
    file: "sql/37_recheck.sql",
    guard: "update byok.credentials as c set updated_at = now() where c.id = v_listed.credential_id;",
    instead: "",
    test: "tests/sql/key_events.sql",
  },
  {
    name: "A key that may not be used is not checked",
    promise: "G34",
    file: "sql/37_recheck.sql",
    guard: "continue when byok.may_bring_key(v_listed.owner_id) is not true;",
    instead: "",
    test: "tests/sql/key_events.sql",
  },
  {
    name: "The schedule lists keys for the operator alone",
    promise: "G34",
    file: "functions/recheck/index.ts",
    guard: "await requireSecretKey(request);",
    instead: "",
    test: "tests/e2e/keys/key-life.test.ts",
  },
  {
    name: "A backend job has a key checked with the secret key alone",
    promise: "G34",
    file: "functions/_shared/request/identity.ts",
    guard: "if (!(await hasSecretKey(request)) || !uuidPattern.test(userId)) {",
    instead: "if (!uuidPattern.test(userId)) {",
    test: "tests/e2e/keys/key-life.test.ts",
  },
  {
    ...refusals,
    name: "A call marks nothing that is known",
    guard: "|| (verdict === known.status && reason === known.reason)",
    instead: "",
  },
  {
    ...refusals,
    name: "An endpoint for another kind of key marks none as rejected",
    guard: 'if (provesKeys || verdict !== "rejected") mark(',
    instead: "mark(",
  },
  {
    ...refusals,
    name: "A call that fails for itself marks no key",
    guard: "refusals.find((refusal) => refusal === found)",
    instead: "found as Refusal | undefined",
  },
  {
    name: "A list of models does not clear a verdict that it cannot see",
    promise: "G34",
    file: "functions/_shared/keys/recheck.ts",
    guard: 'if (verdict === "verified" && beyondListing.includes(known.status)) return null;',
    instead: "",
    test: "tests/unit/keys/recheck.test.ts",
  },
];
