import { beforeEach, describe, expect, test, vi } from "vitest";
import { dataApi } from "../../../functions/_shared/database/data-api.ts";
import type { Database, HoldRequest } from "../../../functions/_shared/database/types.ts";
import { ByokError } from "../../../functions/_shared/errors.ts";
import { credentialOf } from "../../harness/database.ts";
import { answerJson, deadOrigin, startServer } from "../../harness/http.ts";

beforeEach(() => void vi.spyOn(console, "error").mockReturnValue());

const secretKey = "sb_secret_example";
const userId = "0b6f2c1e-8d2a-4c55-9a3e-5d1f0a7b9c31";
const credentialId = "f3d0a9b4-17c6-4e0b-8f21-6c2e4d8a5b70";
const holdId = 41;

/** Asks a Data API that answers with this status and body; tells the outcome and the one request it got. */
async function ask<T>(work: (database: Database) => Promise<T>, status: number, body: unknown) {
  const { origin, received } = await startServer((_, response) => answerJson(response, status, body));
  const outcome = await work(dataApi(origin, secretKey)).catch((error: unknown) => error);
  const [request] = received;
  return { outcome, received, request, sent: JSON.parse(request?.body || "null") as unknown };
}

const openCall = (database: Database) => database.openCall(userId, "openai");
const newCredential = {
  userId,
  credentialId,
  provider: "openai",
  prefix: "sk-proj-",
  hint: "wxyz",
  status: "verified",
  reason: null,
  envelope: "QllL",
  kid: 3,
} as const;
const row = { ...credentialOf(), owner_id: userId };

