/** The client on answers that a sound stack does not give on demand. Its work on one is in tests/e2e/client.test.ts. */
import { randomBytes } from "node:crypto";
import { inspect } from "node:util";
import { createClient } from "@supabase/supabase-js";
import { describe, expect, test, vi } from "vitest";
import { type ByokError, type ByokOptions, createByok, readPayment, type Result } from "../../client/index.ts";
import { importKeyring } from "../../functions/_shared/crypto/keyring.ts";
import { type ErrorCode, errors } from "../../protocol/errors.ts";
import { listProviders } from "../../functions/_shared/providers/list.ts";
import { sealingKey, unseal } from "../../functions/_shared/keys/unsealing.ts";
import { findSecrets } from "../harness/sentinels.ts";

const apiKey = "sk-a-key-that-nobody-else-may-ever-see";

interface World {
  /** The server's answer; throwing means that nothing comes back. */
  answer(request: Request): Response | Promise<Response>;
  isAnonymous?: boolean;
  /** Seconds until the session has to be renewed. */
  expiresIn_s?: number;
  options?: ByokOptions;
}

function setUp({ answer, isAnonymous = false, expiresIn_s = 3600, options }: World) {
  const requests: Request[] = [];
  let expirations = 0;
  const session = {
    access_token: "header.payload.signature",
    refresh_token: "refresh",
    expires_at: Math.floor(Date.now() / 1000) + expiresIn_s,
    token_type: "bearer",
    user: { id: crypto.randomUUID(), is_anonymous: isAnonymous },
  };
  const kept = new Map([["session", JSON.stringify(session)]]);
  const supabase = createClient("http://project.test", "sb_publishable_test", {
    auth: {
      autoRefreshToken: false,
      storageKey: "session",
      storage: {
        getItem: (name) => kept.get(name) ?? null,
        setItem: (name, value) => void kept.set(name, value),
        removeItem: (name) => void kept.delete(name),
      },
    },
    global: {
      fetch: async (input, init) => {
        const request = new Request(input, init);
        requests.push(request.clone());
        return await answer(request);
      },
    },
  });
  const byok = createByok(supabase, { onSessionExpired: () => expirations++, ...options });
  return { byok, supabase, requests, kept, userId: session.user.id, expirations: () => expirations };
}

function refusal(status: number, code: string, details: object = {}): Response {
  const error = { code, message: `Because of ${code}.`, ...details };
  return Response.json({ error }, { status, headers: { "x-byok-error": code } });
}

const connection = { provider: "openrouter", codeVerifier: "verifier" };

const unreachable = () => {
  throw new TypeError(`fetch failed: ${apiKey}`);
};

