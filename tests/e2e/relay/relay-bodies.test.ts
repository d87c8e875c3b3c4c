/** Bodies cross the relay as they are and as they come, up to a limit, and a client that leaves is followed. */
import { createHash, randomBytes } from "node:crypto";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { ask, call, callUrl, refusalOf, textOfStream } from "../../harness/calls.ts";
import { expectFollowedInSilence } from "../../harness/departures.ts";
import { expectOnlyTheKey, requestsOnceLeft, requestsWith } from "../../harness/fakes.ts";
import { answerTo, openRequest } from "../../harness/raw.ts";
import { readUntil } from "../../harness/streams.ts";
import { newByokUser, stack, type User } from "../../harness/users.ts";

const mebibyte = 1024 * 1024;
const limit_bytes = 25 * mebibyte;

/** A call that is answered without the provider: nobody pays it. */
const refuseAnother = async (user: User) => (await ask(user, "google")).text();

function upload(user: User, headers: Record<string, string | number>) {
  return openRequest(callUrl(user, "openai/v1/files"), "POST", {
    authorization: `Bearer ${user.accessToken}`,
    ...headers,
  });
}

/**
 * The outcome of an attempt, or of another one if the platform ended the worker amid it: a large body takes some of the 2 s of CPU
 * that a hosted worker has, and the tests before have taken theirs.
 */
async function onOneWorker<Attempt extends { response: Response }>(attempt: () => Promise<Attempt>): Promise<Attempt> {
  const made = await attempt();
  const isEnded = made.response.status === 503 && refusalOf(made.response) === null;
  return isEnded ? attempt() : made;
}