describe("dataApi()", () => {
  test("asks as the project's server, in schema byok, one time for each method", async () => {
    const { received, request } = await ask((database) => database.readEnvelope(userId, "openai"), 200, []);
    expect(received).toHaveLength(1);
    expect(request).toMatchObject({
      method: "POST",
      url: "/rest/v1/rpc/read_envelope",
      headers: { apikey: secretKey, "content-profile": "byok" },
    });
  });

  test("saves a credential and gives what may be shown of it", async () => {
    const { outcome, request, sent } = await ask((database) => database.saveCredential(newCredential), 200, [row]);
    expect(outcome).toEqual(credentialOf());
    expect(request?.url).toBe("/rest/v1/rpc/save_credential");
    expect(sent).toEqual({
      p_user_id: userId,
      p_credential_id: credentialId,
      p_provider: "openai",
      p_prefix: "sk-proj-",
      p_hint: "wxyz",
      p_status: "verified",
      p_envelope: "QllL",
      p_kid: 3,
    });
  });

  test("reads an envelope, or null", async () => {
    const read = (database: Database) => database.readEnvelope(userId, "groq");
    const found = await ask(read, 200, [{ credential_id: credentialId, envelope: "QllL" }]);
    expect(found.outcome).toEqual({ credentialId, envelope: "QllL" });
    expect(found.sent).toEqual({ p_user_id: userId, p_provider: "groq" });
    expect((await ask(read, 200, [])).outcome).toBeNull();
  });

  test("marks a credential, or gives null when it is no longer the current one", async () => {
    const checker = { actor: "user", actorId: userId } as const;
    const mark = (database: Database) => database.markCredential(userId, credentialId, "no_credit", null, checker);
    const marked = await ask(mark, 200, [row]);
    expect(marked.outcome).toEqual(credentialOf());
    expect(marked.sent).toEqual({
      ...{ p_owner_id: userId, p_credential_id: credentialId, p_status: "no_credit" },
      ...{ p_actor: "user", p_actor_id: userId },
    });
    expect((await ask(mark, 200, [])).outcome).toBeNull();
  });

  test("counts an attempt, or gives the refusal of one too many", async () => {
    const count = (database: Database) => database.countAttempt(userId);
    const counted = await ask(count, 200, null);
    expect(counted.outcome).toBeUndefined();
    expect(counted.request?.url).toBe("/rest/v1/rpc/count_attempt");
    expect(counted.sent).toEqual({ p_user_id: userId });
    const refusal = { code: "PT429", message: "too_many_attempts", details: '{"retry_after_s": 60}', hint: null };
    const refused = await ask(count, 429, refusal);
    expect(refused.outcome).toMatchObject({ code: "too_many_attempts", details: { retry_after_s: 60 } });
    // Asked again, it would be counted twice.
    expect(refused.received).toHaveLength(1);
  });

  test("counts envelopes by kid", async () => {
    const counts = [{ kid: 4_294_967_295, envelopes: 10_000 }];
    const { outcome, request } = await ask((database) => database.countEnvelopes(), 200, counts);
    expect(outcome).toEqual(counts);
    expect(request?.url).toBe("/rest/v1/rpc/count_envelopes");
  });

  test("lists envelopes with what they are bound to", async () => {
    const listed = { credential_id: credentialId, owner_id: userId, provider: "groq", envelope: "QllL" };
    const { outcome, sent } = await ask((database) => database.listEnvelopes(3, null, 50), 200, [listed]);
    expect(outcome).toEqual([{ credentialId, ownerId: userId, provider: "groq", envelope: "QllL" }]);
    expect(sent).toEqual({ p_kid: 3, p_after: null, p_limit: 50 });
  });

  test("replaces envelopes, and those without a replacement by null", async () => {
    const listed = { ownerId: userId, credentialId, provider: "groq", envelope: "QllL" };
    const replacements = [
      { ...listed, sealed: { envelope: "QllM", kid: 4 } },
      { ...listed, sealed: null },
    ];
    const replace = (database: Database) => database.replaceEnvelopes(replacements);
    const { outcome, request, sent } = await ask(replace, 200, [credentialId]);
    expect(outcome).toEqual([credentialId]);
    expect(request?.url).toBe("/rest/v1/rpc/replace_envelopes");
    const row = { owner_id: userId, credential_id: credentialId, old_envelope: "QllL" };
    expect(sent).toEqual({
      p_replacements: [
        { ...row, new_envelope: "QllM", new_kid: 4 },
        { ...row, new_envelope: null, new_kid: null },
      ],
    });
  });

  test("opens a call on the user's own key", async () => {
    const opened = { payer: "byok", team_id: null, credential_id: credentialId, envelope: "QllL" };
    const { outcome, sent } = await ask(openCall, 200, [opened]);
    expect(outcome).toEqual({ payer: "byok", teamId: null, credentialId, envelope: "QllL" });
    expect(sent).toEqual({ p_user_id: userId, p_provider: "openai" });
  });

  test("opens a call on credits", async () => {
    const opened = { payer: "platform", team_id: null, credential_id: null, envelope: null, unused_key: null };
    expect((await ask(openCall, 200, [opened])).outcome).toEqual({ payer: "platform", teamId: null, unusedKey: null });
  });

  test("lists prices, flat and metered ones", async () => {
    const price = { operation: "o", provider: "openai", model: "m", max_output_tokens: 5, max_input_bytes: 6 };
    const { outcome } = await ask((database) => database.listPrices(), 200, [
      { ...price, microcredits_per_call: 7 },
      { ...price, microcredits_per_call: null },
    ]);
    const read = { operation: "o", provider: "openai", model: "m", maxOutputTokens: 5, max_input_bytes: 6 };
    expect(outcome).toEqual([
      { ...read, isMetered: false },
      { ...read, isMetered: true },
    ]);
  });

  const request: HoldRequest = {
    ...{ userId, requestId: null, operation: "kernel_build", provider: "openai", model: "m" },
    ...{ maxInputTokens: 3, maxOutputTokens: 4 },
  };
  const flat = {
    hold_id: holdId,
    microcredits: 10_000_000,
    microcredits_per_1000_input_tokens: null,
    microcredits_per_1000_cached_input_tokens: null,
    microcredits_per_1000_cache_write_tokens: null,
    microcredits_per_1000_output_tokens: null,
  };

  test("places a hold at a flat price", async () => {
    const { outcome, sent } = await ask((database) => database.placeHold(request), 200, [flat]);
    expect(outcome).toEqual({ id: holdId, microcredits: 10_000_000, rates: null });
    expect(sent).toEqual({
      ...{ p_user_id: userId, p_request_id: null, p_operation: "kernel_build", p_provider: "openai", p_model: "m" },
      ...{ p_max_input_tokens: 3, p_max_output_tokens: 4 },
    });
  });

  test("places a hold at a metered price", async () => {
    const rates = {
      microcredits_per_1000_input_tokens: 3,
      microcredits_per_1000_cached_input_tokens: 1,
      microcredits_per_1000_cache_write_tokens: 2,
      microcredits_per_1000_output_tokens: 0,
    };
    const { outcome } = await ask((database) => database.placeHold(request), 200, [{ ...flat, ...rates }]);
    const read = {
      ...{ input_microcredits: 3, cached_input_microcredits: 1 },
      ...{ cache_write_microcredits: 2, output_microcredits: 0 },
    };
    expect(outcome).toEqual({ id: holdId, microcredits: 10_000_000, rates: read });
  });

  test.each(["charged", "voided"])("charges a hold and says that it is %s", async (state) => {
    const { outcome, request, sent } = await ask((database) => database.chargeHold(userId, holdId), 200, state);
    expect(outcome).toBe(state);
    expect(request?.url).toBe("/rest/v1/rpc/charge_hold");
    expect(sent).toEqual({ p_owner_id: userId, p_hold_id: holdId });
  });

  test("voids a hold, and says whether the provider was asked", async () => {
    const { outcome, request, sent } = await ask((database) => database.voidHold(userId, holdId, true), 200, "voided");
    expect(outcome).toBe("voided");
    expect(request?.url).toBe("/rest/v1/rpc/void_hold");
    expect(sent).toEqual({ p_owner_id: userId, p_hold_id: holdId, p_was_asked: true });
  });

  test("refunds a charge, with the provider's counts where there are any", async () => {
    const usage = { input_tokens: 4, cached_input_tokens: 2, cache_write_tokens: 1, output_tokens: 3 };
    const refund = (counted: typeof usage | null) => (database: Database) =>
      database.refundCharge(userId, holdId, { microcredits: 9, reason: "unused", usage: counted });
    const bare = { p_owner_id: userId, p_charge_id: holdId, p_microcredits: 9, p_reason: "unused" };
    const { outcome, sent } = await ask(refund(usage), 200, 9);
    expect(outcome).toBe(9);
    const counts = { p_input_tokens: 4, p_cached_input_tokens: 2, p_cache_write_tokens: 1, p_output_tokens: 3 };
    expect(sent).toEqual({ ...bare, ...counts });
    expect((await ask(refund(null), 200, 9)).sent).toEqual(bare);
  });
});