describe("an error", () => {
  test("has the code, the words and the details of a refusal, and nothing else of the answer", async () => {
    const answer = () => refusal(429, "too_many_attempts", { retry_after_s: 42, echo: apiKey });
    expect(await setUp({ answer }).byok.save({ provider: "openai", key: apiKey })).toEqual({
      data: null,
      error: { code: "too_many_attempts", message: "Because of too_many_attempts.", retry_after_s: 42 },
    });
  });

  test.each(Object.keys(errors) as ErrorCode[])("%s comes through as it is, from save() and verify()", async (code) => {
    // Only an anonymous user is told this code: for others it means that their session is over.
    const { byok } = setUp({
      answer: () => refusal(errors[code].status, code),
      isAnonymous: code === "unauthenticated",
    });
    const refused: Result<unknown> = { data: null, error: { code, message: `Because of ${code}.` } as ByokError };
    expect(await byok.save({ provider: "openai", key: apiKey })).toEqual(refused);
    expect(await byok.verify("openai")).toEqual(refused);
  });

  test.each<ByokError>([
    { code: "invalid_request", message: "", field: "api_key" },
    { code: "not_offered", message: "", field: "tools" },
    { code: "body_too_large", message: "", max_bytes: 1024 },
    { code: "insufficient_credits", message: "", price_credits: 20, available_credits: 3 },
    { code: "too_many_attempts", message: "", retry_after_s: 60 },
    { code: "database_unavailable", message: "", retry_after_s: 1 },
  ])("$code has its details", async ({ code, ...rest }) => {
    const { byok } = setUp({ answer: () => refusal(errors[code as ErrorCode].status, code, rest) });
    expect(await byok.save({ provider: "openai", key: apiKey })).toEqual({ data: null, error: { code, ...rest } });
  });

  test.each([
    ["save", "offline"],
    ["verify", "offline"],
    ["remove", "offline"],
    ["list", "offline"],
    ["balance", "offline"],
    ["history", "offline"],
    ["operations", "offline"],
  ] as const)("of %s() is %s when no answer comes, at once and without the key", async (method, code) => {
    const { byok, requests } = setUp({ answer: unreachable });
    const result =
      method === "save" ? await byok.save({ provider: "openai", key: apiKey }) : await byok[method]("openai" as never);
    expect(result).toMatchObject({ data: null, error: { code } });
    // Operations and their prices are asked for at once.
    expect(requests).toHaveLength(method === "operations" ? 2 : 1);
    expect(inspect(result, { depth: null, showHidden: true }).includes(apiKey)).toBe(false);
  });

  test.each([
    ["page", 502, () => "<h1>Bad gateway</h1>"],
    ["worker that does not start", 503, () => JSON.stringify({ code: "BOOT_ERROR", message: "It did not start" })],
    ["worker that is silent", 504, () => JSON.stringify({ code: "IDLE_TIMEOUT", message: "It is silent" })],
    ["project that cannot be reached", 522, () => ""],
    ["project that is paused", 540, () => ""],
    ["worker past its limits", 546, () => JSON.stringify({ code: "WORKER_LIMIT", message: "It used too much" })],
  ])(
    "is unavailable for a gateway's answer about a %s (%i), from the functions and the Data API",
    async (_, status, body) => {
      const { byok } = setUp({ answer: () => new Response(body(), { status }) });
      const unavailable = { data: null, error: { code: "unavailable", message: expect.stringContaining("Try again") } };
      expect(await byok.save({ provider: "openai", key: apiKey })).toEqual(unavailable);
      expect(await byok.verify("openai")).toEqual(unavailable);
      expect(await byok.list()).toEqual(unavailable);
      expect(await byok.remove("openai")).toEqual(unavailable);
    },
  );

  test.each([
    ["an unknown JSON", () => Response.json({ oops: true }, { status: 500 })],
    [
      "a refusal that breaks off",
      () => new Response('{"err', { status: 500, headers: { "x-byok-error": "internal" } }),
    ],
    [
      "a refusal without words",
      () => Response.json({ error: {} }, { status: 500, headers: { "x-byok-error": "internal" } }),
    ],
  ])("is unexpected for %s", async (_, answer) => {
    const { byok } = setUp({ answer });
    expect(await byok.save({ provider: "openai", key: apiKey })).toMatchObject({
      data: null,
      error: { code: "unexpected" },
    });
    expect(await byok.list()).toMatchObject({ data: null, error: { code: "unexpected" } });
  });
});

describe("the session", () => {
  test("is over when a function or the Data API says so, which the app is told each time", async () => {
    const ended = setUp({
      answer: ({ url }) =>
        /functions/.test(url) ? refusal(401, "unauthenticated") : new Response("{}", { status: 401 }),
    });
    const expired = { data: null, error: { code: "session_expired", message: expect.any(String) } };
    expect(await ended.byok.save({ provider: "openai", key: apiKey })).toEqual(expired);
    expect(await ended.byok.list()).toEqual(expired);
    expect(ended.expirations()).toBe(2);
  });

  test("is over when it cannot be renewed, and nothing else is sent", async () => {
    // supabase-js prints why.
    using _ = vi.spyOn(console, "error").mockReturnValue();
    const answer = () =>
      Response.json({ code: 400, error_code: "refresh_token_not_found", msg: "no" }, { status: 400 });
    const ended = setUp({ answer, expiresIn_s: -10 });
    expect(await ended.byok.save({ provider: "openai", key: apiKey })).toMatchObject({
      data: null,
      error: { code: "session_expired" },
    });
    expect(ended.requests.map(({ url }) => new URL(url).pathname)).toEqual(["/auth/v1/token"]);
    expect(ended.expirations()).toBe(1);
  });

  test("of an anonymous user is not over: the refusal says what to do", async () => {
    const { byok, expirations } = setUp({ answer: () => refusal(401, "unauthenticated"), isAnonymous: true });
    expect(await byok.save({ provider: "openai", key: apiKey })).toMatchObject({
      data: null,
      error: { code: "unauthenticated" },
    });
    expect(expirations()).toBe(0);
  });
});

