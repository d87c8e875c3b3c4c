/**
 * Stands between the functions and the Data API, and holds single calls of a billing function up: before Postgres hears of
 * them, in the middle of their transaction, or when they are committed and nobody has been told yet.
 */
import type { AccountLock } from "../harness/database/account-lock.ts";

/** In the order of a call on credits; the last two are for calls that come to nothing. */
export const rpcs = ["open_call", "place_hold", "charge_hold", "void_hold", "refund_charge"] as const;
export type Rpc = (typeof rpcs)[number];

export const points = ["before", "amid", "after"] as const;
export type Point = (typeof points)[number];

/** Fate of a call that was held up: it goes on its way, or is lost on it. */
export type Release = "passed" | "lost";

export interface GateOptions {
  dataApi(request: Request): Promise<Response>;
  lockAccount(userId: string): Promise<AccountLock>;
}

interface Barrier {
  readonly point: Point;
  readonly reached: PromiseWithResolvers<void>;
  readonly released: PromiseWithResolvers<Release>;
  /** It holds up the first that comes; who asks again when the database is back passes. */
  isMet: boolean;
}

export class Gate {
  readonly #options: GateOptions;
  readonly #barriers = new Map<string, Barrier>();
  readonly #locks = new Set<AccountLock>();
  readonly #underWay = new Set<Promise<unknown>>();
  /** Hold id -> request id. */
  readonly #requestOfHold = new Map<number, string>();
  readonly #resolutions = new Map<string, PromiseWithResolvers<void>>();
  readonly #charged = new Set<string>();
  /** Grows with each death of the functions: nobody will resolve what was asked for before. */
  #generation = 0;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /**
   * Holds up that billing function for the call with this request id; resolves when it has got there. Most calls are opened before
   * their request id is said, so `open_call` is told by the user.
   */
  holdUp(name: string, rpc: Rpc, point: Point): Promise<void> {
    const barrier = {
      point,
      reached: Promise.withResolvers<void>(),
      released: Promise.withResolvers<Release>(),
      isMet: false,
    };
    this.#barriers.set(`${rpc} ${name}`, barrier);
    return barrier.reached.promise;
  }

  /** Ends the waiting of those amid their transaction; the others stay held up. */
  async unlock(): Promise<void> {
    const locks = [...this.#locks];
    this.#locks.clear();
    await Promise.all(locks.map((lock) => lock.release()));
  }

  /** Lets go of all that is held up. */
  release(how: Release): void {
    for (const { released } of this.#barriers.values()) released.resolve(how);
    this.#barriers.clear();
  }

  /** Resolves when the Data API has nothing to do. */
  async quiet(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
  }

  /** Whether the functions have heard that the hold of that request is charged. */
  isCharged(requestId: string): boolean {
    return this.#charged.has(requestId);
  }

  /** Resolves when the functions have tried, once at least, to end every hold that they were told of. */
  async resolved(): Promise<void> {
    await Promise.all([...this.#resolutions.values()].map(({ promise }) => promise));
    await this.quiet();
  }

  /** The functions are dead: nobody will resolve the holds that they asked for. */
  forget(): void {
    this.#generation++;
    this.#resolutions.clear();
  }

  async handle(request: Request): Promise<Response> {
    const rpc = rpcs.find((name) => new URL(request.url).pathname === `/rest/v1/rpc/${name}`);
    const work = rpc ? this.#handleRpc(rpc, request) : this.#options.dataApi(request);
    this.#underWay.add(work);
    try {
      return await work;
    } finally {
      this.#underWay.delete(work);
    }
  }

  async #handleRpc(rpc: Rpc, request: Request): Promise<Response> {
    const { method, headers, url } = request;
    const generation = this.#generation;
    const body = await request.text();
    const { p_user_id, p_owner_id, p_hold_id, p_charge_id, p_request_id, p_call } = JSON.parse(body);
    const requestId: string =
      p_request_id ?? p_call?.request_id ?? this.#requestOfHold.get(p_hold_id ?? p_charge_id) ?? "";
    const barrier = this.#meet(`${rpc} ${rpc === "open_call" ? p_user_id : requestId}`);
    let isTried = true;
    try {
      if (barrier && (await this.#stop(barrier, "before")) === "lost") return lost();
      if (barrier?.point === "amid") await this.#lock(p_owner_id ?? p_user_id, barrier);
      // The signal stays behind: a caller's death does not undo what the Data API has begun.
      const response = await this.#options.dataApi(new Request(url, { method, headers, body }));
      const [answer] = response.ok ? [await response.clone().json()].flat() : [];
      const placed = rpc === "open_call" ? answer?.hold?.hold_id : rpc === "place_hold" ? answer?.hold_id : null;
      if (placed) this.#requestOfHold.set(placed, requestId);
      if (barrier && (await this.#stop(barrier, "after")) === "lost") return lost();
      if (rpc === "charge_hold" && response.ok) this.#charged.add(requestId);
      if (placed && generation === this.#generation) this.#resolutions.set(requestId, Promise.withResolvers());
      // A connection that broke is found out by asking, and the functions ask again at once.
      isTried = response.status !== 400;
      return response;
    } finally {
      if ((rpc === "charge_hold" || rpc === "void_hold") && isTried) this.#resolutions.get(requestId)?.resolve();
    }
  }

  #meet(name: string): Barrier | undefined {
    const barrier = this.#barriers.get(name);
    if (!barrier || barrier.isMet) return undefined;
    barrier.isMet = true;
    return barrier;
  }

  async #stop({ point, reached, released }: Barrier, here: Point): Promise<Release> {
    if (point !== here) return "passed";
    reached.resolve();
    return released.promise;
  }

  async #lock(userId: string, { reached }: Barrier): Promise<void> {
    const lock = await this.#options.lockAccount(userId);
    this.#locks.add(lock);
    // Reached only after this request has been passed on; a crash meanwhile ends the waiting.
    lock.awaited().then(reached.resolve, reached.reject);
  }
}

function lost(): Response {
  return Response.json({ code: "GATEWAY", message: "Lost on the way" }, { status: 504 });
}
