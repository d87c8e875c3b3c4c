import type { Guard } from "./guards.ts";

const credentials = { file: "sql/30_credentials.sql", test: "tests/sql/credentials.sql" };
const identity = { file: "functions/_shared/identity.ts", test: "tests/unit/identity.test.ts" };

export const isolationGuards: readonly Guard[] = [
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
    guard: "for delete to authenticated using (user_id = (select auth.uid()));",
    instead: "for delete to authenticated using (true);",
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
    guard: "select set_config('request.jwt.claims', p_previous_claims, true);",
    instead: "select;",
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
    guard: '{ auth: "user", audience: "authenticated" }',
    instead: '{ auth: "user" }',
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
    name: "Anonymous users save no key",
    file: "functions/save/index.ts",
    guard: "if (caller.isAnonymous)",
    instead: "if (false)",
    test: "tests/e2e/identity.test.ts",
  },
  {
    name: "A rejected key does not displace one that works",
    file: "functions/_shared/credentials.ts",
    guard: 'if (verdict === "rejected") throw rejected(provider);',
    instead: "",
    test: "tests/unit/credentials.test.ts",
  },
  {
    name: "The hint of a short key gives nothing away",
    file: "functions/_shared/credentials.ts",
    guard: 'apiKey.length >= 16 ? apiKey.slice(-4) : ""',
    instead: "apiKey.slice(-4)",
    test: "tests/unit/credentials.test.ts",
  },
];
