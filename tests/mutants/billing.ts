import type { Guard } from "./mutants.ts";

const operations = { file: "sql/20_operations.sql", test: "tests/sql/operations.sql" };
const accounts = { file: "sql/40_accounts.sql", test: "tests/sql/accounts.sql" };
const reconcile = { file: "cli/commands/credits/reconcile.ts", test: "tests/cli/credits.test.ts" };

export const billingGuards: readonly Guard[] = [
  {
    ...accounts,
    name: "An entry is checked",
    guard: "alter table byok.entries add constraint entry_is_sound check (byok.is_sound_entry(kind, entries));\n",
    instead: "",
  },
  {
    ...accounts,
    name: "The ledger is append-only",
    promise: "G11",
    guard:
      "create trigger refuse_change before update or delete on byok.entries\n  for each row execute function byok.refuse_ledger_change();",
    instead:
      "create trigger refuse_change before update of owner_id on byok.entries\n  for each row execute function byok.refuse_ledger_change();",
  },
  {
    ...accounts,
    name: "The ledger cannot be truncated",
    promise: "G11",
    guard:
      "create trigger refuse_truncate before truncate on byok.entries\n  for each statement execute function byok.refuse_ledger_change();",
    instead:
      "create trigger refuse_truncate before truncate on byok.entries\n  for each statement when (false) execute function byok.refuse_ledger_change();",
  },
  {
    ...accounts,
    name: "A grant is more than nothing and at most 1e9 credits",
    guard: "p_credits <= 0 or p_credits > 1000000000 or ",
    instead: "",
  },
  {
    ...accounts,
    name: "An amount that would have to be rounded is refused",
    guard: " or p_credits <> round(p_credits, 6) then",
    instead: " then",
    test: "tests/ledger/amounts.test.ts",
  },
  {
    ...accounts,
    name: "A grant has an idempotency key",
    guard:
      "if p_idempotency_key is null or length(p_idempotency_key) not between 1 and 255 then\n    raise sqlstate 'PT400' using message = 'invalid_request', detail = '{\"field\":\"p_idempotency_key\"}',\n      hint = 'Pass the id of the payment",
    instead:
      "if false then\n    raise sqlstate 'PT400' using message = 'invalid_request', detail = '{\"field\":\"p_idempotency_key\"}',\n      hint = 'Pass the id of the payment",
  },
  {
    ...accounts,
    name: "An owner reads their own account alone",
    guard:
      'create policy "Owners read their account" on byok.accounts\n  for select to authenticated using (owner_id = any ((select byok.my_owners())::uuid[]));',
    instead: 'create policy "Owners read their account" on byok.accounts\n  for select to authenticated using (true);',
  },
  {
    ...accounts,
    name: "An owner reads their own ledger alone",
    guard:
      "    owner_id = any ((select byok.my_owners())::uuid[])\n    and (owner_id = any ((select byok.my_owners('admin'))::uuid[]) or member_id = (select auth.uid())));",
    instead: "    true);",
  },
  {
    ...accounts,
    name: "A revocation takes what is available at most",
    guard: "v_revoked := least(v_microcredits, coalesce(v_available, 0));",
    instead: "v_revoked := v_microcredits;",
  },
  {
    ...accounts,
    name: "A key that granted does not revoke",
    guard: "  if v_kind <> 'revoke' then",
    instead: "  if false then",
  },
  {
    name: "A price has no fraction",
    file: "sql/20_operations.sql",
    guard: "  microcredits_per_call numeric\n",
    instead: "  microcredits_per_call bigint\n",
    test: "tests/ledger/amounts.test.ts",
  },
  {
    ...operations,
    name: "A price is flat or metered",
    guard: "= case when microcredits_per_call is null then 4 else 0 end),",
    instead: "< 9),",
  },
  {
    ...reconcile,
    name: "An account is compared with all kinds of entries",
    guard: "kind in ('grant', 'refund')",
    instead: "kind in ('grant')",
  },
  {
    ...reconcile,
    name: "A refund of more than was charged is found",
    guard: "from refunds where refunded > charged",
    instead: "from refunds where false",
  },
  {
    ...operations,
    name: "The most that a metered call can cost is rounded up",
    guard: "greatest(1, ceil((",
    instead: "greatest(1, floor((",
  },
  {
    ...operations,
    name: "The most that a metered call can cost counts writing to the provider's cache",
    guard:
      "p_price.microcredits_per_1000_cached_input_tokens,\n          p_price.microcredits_per_1000_cache_write_tokens)",
    instead: "p_price.microcredits_per_1000_cached_input_tokens)",
    test: "tests/sql/calls.sql",
  },
];
