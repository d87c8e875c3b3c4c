/** Findings of every SDK with only its base URL and its apiKey set: answers, streams, tools, prices, and its own typed errors. */
import { describe, expect, test } from "vitest";
import { type ErrorCode, errors } from "../../../protocol/errors.ts";
import { callUrl, prices } from "../../harness/calls.ts";
import { expectOnlyTheKey, requestsWith } from "../../harness/fakes.ts";
import { expectBalance, newByokUser, newUser, stack, type User } from "../../harness/users.ts";
import { countingFetch } from "./counting.ts";
import type { Client, ErrorName, Settings } from "./sdk.ts";
import { sdks } from "./sdks.ts";

const operation = "single_doc_regen";
const price = prices[operation];
const onCredits = { headers: { "x-byok-operation": operation } };

describe.each(sdks)("the $name", (sdk) => {
  const { provider } = sdk;
  const clientOf = (user: User, settings: Partial<Settings> = {}): Client =>
    sdk.open({ url: callUrl(user, provider), apiKey: user.accessToken, ...settings });

  /** Asks in vain; the error. */
  async function failureOf(client: Client, name: ErrorName) {
    const thrown = await client.ask().then(
      () => expect.fail("There was an answer."),
      (error: unknown) => error,
    );
    expect(sdk.isError(thrown, name), `it is a ${name}`).toBe(true);
    return sdk.readError(thrown);
  }

  /** Of a refusal by the functions, in the provider's own form. */
  const refusal = (code: ErrorCode, words: string = errors[code].message) => {
    const { status, callStatus = status } = errors[code] as { status: number; callStatus?: number };
    return { code, status: callStatus, message: expect.stringContaining(words) };
  };

  test("asks with the user's own key, which is all that the provider sees of the caller", async () => {
    const owner = await newByokUser(provider);
    const { text, tokens, headers } = await clientOf(owner.user).ask();
    expect({ text, tokens }).toEqual({ text: "Echo: hello", tokens: [2, 3] });
    expect([headers.get("x-byok-funding"), headers.get("x-byok-credits")]).toEqual(["byok", "0"]);
    expect(await expectOnlyTheKey(provider, owner)).toHaveLength(1);
  });

  test("streams to the provider's own end", async () => {
    const owner = await newByokUser(provider);
    const { pieces, text, end } = await clientOf(owner.user).stream();
    expect({ text, end }).toEqual({ text: "Echo: hello", end: sdk.end });
    expect(pieces).toBeGreaterThan(5);
    await expectOnlyTheKey(provider, owner);
  });

  test("calls a tool and hands its result back", async () => {
    const owner = await newByokUser(provider);
    const { city, text } = await clientOf(owner.user).useTool(false);
    expect({ city, text }).toEqual({ city: "some city", text: expect.stringContaining("sunny") });
    expect(await expectOnlyTheKey(provider, owner)).toHaveLength(2);
  });

  test("pays the operation's price on credits to ask and to stream", async () => {
    const user = await newUser(100);
    const client = clientOf(user, onCredits);
    const { text, headers } = await client.ask();
    expect(text).toBe("Echo: hello");
    expect([headers.get("x-byok-funding"), headers.get("x-byok-credits")]).toEqual(["platform", String(price)]);
    expect((await client.stream()).text).toBe("Echo: hello");
    await expectBalance(user, 100 - 2 * price);
  });

  test("hands back on credits what came, and says the provider's defaults aloud", async () => {
    const user = await newUser(100);
    const { text } = await clientOf(user, onCredits).useTool(true);
    expect(text).toContain("sunny");
    await expectBalance(user, 100 - 2 * price);
  });

  test("raises its own error for a key that the provider refuses, and asks once", async () => {
    const { user, apiKey } = await newByokUser(provider, { behaviour: "rejected" });
    const error = await failureOf(clientOf(user), "PermissionDeniedError");
    expect(error).toMatchObject(refusal("api_key_rejected", "refuses this API key"));
    expect(error.isRetryable ?? false).toBe(false);
    expect(await requestsWith(stack, provider, apiKey)).toHaveLength(1);
  });

  test("raises its own error when credits run out, and asks once", async () => {
    const counting = countingFetch();
    const client = clientOf(await newUser(price - 1), { ...onCredits, fetch: counting.fetch });
    const error = await failureOf(client, "APIError");
    expect(error).toMatchObject(refusal("insufficient_credits"));
    expect(error.details).toMatchObject({ price_credits: price, available_credits: price - 1 });
    expect(error.isRetryable ?? false).toBe(false);
    expect(counting.count()).toBe(1);
  });

  // Those that go by the status alone are in `retries.test.ts`.
  if (sdk.attempts?.refusal === 1)
    test("does not retry a refusal with a status that it would retry", async () => {
      const { user, apiKey } = await newByokUser(provider, { behaviour: "redirects" });
      expect(await failureOf(clientOf(user), "InternalServerError")).toMatchObject(refusal("provider_misbehaved"));
      expect(await requestsWith(stack, provider, apiKey)).toHaveLength(1);
    });

  test("raises its own error for a token that is none", async () => {
    const client = sdk.open({ url: callUrl({ accessToken: "", stack }, provider), apiKey: "none" });
    expect(await failureOf(client, "AuthenticationError")).toMatchObject(refusal("unauthenticated"));
  });

  test.each(sdk.ownErrors)("raises the provider's own $status for a key that is $behaviour", async (own) => {
    const { user } = await newByokUser(provider, { behaviour: own.behaviour });
    const { message, headers, ...error } = await failureOf(clientOf(user, { maxRetries: 0 }), own.name);
    expect(error).toMatchObject({ status: own.status, code: own.code });
    expect(message).toContain(own.message);
    if (own.behaviour !== "rate_limited") return;
    if (headers) expect(headers.get("retry-after")).toBe("1");
    expect(error.isRetryable ?? true).toBe(true);
  });
});
