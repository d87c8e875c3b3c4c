/** One run: calls come to a stand at their steps, something is killed and started again, and the ledger is judged. */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "pg";
import { brokenInvariants } from "../harness/database/invariants.ts";
import { withConnection } from "../harness/sessions.ts";
import type { BreakableStack } from "./breakable-stack.ts";
import { Call, type CallEnd, operation, type User } from "./calls.ts";
import { balanceOf, expireHolds, statesOf, usersWith } from "./ledger.ts";
import type { Plan } from "./plan.ts";
import type { Answer } from "./provider.ts";
import { diesFunctions, nameOf, outcomesOf, type Step } from "./steps.ts";

export interface RunReport {
  /** A sentence for each promise that was not kept. */
  readonly broken: readonly string[];
  /** How many calls were made, retries included. */
  readonly calls: number;
  /** Events of this run: each step, and how its hold ended. */
  readonly seen: readonly string[];
}

interface Standing {
  readonly step: Step;
  readonly user: User;
  readonly call: Call;
  /** The provider's, where the call stands there. */
  readonly answer: Answer | null;
}

/** @param byokUsers one for each step under BYOK, with an API key of their own, and credits that no run may touch */
export async function runPlan(stack: BreakableStack, byokUsers: readonly User[], plan: Plan): Promise<RunReport> {
  const run = new CrashRun(stack, byokUsers, plan);
  await run.prepare();
  await run.begin();
  await run.crash();
  await run.recover();
  await run.judge();
  await within(30_000, "all retries have ended", run.retry());
  return run.report();
}

class CrashRun {
  /** Of this run alone: a seed that is replayed draws the same requests. */
  readonly #id = randomUUID();
  readonly #stack: BreakableStack;
  readonly #plan: Plan;
  readonly #byokUsers: readonly User[];
  #payers: User[] = [];
  #standing: Standing[] = [];
  #loose: Promise<Call>[] = [];
  #looseUser: User;
  readonly #broken: string[] = [];
  readonly #seen: string[] = [];
  #calls = 0;

  constructor(stack: BreakableStack, byokUsers: readonly User[], plan: Plan) {
    this.#stack = stack;
    this.#plan = plan;
    this.#byokUsers = byokUsers;
    this.#looseUser = byokUsers[0] as User;
  }

  /** Users have just as many credits as their calls cost: one that is lost, or charged twice, is missing in the end. */
  async prepare(): Promise<void> {
    const { steps, loose } = this.#plan;
    const looseRequests = new Set(loose.map(({ request }) => request)).size;
    const calls = [...steps.map((step) => ("rpc" in step && step.isSecond ? 2 : 1)), looseRequests];
    const credits = calls.map((count) => count * operation.credits);
    this.#payers = await this.#withDatabase((client) => usersWith(this.#stack, client, credits));
    this.#looseUser = this.#payers.at(-1) as User;
  }

  async begin(): Promise<void> {
    const { steps, byokSteps, loose } = this.#plan;
    const paid = steps.map((step, index) => this.#start(step, this.#payers[index] as User, `paid-${index}`));
    const own = byokSteps.map((step, index) => this.#start(step, this.#byokUsers[index] as User, `own-${index}`));
    const places = [...steps, ...byokSteps].map((step) => `a call stands ${nameOf(step)}`);
    await Promise.all([...paid, ...own].map((stands, index) => within(30_000, places[index] ?? "", stands)));
    this.#loose = loose.map(async ({ delay_ms, request }) => {
      await delay(delay_ms);
      return this.#call(this.#looseUser, this.#requestId(`loose-${request}`));
    });
  }

  async crash(): Promise<void> {
    const { crash_ms, victim, release } = this.#plan;
    await delay(crash_ms);
    await this.#stack.kill(victim);
    await this.#stack.gate.unlock();
    if (release !== "passed after restart") this.#stack.gate.release(release === "lost" ? "lost" : "passed");
    await this.#stack.revive();
  }

