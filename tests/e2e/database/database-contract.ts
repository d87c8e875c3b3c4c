/** Duties of every implementation of the functions' Database, whichever way it reaches the SQL functions. */
import { Client } from "pg";
import { describe, expect, test } from "vitest";
import type {
  Database,
  Hold,
  PricedCall,
  NewCredential,
  Replacement,
} from "../../../functions/_shared/database/types.ts";
import { type SealedKey, seal } from "../../../functions/_shared/crypto/envelope.ts";
import { importKeyring } from "../../../functions/_shared/crypto/keyring.ts";
import { withConnection } from "../../harness/sessions.ts";
import { balance, ledger, newUser, stack, type User } from "../../harness/users.ts";

/** Describes one implementation; `open` makes it against the stack that all tests share. */
export function describeDatabase(name: string, open: () => Database): void {
  describe(name, () => {
    const database = open();
    describeCredentials(name, database);
    describeFunding(name, database);
    describeHolding(name, database, placing);
    describeHolding(`${name}, as it opens the call,`, database, opening);
    describeHolds(name, database);
    describeAttempts(name, database);
    describeRotation(name, database);
  });
}

/** A key ring of one key, made of nothing but random bytes. */
const keyringOf = (kid: number) =>
  importKeyring(
    JSON.stringify({ primary: kid, keys: { [kid]: crypto.getRandomValues(Buffer.alloc(32)).toString("base64") } }),
  );

async function newCredential(
  user: User,
  overrides: Partial<NewCredential> = {},
  keyring = keyringOf(7),
): Promise<NewCredential> {
  const credentialId = crypto.randomUUID();
  const sealed = await seal(
    await keyring,
    { ownerId: user.id, credentialId, providerNumber: 1 },
    { apiKey: "sk-some-key", place: null },
  );
  return {
    userId: user.id,
    credentialId,
    provider: "openai",
    prefix: "sk-",
    hint: "-key",
    status: "verified",
    reason: null,
    ...sealed,
    ...overrides,
  };
}

/** The operation's price is 10. */
const operation = "doc_generation";
const requestId = (): string => crypto.randomUUID();
const withCode = (code: string, details: Record<string, unknown> = {}) =>
  expect.objectContaining({ name: "ByokError", code, details });

