/** Where a call stands when the crash comes, and what must have become of its hold in the end. */
import { type Point, points, type Rpc, rpcs } from "./gate.ts";
import type { Plan } from "./plan.ts";
import { type Stage, stages } from "./provider.ts";

/** A call stands still around a billing function, or while its provider answers. */
export type Step = { readonly rpc: Rpc; readonly point: Point } | { readonly stage: Stage };

const openCall = points.map((point) => ({ rpc: rpcs[0], point }));
const atProvider = stages.slice(0, -1).map((stage) => ({ stage }));
const resolving = rpcs.slice(1).flatMap((rpc) => points.map((point) => ({ rpc, point })));

/** Every step of a call on credits, from its opening to the resolution of its hold. */
export const creditsSteps: readonly Step[] = [...openCall, ...atProvider, ...resolving];

/** Every step of a call under BYOK; it locks no account, so nothing can hold it up amid `open_call`. */
export const byokSteps: readonly Step[] = [...openCall.filter(({ point }) => point !== "amid"), ...atProvider];

export function nameOf(step: Step): string {
  return "rpc" in step ? `${step.point} ${step.rpc}` : `provider at ${step.stage}`;
}

/** `none`: no hold was ever placed. */
export type Outcome = "none" | "settled" | "voided";

/**
 * How the hold of a call on credits may have ended when what was killed runs again, everybody has gone on, and what was left has
 * expired and been swept. More than one only where the outcome hangs on which process wins a race.
 */
export function outcomesOf(step: Step, plan: Plan): readonly Outcome[] {
  if ("stage" in step) return outcomesAtProvider(step.stage, plan);
  return step.rpc === "open_call" ? outcomesOfOpening(step.point, plan) : outcomesOfResolving(step, plan);
}

function outcomesAtProvider(stage: Stage, { victim, sweep, survivors }: Plan): readonly Outcome[] {
  if (diesFunctions({ victim }) || sweep === "before survivors go on") return ["voided"];
  const hasPassedSomething = stage === "middle" || stage === "last event";
  const isCharged = survivors === "finish" || (survivors === "lose their client" && hasPassedSomething);
  return [isCharged ? "settled" : "voided"];
}

function outcomesOfOpening(point: Point, plan: Plan): readonly Outcome[] {
  const { victim, release, sweep } = plan;
  if (point === "amid") {
    if (!diesDatabase(plan)) return ["voided"];
    // The lock's holder ends in good order when it misses the first process, and then it may be the other's turn for a moment.
    return victim === "postmaster" ? ["none", "voided", "settled"] : ["none"];
  }
  const isPassedBeforeRestart = release === "passed before restart";
  if (point === "before") {
    if (release === "lost" || (isPassedBeforeRestart && diesDatabase(plan))) return ["none"];
    const opened = diesFunctions(plan) ? "voided" : "settled";
    // It may be the request by which the Data API finds out that a connection broke, and then the call is refused.
    return diesDatabase(plan) ? ["none", opened] : [opened];
  }
  if (diesFunctions(plan) || release === "lost") return ["voided"];
  // The function goes on at once, and comes to settle while Postgres is still down, or up again.
  if (isPassedBeforeRestart) return ["voided", "settled"];
  return [sweep === "before survivors go on" ? "voided" : "settled"];
}

function outcomesOfResolving({ rpc, point }: { rpc: Rpc; point: Point }, plan: Plan): readonly Outcome[] {
  const { victim, release, sweep } = plan;
  if (rpc === "void_hold") return ["voided"];
  if (point === "after") return ["settled"];
  // A function that has survived asks again after a moment, and may come before or after the sweep.
  const ifNotHeard: readonly Outcome[] = diesFunctions(plan) ? ["voided"] : ["settled", "voided"];
  if (point === "amid") {
    if (!diesDatabase(plan)) return ["settled"];
    return victim === "postmaster" ? ["settled", "voided"] : ifNotHeard;
  }
  if (release === "lost") return ifNotHeard;
  if (release === "passed before restart") return diesDatabase(plan) ? ifNotHeard : ["settled"];
  // Of the dead nobody asks again when the Data API finds out that a connection broke.
  if (diesFunctions(plan) && diesDatabase(plan)) return ["settled", "voided"];
  return [sweep === "before survivors go on" ? "voided" : "settled"];
}

export function diesFunctions({ victim }: Pick<Plan, "victim">): boolean {
  return victim === "functions" || victim === "everything";
}

function diesDatabase({ victim }: Pick<Plan, "victim">): boolean {
  return victim !== "functions";
}
