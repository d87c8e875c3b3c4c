/** Sightings of an attack's clients, and whether one ledger can have shown them all of it. */
import type { Client } from "pg";

/** A hold that place_hold() answered with. */
export interface HoldSeen {
  readonly id: string;
  /** Owner of the credits. */
  readonly user: string;
  /** Whose call it is. */
  readonly member: string;
  readonly requestId: string | null;
  /** In credits. */
  readonly price: number;
  /** Its fates, as charge_hold() and void_hold() told them. */
  readonly reports: Set<string>;
  /** Credits that refund_charge() said were given back. */
  readonly refunds: Set<number>;
  /** Whether it was made to look expired. */
  aged: boolean;
}

/** Between two ticks of one clock that all clients share. */
interface Span {
  readonly begun: number;
  readonly ended: number;
}

export interface Opening extends Span {
  readonly user: string;
  /** The team that the call names. */
  readonly team: string | null;
  readonly provider: string;
  readonly requestId: string | null;
  readonly payer?: "byok" | "platform";
  /** Whether an envelope came with it. */
  readonly sealed?: boolean;
  readonly refusal?: string;
  readonly detail?: string;
}

interface CredentialChange extends Span {
  readonly kind: "save" | "remove";
  readonly user: string;
  readonly provider: string;
}

interface MembershipChange extends Span {
  readonly kind: "join" | "quit";
  readonly user: string;
}

interface Grant {
  readonly user: string;
  readonly credits: number;
  readonly idempotencyKey: string;
  /** `granted`, `repeated` when the key had granted before, or the message of the refusal. */
  readonly answer: string;
}

export interface Events {
  /** Those who are there, each in the place that the scripts name. */
  readonly users: string[];
  /** Those who were deleted, or are about to be. */
  readonly left: Set<string>;
  readonly holds: HoldSeen[];
  readonly openings: Opening[];
  readonly changes: CredentialChange[];
  /** Of the team; its first members joined before the first step. */
  readonly memberships: MembershipChange[];
  readonly grants: Grant[];
  /** Undocumented errors: deadlocks, for one. */
  readonly unexpected: string[];
  /** How often each kind of step ended how. */
  readonly outcomes: Record<string, number>;
  steps: number;
  tick(): number;
}

export function newEvents(): Events {
  let now = 0;
  return {
    users: [],
    left: new Set(),
    holds: [],
    openings: [],
    changes: [],
    memberships: [],
    grants: [],
    unexpected: [],
    outcomes: {},
    steps: 0,
    tick: () => ++now,
  };
}

/**
 * Compares what the clients saw with what the tables say in the end. Of users who have left the tables say nothing.
 *
 * @param byokUsers who had a credential for each provider from before the first step to the last
 * @returns a sentence for each contradiction
 */
export async function contradictions(
  client: Client,
  all: Events,
  { schema, credits, byokUsers }: { schema: string; credits: number; byokUsers: readonly string[] },
): Promise<string[]> {
  const isThere = ({ user }: { readonly user: string }) => !all.left.has(user);
  const events: Events = {
    ...all,
    holds: all.holds.filter(isThere),
    openings: all.openings.filter(isThere),
    grants: all.grants.filter(isThere),
  };
  const { rows: holds } = await client.query<{ id: string; state: string }>(
    `select id::text, 'pending' as state from ${schema}.holds where owner_id = any($1)
     union all select id::text, 'charged' from ${schema}.entries where kind = 'charge' and owner_id = any($1)`,
    [events.users],
  );
  const { rows: accounts } = await client.query<{ owner_id: string; available: string; held: string }>(
    `select owner_id, available_microcredits / 1e6 as available,
       (select coalesce(sum(microcredits), 0) / 1e6 from ${schema}.holds as h where h.owner_id = a.owner_id) as held
     from ${schema}.accounts as a where owner_id = any($1)`,
    [events.users],
  );
  const { rows: entries } = await client.query<GrantEntry>(
    `select owner_id, (microcredits / 1000000)::int as credits, idempotency_key from ${schema}.entries where kind = 'grant' and owner_id = any($1)`,
    [events.users],
  );
  const states = new Map(holds.map(({ id, state }) => [id, state]));
  return [
    ...events.unexpected,
    ...contradictedHolds(events, states),
    ...contradictedOpenings(events, states, byokUsers),
    ...contradictedGrants(events, entries),
    ...accounts.flatMap((account) => contradictedBalance(account, events, states, credits)),
  ];
}

function contradictedHolds({ holds }: Events, states: Map<string, string>): string[] {
  const found: string[] = [];
  const unknown = [...states.keys()].filter((id) => !holds.some((hold) => hold.id === id));
  if (unknown.length > 0) found.push(`there are ${unknown.length} holds and charges that no client was told of`);
  for (const { id, reports, refunds, aged } of holds) {
    // Of one that was voided nothing is kept.
    const state = states.get(id) ?? "voided";
    if (refunds.size > 1) found.push(`hold ${id} was refunded ${[...refunds].join(" and ")} credits`);
    if (refunds.size > 0 && state !== "charged") found.push(`hold ${id} was refunded and is ${state}`);
    const [report = "nothing"] = reports;
    if (reports.size > 1) found.push(`hold ${id} was reported as ${[...reports].join(" and as ")}`);
    if (reports.size === 1 && report !== state) found.push(`hold ${id} was reported as ${report} and is ${state}`);
    if (reports.size === 0 && !aged && state !== "pending")
      found.push(`nobody resolved hold ${id}, and it is ${state}`);
    if (reports.size === 0 && aged && state === "pending") found.push(`hold ${id} had expired, and is ${state}`);
  }
  return found;
}