function describeCredentials(name: string, database: Database): void {
  test(`${name} saves a credential and answers it, times in ISO 8601`, async () => {
    const credential = await newCredential(await newUser());
    const saved = await database.saveCredential(credential);
    expect(saved).toEqual({
      id: credential.credentialId,
      provider: "openai",
      prefix: "sk-",
      hint: "-key",
      status: "verified",
      reason: null,
      is_paused: false,
      last_used_on: null,
      verified_at: expect.any(String),
      created_at: expect.any(String),
      updated_at: expect.any(String),
    });
    for (const time of [saved.verified_at!, saved.created_at, saved.updated_at]) {
      expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/);
      expect(Math.abs(Date.parse(time) - Date.now())).toBeLessThan(60_000);
    }
  });

  test(`${name} reads back the envelope that was saved, and null where none was`, async () => {
    const user = await newUser();
    const credential = await newCredential(user);
    expect(await database.readEnvelope(user.id, "openai")).toBeNull();
    await database.saveCredential(credential);
    const { credentialId, envelope } = credential;
    expect(await database.readEnvelope(user.id, "openai")).toEqual({ credentialId, envelope });
    expect(await database.readEnvelope(user.id, "groq")).toBeNull();
    expect(await database.readEnvelope((await newUser()).id, "openai")).toBeNull();
  });

  test(`${name} puts a new credential in the place of the one before`, async () => {
    const user = await newUser();
    const [first, second] = [await newCredential(user), await newCredential(user, { status: "unverified" })];
    await database.saveCredential(first);
    expect(await database.saveCredential(second)).toMatchObject({
      id: second.credentialId,
      status: "unverified",
      verified_at: null,
    });
    const { credentialId, envelope } = second;
    expect(await database.readEnvelope(user.id, "openai")).toEqual({ credentialId, envelope });
    expect(
      await database.markCredential(user.id, first.credentialId, "rejected", null, { actor: "user", actorId: user.id }),
    ).toBeNull();
  });

  test(`${name} leaves one credential and its own envelope when several are saved at once`, async () => {
    const user = await newUser();
    const credentials = await Promise.all(Array.from({ length: 5 }, () => newCredential(user)));
    await Promise.all(credentials.map((credential) => database.saveCredential(credential)));
    const left = await database.readEnvelope(user.id, "openai");
    const { envelope } = credentials.find(({ credentialId }) => credentialId === left?.credentialId)!;
    expect(left?.envelope).toBe(envelope);
  });

  test(`${name} marks the current credential of its owner only`, async () => {
    const [user, other] = [await newUser(), await newUser()];
    const { credentialId, ...credential } = await newCredential(user);
    const saved = await database.saveCredential({ credentialId, ...credential });
    const checker = { actor: "user", actorId: user.id } as const;
    expect(await database.markCredential(other.id, credentialId, "rejected", null, checker)).toBeNull();
    expect(await database.markCredential(user.id, crypto.randomUUID(), "rejected", null, checker)).toBeNull();
    const marked = await database.markCredential(user.id, credentialId, "rejected", null, checker);
    expect(marked).toMatchObject({ id: credentialId, status: "rejected", verified_at: saved.verified_at });
  });

  test(`${name} notes a refusal in a call once, and takes a credential that is due for a check once`, async () => {
    const user = await newUser();
    const { credentialId, ...credential } = await newCredential(user);
    await database.saveCredential({ credentialId, ...credential });
    const called = { ownerId: user.id, userId: user.id, credentialId, status: "verified", reason: null };
    expect(await database.noteRefusal(called, "no_credit", null)).toBe(true);
    expect(await database.noteRefusal(called, "no_credit", null)).toBe(false);
    await expect(database.takeDueCredentials(1, 0)).rejects.toEqual(withCode("invalid_request", { field: "p_limit" }));
    const due = await database.takeDueCredentials(87_600, 1000);
    expect(due).toEqual([]);
  });

  test(`${name} turns what SQL refuses for reasons of its own into internal, without detail`, async () => {
    const user = await newUser();
    const tooShort = await newCredential(user, { envelope: "QllLAQ==" });
    await expect(database.saveCredential(tooShort)).rejects.toEqual(withCode("internal"));
    await expect(database.readEnvelope("no-uuid", "openai")).rejects.toEqual(withCode("internal"));
  });

  test(`${name} takes a user who was deleted for nobody`, async () => {
    const ofNobody = await newCredential({ ...(await newUser()), id: crypto.randomUUID() });
    await expect(database.saveCredential(ofNobody)).rejects.toEqual(withCode("unauthenticated"));
  });
}

/** Asks to hold credits for a call of that operation. */
/** Places a hold of 10 credits, once it is known that credits pay. */
function placing(database: Database, user: User, changes: Partial<PricedCall> = {}): Promise<Hold> {
  return database.placeHold({ userId: user.id, provider: "openai", ...pricedCall(changes) });
}

/** The same in the round trip that asks who pays. */
async function opening(database: Database, user: User, changes: Partial<PricedCall> = {}): Promise<Hold> {
  const opened = await database.openCall(user.id, "openai", null, pricedCall(changes));
  if (opened.payer !== "platform" || opened.hold === null) throw new Error("Nothing is held.");
  return opened.hold;
}

function pricedCall(changes: Partial<PricedCall> = {}): PricedCall {
  const call = { requestId: requestId(), operation, model: "gpt-5.4-nano", maxInputTokens: 10, maxOutputTokens: 10 };
  return { ...call, ...changes };
}

function describeFunding(name: string, database: Database): void {
  test(`${name} opens a call under BYOK with the envelope, whatever the credits`, async () => {
    const user = await newUser();
    const credential = await newCredential(user, { status: "no_credit" });
    await database.saveCredential(credential);
    const { credentialId, envelope } = credential;
    expect(await database.openCall(user.id, "openai")).toEqual({
      ...{ payer: "byok", teamId: null, credentialId, envelope },
      ...{ status: "no_credit", reason: null },
    });
    expect(await database.openCall(user.id, "openai", null, pricedCall())).toMatchObject({
      payer: "byok",
      credentialId,
    });
    expect(await ledger(user)).toEqual([]);
  });

  test(`${name} opens a call on credits, and holds none of one that is not known yet`, async () => {
    const user = await newUser(100);
    const opened = { payer: "platform", teamId: null, unusedKey: null, hold: null };
    expect(await database.openCall(user.id, "openai")).toEqual(opened);
    expect(await balance(user)).toEqual({ available: 100, held: 0 });
  });

  test(`${name} lists the prices`, async () => {
    const prices = await database.listPrices();
    expect(prices.find(({ model, ...price }) => price.operation === operation && model === "gpt-5.4-nano")).toEqual({
      ...{ operation, provider: "openai", model: "gpt-5.4-nano" },
      ...{ isMetered: false, maxOutputTokens: 8192, max_input_bytes: 1_048_576 },
    });
  });
}