  async recover(): Promise<void> {
    const { sweep, release } = this.#plan;
    if (sweep === "before survivors go on") await this.#sweep();
    if (release === "passed after restart") this.#stack.gate.release("passed");
    if (!diesFunctions(this.#plan)) for (const standing of this.#standing) this.#goOn(standing);
    const ends = this.#standing.map(({ step, call }) => within(60_000, `a call ${nameOf(step)} ends`, call.ended));
    await Promise.all(ends);
    for (const call of await Promise.all(this.#loose)) await within(60_000, "a loose call ends", call.ended);
    await within(60_000, "all holds are ended", this.#stack.gate.resolved());
    await this.#sweep();
    await within(30_000, "all refunds are there", this.#refunded());
  }

  /** A refund comes a moment after the end of its call, and later if the database was away. */
  async #refunded(): Promise<void> {
    await this.#withDatabase(async (client) => {
      for (const { step, user, call } of this.#standing) {
        const isAwaited = !this.#isByok(user) && outcomesOf(step, this.#plan).join() === "refunded";
        while (isAwaited && !(await statesOf(client, user, call.requestId)).includes("refunded")) await delay(20);
      }
    });
    await this.#stack.gate.quiet();
  }

  #isByok(user: User): boolean {
    return this.#byokUsers.includes(user);
  }

  async judge(): Promise<void> {
    await this.#withDatabase(async (client) => {
      await this.#judgeInvariants(client, "after the sweep");
      for (const { step, user, call } of this.#standing) {
        const [state = "none", ...more] = await statesOf(client, user, call.requestId);
        const allowed: readonly string[] = this.#isByok(user) ? ["none"] : outcomesOf(step, this.#plan);
        if (more.length > 0 || !allowed.includes(state))
          this.#broken.push(
            `What is left of a call ${nameOf(step)} is ${[state, ...more].join(", ")}, not ${allowed.join(" or ")}.`,
          );
        const payer = this.#isByok(user) ? "own key" : "credits";
        this.#seen.push(`${payer}, ${nameOf(step)}`, `${payer}, ${state}`);
      }
    });
  }

  /** A client that repeats a request id gets an answer again, or hears that it was charged; it is charged once in all. */
  async retry(): Promise<void> {
    const paid = new Map<string, User>();
    for (const { user, call } of this.#standing) if (!this.#isByok(user)) paid.set(call.requestId, user);
    for (const call of await Promise.all(this.#loose)) paid.set(call.requestId, this.#looseUser);
    await this.#withDatabase(async (client) => {
      const charged = new Set<string>();
      for (const [requestId, user] of paid)
        if ((await statesOf(client, user, requestId)).includes("charged")) charged.add(requestId);
      // A refund may come a moment after its call has ended, and frees the request id.
      const isStillCharged = async (requestId: string, user: User) =>
        charged.has(requestId) && !(await statesOf(client, user, requestId)).includes("refunded");
      await Promise.all(
        [...paid].map(async ([requestId, user]) => {
          const end = await this.#again(user, requestId);
          this.#judgeRetry(await isStillCharged(requestId, user), end);
        }),
      );
      const own = await Promise.all(
        this.#standing
          .filter(({ user }) => this.#isByok(user))
          .map(({ user, call }) => this.#again(user, call.requestId)),
      );
      if (!own.every(({ status, funding }) => status === 200 && funding === "byok"))
        this.#broken.push("A call under BYOK did not work after the restart.");
      await this.#stack.gate.resolved();
      await this.#judgeInvariants(client, "after the retries");
      for (const [requestId, user] of paid) {
        const states = await statesOf(client, user, requestId);
        if (states.filter((state) => state === "charged").length !== 1)
          this.#broken.push(`After its retry a request is ${states.join(", ")}, and should be charged once.`);
      }
      for (const user of this.#payers) {
        const { available, held } = await balanceOf(client, user);
        if (available !== 0 || held !== 0)
          this.#broken.push(`A user has ${available} credits and ${held} held after spending all of them.`);
      }
    });
  }

  report(): RunReport {
    return { broken: this.#broken, calls: this.#calls, seen: this.#seen };
  }

  /** Begins a call and resolves when it stands at its step. */
  async #start(step: Step, user: User, name: string): Promise<void> {
    const { gate, provider } = this.#stack;
    const requestId = this.#requestId(name);
    if ("rpc" in step) {
      if (step.isSecond) await this.#again(user, this.#requestId(`${name}-first`));
      if (step.rpc === "void_hold") provider.stopAt(requestId, "refusal");
      // It breaks off as soon as some of it is there.
      const failing = step.rpc === "refund_charge" ? provider.stopAt(requestId, "middle") : null;
      const reached = gate.holdUp(step.rpc === "open_call" ? user.id : requestId, step.rpc, step.point);
      const call = this.#call(user, requestId);
      this.#standing.push({ step, user, call, answer: null });
      if (failing) {
        await call.comesTo("middle", failing);
        failing.goOn("break");
        return await reached;
      }
      return await call.until(reached);
    }
    const answer = provider.stopAt(requestId, step.stage);
    const call = this.#call(user, requestId);
    this.#standing.push({ step, user, call, answer });
    await call.comesTo(step.stage, answer);
    // Headers may be here before the charge is recorded.
    if (step.stage !== "silence" && !this.#isByok(user)) while (!gate.isCharged(requestId)) await delay(5);
  }

  #goOn({ call, answer }: Standing): void {
    if (!answer) return;
    const { survivors } = this.#plan;
    if (survivors === "lose their client") call.leave();
    else answer.goOn(survivors === "finish" ? "end" : "break");
  }

  #judgeRetry(wasCharged: boolean, { status, refusal, isWhole }: CallEnd): void {
    const isRight = wasCharged ? status === 409 && refusal === "request_completed" : status === 200 && isWhole;
    if (!isRight)
      this.#broken.push(`A retry of ${wasCharged ? "a charged" : "an uncharged"} call got ${status} ${refusal ?? ""}.`);
  }

  async #judgeInvariants(client: Client, when: string): Promise<void> {
    const byokUsers = this.#byokUsers.map(({ id }) => id);
    const options = { schema: "byok", users: [...this.#payers.map(({ id }) => id), ...byokUsers], byokUsers };
    for (const sentence of await brokenInvariants(client, options)) this.#broken.push(`${when}: ${sentence}`);
  }

  async #sweep(): Promise<void> {
    await this.#withDatabase((client) => expireHolds(client, this.#payers));
  }

  /** Asks until the database is there: the Data API finds out by asking which of its connections broke. */
  async #again(user: User, requestId: string): Promise<CallEnd> {
    for (;;) {
      this.#stack.provider.stopAt(requestId, "end");
      const end = await this.#call(user, requestId).ended;
      if (end.refusal !== "database_unavailable") return end;
    }
  }

  #call(user: User, requestId: string): Call {
    this.#calls++;
    return new Call(this.#stack, user, requestId);
  }

  #requestId(name: string): string {
    return `${this.#id}-${name}`;
  }

  #withDatabase<T>(use: (client: Client) => Promise<T>): Promise<T> {
    return withConnection(this.#stack.database.adminUrl, use);
  }
}

/** A deadline, so that a run that stands still says where. */
async function within<T>(timeout_ms: number, what: string, work: Promise<T>): Promise<T> {
  const patience = new AbortController();
  const tooLate = delay(timeout_ms, undefined, { signal: patience.signal }).then(() => {
    throw new Error(`It took more than ${timeout_ms} ms until ${what}.`);
  });
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    patience.abort();
    tooLate.catch(() => undefined);
  }
}
