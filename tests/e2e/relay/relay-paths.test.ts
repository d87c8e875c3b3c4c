/** Which paths are relayed. Written by hand into a socket: every client tidies a path up before it sends it. */
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { forgetRequests, type ProviderId, requestsWith } from "../../harness/fakes.ts";
import { sendRaw } from "../../harness/raw.ts";
import { type ByokUser, newByokUser, newUser, stack } from "../../harness/users.ts";

/** For paths that reach no provider: the fake never hears of this key. */
let refused: ByokUser;
beforeAll(async () => {
  refused = await newByokUser("openai");
});
afterEach(() => forgetRequests(stack, "openai", refused.apiKey));

function send(owner: ByokUser, target: string, method = "GET") {
  const headers = { authorization: `Bearer ${owner.user.accessToken}` };
  return sendRaw(stack.url, { method, target: `/functions/v1/byok/call/${target}`, headers });
}

describe("a path that could mean something else to the next reader", () => {
  test.each([
    "openai/v1//models",
    "openai//v1/models",
    "openai/v1/models/a@evil.example",
    "openai/v1/models/a%40evil.example",
    "openai/v1/models%2fx",
    "openai/v1/models%2Fx",
    "openai/v1/models%5cx",
    "openai/v1/models/%2e%2e%2fx",
    "openai/v1/models/x%2e",
    "openai/v1/models/%252e%252e/x",
    "openai/v1/models/%0d%0ax",
    "openai/v1/models/%00",
    "openai/v1/models/%7f",
    "openai/v1/models/%",
    "openai/v1/models/%zz",
    "openai/v1\\\\models",
    "openai/v1",
    "openai",
    "openai/",
    "openai/v2/models",
    "openai/V1/models",
    "openai/v1beta/models",
    "openai/dashboard/billing",
    "openai/upload/v1/files",
  ])("%s is refused as unknown_path and reaches no provider", async (target) => {
    const answer = await send(refused, target);
    expect(answer.status).toBe(404);
    expect(answer.headers.get("x-byok-error")).toBe("unknown_path");
    expect(await requestsWith(stack, "openai", refused.apiKey)).toEqual([]);
  });

  test.each([
    "@evil.example/v1/models",
    "openai@evil.example/v1/models",
    "OPENAI/v1/models",
    "/openai/v1/models",
    "constructor/v1/models",
  ])("%s is refused as unknown_provider", async (target) => {
    const answer = await send(refused, target);
    expect(answer.status).toBe(404);
    expect(answer.headers.get("x-byok-error")).toBe("unknown_provider");
  });
});

/** A Request holds its URL as the URL standard reads it, so these are settled before the function's code runs. */
describe("dot segments and backslashes", () => {
  test.each([
    ["openai/v1/../v1/models", "/v1/models"],
    ["openai/v1/%2e%2e/v1/models", "/v1/models"],
    ["openai/v1/%2E%2e/v1/./models", "/v1/models"],
    ["openai/v1\\models", "/v1/models"],
    ["groq/../openai/v1/models", "/v1/models"],
  ])("%s means %s, and that is all the provider gets", async (target, path) => {
    const owner = await newByokUser("openai");
    expect((await send(owner, target)).status).toBe(200);
    expect((await requestsWith(stack, "openai", owner.apiKey)).map((request) => request.path)).toEqual([path]);
  });

  test.each([
    "openai/v1/../../../../rest/v1/credentials",
    "openai/../models",
    "openai/v1/..",
    "openai/v1/..\\..\\models",
  ])("%s leaves what is relayed and is refused", async (target) => {
    expect((await send(refused, target)).status).toBe(404);
    expect(await requestsWith(stack, "openai", refused.apiKey)).toEqual([]);
  });
});

test.each([
  ["openai", "v1/models/ft:gpt-4o-mini:acme::b1"],
  ["openai", "v1/models/caf%C3%A9"],
  ["openai", "v1/models/a.b-c_d~e"],
  ["google", "v1beta/models/gemini-2.5-flash"],
  ["google", "v1/models/gemini-2.5-flash"],
  ["groq", "openai/v1/models/openai/gpt-oss-20b"],
  ["groq", "openai/v1/models/openai%2Fgpt-oss-20b"],
  ["anthropic", "v1/models/claude-haiku-4-5"],
] as const)("%s gets the path /%s as it was written", async (provider: ProviderId, path) => {
  const owner = await newByokUser(provider);
  const headers = { authorization: `Bearer ${owner.user.accessToken}`, "anthropic-version": "2023-06-01" };
  const answer = await sendRaw(stack.url, { target: `/functions/v1/byok/call/${provider}/${path}`, headers });
  expect(answer.status).toBe(200);
  expect((await requestsWith(stack, provider, owner.apiKey)).map((request) => request.path)).toEqual([`/${path}`]);
});

test.each(["TRACE", "CONNECT", "PROPFIND", "QUERY"])("the method %s is not relayed", async (method) => {
  const answer = await sendRaw(stack.url, {
    method,
    target: "/functions/v1/byok/call/openai/v1/models",
    headers: { authorization: `Bearer ${refused.user.accessToken}` },
  });
  expect(answer.status).not.toBe(200);
  expect(await requestsWith(stack, "openai", refused.apiKey)).toEqual([]);
});

test.each([
  { method: "DELETE", path: "v1/files/file-1", status: 404 },
  { method: "HEAD", path: "v1/models", status: 404 },
  { method: "PATCH", path: "v1/projects/1", status: 404 },
  { method: "PUT", path: "v1/projects/1", status: 404 },
])("the method $method reaches the provider as it is", async ({ method, path, status }) => {
  const owner = await newByokUser("openai");
  const response = await fetch(`${stack.url}/functions/v1/byok/call/openai/${path}`, {
    method,
    headers: { authorization: `Bearer ${owner.user.accessToken}` },
  });
  expect([response.status, response.headers.get("x-byok-error")]).toEqual([status, null]);
  expect((await requestsWith(stack, "openai", owner.apiKey)).map((request) => request.method)).toEqual([method]);
});

test("a path is refused before anything else is asked of its caller's credits", async () => {
  const user = await newUser(100);
  const answer = await send({ user, apiKey: "" }, "openai/v1//chat/completions", "POST");
  expect(answer.headers.get("x-byok-error")).toBe("unknown_path");
});