/** @param place places a hold: on its own, or as the call is opened */
function describeHolding(name: string, database: Database, place: typeof placing): void {
  test(`${name} holds the price of a call`, async () => {
    const user = await newUser(100);
    const hold = await place(database, user);
    expect(hold).toEqual({ id: expect.any(Number), microcredits: 10_000_000, rates: null });
    expect(await balance(user)).toEqual({ available: 90, held: 10 });
  });

  test(`${name} says what keeps credits from paying`, async () => {
    const user = await newUser(5);
    const notOffered = withCode("not_offered", { field: "model" });
    await expect(place(database, user, { operation: "mining" })).rejects.toEqual(notOffered);
    await expect(place(database, user, { model: "gpt-9" })).rejects.toEqual(notOffered);
    for (const id of ["", "x".repeat(256)])
      await expect(place(database, user, { requestId: id })).rejects.toEqual(
        withCode("invalid_request", { field: "idempotency-key" }),
      );
    await expect(place(database, user)).rejects.toEqual(
      withCode("insufficient_credits", { price_credits: 10, available_credits: 5 }),
    );
    expect(await ledger(user)).toEqual(["grant 5"]);
  });

  test(`${name} says that a user who never had credits has none`, async () => {
    await expect(place(database, await newUser())).rejects.toEqual(
      withCode("insufficient_credits", { price_credits: 10, available_credits: 0 }),
    );
  });

  test(`${name} holds credits once for a request id that is under way or completed`, async () => {
    const user = await newUser(100);
    const named = { requestId: requestId() };
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => place(database, user, named)));
    const [hold, ...more] = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
    expect(more).toEqual([]);
    await expect(place(database, user, named)).rejects.toEqual(withCode("request_in_progress"));
    expect(await database.chargeHold(user.id, hold!.id)).toBe("charged");
    await expect(place(database, user, named)).rejects.toEqual(withCode("request_completed"));
    expect(await balance(user)).toEqual({ available: 90, held: 0 });
  });

  test(`${name} takes calls without a request id for calls of their own`, async () => {
    const user = await newUser(100);
    const nameless = { requestId: null };
    await Promise.all([place(database, user, nameless), place(database, user, nameless)]);
    expect(await balance(user)).toEqual({ available: 80, held: 20 });
  });
}

