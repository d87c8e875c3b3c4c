/**
 * Calls race with saving, removing and revoking the key that would pay them. One payer pays all of a call: the user's key
 * and nothing in the ledger, or credits once; and a key that fails never turns into a debit.
 */
import { randomInt } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { brokenInvariants } from "../../harness/database/invariants.ts";
import { withConnection } from "../../harness/sessions.ts";
import { ask, prices, refusalOf } from "../../harness/calls.ts";
import { behave, fakeKey, forgetRequests, type RecordedRequest } from "../../harness/fakes.ts";
import { startOwnStack, type OwnStack } from "../../harness/own-stack.ts";
import { expectBalance, newUser, save, type User } from "../../harness/users.ts";

/** INTERLEAVING_SEED replays the run that failed; INTERLEAVING_RUNS makes more runs, each from a seed of its own. */
const firstSeed = process.env.INTERLEAVING_SEED ? Number(process.env.INTERLEAVING_SEED) : randomInt(2 ** 31 - 1_000);
const runs = Number(process.env.INTERLEAVING_RUNS ?? 2);

/** Of each run. A fake remembers 200 requests with one key, so a run has fewer calls than that. */
const size = { users: 3, callersOfUser: 2, callsOfCaller: 15, changesOfUser: 12 };

const provider = "openai";
const operation = "single_doc_regen";
const price = prices[operation];
const credits = 1000;

/** `saveWrong` is refused and changes nothing; `revoke` makes the provider refuse the saved key from then on. */
const change = fc.constantFrom("save", "save", "remove", "remove", "revoke", "saveWrong");
const callShape = fc.record({ stream: fc.boolean() });
const script = fc.record({
  changes: fc.array(change, { minLength: size.changesOfUser, maxLength: size.changesOfUser, size: "max" }),
  callers: fc.array(
    fc.array(callShape, { minLength: size.callsOfCaller, maxLength: size.callsOfCaller, size: "max" }),
    { minLength: size.callersOfUser, maxLength: size.callersOfUser },
  ),
});

let stack: OwnStack;
beforeAll(async () => {
  stack = await startOwnStack();
});
afterAll(() => stack?.stop());

/** From before something was begun until after its end, in ticks of one clock for all. */
interface Span {
  readonly begun: number;
  readonly ended: number;
}

interface CallSeen extends Span {
  readonly requestId: string;
  readonly status: number;
  readonly funding: string | null;
  readonly refusal: string | null;
}

interface ChangeSeen extends Span {
  readonly hasKey: boolean;
}

interface UserSeen {
  readonly user: User;
  readonly calls: CallSeen[];
  readonly changes: ChangeSeen[];
}

let now = 0;

async function during<T>(work: () => Promise<T>): Promise<T & Span> {
  const begun = ++now;
  const result = await work();
  return { ...result, begun, ended: ++now };
}

async function run(seed: number): Promise<UserSeen[]> {
  const scripts = fc.sample(script, { seed, numRuns: size.users });
  return Promise.all(
    scripts.map(async ({ changes, callers }) => {
      const user = await newUser(credits, stack);
      const seen: UserSeen = { user, calls: [], changes: [] };
      const calling = callers.map(async (calls) => {
        for (const { stream } of calls) seen.calls.push(await during(() => callOnce(user, stream)));
      });
      await Promise.all([...calling, changeKeys(seen, changes)]);
      return seen;
    }),
  );
}

async function callOnce(user: User, stream: boolean) {
  const requestId = crypto.randomUUID();
  const headers = { "idempotency-key": requestId };
  const response = await ask(user, provider, { text: requestId, stream, operation, headers });
  await response.text();
  const { status } = response;
  return { requestId, status, funding: response.headers.get("x-byok-funding"), refusal: refusalOf(response) };
}

/** One after the other, so that it is known when the user has a key. */
async function changeKeys({ user, changes }: UserSeen, kinds: readonly string[]): Promise<void> {
  let current: string | null = null;
  for (const kind of kinds) {
    if (kind === "revoke") {
      if (current) await behave(stack, provider, current, "rejected");
    } else if (kind === "saveWrong") {
      expect((await save(user, provider, fakeKey(provider, "rejected"))).status).toBe(422);
    } else if (kind === "save") {
      const apiKey = fakeKey(provider, "works");
      const saving = async () => ({ hasKey: true, status: (await save(user, provider, apiKey)).status });
      const saved = await during(saving);
      expect(saved.status).toBe(200);
      changes.push(saved);
      current = apiKey;
    } else {
      const removing = async () => ({ hasKey: false, error: await remove(user) });
      const removed = await during(removing);
      expect(removed.error).toBeNull();
      changes.push(removed);
      current = null;
    }
  }
}

