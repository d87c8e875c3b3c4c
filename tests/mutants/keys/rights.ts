/** Who may bring a key and who may use credits, as the app says. */
import type { Guard } from "../mutants.ts";

const rights = { promise: "G31", test: "tests/sql/rights.sql" } as const;

export const rightsGuards: readonly Guard[] = [
  {
    ...rights,
    name: "A key is not used without the right to bring one",
    file: "sql/60_calls.sql",
    guard: "exit when byok.may_bring_key(v_owner_id) and not v_is_paused;",
    instead: "exit when not v_is_paused;",
  },
  {
    ...rights,
    name: "Credits are not used without the right to",
    file: "sql/60_calls.sql",
    guard: "if byok.may_use_credits(v_owner_id) is not true then",
    instead: "if false then",
  },
  {
    ...rights,
    name: "A right that is null is none",
    file: "sql/60_calls.sql",
    guard: "byok.may_use_credits(v_owner_id) is not true",
    instead: "not byok.may_use_credits(v_owner_id)",
  },
  {
    ...rights,
    name: "A key is not saved or checked without the right to bring one",
    file: "sql/32_limits.sql",
    guard: "if byok.may_bring_key(v_owner_id) is not true then",
    instead: "if false then",
  },
  {
    ...rights,
    name: "A token of nobody, or of a foreign client, reads no rights",
    file: "sql/16_rights.sql",
    guard: "if v_user_id is null or not byok.is_client_accepted(v_claims) then",
    instead: "if false then",
  },
  {
    ...rights,
    name: "The answer says why a saved key is not used",
    file: "functions/_shared/relay/headers.ts",
    guard: '...(unusedKey ? [["x-byok-unused-key", unusedKey] as [string, string]] : []),',
    instead: "",
    test: "tests/e2e/keys/rights.test.ts",
  },
];
