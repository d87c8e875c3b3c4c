/** Many clients on few accounts: each runs its script on a connection of its own, and everything it sees is written down. */
import { randomUUID } from "node:crypto";
import { type Client, DatabaseError, Pool } from "pg";
import { Batches, Locked, parametersOf } from "./batches.ts";
import { type Events, type HoldSeen, newEvents, type Opening } from "./events.ts";
import { drawScripts, models, providers, type Step, type StepOf, userKinds } from "./script.ts";
import { connect, createUsers, envelope } from "../harness/sessions.ts";

export interface AttackOptions {
  /** As the hosted `postgres`. */
  readonly dbUrl: string;
  /** As the role of the functions, who have batches; the control has none. */
  readonly functionsDbUrl?: string;
  /** Where the billing functions are: `byok`, or a control with functions and tables of the same names. */
  readonly schema: string;
  readonly seed: number;
  readonly clients: number;
  /** Of each client. */
  readonly steps: number;
  /** What each user has before the attack, in credits. */
  readonly credits: number;
}

/** Attacks and returns when all clients have finished and one last sweep has run. */
export async function attack(options: AttackOptions): Promise<Events> {
  const { dbUrl, functionsDbUrl, schema, seed, clients, steps } = options;
  const operator = new Pool({ connectionString: dbUrl, max: 4 });
  const opened: Client[] = [];
  try {
    const events = newEvents(await prepare(operator, options));
    const scripts = drawScripts(seed, clients, steps);
    for (const [index] of scripts.entries()) {
      const session = await connect(dbUrl, "service_role");
      await session.query(`set default_transaction_isolation = '${isolationOf(index)}'`);
      opened.push(session);
    }
    const isolate = functionsDbUrl ? await connect(functionsDbUrl) : undefined;
    if (isolate) opened.push(isolate);
    const batches = isolate && new Batches(isolate);
    const play = async (script: Step[], index: number) => {
      const inBatches = isInBatches(index) ? batches : undefined;
      const attacker = new Attacker(opened[index] as Client, operator, options, events, inBatches);
      for (const step of script) await attacker.take(step);
    };
    await Promise.all(scripts.map(play));
    await operator.query(`select ${schema}.expire_holds(1000000)`);
    return events;
  } finally {
    await Promise.all([operator, ...opened].map((client) => client.end()));
  }
}

/** As the functions have it, but for some clients whose project has set another one. */
function isolationOf(client: number): string {
  return { 3: "repeatable read", 7: "serializable" }[client % 8] ?? "read committed";
}

/** Half of those at the usual level share the statements of one isolate. */
function isInBatches(client: number): boolean {
  return client % 2 === 0;
}

async function prepare(operator: Pool, { schema, credits }: AttackOptions): Promise<string[]> {
  const users: string[] = [];
  for (const kind of userKinds) {
    const user = await newUser(operator, schema, credits);
    users.push(user);
    if (kind !== "byok") continue;
    for (const provider of providers)
      await operator.query(saveCredential(schema), [user, randomUUID(), provider, envelope]);
  }
  return users;
}

async function newUser(operator: Pool, schema: string, credits: number): Promise<string> {
  const [user = ""] = await createUsers(operator, 1);
  await operator.query(`select ${schema}.grant_credits($1, $2, 'attack', $3)`, [user, credits, `first:${user}`]);
  return user;
}

function saveCredential(schema: string): string {
  return `select ${schema}.save_credential($1, $2, $3, '', 'verified', $4, 1)`;
}

class Attacker {
  readonly #session: Client;
  readonly #operator: Pool;
  readonly #schema: string;
  /** What each user begins with. */
  readonly #credits: number;
  readonly #events: Events;
  readonly #batches: Batches | undefined;

  constructor(
    session: Client,
    operator: Pool,
    { schema, credits }: AttackOptions,
    events: Events,
    batches: Batches | undefined,
  ) {
    this.#batches = batches;
    this.#session = session;
    this.#operator = operator;
    this.#schema = schema;
    this.#credits = credits;
    this.#events = events;
  }

  /** Takes a step; a refusal is written down like any other outcome, and so is an error, of which the control has many. */
  async take(step: Step): Promise<void> {
    this.#events.steps++;
    try {
      await this.#try(step);
    } catch (error) {
      this.#events.unexpected.push(`${step.kind}: ${(error as Error).message}`);
    }
  }

