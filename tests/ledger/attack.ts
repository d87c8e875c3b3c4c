/** Many clients on few accounts: each runs its script on a connection of its own, and everything it sees is written down. */
import { randomUUID } from "node:crypto";
import { type Client, type DatabaseError, Pool } from "pg";
import type { FunctionName, Parameters, Rows, Rpc } from "../../functions/_shared/database/rpc.ts";
import { type Events, type HoldSeen, newEvents, type Opening } from "./events.ts";
import { drawScripts, models, type Step, type StepOf, teamIndex, userKinds } from "./script.ts";
import { newUser, prepareOwners, saveCredential } from "./people.ts";
import { gone, isRolledBack, type Kind, overhear, Refusal, refusalOf } from "./refusals.ts";
import { batched, isInBatches, isolationOf, rpcOf, startIsolate } from "./ways.ts";
import { leave as leaveTeam, join as joinTeam } from "../harness/database/teams.ts";
import { connect, envelope } from "../harness/sessions.ts";

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
  /** Each user's credits before the attack. */
  readonly credits: number;
}

/** Attacks and returns when all clients have finished and one last sweep has run. */
export async function attack(options: AttackOptions): Promise<Events> {
  const { dbUrl, functionsDbUrl, schema, seed, clients, steps } = options;
  const operator = new Pool({ connectionString: dbUrl, max: 4 });
  const opened: Client[] = [];
  let isolate: ReturnType<typeof startIsolate> | undefined;
  try {
    const events = newEvents();
    await prepareOwners(operator, options, events);
    const scripts = drawScripts(seed, clients, steps);
    for (const [index] of scripts.entries()) {
      const session = await connect(dbUrl, "service_role");
      await session.query(`set default_transaction_isolation = '${isolationOf(index)}'`);
      opened.push(session);
    }
    if (functionsDbUrl) isolate = startIsolate(functionsDbUrl, (name, failure) => overhear(events, name, failure));
    const play = async (script: Step[], index: number) => {
      const batches = isInBatches(index) ? isolate?.rpc : undefined;
      const attacker = new Attacker(opened[index] as Client, operator, options, events, batches);
      for (const step of script) await attacker.take(step);
    };
    await Promise.all(scripts.map(play));
    await operator.query(`select ${schema}.expire_holds(1000000)`);
    return events;
  } finally {
    await Promise.all([isolate?.close(), ...[operator, ...opened].map((client) => client.end())]);
  }
}

class Attacker {
  readonly #session: Client;
  readonly #operator: Pool;
  readonly #schema: string;
  /** Each user's first balance. */
  readonly #credits: number;
  readonly #events: Events;
  /** One statement each, on the session. */
  readonly #alone: Rpc;
  /** How the functions of a call are asked for. */
  readonly #calls: Rpc;

