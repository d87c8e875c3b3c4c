/** Steps of an attack's clients, drawn from a seed: the same seed gives the same scripts. */
import fc from "fast-check";

/**
 * Users of an attack, by what happens to their credentials: none ever, now and then one, always one. Who is leaving is deleted now
 * and then, with a credential or without; somebody new takes the place. The last is a team, to which all belong but the one with
 * credentials; the plain ones leave it and come back.
 */
export const userKinds = ["plain", "plain", "switching", "byok", "leaving", "team"] as const;
export const teamIndex = userKinds.indexOf("team");

/** Few, so that clients meet at the same ones. */
export const providers = ["openai", "groq"] as const;
/** One of each provider's that credits buy. */
export const models = { openai: "gpt-5.4-nano", groq: "openai/gpt-oss-20b" } as const;
export const operations = ["kernel_build", "doc_generation", "single_doc_regen"] as const;

/** Each has an account. */
const owner = fc.integer({ min: 0, max: userKinds.length - 1 });
const user = fc.integer({ min: 0, max: teamIndex - 1 });
const plainUser = fc.constantFrom(...userKinds.flatMap((kind, index) => (kind === "plain" ? [index] : [])));
const switchingUser = fc.constant(userKinds.indexOf("switching"));
const savingUser = fc.constantFrom(
  ...(["switching", "byok", "leaving"] as const).map((kind) => userKinds.indexOf(kind)),
);
const provider = fc.constantFrom(...providers);
/** One of the holds that were placed last, counted from the newest. */
const recent = fc.integer({ min: 0, max: 11 });

/** Now and then in the name of somebody else, who must not get anywhere. */
const as = fc.oneof({ arbitrary: fc.constant(null), weight: 9 }, { arbitrary: owner, weight: 1 });

const steps = {
  open: fc.record({
    kind: fc.constant("open"),
    user,
    /** Whether the call names the team. */
    forTeam: fc.oneof({ arbitrary: fc.constant(false), weight: 2 }, { arbitrary: fc.constant(true), weight: 1 }),
    provider,
    operation: fc.constantFrom(...operations),
    /** Null without an idempotency key. */
    request: fc.option(fc.integer({ min: 0, max: 39 }), { freq: 5 }),
  }),
  charge: fc.record({ kind: fc.constant("charge"), recent, as }),
  void: fc.record({ kind: fc.constant("void"), recent, as, wasAsked: fc.boolean() }),
  refund: fc.record({
    kind: fc.constant("refund"),
    recent,
    as,
    credits: fc.constantFrom(1, 2, 100),
    reason: fc.constantFrom("unused", "nothing_delivered", "broken_off"),
  }),
  grant: fc.record({
    kind: fc.constant("grant"),
    user: owner,
    key: fc.integer({ min: 0, max: 59 }),
    // Keys come again, mostly with the amount they had before.
    credits: fc.constantFrom(3, 3, 3, 3, 7),
  }),
  expire: fc.record({ kind: fc.constant("expire"), limit: fc.constantFrom(1, 3, 1000) }),
  age: fc.record({ kind: fc.constant("age"), recent }),
  save: fc.record({ kind: fc.constant("save"), user: savingUser, provider }),
  remove: fc.record({ kind: fc.constant("remove"), user: switchingUser, provider }),
  leave: fc.record({ kind: fc.constant("leave"), user: fc.constant(userKinds.indexOf("leaving")) }),
  quit: fc.record({ kind: fc.constant("quit"), user: plainUser }),
  join: fc.record({ kind: fc.constant("join"), user: plainUser }),
};

const step = fc.oneof(
  { arbitrary: steps.open, weight: 40 },
  { arbitrary: steps.charge, weight: 17 },
  { arbitrary: steps.void, weight: 10 },
  { arbitrary: steps.refund, weight: 10 },
  { arbitrary: steps.grant, weight: 6 },
  { arbitrary: steps.expire, weight: 4 },
  { arbitrary: steps.age, weight: 6 },
  { arbitrary: steps.save, weight: 6 },
  { arbitrary: steps.remove, weight: 6 },
  { arbitrary: steps.leave, weight: 1 },
  { arbitrary: steps.quit, weight: 2 },
  { arbitrary: steps.join, weight: 4 },
);

type Drawn<T> = T extends fc.Arbitrary<infer Value> ? Value : never;
export type Step = Drawn<typeof step>;
export type StepOf<Kind extends Step["kind"]> = Extract<Step, { kind: Kind }>;

/** A script of `length` steps for each client. */
export function drawScripts(seed: number, clients: number, length: number): Step[][] {
  return fc.sample(fc.array(step, { minLength: length, maxLength: length, size: "max" }), { seed, numRuns: clients });
}