  async #try(step: Step): Promise<void> {
    switch (step.kind) {
      case "open":
        return this.#open(step);
      case "charge":
      case "void":
        return this.#end(step);
      case "refund":
        return this.#refund(step);
      case "grant":
        return this.#grant(step);
      case "expire":
        await this.#call(step.kind, "expire_holds", [step.limit]);
        return;
      case "age":
        return this.#age(step);
      case "save":
      case "remove":
        return this.#changeCredential(step);
      case "leave":
        return this.#leave(step);
    }
  }

  /** As a call does it: who pays, and, if credits do, a hold on its price. */
  async #open(step: StepOf<"open">): Promise<void> {
    const user = this.#user(step.user);
    const requestId = step.request === null ? null : `request-${step.request}`;
    const begun = this.#events.tick();
    const opened = await this.#call("open", "open_call", [user, step.provider]);
    const seen = (more: Partial<Opening>) =>
      this.#events.openings.push({
        ...{ begun, ended: this.#events.tick(), user, provider: step.provider, requestId },
        ...more,
      });
    if (opened === "rolled back") return;
    if (opened instanceof Error) return void seen({ refusal: opened.message, detail: opened.detail ?? "" });
    seen({ payer: opened.payer, sealed: opened.envelope !== null });
    if (opened.payer === "byok") return;
    const model = models[step.provider];
    const hold = await this.#call("hold", "place_hold", [
      ...[user, requestId, step.operation, step.provider, model],
      ...[10, 10],
    ]);
    if (hold === "rolled back") return;
    if (hold instanceof Error)
      return void seen({ payer: "platform", refusal: hold.message, detail: hold.detail ?? "" });
    const price = Number(hold.microcredits) / 1e6;
    const id = String(hold.hold_id);
    this.#events.holds.push({ id, user, requestId, price, reports: new Set(), refunds: new Set(), aged: false });
  }

  async #end(step: StepOf<"charge" | "void">): Promise<void> {
    const hold = this.#recentHold(step.recent);
    if (!hold) return;
    const { kind } = step;
    const user = step.as === null ? hold.user : this.#user(step.as);
    const more = step.kind === "void" ? [step.wasAsked] : [];
    const answer = await this.#call(kind, `${kind}_hold`, [user, hold.id, ...more]);
    if (answer === "rolled back" || answer instanceof Error) return;
    const outcome = answer[`${kind}_hold`];
    if (user === hold.user) hold.reports.add(outcome);
    else if (outcome !== "voided") this.#events.unexpected.push(`${kind} of another user's hold: ${outcome}`);
  }

  async #refund({ kind, recent, as, credits, reason }: StepOf<"refund">): Promise<void> {
    const hold = this.#recentHold(recent);
    if (!hold) return;
    const user = as === null ? hold.user : this.#user(as);
    const answer = await this.#call(kind, "refund_charge", [user, hold.id, credits * 1e6, reason]);
    if (answer === "rolled back" || answer instanceof Error) return;
    if (user !== hold.user) this.#events.unexpected.push(`a refund of another user's charge`);
    else if (Number(answer.refund_charge) > 0) hold.refunds.add(Number(answer.refund_charge) / 1e6);
  }

  async #grant({ user: index, key, credits }: StepOf<"grant">): Promise<void> {
    const user = this.#user(index);
    // The key of a user who leaves is free again.
    const idempotencyKey = `${userKinds[index] === "leaving" ? user : this.#events.users[0]}:${key}`;
    const answer = await this.#call("grant", "grant_credits", [user, credits, "attack", idempotencyKey]);
    if (answer === "rolled back") return;
    const said = answer instanceof Error ? answer.message : answer.granted ? "granted" : "repeated";
    this.#events.grants.push({ user, credits, idempotencyKey, answer: said });
  }

  /** Makes a pending hold look as old as the holds of functions that died. */
  async #age({ recent }: StepOf<"age">): Promise<void> {
    const hold = this.#recentHold(recent);
    if (!hold) return;
    const { rowCount } = await this.#operator.query(
      `update ${this.#schema}.holds set expires_at = now() - interval '1 second' where id = $1`,
      [hold.id],
    );
    if (rowCount) hold.aged = true;
  }

  async #changeCredential({ kind, user: index, provider }: StepOf<"save" | "remove">): Promise<void> {
    const user = this.#user(index);
    const begun = this.#events.tick();
    try {
      if (kind === "save")
        await this.#session.query(saveCredential(this.#schema), [user, randomUUID(), provider, envelope]);
      else await this.#removeAsOwner(user, provider);
    } catch (error) {
      const { code = "" } = error as DatabaseError;
      const isGone = [gone, "PT401"].includes(code) && this.#events.left.has(user);
      const outcome = isRolledBack(error) ? "rolled back" : isGone ? "gone" : "unexpected";
      if (outcome === "unexpected") this.#events.unexpected.push(`${kind}: ${(error as Error).message}`);
      this.#count(kind, outcome);
      return;
    }
    this.#count(kind, "done");
    this.#events.changes.push({ kind, user, provider, begun, ended: this.#events.tick() });
  }

  /** As the page does it: a delete through the Data API, under row-level security. */
  async #removeAsOwner(user: string, provider: string): Promise<void> {
    const claims = JSON.stringify({ sub: user, role: "authenticated" });
    await this.#session.query("begin");
    try {
      await this.#session.query(`set local role authenticated`);
      await this.#session.query("select set_config('request.jwt.claims', $1, true)", [claims]);
      await this.#session.query(`delete from ${this.#schema}.credentials where provider = $1`, [provider]);
    } finally {
      await this.#session.query("commit");
    }
  }

  /** As Auth does it: the user's row goes, and everything with it. */
  async #leave({ kind, user: index }: StepOf<"leave">): Promise<void> {
    const user = this.#user(index);
    if (this.#events.left.has(user)) return;
    this.#events.left.add(user);
    try {
      await this.#operator.query("delete from auth.users where id = $1", [user]);
    } catch (error) {
      this.#events.left.delete(user);
      throw error;
    }
    this.#events.users[index] = await newUser(this.#operator, this.#schema, this.#credits);
    this.#count(kind, "done");
  }

  #user(index: number): string {
    return this.#events.users[index] as string;
  }

  #recentHold(recent: number): HoldSeen | undefined {
    return this.#events.holds.at(-1 - recent);
  }

  /** The row of a function, or its refusal; anything but a refusal that the function documents is unexpected. */
  async #call(
    kind: Step["kind"] | "hold",
    name: string,
    values: unknown[],
  ): Promise<Row | DatabaseError | "rolled back"> {
    try {
      const row = await this.#rowOf(name, values);
      this.#count(kind, row?.payer ?? "done");
      return row as Row;
    } catch (thrown) {
      const error = thrown as DatabaseError;
      if (isRolledBack(error)) {
        this.#count(kind, "rolled back");
        return "rolled back";
      }
      const message = error.code === gone ? "gone" : error.message;
      const documented = refusals[kind]?.includes(`${error.code} ${message}`) ?? false;
      if (!documented) this.#events.unexpected.push(`${kind}: ${error.code} ${error.message}`);
      this.#count(kind, documented ? message : "unexpected");
      return error;
    }
  }

  async #rowOf(name: string, values: unknown[]): Promise<Row | undefined> {
    if (this.#batches && name in parametersOf) {
      try {
        return await this.#batches.call(name, values);
      } catch (error) {
        if (!(error instanceof Locked)) throw error;
        this.#events.outcomes.locked = (this.#events.outcomes.locked ?? 0) + 1;
      }
    }
    const places = values.map((_, index) => `$${index + 1}`).join(", ");
    return (await this.#session.query<Row>(`select * from ${this.#schema}.${name}(${places})`, values)).rows[0];
  }

  #count(kind: Step["kind"] | "hold", outcome: string): void {
    const name = `${kind}: ${outcome}`;
    this.#events.outcomes[name] = (this.#events.outcomes[name] ?? 0) + 1;
  }
}

type Row = Record<string, any>;

/** Whether a transaction could not be serialized, which read committed never asks for; nothing of it remains. */
function isRolledBack(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === "40001";
}

/** There is no such user. */
const gone = "23503";

/** What each function may answer instead of doing it. A deadlock is on no list. */
const refusals: Partial<Record<Step["kind"] | "hold", string[]>> = {
  open: ["PT401 unauthenticated"],
  hold: ["PT401 unauthenticated", "PT402 insufficient_credits", "PT409 request_in_progress", "PT409 request_completed"],
  refund: ["PT404 charge_not_found"],
  grant: ["PT409 idempotency_key_reused", `${gone} gone`],
};
