/** A browser's checks before it lets a page call the functions. */
import { expect, test } from "vitest";
import { functionsUrl } from "../../harness/users.ts";

function preflight(path: string, wanted: string): Promise<Response> {
  const headers = {
    origin: "https://app.example",
    "access-control-request-method": "POST",
    "access-control-request-headers": wanted,
  };
  return fetch(`${functionsUrl}/${path}`, { method: "OPTIONS", headers });
}

test.each(["call/openai/v1/chat/completions", "call/google/v1beta/models", "save", "verify"])(
  "a page may call %s with any header",
  async (path) => {
    const wanted = "authorization, x-stainless-lang, x-byok-operation, x-goog-api-key";
    const response = await preflight(path, wanted);
    expect(response.status).toBe(204);
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(response.headers.get("access-control-allow-headers")).toBe(wanted);
    expect(response.headers.get("access-control-allow-methods")).toContain("POST");
    expect(response.headers.get("access-control-allow-credentials")).toBeNull();
    expect(response.headers.get("vary")?.toLowerCase()).toContain("access-control-request-headers");
  },
);

test("a page may use every method on call that providers use, GET and POST on save, and only POST on verify", async () => {
  const methodsOf = async (path: string) =>
    (await preflight(path, "authorization")).headers.get("access-control-allow-methods");
  expect(await methodsOf("call/openai/v1/files")).toBe("GET, HEAD, POST, PUT, PATCH, DELETE");
  expect(await methodsOf("save")).toBe("GET, POST");
  expect(await methodsOf("verify")).toBe("POST");
});

test("a page reads why it was refused, even without a token", async () => {
  const response = await fetch(`${functionsUrl}/save`, { method: "POST", headers: { origin: "https://app.example" } });
  expect(response.status).toBe(401);
  expect(response.headers.get("access-control-allow-origin")).toBe("*");
  expect(response.headers.get("access-control-expose-headers")).toContain("x-byok-error");
});
