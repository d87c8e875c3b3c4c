import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { OpenedCall } from "../../../functions/_shared/database/types.ts";
import { seal } from "../../../functions/_shared/crypto/envelope.ts";
import { ByokError } from "../../../functions/_shared/errors.ts";
import type { ErrorCode } from "../../../protocol/errors.ts";
import { openFunding, tellUnusedKey } from "../../../functions/_shared/credits/funding.ts";
import { findOffer } from "../../../functions/_shared/credits/offers.ts";
import { orderOf } from "../../../functions/_shared/credits/order.ts";
import { importKeyring } from "../../../functions/_shared/crypto/keyring.ts";
import { providers } from "../../../functions/_shared/providers/index.ts";
import type { PlacedKey } from "../../../functions/_shared/providers/types.ts";
import type { Route } from "../../../functions/_shared/request/route.ts";
import { mockDatabase } from "../../harness/database.ts";

const userId = "0b6f2c1e-8d2a-4c55-9a3e-5d1f0a7b9c31";
const credentialId = "f3d0a9b4-17c6-4e0b-8f21-6c2e4d8a5b70";
const apiKey = "sk-users-own";
const keyring = await importKeyring(JSON.stringify({ primary: 1, keys: { 1: randomBytes(32).toString("base64") } }));
const { envelope } = await seal(
  keyring,
  { ownerId: userId, credentialId, providerNumber: providers.openai.number },
  { apiKey, place: null },
);

const ownKey = { payer: "byok", teamId: null, credentialId, envelope, status: "verified", reason: null } as const;
const credits: OpenedCall = { payer: "platform", teamId: null, unusedKey: null, hold: null };
const chat: Route = { provider: "openai", mount: "/byok", path: "/v1/chat/completions", search: "" };
const files: Route = { provider: "openai", mount: "/byok", path: "/v1/files", search: "" };

const placed = (apiKey: string): PlacedKey => ({ apiKey, place: null });

interface Setting {
  readonly opened?: OpenedCall | ErrorCode;
  readonly route?: Route;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly platformKeys?: Record<string, PlacedKey>;
}

function fund({ opened = credits, route = chat, method = "POST", headers = {}, ...more }: Setting = {}) {
  const database = mockDatabase({
    openCall: async () => {
      if (typeof opened === "string") throw new ByokError(opened, { details: { from: "SQL" } });
      return opened;
    },
  });
  const env = { platformKeys: more.platformKeys ?? { openai: placed("sk-platform") } };
  const request = new Request("http://localhost/", {
    method,
    headers: { "x-byok-operation": "kernel_build", ...headers },
  });
  const funding = openFunding({ database, keyring }, { userId, teamId: null }, route.provider).then((opened) =>
    opened.payer === "byok" ? opened : { ...opened, ...orderOf(env, route, request) },
  );
  return { database, funding };
}

describe("openFunding() and orderOf()", () => {
  test("pays by the user's own key where one is saved, for nothing", async () => {
    const { database, funding } = fund({ opened: ownKey });
    const credential = { ownerId: userId, credentialId, userId, status: "verified", reason: null };
    expect(await funding).toEqual({ payer: "byok", owner: "user", credential, apiKey, place: null, microcredits: 0 });
    expect(database.openCall).toHaveBeenCalledExactlyOnceWith(userId, "openai", null, null);
  });

  test("pays any call by the user's own key, whether or not credits could", async () => {
    for (const setting of [
      { route: files },
      { method: "GET" },
      { platformKeys: {} },
      { route: { ...chat, path: "/v1/brand/new" } },
      { headers: { "x-byok-operation": "" } },
    ]) {
      expect(await fund({ opened: ownKey, ...setting }).funding).toMatchObject({ payer: "byok", apiKey });
    }
  });

  test.each<[string, OpenedCall]>([
    ["is damaged", { ...ownKey, envelope: "AAAA" }],
    ["is gone", { ...ownKey, envelope: null }],
    ["belongs to another credential", { ...ownKey, credentialId: "5e0c8f57-3f0b-4c6e-b0f7-3a1f6ad0a5d1" }],
  ])("never falls back to credits when the envelope %s", async (_, opened) => {
    const { database, funding } = fund({ opened });
    await expect(funding).rejects.toMatchObject({ code: "envelope_unreadable" });
    expect(database.openCall).toHaveBeenCalledOnce();
  });

  test("pays by credits otherwise, with the platform's key, and holds none yet", async () => {
    expect(await fund({ headers: { "idempotency-key": "req-1" } }).funding).toEqual({
      ...credits,
      key: placed("sk-platform"),
      provider: "openai",
      operation: "kernel_build",
      offered: findOffer("openai", "POST", chat.path),
      requestId: "req-1",
    });
  });

  test("says why credits pay though a key is saved", async () => {
    const opened: OpenedCall = { ...credits, unusedKey: "not_allowed" };
    expect(await fund({ opened }).funding).toMatchObject({ payer: "platform", unusedKey: "not_allowed" });
    const refused: unknown = await fund({ opened, route: files }).funding.catch((error: unknown) => error);
    const told = { code: "not_offered", details: { unused_key: "not_allowed" } };
    expect(tellUnusedKey(refused, "not_allowed")).toMatchObject(told);
    expect(tellUnusedKey(refused, null)).toMatchObject({ code: "not_offered", details: {} });
  });

  test("leaves a request without an idempotency key without one", async () => {
    expect(await fund().funding).toMatchObject({ requestId: null });
  });

  test("asks for an operation where credits would pay", () =>
    expect(fund({ headers: { "x-byok-operation": "" } }).funding).rejects.toMatchObject({
      code: "operation_required",
    }));

  test.each<[string, Setting]>([
    ["the path is not offered", { route: files }],
    ["the method is not offered", { method: "GET" }],
    ["the platform has no key for the provider", { platformKeys: { groq: placed("sk-other") } }],
  ])("says that it is not offered on credits when %s, rather than ask for an operation", (_, setting) =>
    expect(fund({ ...setting, headers: { "x-byok-operation": "" } }).funding).rejects.toMatchObject({
      code: "not_offered",
      status: 403,
    }),
  );

  test.each(["anthropic", "google"] as const)("names the path that credits buy of %s", async (provider) => {
    const route: Route = { provider, mount: "/byok", path: "/v1/chat/completions", search: "", isUnified: true };
    await expect(fund({ route, platformKeys: { [provider]: placed("sk-platform") } }).funding).rejects.toMatchObject({
      code: "not_offered",
      message: expect.stringContaining(`call/${provider}${providers[provider].api.generation}`),
    });
  });

  test.each<ErrorCode>(["too_many_calls", "unauthenticated", "internal"])(
    "passes on the refusal %s of the database with its details",
    (code) => expect(fund({ opened: code }).funding).rejects.toMatchObject({ code, details: { from: "SQL" } }),
  );
});