describe("an error of the database", () => {
  const unavailable = {
    code: "database_unavailable",
    message: "The database does not answer. Try again in a moment.",
    details: { retry_after_s: 1 },
  };
  const internal = { code: "internal", message: "Something went wrong on our side.", details: {} };

  test("is the refusal that SQL raised, with its details", async () => {
    const details = JSON.stringify({ price_credits: 10, available_credits: 3 });
    const { outcome } = await ask(openCall, 402, {
      code: "PT402",
      message: "insufficient_credits",
      details,
      hint: null,
    });
    expect(outcome).toBeInstanceOf(ByokError);
    expect(outcome).toMatchObject({
      code: "insufficient_credits",
      status: 402,
      details: { price_credits: 10, available_credits: 3 },
    });
  });

  test.each([null, "", "not JSON", "[1]"])("is the refusal without details when these are %j", async (details) => {
    const { outcome } = await ask(openCall, 409, { code: "PT409", message: "request_completed", details, hint: null });
    expect(outcome).toMatchObject({ code: "request_completed" });
    expect((outcome as ByokError).details).toEqual({});
  });

  test.each([
    [
      "another SQLSTATE with one of the error codes",
      { code: "P0001", message: "insufficient_credits", details: null, hint: null },
    ],
    [
      "an SQLSTATE PTxyz with a strange code",
      { code: "PT418", message: "s3cret", details: '{"s3cret":1}', hint: null },
    ],
    ["a name that every object has", { code: "PT400", message: "toString", details: null, hint: null }],
    ["a constraint", { code: "23505", message: "duplicate key s3cret", details: "Key (s3cret)", hint: null }],
    ["no code", { message: "s3cret" }],
    ["an empty object", {}],
  ])("is internal, without detail, for %s", async (_, body) => {
    const { outcome } = await ask(openCall, 400, body);
    expect(outcome).toBeInstanceOf(ByokError);
    expect(outcome).toMatchObject(internal);
  });

  test.each<[number, object]>([
    [400, internal],
    [500, internal],
    ...[502, 503, 504, 520, 521, 522, 523, 524, 540, 544].map((status): [number, object] => [status, unavailable]),
  ])("tells by the status %d of an answer that is no JSON", async (status, expected) => {
    const { origin } = await startServer((_, response) => response.writeHead(status).end("<html>s3cret</html>"));
    const outcome = await openCall(dataApi(origin, secretKey)).catch((error: unknown) => error);
    expect(outcome).toBeInstanceOf(ByokError);
    expect(outcome).toMatchObject(expected);
  });

  test("says that the database is unavailable for a Data API that cannot be reached", async () => {
    const outcome = await openCall(dataApi(await deadOrigin(), secretKey)).catch((error: unknown) => error);
    expect(outcome).toBeInstanceOf(ByokError);
    expect(outcome).toMatchObject(unavailable);
  });

  test("takes the secret key nowhere else where the answer leads on", async () => {
    const elsewhere = await startServer((_, response) => answerJson(response, 200, []));
    const { origin } = await startServer((_, response) => {
      response.writeHead(307, { location: `${elsewhere.origin}/` }).end();
    });
    await expect(openCall(dataApi(origin, secretKey))).rejects.toMatchObject(internal);
    expect(elsewhere.received).toEqual([]);
  });

  test("is internal where an answer with status 200 is no JSON", async () => {
    const { origin } = await startServer((_, response) => response.writeHead(200).end("<html>s3cret</html>"));
    await expect(openCall(dataApi(origin, secretKey))).rejects.toMatchObject(internal);
  });

  test.each([
    "08006",
    "53300",
    "57014",
    "57P01",
    "57P03",
    "40001",
    "40P01",
    "PGRST000",
    "PGRST001",
    "PGRST002",
    "PGRST003",
  ])("says that the database is unavailable for %s, without detail", async (code) => {
    const { outcome } = await ask(openCall, 500, { code, message: "s3cret", details: '{"s3cret":1}', hint: null });
    expect(outcome).toMatchObject(unavailable);
  });

  test("says that a user who is there no more is nobody, without detail", async () => {
    const body = { code: "23503", message: "s3cret", details: "Key (user_id)=(s3cret)", hint: null };
    const { outcome } = await ask(openCall, 409, body);
    expect(outcome).toMatchObject({ code: "unauthenticated", details: {} });
    expect((outcome as ByokError).message).not.toContain("s3cret");
  });

  test.each<[string, (database: Database) => Promise<unknown>]>([
    ["open_call", openCall],
    ["save_credential", (database) => database.saveCredential(newCredential)],
  ])("is internal when %s gives no row", async (_, work) => {
    expect((await ask(work, 200, [])).outcome).toMatchObject(internal);
  });
});