describe("save()", () => {
  const keyring = importKeyring(JSON.stringify({ primary: 1, keys: { 1: randomBytes(32).toString("base64") } }));
  /** Hands out a public key, and refuses what is saved. */
  const answer = async ({ method }: Request) =>
    method === "GET" ? Response.json(await sealingKey(await keyring)) : refusal(422, "api_key_rejected");

  test("sends the key once, sealed for the user and the provider, and leaves it nowhere", async () => {
    const { byok, requests, kept, supabase } = setUp({ answer });
    const result = await byok.save({ provider: "openai", key: apiKey });
    expect(requests.map(({ method }) => method)).toEqual(["GET", "POST"]);
    const [, body] = await Promise.all(requests.map((request) => request.text()));
    expect(findSecrets(body!, { apiKey })).toEqual([]);
    const { provider, sealed_api_key } = JSON.parse(body!);
    const { data } = await supabase.auth.getSession();
    const purpose = { userId: data.session!.user.id, provider, place: null };
    const opened = await unseal(await keyring, purpose, sealed_api_key);
    expect([provider, opened.apiKey]).toEqual(["openai", apiKey]);
    const left = [result, byok, supabase, [...kept], requests.map(({ url, headers }) => [url, [...headers]])];
    expect(inspect(left, { depth: null, showHidden: true, maxArrayLength: null }).includes(apiKey)).toBe(false);
  });

  test("sends the app's headers with each check, asked for anew, and not in place of the client's own", async () => {
    let tokens = 0;
    const checkHeaders = async () => ({ "x-captcha-token": `token ${++tokens}`, "x-byok-team": "another" });
    const { byok, requests, userId } = setUp({ answer, options: { checkHeaders, team: "mine" } });
    await byok.save({ provider: "openai", key: apiKey });
    await byok.verify("openai");
    await byok.finishConnecting({ ...connection, userId, team: "mine" }, "code");
    const sent = requests.map(({ method, headers }) => [
      method,
      headers.get("x-captcha-token"),
      headers.get("x-byok-team"),
    ]);
    expect(sent).toEqual([
      ["GET", null, "mine"],
      ["POST", "token 1", "mine"],
      ["POST", "token 2", "mine"],
      ["POST", "token 3", "mine"],
    ]);
  });

  test("sends no key where the app has no headers for it", async () => {
    const checkHeaders = () => Promise.reject(new Error("The captcha was closed."));
    const { byok, requests } = setUp({ answer, options: { checkHeaders } });
    const result = await byok.save({ provider: "openai", key: apiKey });
    expect(result).toMatchObject({ data: null, error: { code: "unexpected" } });
    expect(requests.map(({ method }) => method)).toEqual(["GET"]);
  });

  test("sends nothing where the browser cannot seal it", async () => {
    const { byok, requests } = setUp({ answer });
    const importKey = vi.spyOn(crypto.subtle, "importKey").mockRejectedValue(new DOMException("no X25519"));
    const result = await byok.save({ provider: "openai", key: apiKey });
    importKey.mockRestore();
    expect(result).toMatchObject({ data: null, error: { code: "unsupported_browser" } });
    expect(requests.map(({ method }) => method)).toEqual(["GET"]);
  });
});

describe("finishConnecting()", () => {
  test.each([
    ["another user", null, null, "another"],
    ["a team's page, begun on the user's own", null, "mine", "me"],
    ["the user's own page, begun on a team's", "mine", null, "me"],
    ["another team's page", "mine", "theirs", "me"],
  ])("sends nothing where somebody else began: %s", async (_, team, now, who) => {
    const { byok, requests, userId } = setUp({ answer: unreachable, options: now === null ? {} : { team: now } });
    const pending = { ...connection, userId: who === "me" ? userId : crypto.randomUUID(), team };
    expect(await byok.finishConnecting(pending, "code")).toMatchObject({ error: { code: "begun_by_another" } });
    expect(requests).toEqual([]);
  });
});

describe("teamKeys()", () => {
  const row = (owner_id: string, provider: string, status = "verified") => ({
    owner_id,
    provider,
    status,
    reason: null,
  });
  /** Answers with these keys, in the order in which the database answers; only these teams' plans have keys. */
  const database =
    (rows: object[], mayBringKey: readonly string[], fails: string | null = null) =>
    async (request: Request) => {
      if (request.url.includes("/credentials")) return Response.json(rows);
      const { p_team_id } = await request.json();
      if (p_team_id === fails) return Response.json({ message: "owners_malformed" }, { status: 500 });
      return Response.json([{ may_bring_key: mayBringKey.includes(p_team_id), is_member: true }]);
    };

  test("names for each provider the key of the first team whose plan has keys, whatever its status", async () => {
    const rows = [
      ...[row("a", "openai"), row("b", "groq", "rejected"), row("b", "openai")],
      ...[row("c", "groq"), row("c", "google"), row("c", "openai")],
    ];
    const { byok, requests, userId } = setUp({ answer: database(rows, ["b", "c"]) });
    expect((await byok.teamKeys()).data).toEqual([
      { team: "b", provider: "groq", status: "rejected", reason: null },
      { team: "b", provider: "openai", status: "verified", reason: null },
      { team: "c", provider: "google", status: "verified", reason: null },
    ]);
    expect(requests).toHaveLength(1 + 3);
    const asked = new URL(requests[0]!.url).searchParams;
    expect(Object.fromEntries(asked)).toMatchObject({
      ...{ owner_id: `neq.${userId}`, is_paused: "eq.false", order: "owner_id.asc,provider.asc" },
    });
  });

  test("costs a user without a team one request, and asks nothing on a team's page", async () => {
    const alone = setUp({ answer: database([], []) });
    expect(await alone.byok.teamKeys()).toEqual({ data: [], error: null });
    expect(alone.requests).toHaveLength(1);
    const ofTeam = setUp({ answer: unreachable, options: { team: "a" } });
    expect(await ofTeam.byok.teamKeys()).toEqual({ data: [], error: null });
    expect(ofTeam.requests).toHaveLength(0);
  });

  test("fails where the plan of a team cannot be read", async () => {
    const { byok } = setUp({ answer: database([row("a", "openai")], ["a"], "a") });
    expect((await byok.teamKeys()).error?.code).toBe("unexpected");
  });
});