test("a JSON body arrives byte for byte, however it is written", async () => {
  const owner = await newByokUser("openai");
  const body =
    '{ "model":"gpt-5.4-nano",\n"messages":[{"role":"user","content":"h\\u00e9llo"}], "messages_":1e400, "model":"gpt-5.4-nano" }';
  await call(owner.user, "openai/v1/chat/completions", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  const [request] = await expectOnlyTheKey("openai", owner);
  expect(request?.bodyText).toBe(body);
});

test("a multipart body arrives byte for byte under its boundary", async () => {
  const owner = await newByokUser("openai");
  const bytes = randomBytes(mebibyte);
  const form = new FormData();
  form.append("purpose", "user_data");
  form.append("file", new Blob([bytes]), "bytes.bin");
  const uploaded = (await (await call(owner.user, "openai/v1/files", { method: "POST", body: form })).json()) as {
    id: string;
  };
  const content = await (await call(owner.user, `openai/v1/files/${uploaded.id}/content`)).arrayBuffer();
  const hash = (data: Uint8Array) => createHash("sha256").update(data).digest("hex");
  expect(hash(new Uint8Array(content))).toBe(hash(bytes));
  const [request] = await expectOnlyTheKey("openai", owner);
  expect(request?.headers["content-type"]).toMatch(/^multipart\/form-data; boundary=/);
});

test.each([
  { how: "with its length declared", headers: { "content-length": 10 } },
  { how: "in chunks", headers: { "transfer-encoding": "chunked" } },
])("an upload $how reaches the provider before its last byte is sent", async ({ headers }) => {
  const { user, apiKey } = await newByokUser("openai");
  const request = upload(user, { "content-type": "text/plain", ...headers });
  request.write("first");
  await expect.poll(() => requestsWith(stack, "openai", apiKey)).toHaveLength(1);
  request.end("-last");
  await text(await answerTo(request));
  expect((await requestsWith(stack, "openai", apiKey))[0]?.bodyText).toBe("first-last");
});

test("a streamed answer is read while the provider is still writing it", async () => {
  const { user, apiKey } = await newByokUser("openai", { behaviour: "drips" });
  const response = await ask(user, "openai", { stream: true });
  expect(response.headers.get("content-type")).toContain("text/event-stream");
  const reader = response.body!.getReader();
  expect(textOfStream("openai", await readUntil(reader, '"content":"'))).not.toBe("");
  expect(await requestsWith(stack, "openai", apiKey)).toMatchObject([{ finished: false, clientGone: false }]);
  await reader.cancel();
  expect(await requestsOnceLeft(stack, "openai", apiKey)).toMatchObject([{ finished: false, clientGone: true }]);
});

test("an answer that has begun comes through although the provider has gone silent", async () => {
  const { user, apiKey } = await newByokUser("anthropic", { behaviour: "stalls" });
  const response = await ask(user, "anthropic", { stream: true });
  const reader = response.body!.getReader();
  await readUntil(reader, "event: ");
  await reader.cancel();
  await expectFollowedInSilence(stack, "anthropic", apiKey, () => refuseAnother(user));
});

test("a client that leaves before the answer begins is followed where that is noticed: the provider's request ends too", async () => {
  const { user, apiKey } = await newByokUser("openai", { behaviour: "hangs" });
  const leaving = new AbortController();
  const asked = call(user, "openai/v1/models", { signal: leaving.signal });
  await expect.poll(() => requestsWith(stack, "openai", apiKey)).toHaveLength(1);
  leaving.abort();
  await expect(asked).rejects.toThrow("abort");
  await expectFollowedInSilence(stack, "openai", apiKey, () => refuseAnother(user));
});

test("a client that leaves after its question, before the answer begins, is followed where that is noticed", async () => {
  const { user, apiKey } = await newByokUser("groq", { behaviour: "hangs" });
  const leaving = new AbortController();
  const asked = ask(user, "groq", { signal: leaving.signal });
  await expect.poll(() => requestsWith(stack, "groq", apiKey)).toHaveLength(1);
  leaving.abort();
  await expect(asked).rejects.toThrow("abort");
  await expectFollowedInSilence(stack, "groq", apiKey, () => refuseAnother(user));
});

test("a client that breaks off its upload is followed", async () => {
  const { user, apiKey } = await newByokUser("openai");
  const request = upload(user, { "content-type": "text/plain", "content-length": 1000 });
  request.on("error", () => {});
  request.write("first");
  await expect.poll(() => requestsWith(stack, "openai", apiKey)).toHaveLength(1);
  request.destroy();
  expect(await requestsOnceLeft(stack, "openai", apiKey)).toMatchObject([{ status: null, clientGone: true }]);
});

test("a body that declares more than 25 MiB is refused before it has come", async () => {
  const { user, apiKey } = await newByokUser("openai");
  const request = upload(user, { "content-type": "text/plain", "content-length": limit_bytes + 1 });
  request.on("error", () => {});
  request.write("first");
  const answer = await answerTo(request);
  expect([answer.statusCode, answer.headers["x-byok-error"]]).toEqual([413, "body_too_large"]);
  expect(await requestsWith(stack, "openai", apiKey)).toEqual([]);
  request.destroy();
});

test("a body of more than 25 MiB without a declared length is refused as soon as it is too long", async () => {
  const { response, apiKey } = await onOneWorker(async () => {
    const { user, apiKey } = await newByokUser("openai");
    const tooLong = new ReadableStream({
      start(controller) {
        for (let sent = 0; sent <= limit_bytes; sent += mebibyte) controller.enqueue(new Uint8Array(mebibyte));
        controller.close();
      },
    });
    const init = { method: "POST", headers: { "content-type": "text/plain" }, body: tooLong, duplex: "half" as const };
    return { response: await call(user, "openai/v1/files", init), apiKey };
  });
  expect([response.status, refusalOf(response)]).toEqual([413, "body_too_large"]);
  expect(await requestsOnceLeft(stack, "openai", apiKey)).toMatchObject([{ status: null, clientGone: true }]);
});

test("a body of exactly 25 MiB is relayed", async () => {
  const { user } = await newByokUser("openai");
  const body = new Uint8Array(limit_bytes);
  const init = { method: "POST", headers: { "content-type": "text/plain" }, body };
  const { response } = await onOneWorker(async () => ({ response: await call(user, "openai/v1/files", init) }));
  // The provider's own word about a body that is no form.
  expect([response.status, refusalOf(response)]).toEqual([400, null]);
});
