/** Addresses of a provider's inside its answers lead back to `call`: whoever follows one takes the access token along. */
import { expect, test } from "vitest";
import { call, callUrl, refusalOf } from "../../harness/calls.ts";
import { expectOnlyTheKey, type ProviderId, requestsWith } from "../../harness/fakes.ts";
import { sendRaw } from "../../harness/raw.ts";
import { newByokUser, newUser, stack, type User } from "../../harness/users.ts";

const upload = { "x-goog-upload-protocol": "resumable", "x-goog-upload-command": "start" };

/** Whether any provider has heard of a user's access token. */
async function heardOf({ accessToken }: User): Promise<boolean> {
  const ids: ProviderId[] = ["openai", "anthropic", "google", "groq"];
  const heard = await Promise.all(ids.map((id) => requestsWith(stack, id, accessToken)));
  return heard.flat().length > 0;
}

/** Follows an address as an SDK does: as it is written, with the token. */
function follow(user: User, address: string, init: RequestInit = {}): Promise<Response> {
  return fetch(address, { ...init, headers: { "x-goog-api-key": user.accessToken, ...init.headers } as HeadersInit });
}

test("a resumable upload goes on at call, and its file is there", async () => {
  const owner = await newByokUser("google");
  const started = await call(owner.user, "google/upload/v1beta/files", { method: "POST", headers: upload });
  const address = started.headers.get("x-goog-upload-url")!;
  expect(address).toContain(callUrl(owner.user, "google/upload/v1beta/files?upload_id="));
  expect(started.headers.get("x-goog-upload-control-url")).toBe(address);
  expect(started.headers.get("access-control-expose-headers")).toContain("x-goog-upload-url");
  const headers = { "x-goog-upload-command": "upload, finalize", "x-goog-upload-offset": "0" };
  const ended = await follow(owner.user, address, { method: "POST", headers, body: "bytes" });
  expect(ended.headers.get("x-goog-upload-status")).toBe("final");
  expect(await ended.json()).toMatchObject({ file: { sizeBytes: "5", state: "ACTIVE" } });
  expect(await expectOnlyTheKey("google", owner)).toHaveLength(2);
  expect(await heardOf(owner.user)).toBe(false);
});

test("the results of a batch are read through call, by the address in the batch", async () => {
  const owner = await newByokUser("anthropic");
  const headers = { "content-type": "application/json", "anthropic-version": "2023-06-01" };
  const body = JSON.stringify({ requests: [{ custom_id: "first" }] });
  const created = await call(owner.user, "anthropic/v1/messages/batches", { method: "POST", headers, body });
  const { id, results_url } = (await created.json()) as { id: string; results_url: string };
  expect(results_url).toBe(callUrl(owner.user, `anthropic/v1/messages/batches/${id}/results`));
  const listed = await call(owner.user, "anthropic/v1/messages/batches", { headers });
  expect(await listed.json()).toMatchObject({ data: [{ id, results_url }] });
  const results = await follow(owner.user, results_url, { headers });
  expect(await results.text()).toContain('"custom_id":"first"');
  expect(await heardOf(owner.user)).toBe(false);
});

test("a download that is redirected within the provider's API brings the bytes, and the key goes no further", async () => {
  const owner = await newByokUser("google");
  const started = await call(owner.user, "google/upload/v1beta/files", { method: "POST", headers: upload });
  const headers = { "x-goog-upload-command": "upload, finalize", "x-goog-upload-offset": "0" };
  const address = started.headers.get("x-goog-upload-url")!;
  const ended = await follow(owner.user, address, { method: "POST", headers, body: "bytes of a video" });
  const { file } = (await ended.json()) as { file: { name: string } };
  const response = await call(owner.user, `google/v1beta/${file.name}:download?alt=media`);
  expect([response.status, await response.text()]).toEqual([200, "bytes of a video"]);
  const paths = (await expectOnlyTheKey("google", owner)).map(({ path, status }) => [status, path]);
  expect(paths.slice(-2)).toEqual([
    [302, `/v1beta/${file.name}:download`],
    [200, `/download/v1beta/${file.name}:download`],
  ]);
});

test("a download that is redirected elsewhere is refused, and nobody else hears of key and token", async () => {
  const { user, apiKey } = await newByokUser("google", { behaviour: "redirects" });
  const response = await call(user, "google/v1beta/files/1:download?alt=media");
  expect([response.status, refusalOf(response)]).toEqual([502, "provider_misbehaved"]);
  expect(await requestsWith(stack, "google", apiKey)).toHaveLength(1);
  expect(await requestsWith(stack, "groq", apiKey)).toEqual([]);
  expect(await heardOf(user)).toBe(false);
});

test("a relative Location leads to call", async () => {
  const owner = await newByokUser("openai");
  const headers = { "content-type": "application/sdp" };
  const response = await call(owner.user, "openai/v1/realtime/calls", { method: "POST", headers, body: "v=0\r\n" });
  expect([response.status, response.headers.get("content-type")]).toEqual([201, "application/sdp"]);
  expect(response.headers.get("location")).toMatch(
    new RegExp(`^${callUrl(owner.user, "openai/v1/realtime/calls/rtc_")}\\w+$`),
  );
  await expectOnlyTheKey("openai", owner);
});

test("on credits nothing is uploaded", async () => {
  const user = await newUser(100);
  const headers = { ...upload, "x-byok-operation": "single_doc_regen" };
  const response = await call(user, "google/upload/v1beta/files", { method: "POST", headers });
  expect([response.status, refusalOf(response)]).toEqual([403, "not_offered"]);
});

test.each([
  ["openai/v1/realtime?model=gpt-realtime", "/v1/realtime/client_secrets"],
  ["google/v1alpha/live", "/v1alpha/auth_tokens"],
  ["groq/openai/v1/realtime", "over HTTP"],
])("a WebSocket to %s is refused, with what works: %s", async (path, words) => {
  for (const headers of [{ upgrade: "websocket", connection: "Upgrade, close" }, { "sec-websocket-key": "x" }]) {
    const answer = await sendRaw(stack.url, { target: `/functions/v1/byok/call/${path}`, headers });
    expect([answer.status, answer.headers.get("x-byok-error")]).toEqual([426, "websocket_not_relayed"]);
    expect(answer.body).toContain(words);
  }
});