  constructor(
    session: Client,
    operator: Pool,
    { schema, credits }: AttackOptions,
    events: Events,
    batches: Rpc | undefined,
  ) {
    this.#alone = rpcOf(session, schema);
    this.#calls = batches ?? this.#alone;
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
        await this.#call(step.kind, "expire_holds", { p_limit: step.limit });
        return;
      case "age":
        return this.#age(step);
      case "save":
      case "remove":
        return this.#changeCredential(step);
      case "leave":
        return this.#leave(step);
      case "quit":
      case "join":
        return this.#changeMembership(step.kind, this.#user(step.user));
    }
  }

  /** As a call does it: who pays, and, if credits do, a hold on its price. */
  async #open(step: StepOf<"open">): Promise<void> {
    // To the control the team is one more user.
    const user = this.#user(step.forTeam && !this.#hasTeams ? teamIndex : step.user);
    const team = step.forTeam && this.#hasTeams ? this.#user(teamIndex) : null;
    const named = team === null ? {} : { p_team_id: team };
    const requestId = step.request === null ? null : `request-${step.request}`;
    const begun = this.#events.tick();
    const opened = await this.#call("open", "open_call", { p_user_id: user, p_provider: step.provider, ...named });
    const seen = (more: Partial<Opening>) =>
      this.#events.openings.push({
        ...{ begun, ended: this.#events.tick(), user, team, provider: step.provider, requestId },
        ...more,
      });
    if (opened === "rolled back") return;
    if (opened instanceof Refusal) return void seen(opened);
    seen({ payer: opened.payer as "byok" | "platform", sealed: opened.envelope !== null });
    if (opened.payer === "byok") return;
    const hold = await this.#call("hold", "place_hold", {
      ...{ p_user_id: user, p_request_id: requestId as string, p_operation: step.operation },
      ...{ p_provider: step.provider, p_model: models[step.provider], p_max_input_tokens: 10, p_max_output_tokens: 10 },
      ...named,
    });
    if (hold === "rolled back") return;
    if (hold instanceof Refusal) return void seen({ payer: "platform", ...hold });
    if (team !== null) this.#count("hold of the team", "done");
    const price = hold.microcredits / 1e6;
    const id = String(hold.hold_id);
    this.#events.holds.push({
      ...{ id, user: team ?? user, member: user, requestId, price },
      ...{ reports: new Set(), refunds: new Set(), aged: false },
    });
  }

  async #end(step: StepOf<"charge" | "void">): Promise<void> {
    const hold = this.#recentHold(step.recent);
    if (!hold) return;
    const { kind } = step;
    const user = step.as === null ? hold.user : this.#user(step.as);
    const named = { p_owner_id: user, p_hold_id: Number(hold.id) };
    const outcome =
      step.kind === "charge"
        ? await this.#call(kind, "charge_hold", named)
        : await this.#call(kind, "void_hold", { ...named, p_was_asked: step.wasAsked });
    if (outcome === "rolled back" || outcome instanceof Refusal) return;
    if (user === hold.user) hold.reports.add(outcome);
    else if (outcome !== "voided") this.#events.unexpected.push(`${kind} of another user's hold: ${outcome}`);
  }

  async #refund({ kind, recent, as, credits, reason }: StepOf<"refund">): Promise<void> {
    const hold = this.#recentHold(recent);
    if (!hold) return;
    const user = as === null ? hold.user : this.#user(as);
    const refunded_microcredits = await this.#call(kind, "refund_charge", {
      ...{ p_owner_id: user, p_charge_id: Number(hold.id), p_microcredits: credits * 1e6, p_reason: reason },
    });
    if (refunded_microcredits === "rolled back" || refunded_microcredits instanceof Refusal) return;
    if (user !== hold.user) this.#events.unexpected.push(`a refund of another user's charge`);
    else if (refunded_microcredits > 0) hold.refunds.add(refunded_microcredits / 1e6);
  }

  async #grant({ user: index, key, credits }: StepOf<"grant">): Promise<void> {
    const user = this.#user(index);
    // The key of a user who leaves is free again.
    const idempotencyKey = `${userKinds[index] === "leaving" ? user : this.#events.users[0]}:${key}`;
    const answer = await this.#call("grant", "grant_credits", {
      ...{ p_owner_id: user, p_credits: credits, p_reason: "attack", p_idempotency_key: idempotencyKey },
      ...(index === teamIndex && this.#hasTeams ? { p_kind: "team" } : {}),
    });
    if (answer === "rolled back") return;
    const said = answer instanceof Refusal ? answer.refusal : answer.granted ? "granted" : "repeated";
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
    const next = await newUser(this.#operator, this.#schema, this.#credits);
    await this.#changeMembership("join", next);
    this.#events.users[index] = next;
    this.#count(kind, "done");
  }

  /** As the app does it, in its own table. */
  async #changeMembership(kind: "quit" | "join", user: string): Promise<void> {
    if (!this.#hasTeams) return;
    const begun = this.#events.tick();
    const team = this.#user(teamIndex);
    if (kind === "quit") await leaveTeam(team, { id: user });
    else await joinTeam(team, { id: user }, "member");
    this.#count(kind, "done");
    this.#events.memberships.push({ kind, user, begun, ended: this.#events.tick() });
  }

  get #hasTeams(): boolean {
    return this.#schema === "byok";
  }

  #user(index: number): string {
    return this.#events.users[index] as string;
  }

  #recentHold(recent: number): HoldSeen | undefined {
    return this.#events.holds.at(-1 - recent);
  }

  /** The row of a function, or its refusal; anything but a refusal that the function documents is unexpected. */
  async #call<Name extends FunctionName>(
    kind: Kind,
    name: Name,
    parameters: Parameters<Name>,
  ): Promise<Rows<Name>[number] | Refusal | "rolled back"> {
    const rpc = batched.some((one) => one === name) ? this.#calls : this.#alone;
    try {
      const [row] = await rpc(name, parameters);
      this.#count(kind, (row as { payer?: string } | undefined)?.payer ?? "done");
      return row as Rows<Name>[number];
    } catch (error) {
      if (isRolledBack(error)) {
        this.#count(kind, "rolled back");
        return "rolled back";
      }
      const { said, refusal, isDocumented } = refusalOf(kind, error);
      if (!isDocumented) this.#events.unexpected.push(`${kind}: ${said}`);
      this.#count(kind, isDocumented ? refusal.refusal : "unexpected");
      return refusal;
    }
  }

  #count(kind: Kind | "hold of the team", outcome: string): void {
    const name = `${kind}: ${outcome}`;
    this.#events.outcomes[name] = (this.#events.outcomes[name] ?? 0) + 1;
  }
}
