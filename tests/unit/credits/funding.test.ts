import { randomBytes } from "node:crypto";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Database, OpenedCall } from "../../../functions/_shared/database/types.ts";
import { seal } from "../../../functions/_shared/crypto/envelope.ts";
import { ByokError, type ErrorCode } from "../../../functions/_shared/errors.ts";
import { fundCall, type PlatformFunding } from "../../../functions/_shared/credits/funding.ts";
import { findOffer } from "../../../functions/_shared/credits/offers.ts";
import { importKeyring } from "../../../functions/_shared/crypto/keyring.ts";
import { providers } from "../../../functions/_shared/providers/index.ts";
import type { Route } from "../../../functions/_shared/request/route.ts";
import { mockDatabase } from "../../harness/database.ts";

const userId = "0b6f2c1e-8d2a-4c55-9a3e-5d1f0a7b9c31";
const credentialId = "f3d0a9b4-17c6-4e0b-8f21-6c2e4d8a5b70";
const holdId = "5e0c8f57-3f0b-4c6e-b0f7-3a1f6ad0a5d1";
const apiKey = "sk-users-own";
const keyring = await importKeyring(JSON.stringify({ primary: 1, keys: { 1: randomBytes(32).toString("base64") } }));
const { envelope } = await seal(keyring, { userId, credentialId, providerNumber: providers.openai.number }, apiKey);

const ownKey: OpenedCall = { funding: "byok", credentialId, envelope };
const credits: OpenedCall = {
  funding: "platform",
  holdId,
  price_microcredits: 10_000_000,
  maxOutputTokens: 500,
  maxInput_bytes: 4096,
  models: ["gpt-4.1-mini"],
};
const chat: Route = { provider: "openai", path: "/v1/chat/completions", search: "" };
const files: Route = { provider: "openai", path: "/v1/files", search: "" };

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

interface Setting {
  readonly opened?: OpenedCall | ErrorCode;
  readonly route?: Route;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly platformKeys?: Record<string, string>;
  readonly database?: Partial<Database>;
}

function fund({ opened = credits, route = chat, method = "POST", headers = {}, ...more }: Setting = {}) {
  const database = mockDatabase({
    openCall: async () => {
      if (typeof opened === "string") throw new ByokError(opened, { details: { from: "SQL" } });
      return opened;
    },
    settleHold: async () => undefined,
    voidHold: async () => undefined,
    ...more.database,
  });
  const services = { database, keyring, env: { platformKeys: more.platformKeys ?? { openai: "sk-platform" } } };
  const request = new Request("http://localhost/", {
    method,
    headers: { "x-byok-operation": "kernel_build", ...headers },
  });
  return { database, funding: fundCall(services, userId, route, request) };
}

describe("fundCall()", () => {
  test("pays by the user's own key where one is saved, for 0 credits", async () => {
    const { database, funding } = fund({ opened: ownKey });
    expect(await funding).toEqual({ by: "byok", apiKey, microcredits: 0 });
    expect(database.openCall).toHaveBeenCalledOnce();
    expect([...database.settleHold.mock.calls, ...database.voidHold.mock.calls]).toEqual([]);
  });

  test("pays any call by the user's own key, whether or not credits could", async () => {
    for (const setting of [
      { route: files },
      { method: "GET" },
      { platformKeys: {} },
      { route: { ...chat, path: "/v1/brand/new" } },
    ]) {
      expect(await fund({ opened: ownKey, ...setting }).funding).toMatchObject({ by: "byok", apiKey });
    }
  });

  test.each<[string, OpenedCall]>([
    ["is damaged", { ...ownKey, envelope: "AAAA" }],
    ["is gone", { ...ownKey, envelope: null }],
    ["belongs to another credential", { ...ownKey, credentialId: holdId }],
  ])("never falls back to credits when the envelope %s", async (_, opened) => {
    const { database, funding } = fund({ opened });
    await expect(funding).rejects.toMatchObject({ code: "envelope_unreadable" });
    expect(database.openCall).toHaveBeenCalledOnce();
  });

  test("pays by credits otherwise, with the platform's key and the operation's limits", async () => {
    expect(await fund().funding).toMatchObject({
      by: "platform",
      apiKey: "sk-platform",
      microcredits: 10_000_000,
      offered: findOffer("openai", "POST", chat.path),
      models: ["gpt-4.1-mini"],
      maxOutputTokens: 500,
      maxInput_bytes: 4096,
    });
  });

  test("names user, provider, operation and the client's idempotency key to the database, in one call", async () => {
    const { database, funding } = fund({ headers: { "idempotency-key": "req-1" } });
    await funding;
    expect(database.openCall).toHaveBeenCalledExactlyOnceWith(userId, "openai", "kernel_build", "req-1");
  });

  test("makes up a request id for each call without one", async () => {
    const ids = [];
    for (let time = 0; time < 2; time++) {
      const { database, funding } = fund();
      await funding;
      ids.push(database.openCall.mock.calls[0]?.[3]);
    }
    expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(ids[0]).not.toBe(ids[1]);
  });

  test("names no operation when the client names none", async () => {
    const database = mockDatabase({ openCall: async () => credits });
    const services = { database, keyring, env: { platformKeys: { openai: "sk-platform" } } };
    await fundCall(services, userId, chat, new Request("http://localhost/", { method: "POST" }));
    expect(database.openCall.mock.calls[0]?.[2]).toBeNull();
  });

  describe.each<[string, Setting]>([
    ["the path is not offered", { route: files }],
    ["the method is not offered", { method: "GET" }],
    ["the platform has no key for the provider", { platformKeys: { groq: "sk-other" } }],
  ])("when %s on credits", (_, setting) => {
    test("names no operation, so that no credits are held", async () => {
      const { database, funding } = fund({ ...setting, opened: "operation_required" });
      await funding.catch(() => undefined);
      expect(database.openCall.mock.calls[0]?.[2]).toBeNull();
    });

    test("says that it is not offered, rather than ask for an operation", () =>
      expect(fund({ ...setting, opened: "operation_required" }).funding).rejects.toMatchObject({
        code: "not_offered",
        status: 403,
      }));

    test("never sends the platform's key, should the database hold credits all the same", () =>
      expect(fund(setting).funding).rejects.toMatchObject({ code: "internal" }));

    test("passes on every other refusal of the database", () =>
      expect(fund({ ...setting, opened: "internal" }).funding).rejects.toMatchObject({
        code: "internal",
        details: { from: "SQL" },
      }));
  });

  test.each<ErrorCode>([
    "operation_required",
    "insufficient_credits",
    "request_in_progress",
    "request_completed",
    "invalid_request",
    "internal",
  ])("passes on the refusal %s of the database with its details", (code) =>
    expect(fund({ opened: code }).funding).rejects.toMatchObject({ code, details: { from: "SQL" } }),
  );
});