function contradictedOpenings(events: Events, states: Map<string, string>, byokUsers: readonly string[]): string[] {
  const found: string[] = [];
  for (const opening of events.openings) {
    const { user, team, provider, requestId, payer, sealed, refusal, detail } = opening;
    const credential = byokUsers.includes(user) ? "present" : credentialDuring(opening, events);
    const byok = payer === "byok";
    const isStranger = refusal === "not_a_member";
    const membership = team ? membershipDuring(opening, events) : "present";
    if (membership === "present" && isStranger) found.push(`${user} was a member, and was refused as none`);
    if (membership === "absent" && !isStranger) found.push(`${user} was no member, and got ${payer ?? refusal}`);
    if (credential === "present" && !byok && !isStranger)
      found.push(`${user} had a key for ${provider}, and got ${payer ?? refusal}`);
    if (credential === "absent" && byok) found.push(`${user} had no key for ${provider}, and got byok`);
    if (byok && !sealed) found.push(`byok came to ${user} without an envelope`);
    if (payer === "platform" && sealed) found.push(`credits were to pay for ${user}, with an envelope`);
    if (refusal === "insufficient_credits") {
      const { price_credits, available_credits } = JSON.parse(detail ?? "{}");
      if (available_credits >= price_credits)
        found.push(`${user} was refused ${price_credits} of ${available_credits} credits`);
    }
    if (refusal === "request_completed") {
      const charged = events.holds.some(
        (hold) =>
          hold.user === (team ?? user) &&
          hold.member === user &&
          hold.requestId === requestId &&
          states.get(hold.id) === "charged",
      );
      if (!charged) found.push(`${requestId} of ${user} was called completed, and was never charged`);
    }
  }
  return found;
}

type State = "present" | "absent" | "either";

function credentialDuring(span: Opening, { changes }: Events): State {
  const own = changes.filter(({ user, provider }) => user === span.user && provider === span.provider);
  return stateDuring(span, own, "save");
}

function membershipDuring(span: Opening, { memberships }: Events): State {
  return stateDuring(
    span,
    memberships.filter(({ user }) => user === span.user),
    "join",
  );
}

/** Whether something was there all through a span, or not, or whether it changed meanwhile and either is right. */
function stateDuring(span: Span, changes: readonly (Span & { kind: string })[], coming: string): State {
  const before = changes.filter(({ ended }) => ended < span.begun);
  if (changes.some(({ begun, ended }) => begun < span.ended && ended > span.begun)) return "either";
  // The last to end decides, unless another change ran at the same time as that one.
  const last = before.reduce<(typeof before)[number] | undefined>(
    (a, b) => (a && a.ended > b.ended ? a : b),
    undefined,
  );
  if (!last) return "absent";
  const beside = before.some((change) => change.kind !== last.kind && change.ended > last.begun);
  if (beside) return "either";
  return last.kind === coming ? "present" : "absent";
}

interface GrantEntry {
  readonly owner_id: string;
  readonly credits: number;
  readonly idempotency_key: string;
}

function contradictedGrants({ grants }: Events, entries: GrantEntry[]): string[] {
  const byKey = new Map(entries.map((entry) => [entry.idempotency_key, entry]));
  const granting = grants.filter(({ answer }) => answer === "granted").map(({ idempotencyKey }) => idempotencyKey);
  const twice = granting.filter((key, index) => granting.indexOf(key) !== index);
  const found = twice.map((key) => `${key} was said to have granted twice`);
  for (const { user, credits, idempotencyKey, answer } of grants) {
    const entry = byKey.get(idempotencyKey);
    const isSame = entry?.owner_id === user && entry.credits === credits;
    if (isSame === (answer === "idempotency_key_reused"))
      found.push(
        `${credits} credits for ${user} by ${idempotencyKey}: ${answer}, and the ledger has ${JSON.stringify(entry)}`,
      );
  }
  return found;
}

function contradictedBalance(
  account: { owner_id: string; available: string; held: string },
  { holds, grants }: Events,
  states: Map<string, string>,
  credits: number,
): string[] {
  const own = holds.filter(({ user }) => user === account.owner_id);
  const inState = (state: string) => sum(own.filter(({ id }) => states.get(id) === state).map(({ price }) => price));
  const refunded = sum(own.flatMap(({ refunds }) => [...refunds]));
  const granted =
    credits +
    sum(
      grants
        .filter(({ user, answer }) => user === account.owner_id && answer === "granted")
        .map((grant) => grant.credits),
    );
  const held = inState("pending");
  const available = granted - inState("charged") + refunded - held;
  if (Number(account.available) === available && Number(account.held) === held) return [];
  const is = `${account.available} available and ${account.held} held`;
  return [`${account.owner_id} has ${is}; by what the clients saw it is ${available} and ${held}`];
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