function describeHolds(name: string, database: Database): void {
  const all = { microcredits: 10_000_000, usage: null } as const;

  test(`${name} charges a hold once, and a later void changes nothing`, async () => {
    const user = await newUser(100);
    const { id } = await placing(database, user);
    expect(await database.chargeHold(user.id, id)).toBe("charged");
    expect(await database.chargeHold(user.id, id)).toBe("charged");
    expect(await database.voidHold(user.id, id, true)).toBe("charged");
    expect(await ledger(user)).toEqual(["grant 100", "charge 10"]);
    expect(await balance(user)).toEqual({ available: 90, held: 0 });
  });

  test(`${name} gives a hold back once, without a trace, and a later charge changes nothing`, async () => {
    const user = await newUser(100);
    const { id } = await placing(database, user);
    expect(await database.voidHold(user.id, id, false)).toBe("voided");
    expect(await database.voidHold(user.id, id, true)).toBe("voided");
    expect(await database.chargeHold(user.id, id)).toBe("voided");
    expect(await ledger(user)).toEqual(["grant 100"]);
    expect(await balance(user)).toEqual({ available: 100, held: 0 });
  });

  test(`${name} ends a hold one way when both are asked for at once`, async () => {
    const user = await newUser(100);
    const { id } = await placing(database, user);
    const outcomes = await Promise.all([database.chargeHold(user.id, id), database.voidHold(user.id, id, false)]);
    expect(new Set(outcomes).size).toBe(1);
    const expected = outcomes[0] === "charged" ? { available: 90, held: 0 } : { available: 100, held: 0 };
    expect(await balance(user)).toEqual(expected);
  });

  test(`${name} refunds a charge once, with the provider's counts`, async () => {
    const user = await newUser(100);
    const { id } = await placing(database, user);
    await database.chargeHold(user.id, id);
    const usage = { input_tokens: 30, cached_input_tokens: 20, cache_write_tokens: 5, output_tokens: 10 };
    const refund = { microcredits: 2_500_000, reason: "unused", usage } as const;
    expect(await database.refundCharge(user.id, id, refund)).toBe(2_500_000);
    expect(await database.refundCharge(user.id, id, { ...all, reason: "nothing_delivered" })).toBe(2_500_000);
    expect(await ledger(user)).toEqual(["grant 100", "charge 10", "refund 2.5"]);
    const { data } = await user.supabase
      .from("entries")
      .select("reason, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens")
      .eq("charge_id", id);
    expect(data).toEqual([{ reason: "unused", ...usage }]);
  });

  test(`${name} bears what broke off up to the limit of the day, and then charges for it`, async () => {
    const user = await newUser(1_000);
    for (const [left, borne] of [
      [990, 10_000_000],
      [990, 0],
    ]) {
      const { id } = await placing(database, user);
      await database.chargeHold(user.id, id);
      if (borne === 0) await bearBefore(user, 100_000_000);
      expect(await database.refundCharge(user.id, id, { ...all, reason: "broken_off" })).toBe(borne);
      expect((await balance(user)).available).toBe(borne === 0 ? left : 1_000);
    }
    const { id } = await placing(database, user);
    expect(await database.voidHold(user.id, id, true)).toBe("charged");
    expect(await balance(user)).toEqual({ available: 980, held: 0 });
  });

  test(`${name} ends no hold of another user, and refunds nobody else's charge`, async () => {
    const [user, other] = [await newUser(100), await newUser(100)];
    const { id } = await placing(database, user);
    expect(await database.chargeHold(other.id, id)).toBe("voided");
    expect(await database.voidHold(other.id, id, false)).toBe("voided");
    await database.chargeHold(user.id, id);
    await expect(database.refundCharge(other.id, id, { ...all, reason: "unused" })).rejects.toEqual(
      withCode("internal"),
    );
    expect([await balance(user), await balance(other)]).toEqual([
      { available: 90, held: 0 },
      { available: 100, held: 0 },
    ]);
  });
}

/** As if the platform had borne so much for the user today. */
async function bearBefore(user: User, microcredits: number): Promise<void> {
  await withConnection(stack.adminDbUrl, (client) =>
    client.query(
      "update byok.accounts set unpaid_on = (now() at time zone 'utc')::date, unpaid_microcredits = $2 where owner_id = $1",
      [user.id, microcredits],
    ),
  );
}

function describeAttempts(name: string, database: Database): void {
  test(`${name} counts attempts up to the limit of the day, those at once too, and says when there are more`, async () => {
    const [user, other] = [await newUser(), await newUser()];
    const attempts = await Promise.allSettled(Array.from({ length: 60 }, () => database.countAttempt(user.id)));
    const refused = attempts.flatMap((attempt) => (attempt.status === "rejected" ? [attempt.reason] : []));
    expect(refused).toHaveLength(10);
    for (const error of refused) {
      expect(error).toEqual(withCode("too_many_attempts", { retry_after_s: expect.any(Number) }));
      expect(error.details.retry_after_s).toSatisfy((wait) => wait >= 1 && wait <= 86_400);
    }
    await database.countAttempt(other.id);
  });
}

