import type { Guard } from "./mutants.ts";

const attempts = { file: "sql/32_limits.sql", test: "tests/sql/attempts.sql" };
const sql = { file: "sql/35_rotation.sql", test: "tests/sql/rotation.sql" };
const batch = { file: "functions/_shared/keys/rotation.ts", test: "tests/unit/keys/rotation.test.ts" };
const credentials = { file: "functions/_shared/keys/credentials.ts", test: "tests/unit/keys/credentials.test.ts" };
const command = { file: "cli/commands/rotate.ts", test: "tests/e2e/keys/rotation.test.ts" };
const keys = { file: "cli/lib/keyring.ts", test: "tests/cli/keys.test.ts" };

export const rotationGuards: readonly Guard[] = [
  {
    ...attempts,
    name: "A day of attempts is a day in UTC",
    guard: "timestamptz '2000-01-01 00:00:00+00');",
    instead: "timestamptz '2000-01-01 00:00:00');",
  },
  {
    ...attempts,
    name: "A new day begins at nothing",
    guard: "case c.period_began_at when excluded.period_began_at then c.times + 1 else 1 end",
    instead: "c.times + 1",
  },
  {
    ...attempts,
    name: "The server sees the attempts of the user it acts for alone",
    guard: "on byok.counters\n  for all to byok_server using (user_id = (select auth.uid())) with check",
    instead: "on byok.counters\n  for all to byok_server using (true) with check",
  },
  {
    ...attempts,
    name: "A deleted user leaves no attempts",
    guard: "user_id uuid not null references auth.users (id) on delete cascade,\n  name text",
    instead: "user_id uuid not null,\n  name text",
    test: "tests/sql/deleted_users.sql",
  },
  {
    name: "A refusal says when to come back",
    file: "functions/_shared/request/serve.ts",
    guard: '{ "retry-after": String(retry_after_s) }',
    instead: "{}",
    test: "tests/unit/request/serve.test.ts",
  },
  {
    ...credentials,
    name: "A key that cannot be opened is marked locked",
    guard: 'found?.verdict ?? "locked"',
    instead: 'found?.verdict ?? "unverified"',
  },
  {
    ...credentials,
    name: "A locked key is no checked one",
    guard: "if (!found) throw",
    instead: "if (false) throw",
  },
  {
    ...sql,
    name: "An envelope is replaced for its own user alone",
    guard: "perform byok.act_for(v_replacement.user_id);",
    instead:
      "perform byok.act_for(e.user_id) from byok.list_envelope_ids(4000000001, null, 99) as e where e.credential_id = v_replacement.credential_id;",
  },
  {
    ...sql,
    name: "A batch waits for nobody",
    guard: "for update skip locked;",
    instead: "for update;",
    test: "tests/e2e/database/database.test.ts",
  },
  {
    ...sql,
    name: "An envelope that does not open locks its credential",
    guard: "set status = 'locked', updated_at",
    instead: "set status = c.status, updated_at",
  },
  {
    ...sql,
    name: "A locked credential is not written again",
    guard: " and c.status <> 'locked';",
    instead: ";",
  },
  {
    ...sql,
    name: "An envelope that opens again unlocks its credential",
    guard: "set status = 'unverified', updated_at",
    instead: "set status = c.status, updated_at",
  },
  {
    ...sql,
    name: "A listing has a limit",
    guard: "if p_limit is null or p_limit not between 1 and 1000 then",
    instead: "if false then",
  },
  {
    ...sql,
    name: "Envelopes are replaced by the server alone",
    guard: "  byok.list_envelopes(bigint, uuid, integer),\n  byok.replace_envelopes(jsonb)\nfrom public;",
    instead: "  byok.list_envelopes(bigint, uuid, integer)\nfrom public;",
    test: "tests/sql/authority.sql",
  },
  {
    name: "What looks across users runs as byok_rotation",
    file: "sql/90_ownership.sql",
    guard: "then 'byok_rotation' else",
    instead: "then 'postgres' else",
    test: "tests/sql/house_rules.sql",
  },
  {
    name: "The function rotate is the operator's",
    file: "functions/rotate/index.ts",
    guard: "await requireSecretKey(request);",
    instead: "",
    test: "tests/e2e/keys/rotation.test.ts",
  },
  {
    ...batch,
    name: "A rotation never goes back to an older key",
    guard: "(kid === primary && !batch.isDryRun) || (kid > primary && keyring.masterKeys.has(kid))",
    instead: "kid === primary && !batch.isDryRun",
  },
  {
    ...batch,
    name: "A dry run changes nothing",
    guard: "const done = batch.isDryRun",
    instead: "const done = false",
  },
  {
    ...command,
    name: "What is saved during a rotation is rotated too",
    guard: "tally.rewrapped > before && staleKids(keyringUsage).length > 0",
    instead: "false",
  },
  {
    ...command,
    name: "The command undoes no rotation",
    guard: "if (newer) {",
    instead: "if (newer && false) {",
  },
  {
    ...command,
    name: "No key is called retired that a row needs",
    guard: 'if (envelopes > 0) return "needed";',
    instead: "",
  },
  {
    ...command,
    name: "No key is called retired while one under the primary does not open",
    guard: 'return tally.unreadableUnderPrimary.size === 0 ? "retirable" : "withheld";',
    instead: 'return "retirable";',
  },
  {
    ...batch,
    name: "Envelopes under the primary key are opened, and never sealed again",
    guard: "(kid === primary && !batch.isDryRun)",
    instead: "false",
  },
  {
    ...keys,
    name: "Two key rings made from one file share no kid",
    file: "stack/keyring.ts",
    guard: "return newest + 1 + randomInt(kidStep);",
    instead: "return newest + 1;",
  },
  {
    ...keys,
    name: "A kid fits into an envelope",
    guard: "if (kid > maxKid) throw",
    instead: "if (false) throw",
  },
  {
    ...command,
    name: "The command fails while a row needs an older key",
    guard: ": staleKids(keyringUsage).length + tally.unreadableUnderPrimary.size === 0;",
    instead: ": true;",
  },
  {
    ...command,
    file: "cli/lib/project.ts",
    name: "The secret key is not sent in clear",
    guard: 'address.protocol !== "https:"',
    instead: "address.pathname === address.host",
  },
  {
    name: "The secret key follows no redirect",
    file: "cli/lib/rotate-client.ts",
    guard: 'redirect: "manual",',
    instead: "",
    test: "tests/e2e/keys/rotation.test.ts",
  },
  {
    name: "The command waits for a key ring that is being rolled out",
    file: "cli/lib/rotate-client.ts",
    guard: 'if (body?.error?.code === "keyring_changed") return',
    instead: "if (false) return",
    test: "tests/e2e/keys/rotation.test.ts",
  },
  {
    ...keys,
    name: "The primary key is not taken out of a key ring",
    guard: "if (Number(kid) >= primary) throw",
    instead: "if (false) throw",
  },
  {
    ...keys,
    name: "A key ring that the functions would refuse is not changed",
    guard: "await importKeyring(json).catch(",
    instead: "await Promise.resolve().catch(",
  },
  {
    name: "A rotated key is the key that was saved",
    file: "functions/_shared/keys/rotation.ts",
    guard: "providerNumber: providers[provider].number }, apiKey);",
    instead: "providerNumber: providers[provider].number }, apiKey.toUpperCase());",
    test: "tests/e2e/keys/rotation-under-load.test.ts",
  },
];
