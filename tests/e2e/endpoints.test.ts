/** The form of requests to save and verify, and of their refusals. */
import { describe, expect, test } from "vitest";
import { functionsUrl, newUser, type User } from "../harness/users.ts";

async function post(user: User, slug: string, body: BodyInit, method = "POST") {
  const headers = { authorization: `Bearer ${user.accessToken}`, "content-type": "application/json" };
  const response = await fetch(`${functionsUrl}/${slug}`, { method, headers, body });
  return { status: response.status, headers: response.headers, body: (await response.json()) as any };
}

test.each([
  { what: "an unknown provider", slug: "save", body: { provider: "acme", api_key: "k" }, field: "provider" },
  { what: "no provider", slug: "save", body: { api_key: "k" }, field: "provider" },
  { what: "no key", slug: "save", body: { provider: "openai" }, field: "api_key" },
  { what: "a key that is a number", slug: "save", body: { provider: "openai", api_key: 1 }, field: "api_key" },
  {
    what: "a field of another name",
    slug: "save",
    body: { provider: "openai", api_key: "k", user_id: "x" },
    field: "user_id",
  },
  { what: "an inherited name as provider", slug: "verify", body: { provider: "constructor" }, field: "provider" },
  {
    what: "a key, which it does not take",
    slug: "verify",
    body: { provider: "openai", api_key: "k" },
    field: "api_key",
  },
])("$slug refuses $what and names the field", async ({ slug, body, field }) => {
  const answer = await post(await newUser(), slug, JSON.stringify(body));
  expect(answer.status).toBe(400);
  expect(answer.body.error).toMatchObject({ code: "invalid_request", field });
});

describe.each(["save", "verify"])("%s", (slug) => {
  test.each([
    { what: "nothing", body: "" },
    { what: "half an object", body: '{"provider":"openai","api_key":"sk-proj-secret' },
    { what: "an array", body: "[]" },
    { what: "bytes that are no UTF-8", body: new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]) },
  ])(`${slug} refuses $what as a body, and does not repeat it`, async ({ body }) => {
    const answer = await post(await newUser(), slug, body);
    expect(answer.status).toBe(400);
    expect(answer.body.error.code).toBe("invalid_request");
    expect(JSON.stringify(answer.body)).not.toContain("secret");
  });

  test(`${slug} refuses a body of more than 8 KiB, with its length declared or not`, async () => {
    const user = await newUser();
    const large = JSON.stringify({ provider: "openai", padding: "x".repeat(8192) });
    const declared = await post(user, slug, large);
    expect(declared).toMatchObject({ status: 413, body: { error: { code: "body_too_large", max_bytes: 8192 } } });
    const init = {
      method: "POST",
      headers: { authorization: `Bearer ${user.accessToken}` },
      body: new Blob([large]).stream(),
      duplex: "half" as const,
    };
    const chunked = await fetch(`${functionsUrl}/${slug}`, init);
    expect(chunked.status).toBe(413);
  });

  test.each(["PUT", "PATCH", "DELETE"])(`${slug} refuses the method %s`, async (method) => {
    const answer = await post(await newUser(), slug, "{}", method);
    expect(answer).toMatchObject({ status: 405, body: { error: { code: "method_not_allowed" } } });
  });

  test(`${slug} marks its refusals: the code in a header, not to be stored, sniffed or asked again`, async () => {
    const { headers } = await post(await newUser(), slug, "{}");
    expect(headers.get("x-byok-error")).toBe("invalid_request");
    expect(headers.get("x-should-retry")).toBe("false");
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("content-type")).toContain("application/json");
  });
});
