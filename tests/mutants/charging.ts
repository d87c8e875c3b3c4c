import type { Guard } from "./mutants.ts";

const holds = { file: "sql/50_holds.sql", test: "tests/sql/calls.sql" };
const calls = { file: "sql/60_calls.sql", test: "tests/sql/calls.sql" };
const concurrency = { test: "tests/ledger/concurrency.test.ts" };
const charge = { file: "functions/_shared/credits/charge.ts", test: "tests/unit/credits/charge.test.ts" };
const hold = { file: "functions/_shared/credits/hold.ts", test: "tests/unit/credits/hold.test.ts" };
const call = { file: "functions/call/credits.ts", test: "tests/e2e/credits/platform-charging.test.ts" };

/** When credits are held, charged and given back. */
export const chargingGuards: readonly Guard[] = [
  {
    ...holds,
    name: "What the platform bears has a limit of the day",
    guard: "if v_unpaid_microcredits <= (select",
    instead: "if 0 <= (select",
  },
  {
    ...holds,
    name: "The amount that the platform bears starts again each day",
    guard: "case p_account.unpaid_on when v_today then p_account.unpaid_microcredits else 0 end;",
    instead: "p_account.unpaid_microcredits;",
  },
  {
    ...holds,
    name: "A call whose provider was asked counts against the limit of the day",
    guard: "    if p_was_asked then",
    instead: "    if false then",
  },
  {
    ...holds,
    name: "A refund is at most what was charged",
    promise: "G11",
    guard: "v_refunded := least(p_microcredits, v_charge.microcredits);",
    instead: "v_refunded := p_microcredits;",
  },
  {
    ...holds,
    name: "A charge is refunded once",
    promise: "G11",
    guard: "where e.owner_id = p_owner_id and e.charge_id = p_charge_id;\n  if not found then",
    instead: "where e.owner_id = p_owner_id and e.charge_id = p_charge_id;\n  if true then",
  },
  {
    ...holds,
    name: "What broke off counts against the limit of the day",
    guard: "if p_reason = 'broken_off' then",
    instead: "if false then",
  },
  {
    ...holds,
    name: "A hold that is no longer there is not charged",
    promise: "G11",
    guard:
      "      v_outcome := 'voided';\n    end if;\n  end if;\n  v_previous_claims := byok.stop_acting(v_previous_claims);\n  return v_outcome;\nend\n$$;\n\ncomment on function byok.charge_hold",
    instead:
      "      null;\n    end if;\n  end if;\n  v_previous_claims := byok.stop_acting(v_previous_claims);\n  return v_outcome;\nend\n$$;\n\ncomment on function byok.charge_hold",
  },
  {
    ...holds,
    ...concurrency,
    name: "A charge and a deletion of its owner do not wait for each other",
    guard: "  perform from byok.accounts as a where a.owner_id = p_owner_id for key share;\n",
    instead: "",
  },
  {
    ...holds,
    name: "The sweeper takes what has expired alone",
    guard: "where h.expires_at <= now()\n      order by h.expires_at",
    instead: "where true\n      order by h.expires_at",
    test: "tests/sql/growth.sql",
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
      "    owner_id = any ((select byok.my_owners())::uuid[])\n    and (owner_id = any ((select byok.my_owners('admin'))::uuid[]) or member_id = (select auth.uid())));",
    instead: "    true);",
  },
  {
    ...holds,
    ...concurrency,
    name: "The sweeper takes accounts in one order",
    guard: "order by oldest.owner_id\n",
    instead: "order by oldest.owner_id desc\n",
  },
  {
    ...holds,
    ...concurrency,
    name: "The sweeper counts what it has ended itself",
    guard: "continue when v_held = 0;",
    instead: "v_held := cardinality(v_expired.hold_ids);",
  },
  {
    ...calls,
    name: "A credential that exists decides for BYOK",
    promise: "G5",
    guard: "where c.owner_id = v_owner_id and c.provider = p_provider;\n    continue when not found;",
    instead:
      "where c.owner_id = v_owner_id and c.provider = p_provider and c.status = 'verified';\n    continue when not found;",
  },
  {
    ...calls,
    name: "Calls under BYOK are limited where the operator says so",
    guard: "    if v_wait_s is not null then",
    instead: "    if false then",
  },
  {
    ...calls,
    name: "No call without its price",
    guard: "if v_account.owner_id is null or v_account.available_microcredits < p_microcredits then",
    instead: "if v_account.owner_id is null then",
  },
  {
    ...calls,
    name: "Nor without a request id",
    guard: " and a.available_microcredits >= v_microcredits\n",
    instead: "\n",
  },
  {
    ...calls,
    name: "Credits buy a model by its operation",
    guard: "where p.operation = p_operation and p.provider = p_provider and p.model = p_model;",
    instead: "where p.provider = p_provider and p.model = p_model or p.operation = p_operation limit 1;",
  },
  {
    ...calls,
    name: "A request id that is under way is refused",
    guard: "    if v_is_expired = false then",
    instead: "    if false then",
  },
  {
    ...calls,
    name: "A request id that was charged is refused",
    guard:
      "where c.owner_id = p_owner_id and c.request_id = p_request_id and c.member_id is not distinct from p_member_id and not exists (",
    instead: "where false and not exists (",
  },
  {
    ...calls,
    name: "A request id is free again only when its charge was refunded whole",
    guard: "r.microcredits = c.microcredits and ",
    instead: "",
    test: "tests/ledger/attack.test.ts",
  },
  {
    ...calls,
    name: "Of a request that has answered, a refund of the unused part frees nothing",
    guard: " and r.reason <> 'unused')",
    instead: ")",
  },
  {
    ...calls,
    name: "A call ends its user's expired holds when they are in the way",
    guard: "where h.owner_id = p_owner_id and h.expires_at <= now()\n    ));",
    instead: "where false\n    ));",
  },
  {
    ...calls,
    ...concurrency,
    name: "Placing a hold locks the account before it looks",
    guard: "from byok.accounts as a where a.owner_id = p_owner_id for update;",
    instead: "from byok.accounts as a where a.owner_id = p_owner_id;",
  },
  {
    ...charge,
    name: "What breaks off after content is at the platform's expense, within its limit",
    guard: 'return all(hasGenerated ? "broken_off" : "nothing_delivered");',
    instead: 'return all("nothing_delivered");',
  },
  {
    ...charge,
    name: "An error that holds what the model had generated is at the platform's expense, within its limit",
    guard: "contentDelivered || contentLost ||",
    instead: "contentDelivered ||",
  },
  {
    ...charge,
    name: "An error after output that the provider counted is at the platform's expense, within its limit",
    guard: "|| (usage !== null && usage.output_tokens > 0)",
    instead: "",
  },
  {
    name: "What the model had generated is seen in an error inside a stream",
    file: "functions/_shared/relay/inspector.ts",
    test: "tests/unit/relay/inspector.test.ts",
    guard: "this.#hasLostContent ||= holdsGeneration(body);",
    instead: "",
  },
  {
    ...charge,
    name: "An answer without content or counts counts as broken off",
    guard: 'if (!contentDelivered && usage === null) return all("broken_off");',
    instead: "",
  },
  {
    ...charge,
    name: "A client that leaves after some content has paid",
    guard: 'return contentDelivered ? null : all("broken_off");',
    instead: 'return all("broken_off");',
  },
  {
    ...charge,
    name: "A break that comes from the client's leaving is the client's",
    guard: 'isClientGone && report.ending !== "complete" ? "client_gone" : report.ending',
    instead: "report.ending",
  },
  {
    ...charge,
    name: "A metered call costs what the provider counted, to the next microcredit",
    guard: "Number((thousandfold + 999n) / 1000n)",
    instead: "Number(thousandfold / 1000n)",
  },
  {
    ...charge,
    name: "Input that a provider writes to its cache has a price of its own",
    guard: "times(written_tokens, rates.cache_write_microcredits)",
    instead: "times(written_tokens, rates.input_microcredits)",
  },
  {
    ...charge,
    name: "A client that leaves before the answer begins counts against the limit of the day",
    guard: "return isClientGone || (",
    instead: "return (",
  },
  {
    ...hold,
    name: "Nothing passes for which a hold is no longer there",
    promise: "G11",
    guard: 'if (outcome === "voided") throw new ByokError("internal");',
    instead: "",
  },
  {
    ...hold,
    name: "A hold is ended by whichever comes first",
    promise: "G11",
    guard: "if (isEnded) return;",
    instead: "",
  },
  {
    ...hold,
    name: "A refund waits for its charge",
    guard: "        await charged;\n",
    instead: "",
  },
  {
    ...hold,
    name: "A hold is ended also when the database is away for a moment",
    guard: "if (!isAway || delay_ms === null) throw error;",
    instead: "if (!isAway || delay_ms) throw error;",
  },
  {
    ...call,
    name: "The end of an answer on credits waits for its charge",
    promise: "G11",
    guard: "    charged: hold.charge(),\n",
    instead: "",
  },
  {
    ...call,
    name: "A body that never ends takes no more than its time",
    guard: "await readJsonObject(request, largest_bytes, services.env.callTimeout_ms);",
    instead: "await readJsonObject(request, largest_bytes);",
    test: "tests/e2e/relay/timeouts.test.ts",
  },
  {
    ...call,
    name: "A call that fails gives its hold back",
    guard: "    hold.release(isAsked && mayHaveCost(error, request.signal.aborted));\n",
    instead: "",
  },
  {
    ...call,
    name: "A client that leaves before the provider is asked has cost nothing",
    guard: "const isAsked = !request.signal.aborted;",
    instead: "const isAsked = true;",
    test: "tests/e2e/credits/second-call.test.ts",
  },
  {
    ...call,
    name: "A provider's error on credits gives the hold back",
    promise: "G11",
    guard: "      hold.release(holdsGeneration(parseJson(error)));\n",
    instead: "",
  },
  {
    ...call,
    name: "What a model generated before an error counts against the limit of the day",
    guard: "hold.release(holdsGeneration(parseJson(error)))",
    instead: "hold.release(false)",
    test: "tests/e2e/credits/provider-answers.test.ts",
  },
  {
    file: "functions/_shared/database/price-list.ts",
    name: "An operation that is not in the list is looked for once a second at most",
    guard: "const maxAgeOfUnknown_ms = 1_000;",
    instead: "const maxAgeOfUnknown_ms = 0;",
    test: "tests/unit/database/price-list.test.ts",
  },
  {
    name: "An isolate asks for the prices again after a minute",
    file: "functions/_shared/database/price-list.ts",
    guard: "now_ms - known.readAt_ms < allowedAge_ms",
    instead: "allowedAge_ms > 0",
    test: "tests/unit/database/price-list.test.ts",
  },
  {
    name: "A key that cannot be opened never falls back to credits",
    file: "functions/_shared/credits/funding.ts",
    guard: 'if (opened.payer === "byok") {',
    instead: 'if (opened.payer === "byok" && opened.envelope) {',
    test: "tests/unit/credits/funding.test.ts",
  },
  {
    ...holds,
    name: "A call whose function died is given back",
    guard: "perform byok.write_account(byok.end_expired(v_account, v_expired.hold_ids));",
    instead: "perform byok.write_account(v_account);",
    test: "tests/crash/crash.test.ts",
  },
];