describe("providers()", () => {
  const list = { providers: listProviders({ offered: ["groq", "openai"], platformKeys: {}, providerOrigins: {} }) };

  test("asks once, and again only if that failed", async () => {
    let isDown = true;
    const { byok, requests } = setUp({
      answer: () => (isDown ? refusal(503, "database_unavailable") : Response.json(list)),
    });
    expect((await byok.providers()).error?.code).toBe("database_unavailable");
    isDown = false;
    expect(await byok.providers()).toEqual({ data: list.providers, error: null });
    expect(await byok.providers()).toEqual({ data: list.providers, error: null });
    expect(requests.map(({ method, url }) => [method, new URL(url).pathname])).toEqual([
      ["GET", "/functions/v1/byok/providers"],
      ["GET", "/functions/v1/byok/providers"],
    ]);
  });

  test("without a connection is offline, and an endpoint too", async () => {
    const { byok } = setUp({ answer: unreachable });
    expect((await byok.providers()).error?.code).toBe("offline");
    expect((await byok.endpoint("groq")).error?.code).toBe("offline");
  });

  test("endpoint() takes the address of the functions from its options where that is another one", async () => {
    const { supabase } = setUp({ answer: () => Response.json(list) });
    const byok = createByok(supabase, { functionsUrl: "https://api.example.com/fn/" });
    const url = "https://api.example.com/fn/byok/call/groq";
    expect(await byok.endpoint("groq")).toEqual({
      data: { url, sdk: url, aiSdk: `${url}/openai/v1` },
      error: null,
    });
    expect((await byok.endpoint("google")).error?.code).toBe("unknown_provider");
  });
});

test("onKeyEvent() listens to new events of keys until it is stopped", () => {
  const { byok, supabase } = setUp({ answer: unreachable });
  const channel = { on: vi.fn(() => channel), subscribe: vi.fn(() => channel) };
  vi.spyOn(supabase, "channel").mockReturnValue(channel as never);
  const removed = vi.spyOn(supabase, "removeChannel").mockResolvedValue("ok");
  const listener = vi.fn();
  const stop = byok.onKeyEvent(listener);
  const inserts = { event: "INSERT", schema: "byok", table: "key_events" };
  expect(channel.on).toHaveBeenCalledExactlyOnceWith("postgres_changes", inserts, expect.any(Function));
  expect(channel.subscribe).toHaveBeenCalledOnce();
  const [[, , heard]] = channel.on.mock.calls as unknown as [[string, object, () => void]];
  heard();
  expect(listener).toHaveBeenCalledExactlyOnceWith();
  stop();
  expect(removed).toHaveBeenCalledExactlyOnceWith(channel);
});

describe("readPayment()", () => {
  test("reads who paid and how much", () => {
    const headers = new Headers({ "x-byok-funding": "platform", "x-byok-owner": "team", "x-byok-credits": "20" });
    const rest = { errorCode: null, verdict: null, reason: null, unusedKey: null };
    expect(readPayment(headers)).toEqual({ payer: "platform", owner: "team", credits: 20, ...rest });
  });

  test("reads the code of a refusal, and nothing where nothing is said", () => {
    expect(readPayment(new Headers({ "x-byok-error": "insufficient_credits" }))).toEqual({
      payer: null,
      owner: null,
      credits: null,
      errorCode: "insufficient_credits",
      verdict: null,
      reason: null,
      unusedKey: null,
    });
  });

  test("reads why a saved key was not used", () => {
    const headers = { "x-byok-funding": "platform", "x-byok-unused-key": "not_allowed" };
    expect(readPayment(new Headers(headers))).toMatchObject({ payer: "platform", unusedKey: "not_allowed" });
  });

  test("reads what an error says about the user's key", () => {
    const headers = { "x-byok-funding": "byok", "x-byok-verdict": "no_credit", "x-byok-reason": "out_of_credit" };
    expect(readPayment(new Headers(headers))).toMatchObject({ verdict: "no_credit", reason: "out_of_credit" });
  });
});
