import type { Guard } from "./mutants.ts";

const credentials = { file: "sql/30_credentials.sql", test: "tests/sql/credentials.sql" };
const attempts = { file: "sql/32_limits.sql", test: "tests/sql/attempts.sql" };
const rotation = { file: "sql/35_rotation.sql", test: "tests/sql/rotation.sql" };
const identity = { file: "functions/_shared/request/identity.ts", test: "tests/unit/request/identity.test.ts" };

const authority = { test: "tests/sql/authority.sql" };

export const isolationGuards: readonly Guard[] = [
  {
    ...authority,
    name: "Nobody acts for a user from a browser, whatever was granted",
    file: "sql/10_schema.sql",
    guard: "perform byok.refuse_browser();\n  if p_user_id is null then",
    instead: "if p_user_id is null then",
  },
  {
    ...authority,
    name: "Nobody takes on claims from a browser, whatever was granted",
    file: "sql/10_schema.sql",
    guard: "perform byok.refuse_browser();\n  perform set_config('request.jwt.claims', p_previous_claims, true);",
    instead: "perform set_config('request.jwt.claims', p_previous_claims, true);",
  },
  {
    ...authority,
    name: "Nobody counts all envelopes from a browser, whatever was granted",
    file: "sql/35_rotation.sql",
    guard: "perform byok.refuse_browser();\n  return query\n    select e.kid",
    instead: "return query\n    select e.kid",
  },
  {
    ...authority,
    name: "Nobody lists all envelopes from a browser, whatever was granted",
    file: "sql/35_rotation.sql",
    guard: "perform byok.refuse_browser();\n  return query\n    select e.credential_id",
    instead: "return query\n    select e.credential_id",
  },
  {
    name: "An operator is told which grants are too many",
    file: "cli/lib/grants.ts",
    guard: "!intended.has(statement)",
    instead: "false",
    test: "tests/cli/credits.test.ts",
  },
  {
    ...credentials,
    name: "Row-level security isolates credentials",
    guard: "alter table byok.credentials enable row level security;",
    instead: "",
  },
  {
    ...credentials,
    name: "Row-level security isolates envelopes from the server itself",
    guard: "alter table byok.envelopes enable row level security;",
    instead: "",
  },
  {
    ...credentials,
    name: "A user removes their own credentials alone",
    guard: "for delete to authenticated using (user_id = (select auth.uid()) and",
    instead: "for delete to authenticated using (true and",
  },
  {
    ...credentials,
    name: "A user reads their own credentials alone",
    guard:
      'create policy "Owners read their credentials" on byok.credentials\n  for select to authenticated using (user_id = (select auth.uid()));',
    instead:
      'create policy "Owners read their credentials" on byok.credentials\n  for select to authenticated using (true);',
  },
  {
    ...credentials,
    name: "service_role has no grant on envelopes",
    guard: "grant select, insert, update on byok.envelopes to byok_server;",
    instead: "grant select, insert, update on byok.envelopes to byok_server, service_role;",
    test: "tests/sql/authority.sql",
  },
  {
    ...credentials,
    name: "An envelope has the form of one",
    guard: "check (length(envelope) = 476 and envelope ~ '^QllLA[A-Za-z0-9+/]*=$')",
    instead: "check (length(envelope) > 0)",
  },
  {
    ...credentials,
    name: "A stored kid is the one inside the envelope",
    guard: "and kid = ('x' || encode(substr(decode(envelope, 'base64'), 5, 4), 'hex'))::bit(32)::bigint",
    instead: "",
  },
  {
    ...credentials,
    name: "A hint is four characters at most",
    guard: "check (length(hint) <= 4)",
    instead: "",
  },
  {
    ...credentials,
    name: "A verdict marks only the credential that was checked",
    guard: "where c.id = p_credential_id and c.user_id = p_user_id",
    instead: "where c.user_id = p_user_id",
  },
  {
    name: "A function gives its caller's claims back",
    file: "sql/10_schema.sql",
    guard: "perform set_config('request.jwt.claims', p_previous_claims, true);",
    instead: "",
    test: "tests/sql/credentials.sql",
  },
  {
    name: "Nobody acts for nobody",
    file: "sql/10_schema.sql",
    guard: "if p_user_id is null then",
    instead: "if false then",
    test: "tests/sql/credentials.sql",
  },
  {
    ...identity,
    name: "A token is for signed-in users of this project",
    guard: '{ auth: "user", audience: "authenticated", ...(issuer ? { issuer } : {}) }',
    instead: '{ auth: "user", ...(issuer ? { issuer } : {}) }',
  },
  {
    ...identity,
    name: "A token without the role of a user is refused",
    guard: 'claims?.role !== "authenticated" || ',
    instead: "!claims || ",
  },
  {
    ...identity,
    name: "A token without an end is refused",
    guard: "|| !claims.exp ",
    instead: "",
  },
  {
    ...identity,
    name: "A token's sub is a UUID",
    guard: "|| !uuidPattern.test(claims.sub)",
    instead: "",
  },
  {
    ...identity,
    name: "Acting for a user needs the secret key",
    guard: '{ auth: "secret:*" }',
    instead: '{ auth: ["secret:*", "publishable:*", "none"] }',
  },
  {
    ...identity,
    name: "A token is of this project's issuer",
    guard: "...(issuer ? { issuer } : {})",
    instead: "",
  },
  {
    ...identity,
    name: "Anonymous users save and verify no key",
    guard: "if (caller.isAnonymous)",
    instead: "if (false)",
  },
  {
    ...identity,
    name: "Rotation needs the secret key",
    guard: "if (!(await hasSecretKey(request))) {",
    instead: "if (false) {",
  },
  {
    name: "A rejected key does not displace one that works",
    file: "functions/_shared/keys/credentials.ts",
    guard: 'if (found.verdict === "rejected") throw rejected(provider, found);',
    instead: "",
    test: "tests/unit/keys/credentials.test.ts",
  },
  {
    name: "The hint of a short key gives nothing away",
    file: "functions/_shared/keys/credentials.ts",
    guard: 'apiKey.length >= 16 ? apiKey.slice(-4) : ""',
    instead: "apiKey.slice(-4)",
    test: "tests/unit/keys/credentials.test.ts",
  },
  {
    name: "Checks of a key are counted before the provider is asked",
    file: "functions/_shared/keys/credentials.ts",
    guard: "await services.database.countAttempt(userId);",
    instead: "",
    test: "tests/unit/keys/credentials.test.ts",
  },
  {
    ...attempts,
    name: "A day has so many checks of keys",
    guard: "if v_times > p_rule.at_most then",
    instead: "if v_times < p_rule.at_most then",
  },
  {
    ...attempts,
    name: "Without its limit nobody checks keys",
    guard: "row('key_attempts', 0, interval '1 day')",
    instead: "row('key_attempts', 1000, interval '1 day')",
  },
  {
    ...rotation,
    name: "An envelope is replaced only while it is still the same",
    guard: "where e.credential_id = v_replacement.credential_id and e.envelope = v_replacement.old_envelope",
    instead: "where e.credential_id = v_replacement.credential_id",
  },
  {
    ...rotation,
    name: "What looks across users sees no envelope",
    guard: "grant select (credential_id, user_id, kid) on byok.envelopes to byok_rotation;",
    instead: "grant select on byok.envelopes to byok_rotation;",
  },
  {
    name: "An older key ring does not undo a rotation",
    file: "functions/_shared/keys/rotation.ts",
    guard:
      'if (primary !== keyring.primary) throw new ByokError("keyring_changed", { details: { primary: keyring.primary } });',
    instead: "",
    test: "tests/unit/keys/rotation.test.ts",
  },
  {
    name: "An envelope that does not open stops no rotation",
    file: "functions/_shared/keys/rotation.ts",
    guard: ".catch(nullIfUnreadable)",
    instead: "",
    test: "tests/unit/keys/rotation.test.ts",
  },
  {
    ...credentials,
    name: "No browser role has a grant on envelopes",
    guard: "grant select, insert, update on byok.envelopes to byok_server;",
    instead: "grant select, insert, update on byok.envelopes to byok_server, authenticated;",
  },
  {
    ...credentials,
    name: "By REST a user sees their own credentials alone",
    guard:
      'create policy "Owners read their credentials" on byok.credentials\n  for select to authenticated using (user_id = (select auth.uid()));',
    instead:
      'create policy "Owners read their credentials" on byok.credentials\n  for select to authenticated using (true);',
    test: "tests/e2e/keys/isolation.test.ts",
  },
  {
    ...credentials,
    name: "A deleted user leaves no credentials",
    guard:
      "create table byok.credentials (\n  id uuid primary key,\n  user_id uuid not null references auth.users (id) on delete cascade,",
    instead: "create table byok.credentials (\n  id uuid primary key,\n  user_id uuid not null,",
    test: "tests/sql/deleted_users.sql",
  },
  {
    file: "sql/40_accounts.sql",
    name: "A deleted user leaves no account",
    guard: "user_id uuid primary key references auth.users (id) on delete cascade,",
    instead: "user_id uuid primary key,",
    test: "tests/sql/deleted_users.sql",
  },
  {
    file: "sql/80_direct.sql",
    name: "The functions cannot grant credits where they reach Postgres directly",
    guard: "  byok.replace_envelopes(jsonb)\nto byok_functions;",
    instead: "  byok.replace_envelopes(jsonb),\n  byok.grant_credits(uuid, bigint, text, text)\nto byok_functions;",
    test: "tests/sql/authority.sql",
  },
  {
    ...identity,
    name: "A remembered token ends when it expires",
    guard: "verified.set(token, session, claims.exp * 1000);",
    instead: "verified.set(token, session, Infinity);",
  },
  {
    ...identity,
    name: "A token is taken from where Google's SDK puts it",
    guard: '    request.headers.get("x-goog-api-key") ||\n',
    instead: "",
    test: "tests/e2e/sdks/google.test.ts",
  },
  {
    ...identity,
    name: "No key but the secret one acts for a user",
    guard: '{ auth: "secret:*" }',
    instead: '{ auth: ["secret:*", "publishable:*", "none"] }',
    test: "tests/e2e/identity.test.ts",
  },
  {
    ...identity,
    name: "A token that the project signed for something else is nobody's",
    guard: 'claims?.role !== "authenticated" || ',
    instead: "!claims || ",
    test: "tests/fuzz/fuzz.test.ts",
  },
  {
    name: "A deleted user is nobody",
    file: "functions/_shared/database/failures.ts",
    guard: 'if (code === missingUser) return new ByokError("unauthenticated");',
    instead: "",
    test: "tests/e2e/identity.test.ts",
  },
  {
    name: "Past the limit no provider is asked",
    file: "functions/_shared/keys/credentials.ts",
    guard: "await services.database.countAttempt(userId);",
    instead: "await services.database.countAttempt(userId).catch(() => undefined);",
    test: "tests/e2e/keys/attempts.test.ts",
  },
  {
    name: "Keys and envelopes are not cached",
    file: "functions/_shared/credits/funding.ts",
    guard: "await services.database.openCall(userId, provider);",
    instead:
      "await Promise.resolve(Reflect.get(globalThis, userId + provider) ?? services.database.openCall(userId, provider)).then((row) => (row.payer === 'byok' && Reflect.set(globalThis, userId + provider, row), row));",
    test: "tests/e2e/story.test.ts",
  },
];
