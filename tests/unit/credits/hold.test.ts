import { afterEach, describe, expect, test, vi } from "vitest";
import type { Database, Refund } from "../../../functions/_shared/database/types.ts";
import { ByokError } from "../../../functions/_shared/errors.ts";
import { followHold } from "../../../functions/_shared/credits/hold.ts";
import { mockDatabase } from "../../harness/database.ts";

const userId = "0b6f2c1e-8d2a-4c55-9a3e-5d1f0a7b9c31";
const placed = { id: 41, microcredits: 10_000_000, rates: null };
const refund: Refund = { microcredits: 4, reason: "unused", usage: null };
const away = new ByokError("database_unavailable");

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function hold(methods: Partial<Database> = {}) {
  const database = mockDatabase({
    chargeHold: async () => "charged",
    voidHold: async () => "voided",
    refundCharge: async () => 4,
    ...methods,
  });
  return { database, ...followHold(database, userId, placed) };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("followHold()", () => {
  test("says what is held", () => expect(hold()).toMatchObject(placed));

  test("charge() charges, once, and settles when that is recorded", async () => {
    const { charge, database } = hold();
    await Promise.all([charge(), charge()]);
    expect(database.chargeHold).toHaveBeenCalledExactlyOnceWith(userId, 41);
  });

  test("charge() fails when the hold is no longer there: nothing may pass unpaid", () =>
    expect(hold({ chargeHold: async () => "voided" }).charge()).rejects.toMatchObject({ code: "internal" }));

  test.each([true, false])("release() gives back, and says whether the provider was asked: %s", async (wasAsked) => {
    const { release, finish, database } = hold();
    release(wasAsked);
    release(!wasAsked);
    finish(refund);
    await turn();
    expect(database.voidHold).toHaveBeenCalledExactlyOnceWith(userId, 41, wasAsked);
    expect([database.chargeHold, database.refundCharge].map(({ mock }) => mock.calls.length)).toEqual([0, 0]);
  });

  test("finish() refunds once, and only when the charge is recorded", async () => {
    const recorded = Promise.withResolvers<"charged">();
    const { charge, finish, database } = hold({ chargeHold: () => recorded.promise });
    void charge();
    finish(refund);
    finish(null);
    await turn();
    expect(database.refundCharge).not.toHaveBeenCalled();
    recorded.resolve("charged");
    await turn();
    expect(database.refundCharge).toHaveBeenCalledExactlyOnceWith(userId, 41, refund);
  });

  test("finish() refunds nothing of a charge that could not be recorded", async () => {
    const { charge, finish, database } = hold({ chargeHold: async () => "voided" });
    charge().catch(() => undefined);
    finish(refund);
    await turn();
    expect(database.refundCharge).not.toHaveBeenCalled();
  });

  test("finish() without a refund asks nothing", async () => {
    const { charge, finish, database } = hold();
    await charge();
    finish(null);
    await turn();
    expect(database.refundCharge).not.toHaveBeenCalled();
  });

  test("keeps the isolate alive from when the hold is placed until it has ended, whatever the database answers", async () => {
    const waitUntil = vi.fn<(promise: Promise<unknown>) => void>();
    vi.stubGlobal("EdgeRuntime", { waitUntil });
    const refusal = new ByokError("internal");
    const { charge, finish } = hold({ refundCharge: () => Promise.reject(refusal) });
    expect(waitUntil).toHaveBeenCalledOnce();
    const alive = waitUntil.mock.calls[0]?.[0];
    await charge();
    expect(await Promise.race([alive, Promise.resolve("still alive")])).toBe("still alive");
    finish(refund);
    await expect(alive).resolves.toBeUndefined();
  });

  test.each(["chargeHold", "voidHold", "refundCharge"] as const)(
    "%s is asked again when the database was away and is back",
    async (how) => {
      vi.useFakeTimers();
      const asked = vi.fn<() => Promise<never>>().mockRejectedValue(away);
      const { charge, release, finish } = hold({ [how]: asked });
      const charged = how === "voidHold" ? undefined : charge();
      charged?.catch(() => undefined);
      if (how === "voidHold") release(false);
      if (how === "refundCharge") finish(refund);
      await vi.advanceTimersByTimeAsync(499);
      expect(asked).toHaveBeenCalledTimes(1);
      await vi.advanceTimersByTimeAsync(1);
      expect(asked).toHaveBeenCalledTimes(2);
      asked.mockResolvedValue("charged" as never);
      await vi.runAllTimersAsync();
      expect(asked).toHaveBeenCalledTimes(3);
      await charged;
    },
  );

  test("charge() fails when the database stays away, or refuses", async () => {
    vi.useFakeTimers();
    for (const [error, times] of [
      [away, 4],
      [new ByokError("internal"), 1],
    ] as const) {
      const chargeHold = vi.fn<() => Promise<never>>().mockRejectedValue(error);
      const charged = expect(hold({ chargeHold }).charge()).rejects.toBe(error);
      await vi.runAllTimersAsync();
      await charged;
      expect(chargeHold).toHaveBeenCalledTimes(times);
    }
  });

  test("a step that fails harms nobody where there is no EdgeRuntime", async () => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    const down = () => Promise.reject(new Error("down"));
    const { release } = hold({ voidHold: down });
    release(true);
    const { charge, finish } = hold({ chargeHold: down });
    void charge().catch(() => undefined);
    finish(refund);
    await turn();
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });
});
