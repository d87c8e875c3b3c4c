/** A provider that is silent: how long calls and checks wait for it. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mainProviders } from "../../harness/providers/main.ts";
import { ask, callUrl, generation, refusalOf } from "../../harness/calls.ts";
import { behave, fakeKey, requestsOnceLeft, requestsWith } from "../../harness/fakes.ts";
import { type OwnStack, startOwnStack } from "../../harness/own-stack.ts";
import { answerTo, openRequest } from "../../harness/raw.ts";
import { readUntil } from "../../harness/streams.ts";
import { expectBalance, ledger, newByokUser, newUser, save, verify } from "../../harness/users.ts";

const callTimeout_ms = 400;
const checkTimeout_ms = 800;

let stack: OwnStack;
beforeAll(async () => {
  stack = await startOwnStack({
    BYOK_CALL_TIMEOUT_MS: String(callTimeout_ms),
    BYOK_CHECK_TIMEOUT_MS: String(checkTimeout_ms),
  });
});
afterAll(() => stack.stop());

describe.each(mainProviders)("%s", (provider) => {
  test(`a call that ${provider} never answers ends in provider_timeout, and the request there ends with it`, async () => {
    const { user, apiKey } = await newByokUser(provider, { behaviour: "hangs", on: stack });
    const response = await ask(user, provider);
    expect([response.status, refusalOf(response)]).toEqual([504, "provider_timeout"]);
    expect(response.headers.get("x-should-retry")).toBe("false");
    expect(await requestsOnceLeft(stack, provider, apiKey)).toHaveLength(1);
  });
});

test("a call on credits that is never answered is not charged", async () => {
  await behave(stack, "groq", stack.platformKeys.groq, "hangs");
  const user = await newUser(100, stack);
  const response = await ask(user, "groq", { operation: "doc_generation" });
  expect([response.status, refusalOf(response)]).toEqual([504, "provider_timeout"]);
  await expectBalance(user, 100);
  expect(await ledger(user)).toEqual(["grant 100"]);
});

test("a call on credits whose own body does not come in time is refused, and not charged", async () => {
  const user = await newUser(100, stack);
  const upload = openRequest(callUrl(user, generation("openai").path), "POST", {
    authorization: `Bearer ${user.accessToken}`,
    "x-byok-operation": "doc_generation",
    "content-length": 1000,
  });
  upload.write('{"model": "');
  const answer = await answerTo(upload);
  expect([answer.statusCode, answer.headers["x-byok-error"]]).toEqual([400, "invalid_request"]);
  upload.destroy();
  await expectBalance(user, 100);
  expect(await ledger(user)).toEqual(["grant 100"]);
});

test("the wait is for the first byte only: a stream may go on for longer", async () => {
  const { user, apiKey } = await newByokUser("openai", { behaviour: "drips", on: stack });
  const response = await ask(user, "openai", { stream: true });
  const reader = response.body!.getReader();
  const end = performance.now() + 2 * callTimeout_ms;
  while (performance.now() < end) await readUntil(reader, "data: ");
  expect(await requestsWith(stack, "openai", apiKey)).toMatchObject([{ clientGone: false }]);
  await reader.cancel();
});

test("a stream that stalls after its first events is not ended by the wait for the first", async () => {
  const { user, apiKey } = await newByokUser("anthropic", { behaviour: "stalls", on: stack });
  const response = await ask(user, "anthropic", { stream: true });
  const reader = response.body!.getReader();
  await readUntil(reader, "event: ");
  // Another call that times out shows that the time is over.
  const other = await newByokUser("anthropic", { behaviour: "hangs", on: stack });
  expect((await ask(other.user, "anthropic")).status).toBe(504);
  expect(await requestsWith(stack, "anthropic", apiKey)).toMatchObject([{ clientGone: false }]);
  await reader.cancel();
});

test("a key that the provider never answers is saved as unverified, and says so", async () => {
  const user = await newUser(0, stack);
  const { status, body } = await save(user, "google", fakeKey("google", "hangs"));
  expect([status, body.verdict, body.credential.status]).toEqual([200, "unverified", "unverified"]);
});

test("verify marks a key as unverified when the provider never answers", async () => {
  const { user } = await newByokUser("google", { behaviour: "hangs", on: stack });
  const { status, body } = await verify(user, "google");
  expect([status, body.verdict, body.credential.status]).toEqual([200, "unverified", "unverified"]);
});

test("a key removed while verify asks about it stays removed", async () => {
  const { user, apiKey } = await newByokUser("openai", { behaviour: "hangs", on: stack });
  const verified = verify(user, "openai");
  await expect.poll(() => requestsWith(stack, "openai", apiKey), { interval: 10 }).toHaveLength(1);
  await user.supabase.from("credentials").delete().eq("provider", "openai");
  const { status, body } = await verified;
  expect([status, body.error.code]).toEqual([404, "credential_not_found"]);
  expect((await user.supabase.from("credentials").select()).data).toEqual([]);
});