function describeRotation(name: string, database: Database): void {
  /** A kid that no other test uses. */
  const newKid = () => 2 ** 31 + Math.floor(Math.random() * 2 ** 31);

  /** Users with a key each, saved under a kid, in the order of their credentials. */
  async function saveUnder(kid: number, length: number): Promise<{ user: User; credential: NewCredential }[]> {
    const owners = Array.from({ length }, async () => {
      const user = await newUser();
      const credential = await newCredential(user, {}, keyringOf(kid));
      await database.saveCredential(credential);
      return { user, credential };
    });
    return (await Promise.all(owners)).sort((a, b) => (a.credential.credentialId < b.credential.credentialId ? -1 : 1));
  }

  const listingOf = ({ userId, credentialId, provider, envelope }: NewCredential) => {
    return { ownerId: userId, credentialId, provider, envelope };
  };

  async function replacementOf(credential: NewCredential, kid: number): Promise<Replacement & { sealed: SealedKey }> {
    const { userId, credentialId } = credential;
    const sealed = await seal(
      await keyringOf(kid),
      { ownerId: userId, credentialId, providerNumber: 1 },
      { apiKey: "sk-some-key", place: null },
    );
    return { ...listingOf(credential), sealed };
  }

  async function countUnder(kid: number): Promise<number> {
    const counts = await database.countEnvelopes();
    expect(counts.map((row) => row.kid)).toEqual(counts.map((row) => row.kid).toSorted((a, b) => a - b));
    return counts.find((row) => row.kid === kid)?.envelopes ?? 0;
  }

  test(`${name} counts the envelopes under a kid and lists them page by page`, async () => {
    const kid = newKid();
    expect(await countUnder(kid)).toBe(0);
    expect(await database.listEnvelopes(kid, null, 2)).toEqual([]);
    const [first, second, third] = (await saveUnder(kid, 3)).map(({ credential }) => listingOf(credential));
    expect(await countUnder(kid)).toBe(3);
    expect(await database.listEnvelopes(kid, null, 2)).toEqual([first, second]);
    expect(await database.listEnvelopes(kid, second!.credentialId, 2)).toEqual([third]);
    expect(await database.listEnvelopes(kid, third!.credentialId, 2)).toEqual([]);
  });

  test(`${name} lists nothing without a limit that makes sense`, async () => {
    for (const limit of [0, 1001]) {
      await expect(database.listEnvelopes(1, null, limit)).rejects.toEqual(
        withCode("invalid_request", { field: "p_limit" }),
      );
    }
  });

  test(`${name} replaces the envelopes that are still as they were listed, and tells which`, async () => {
    const [from, to] = [newKid(), newKid()];
    const owners = await saveUnder(from, 3);
    const replacements = await Promise.all(owners.map(({ credential }) => replacementOf(credential, to)));
    const [kept, savedAgain, removed] = owners;
    const newer = await newCredential(savedAgain!.user);
    await database.saveCredential(newer);
    await removed!.user.supabase.from("credentials").delete().eq("provider", "openai");

    expect(await database.replaceEnvelopes(replacements)).toEqual([kept!.credential.credentialId]);
    expect(await database.replaceEnvelopes(replacements)).toEqual([]);
    expect([await countUnder(from), await countUnder(to)]).toEqual([0, 1]);
    const { credentialId, sealed } = replacements[0]!;
    expect(await database.readEnvelope(kept!.user.id, "openai")).toEqual({ credentialId, envelope: sealed.envelope });
    expect((await database.readEnvelope(savedAgain!.user.id, "openai"))?.envelope).toBe(newer.envelope);
    expect(await database.readEnvelope(removed!.user.id, "openai")).toBeNull();
  });

  test(`${name} marks a credential locked whose envelope has no replacement, and unlocks it with one`, async () => {
    const [from, to] = [newKid(), newKid()];
    const [owner] = await saveUnder(from, 1);
    const { credential, user } = owner!;
    const statusOf = async () => (await user.supabase.from("credentials").select("status").single()).data?.status;
    expect(await database.replaceEnvelopes([{ ...listingOf(credential), sealed: null }])).toHaveLength(1);
    expect(await statusOf()).toBe("locked");
    expect(await countUnder(from)).toBe(1);
    expect(await database.replaceEnvelopes([await replacementOf(credential, to)])).toHaveLength(1);
    expect(await statusOf()).toBe("unverified");
  });

  test(`${name} passes by an envelope that somebody has locked, and does not wait`, async () => {
    const [owner] = await saveUnder(newKid(), 1);
    const { credential, user } = owner!;
    const somebody = new Client({ connectionString: stack.dbUrl });
    await somebody.connect();
    try {
      for (const table of ["credentials where id", "envelopes where credential_id"]) {
        await somebody.query("begin");
        await somebody.query(`select from byok.${table} = $1 for update`, [credential.credentialId]);
        expect(await database.replaceEnvelopes([await replacementOf(credential, 1)])).toEqual([]);
        await somebody.query("rollback");
      }
    } finally {
      await somebody.end();
    }
    expect((await database.readEnvelope(user.id, "openai"))?.envelope).toBe(credential.envelope);
  });

  test(`${name} replaces nothing for no replacements`, async () => {
    expect(await database.replaceEnvelopes([])).toEqual([]);
  });
}