describe("a hold", () => {
  const hold = async (database: Partial<Database> = {}) => {
    const { funding, database: mock } = fund({ database });
    return { ...((await funding) as PlatformFunding), database: mock };
  };

  test("is charged by settle()", async () => {
    const { settle, database } = await hold();
    settle();
    expect(database.settleHold).toHaveBeenCalledExactlyOnceWith(userId, holdId);
    expect(database.voidHold).not.toHaveBeenCalled();
  });

  test("is given back by release()", async () => {
    const { release, database } = await hold();
    release();
    expect(database.voidHold).toHaveBeenCalledExactlyOnceWith(userId, holdId);
    expect(database.settleHold).not.toHaveBeenCalled();
  });

  test("is resolved by whichever comes first, once", async () => {
    const first = await hold();
    for (const resolve of [first.settle, first.release, first.settle]) resolve();
    expect([first.database.settleHold.mock.calls.length, first.database.voidHold.mock.calls.length]).toEqual([1, 0]);
    const second = await hold();
    for (const resolve of [second.release, second.settle, second.release]) resolve();
    expect([second.database.settleHold.mock.calls.length, second.database.voidHold.mock.calls.length]).toEqual([0, 1]);
  });

  test("is left alone until then", async () => {
    const { database } = await hold();
    expect([...database.settleHold.mock.calls, ...database.voidHold.mock.calls]).toEqual([]);
  });

  test("keeps the isolate alive from when it is placed until it is resolved, whatever the database answers", async () => {
    const waitUntil = vi.fn<(promise: Promise<unknown>) => void>();
    vi.stubGlobal("EdgeRuntime", { waitUntil });
    const failing = await hold({
      settleHold: async () => {
        throw new ByokError("internal");
      },
    });
    expect(waitUntil).toHaveBeenCalledOnce();
    const alive = waitUntil.mock.calls[0]?.[0];
    expect(await Promise.race([alive, Promise.resolve("still alive")])).toBe("still alive");
    failing.settle();
    await expect(alive).resolves.toBeUndefined();
  });

  test.each(["settleHold", "voidHold"] as const)(
    "is resolved by %s() when the database was away and is back",
    async (how) => {
      vi.useFakeTimers();
      const resolving = vi.fn<() => Promise<void>>().mockRejectedValue(new ByokError("database_unavailable"));
      const { settle, release } = await hold({ [how]: resolving });
      (how === "settleHold" ? settle : release)();
      await vi.advanceTimersByTimeAsync(499);
      expect(resolving).toHaveBeenCalledTimes(1);
      await vi.advanceTimersByTimeAsync(1);
      expect(resolving).toHaveBeenCalledTimes(2);
      resolving.mockResolvedValue();
      await vi.runAllTimersAsync();
      expect(resolving).toHaveBeenCalledTimes(3);
    },
  );

  test("is left to its expiry when the database stays away, or refuses", async () => {
    vi.useFakeTimers();
    for (const [code, times] of [
      ["database_unavailable", 4],
      ["internal", 1],
    ] as const) {
      const resolving = vi.fn<() => Promise<void>>().mockRejectedValue(new ByokError(code));
      (await hold({ settleHold: resolving })).settle();
      await vi.runAllTimersAsync();
      expect(resolving).toHaveBeenCalledTimes(times);
    }
  });

  test("that cannot be resolved harms nobody where there is no EdgeRuntime", async () => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    const failing = await hold({
      voidHold: async () => {
        throw new Error("down");
      },
    });
    failing.release();
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });
});
