/** Where a call stands when the crash comes, and what must have become of its hold in the end. */
import { type Point, points, type Rpc, rpcs } from "./gate.ts";
import type { Plan } from "./plan.ts";
import { type Stage, stages } from "./provider.ts";

/** A call stands still around a billing function, or while its provider answers. */
export type Step = RpcStep | { readonly stage: Stage };

interface RpcStep {
  readonly rpc: Rpc;
  readonly point: Point;
  /** The user has made a call before, so that `open_call` places the hold. */
  readonly isSecond?: true;
}

/** Nothing holds `open_call` up amid its work: it locks nothing. */
const openCall = points.filter((point) => point !== "amid").map((point) => ({ rpc: rpcs[0], point }));
const atProvider = stages.slice(0, -1).map((stage) => ({ stage }));
const openSecondCall = points.map((point): RpcStep => ({ rpc: "open_call", point, isSecond: true }));
const billing = rpcs.slice(1).flatMap((rpc) => points.map((point) => ({ rpc, point })));

/** Every step of a call on credits, from its opening to what is given back. */
export const creditsSteps: readonly Step[] = [...openCall, ...openSecondCall, ...atProvider, ...billing];

/** Every step of a call under BYOK. */
export const byokSteps: readonly Step[] = [...openCall, ...atProvider];

export function nameOf(step: Step): string {
  if ("stage" in step) return `provider at ${step.stage}`;
  return `${step.point} ${step.rpc}${step.isSecond ? " of a second call" : ""}`;
}

/** `none`: nothing is left, because no hold was placed or it was voided. */
export type Outcome = "none" | "charged" | "refunded";

/**
 * Possible ends of a call on credits when what was killed runs again, everybody has gone on, and what was left has expired and
 * been swept. More than one only where the outcome hangs on which process wins a race.
 */
export function outcomesOf(step: Step, plan: Plan): readonly Outcome[] {
  if ("stage" in step) return outcomesAtProvider(step.stage, plan);
  switch (step.rpc) {
    case "open_call":
      return step.isSecond ? outcomesOfPlacing(step.point, plan) : outcomesOfOpening(step.point, plan);
    case "place_hold":
      return outcomesOfPlacing(step.point, plan);
    case "charge_hold":
      return outcomesOfCharging(step.point, plan);
    case "void_hold":
      return ["none"];
    case "refund_charge":
      return outcomesOfRefunding(step.point, plan);
  }
}

/** From the headers of the answer on the call is charged, and a crash changes nothing about that. */
function outcomesAtProvider(stage: Stage, { victim, sweep, survivors }: Plan): readonly Outcome[] {
  const isDead = diesFunctions({ victim });
  if (stage === "silence") {
    if (isDead || sweep === "before survivors go on" || survivors !== "finish") return ["none"];
    return ["charged"];
  }
  if (isDead || survivors === "finish") return ["charged"];
  if (survivors === "break off") return ["refunded"];
  return [stage === "headers" ? "refunded" : "charged"];
}

/**
 * After a restart of Postgres a call meets one of the Data API's connections, which may have broken. Opening a call and placing a
 * hold are not asked for again then: nobody knows whether they were carried out.
 */
const ifConnectionHolds: readonly Outcome[] = ["charged", "none"];

/** Nothing is held yet. A function that survives goes on, and places a hold if the database is there again. */
function outcomesOfOpening(point: Point, plan: Plan): readonly Outcome[] {
  const { release } = plan;
  if (diesFunctions(plan) || release === "lost") return ["none"];
  if (!diesDatabase(plan)) return ["charged"];
  if (release === "passed after restart") return ifConnectionHolds;
  return point === "before" ? ["none"] : ["none", "charged"];
}

function outcomesOfPlacing(point: Point, plan: Plan): readonly Outcome[] {
  const { victim, release, sweep } = plan;
  if (diesFunctions(plan)) return ["none"];
  // The lock's holder ends in good order when it misses the first process, and then it may be the other's turn for a moment.
  if (point === "amid") return victim === "postmaster" ? ["none", "charged"] : ["none"];
  if (release === "lost") return ["none"];
  const isPassedBeforeRestart = release === "passed before restart";
  if (point === "before") return isPassedBeforeRestart ? ["none"] : ifConnectionHolds;
  // The function goes on at once, and comes to charge while Postgres is still down, or up again.
  if (isPassedBeforeRestart) return ["none", "charged"];
  return [sweep === "before survivors go on" ? "none" : "charged"];
}

function outcomesOfCharging(point: Point, plan: Plan): readonly Outcome[] {
  const { victim, release, sweep } = plan;
  if (point === "after") return ["charged"];
  // A function that has survived asks again after a moment, and may come before or after the sweep.
  const ifNotHeard: readonly Outcome[] = diesFunctions(plan) ? ["none"] : ["charged", "none"];
  if (point === "amid") {
    if (!diesDatabase(plan)) return ["charged"];
    return victim === "postmaster" ? ["charged", "none"] : ifNotHeard;
  }
  if (release === "lost") return ifNotHeard;
  if (release === "passed before restart") return diesDatabase(plan) ? ifNotHeard : ["charged"];
  if (isAskedByTheDead(plan)) return ["charged", "none"];
  return [sweep === "before survivors go on" ? "none" : "charged"];
}

/** The call is charged; what is not heard of its refund is asked again by a function that survives, and by no other. */
function outcomesOfRefunding(point: Point, plan: Plan): readonly Outcome[] {
  const { victim, release } = plan;
  if (point === "after") return ["refunded"];
  const ifNotHeard: readonly Outcome[] = diesFunctions(plan) ? ["charged"] : ["refunded"];
  if (point === "amid") {
    if (!diesDatabase(plan)) return ["refunded"];
    return victim === "postmaster" ? ["refunded", "charged"] : ifNotHeard;
  }
  if (release === "lost") return ifNotHeard;
  if (release === "passed before restart") return diesDatabase(plan) ? ifNotHeard : ["refunded"];
  return isAskedByTheDead(plan) ? ["refunded", "charged"] : ["refunded"];
}

/** Requests of the dead may find a connection of the Data API's that broke, and are not made again. */
function isAskedByTheDead(plan: Plan): boolean {
  return diesFunctions(plan) && diesDatabase(plan);
}

export function diesFunctions({ victim }: Pick<Plan, "victim">): boolean {
  return victim === "functions" || victim === "everything";
}

function diesDatabase({ victim }: Pick<Plan, "victim">): boolean {
  return victim !== "functions";
}
