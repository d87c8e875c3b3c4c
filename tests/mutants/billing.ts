import type { Guard } from "./mutants.ts";

const accounts = { file: "sql/40_accounts.sql", test: "tests/sql/accounts.sql" };
const holds = { file: "sql/50_holds.sql", test: "tests/sql/calls.sql" };
const calls = { file: "sql/60_calls.sql", test: "tests/sql/calls.sql" };
const concurrency = { test: "tests/ledger/concurrency.test.ts" };
const funding = { file: "functions/_shared/credits/funding.ts", test: "tests/unit/credits/funding.test.ts" };

export const billingGuards: readonly Guard[] = [
  {
    ...accounts,
    name: "The ledger is append-only",
    guard:
      "create trigger refuse_change before update or delete on byok.entries\n  for each row execute function byok.refuse_ledger_change();",
    instead:
      "create trigger refuse_change before update of user_id on byok.entries\n  for each row execute function byok.refuse_ledger_change();",
  },
  {
    ...accounts,
    name: "The ledger cannot be truncated",
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
    guard: "if p_idempotency_key is null or length(p_idempotency_key) not between 1 and 255 then",
    instead: "if false then",
  },
  {
    ...accounts,
    name: "An owner reads their own account alone",
    guard:
      'create policy "Owners read their account" on byok.accounts\n  for select to authenticated using (user_id = (select auth.uid()));',
    instead: 'create policy "Owners read their account" on byok.accounts\n  for select to authenticated using (true);',
  },
  {
    ...accounts,
    name: "An owner reads their own ledger alone",
    guard:
      'create policy "Owners read their ledger" on byok.entries\n  for select to authenticated using (user_id = (select auth.uid()));',
    instead: 'create policy "Owners read their ledger" on byok.entries\n  for select to authenticated using (true);',
  },
  {
    name: "A price has no fraction",
    file: "sql/20_operations.sql",
    guard: "price_microcredits numeric not null",
    instead: "price_microcredits bigint not null",
    test: "tests/ledger/amounts.test.ts",
  },
  {
    ...holds,
    name: "A hold is resolved once",
    guard: "where h.id = p_hold_id and h.user_id = p_user_id and h.resolved_at is null",
    instead: "where h.id = p_hold_id and h.user_id = p_user_id",
  },
  {
    ...holds,
    name: "A void gives the credits back",
    guard:
      "available_microcredits = a.available_microcredits + case when p_state = 'voided' then v_hold.microcredits else 0 end,",
    instead: "available_microcredits = a.available_microcredits,",
  },
  {
    ...holds,
    name: "The sweeper takes what has expired alone",
    guard: "where h.state = 'pending' and h.expires_at <= now()\n      order by h.expires_at",
    instead: "where h.state = 'pending'\n      order by h.expires_at",
  },
  {
    ...holds,
    name: "The sweeper has a limit",
    guard: "if p_limit is null or p_limit < 1 then",
    instead: "if false then",
  },
  {
    ...holds,
    name: "An owner reads their own holds alone",
    guard:
      'create policy "Owners read their holds" on byok.holds\n  for select to authenticated using (user_id = (select auth.uid()));',
    instead: 'create policy "Owners read their holds" on byok.holds\n  for select to authenticated using (true);',
  },
  {
    ...holds,
    ...concurrency,
    name: "Resolving a hold locks the account first",
    guard: "perform from byok.accounts as a where a.user_id = p_user_id for update;\n\n  -- Not `state",
    instead: "-- Not `state",
  },
  {
    ...holds,
    ...concurrency,
    name: "The sweeper takes accounts in one order",
    guard: "order by oldest.user_id\n",
    instead: "order by oldest.user_id desc\n",
  },
  {
    ...holds,
    ...concurrency,
    name: "The sweeper gives back what is still pending alone",
    guard: "where h.id = any(p_hold_ids) and h.user_id = p_user_id and h.resolved_at is null",
    instead: "where h.id = any(p_hold_ids) and h.user_id = p_user_id",
  },
  {
    ...calls,
    name: "A credential that exists decides for BYOK",
    guard: "where c.user_id = p_user_id and c.provider = p_provider;\n  if found then",
    instead: "where c.user_id = p_user_id and c.provider = p_provider and c.status = 'verified';\n  if found then",
  },
  {
    ...calls,
    name: "No call without its price",
    guard: "if v_available + v_given_back >= price_microcredits then",
    instead: "if v_available is not null then",
  },
  {
    ...calls,
    name: "A request id places one hold",
    guard: "on conflict (user_id, request_id) where state <> 'voided' do nothing",
    instead: "on conflict (user_id, id) do nothing",
  },
  {
    ...calls,
    name: "A call voids its user's expired holds",
    guard: "where h.user_id = p_user_id and h.state = 'pending' and h.expires_at <= now()\n",
    instead: "where false\n",
  },
  {
    ...calls,
    name: "An unknown operation is refused",
    guard: "from byok.operations as o where o.name = p_operation;",
    instead: "from byok.operations as o order by o.name = p_operation desc limit 1;",
  },
  {
    ...calls,
    ...concurrency,
    name: "Opening a call locks the account before it looks",
    guard: "from byok.accounts as a where a.user_id = p_user_id for update;",
    instead: "from byok.accounts as a where a.user_id = p_user_id;",
  },
  {
    ...funding,
    name: "A hold is resolved by whichever comes first",
    guard: "if (isResolved) return;",
    instead: "",
  },
  {
    ...funding,
    name: "A hold is resolved also when the database is away for a moment",
    guard: "if (!isAway || pause_ms === null) return;",
    instead: "if (!isAway || pause_ms) return;",
  },
  {
    ...funding,
    name: "A key that cannot be opened never falls back to credits",
    guard: 'if (opened.funding === "byok") {',
    instead: 'if (opened.funding === "byok" && opened.envelope) {',
  },
  {
    name: "An answer that breaks off is given back",
    file: "functions/call/index.ts",
    guard: 'if (ending === "complete" || (isClientGone && contentDelivered)) funding.settle();',
    instead: "if (contentDelivered) funding.settle();",
    test: "tests/e2e/credits/platform-charging.test.ts",
  },
  {
    name: "A client that leaves after a part has paid",
    file: "functions/call/index.ts",
    guard: 'const isClientGone = ending === "client_gone" || ending === "client_stalled" || request.signal.aborted;',
    instead: "const isClientGone = false;",
    test: "tests/e2e/credits/platform-charging.test.ts",
  },
  {
    name: "A client that reads slowly does not outlast its hold",
    file: "functions/call/index.ts",
    guard: "const charge = setTimeout(funding.settle, 2 * stallTimeout_ms);",
    instead: "const charge = 0;",
    test: "tests/e2e/relay/slow-readers.test.ts",
  },
  {
    name: "A body that never ends does not outlast its hold",
    file: "functions/call/index.ts",
    guard: "await readJsonObject(request, maxInput_bytes, services.env.callTimeout_ms);",
    instead: "await readJsonObject(request, maxInput_bytes);",
    test: "tests/e2e/relay/timeouts.test.ts",
  },
  {
    name: "A call that fails gives its hold back",
    file: "functions/call/index.ts",
    guard: "  } catch (error) {\n    funding.release();",
    instead: "  } catch (error) {",
    test: "tests/e2e/credits/platform-charging.test.ts",
  },
  {
    name: "A provider's error on credits gives the hold back",
    file: "functions/call/index.ts",
    guard: "if (answer.status >= 400) {\n      funding.release();",
    instead: "if (answer.status >= 400) {",
    test: "tests/e2e/credits/platform-charging.test.ts",
  },
  {
    ...holds,
    name: "A call whose function died is given back",
    guard: "where h.state = 'pending' and h.expires_at <= now()\n      order by h.expires_at",
    instead: "where false\n      order by h.expires_at",
    test: "tests/crash/crash.test.ts",
  },
];