async function remove(user: User): Promise<unknown> {
  return (await user.supabase.from("credentials").delete().eq("provider", provider)).error;
}

type Payer = "own key" | "credits";

/** Who may have paid a call: both where the key changed while the call was opened. */
function possiblePayers({ begun, ended }: Span, { changes }: UserSeen): Payer[] {
  if (changes.some((each) => each.begun < ended && each.ended > begun)) return ["own key", "credits"];
  return [changes.findLast((each) => each.ended < begun)?.hasKey ? "own key" : "credits"];
}

/** Who pays by what the client was told; undefined for an answer that should not be. */
function payerOf({ status, funding, refusal }: CallSeen): Payer | undefined {
  if (status === 200) return funding === "byok" ? "own key" : funding === "platform" ? "credits" : undefined;
  return refusal === "api_key_rejected" ? "own key" : undefined;
}

/** A sentence for each call that was paid in another way than its client was told, or by both, or by nobody. */
async function contradictions(seen: readonly UserSeen[]): Promise<string[]> {
  const users = seen.map(({ user }) => user.id);
  const asked = await requestsOfAllKeys();
  return withConnection(stack.adminDbUrl, async (client) => {
    const { rows } = await client.query<{ request_id: string; kinds: string }>(
      `select c.request_id, string_agg(concat_ws(' ', c.kind, r.kind), ', ' order by c.id) as kinds
       from byok.entries as c left join byok.entries as r on r.owner_id = c.owner_id and r.charge_id = c.id
       where c.kind = 'charge' and c.owner_id = any($1) group by 1`,
      [users],
    );
    const charged = new Map(rows.map(({ request_id, kinds }) => [request_id, kinds]));
    const found = seen.flatMap((each) =>
      each.calls.flatMap((call) => {
        const payer = payerOf(call);
        const askedBy = asked.filter(({ bodyText }) => bodyText.includes(call.requestId)).map(keyOwner);
        const is = { payer, askedBy: askedBy.join(" and "), ledger: charged.get(call.requestId) ?? "nothing" };
        const shouldBe =
          payer === "credits"
            ? { payer, askedBy: "credits", ledger: "charge" }
            : { payer: "own key", askedBy: "own key", ledger: "nothing" };
        const isPossible = payer !== undefined && possiblePayers(call, each).includes(payer);
        if (isPossible && JSON.stringify(is) === JSON.stringify(shouldBe)) return [];
        return [`A call answered with ${call.status} ${call.refusal ?? ""}: ${JSON.stringify(is)}.`];
      }),
    );
    return [...found, ...(await brokenInvariants(client, { schema: "byok", users, byokUsers: [] }))];
  });
}

function keyOwner({ headers }: RecordedRequest): Payer {
  return headers.authorization === `Bearer ${stack.platformKeys[provider]}` ? "credits" : "own key";
}

async function requestsOfAllKeys(): Promise<RecordedRequest[]> {
  return (await (await fetch(`${stack.origins[provider]}/__fake/requests`)).json()) as RecordedRequest[];
}

const wanted = ["200 byok", "200 platform", "403 api_key_rejected"];

test(
  "a call is paid by the user's key or by credits, whatever happens to the key meanwhile, and never by both",
  {
    timeout: runs * 60_000,
  },
  async () => {
    const outcomes: Record<string, number> = {};
    // Races that never meet prove nothing, so it goes on until each outcome was seen.
    const areSeen = () => wanted.every((outcome) => outcome in outcomes);
    for (let count = 0; count < runs || (!areSeen() && count < runs + 20); count++) {
      const seed = firstSeed + count;
      const replay = `INTERLEAVING_SEED=${seed} INTERLEAVING_RUNS=1 replays it`;
      const seen = await run(seed);
      for (const { user, calls } of seen) {
        const paid = calls.filter(({ status, funding }) => status === 200 && funding === "platform").length;
        await expectBalance(user, credits - paid * price);
      }
      expect(await contradictions(seen), replay).toEqual([]);
      for (const { status, funding, refusal } of seen.flatMap(({ calls }) => calls)) {
        const outcome = `${status} ${refusal ?? funding}`;
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      }
      await forgetRequests(stack, provider, stack.platformKeys[provider]);
    }
    for (const outcome of wanted) expect(outcomes, `seeds from ${firstSeed}`).toHaveProperty([outcome]);
    console.log(`${runs} runs, seeds from ${firstSeed}: ${JSON.stringify(outcomes)}`);
  },
);
