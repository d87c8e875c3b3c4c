import { afterEach, describe, expect, test, vi } from "vitest";
import { exchangeCode } from "../../../functions/_shared/providers/connection.ts";
import { providers } from "../../../functions/_shared/providers/index.ts";

const grant = { code: "a-code", codeVerifier: "v".repeat(43) };
const options = { origin: "https://openrouter.ai", timeout_ms: 1_000 };

afterEach(() => vi.unstubAllGlobals());

/** Answers the exchange; the requests that came. */
function answering(answer: () => Response | Promise<Response>): Request[] {
  const asked: Request[] = [];
  vi.stubGlobal("fetch", async (input: string, init: RequestInit) => {
    asked.push(new Request(input, init));
    return await answer();
  });
  return asked;
}

const exchange = () => exchangeCode(providers.openrouter, grant, options);

describe("exchangeCode()", () => {
  test("posts code and verifier where the row says, without a key, and hands out the key", async () => {
    const asked = answering(() => Response.json({ key: "sk-or-v1-made", user_id: "user_1" }));
    expect(await exchange()).toBe("sk-or-v1-made");
    expect(asked.map(({ method, url, redirect }) => [method, url, redirect])).toEqual([
      ["POST", "https://openrouter.ai/api/v1/auth/keys", "manual"],
    ]);
    expect(asked[0]!.headers.get("authorization")).toBeNull();
    expect(await asked[0]!.json()).toEqual({
      code: grant.code,
      code_verifier: grant.codeVerifier,
      code_challenge_method: "S256",
    });
  });

  test.each([400, 403, 404, 405])(
    "says that a code is refused for %i, without the provider's words",
    async (status) => {
      answering(() => Response.json({ error: { code: status, message: "sk-or-v1-made" } }, { status }));
      await expect(exchange()).rejects.toMatchObject({
        code: "code_refused",
        message: "The provider does not accept this code any more. Connect once again.",
      });
    },
  );

  test.each<[string, () => Response]>([
    ["a redirect", () => new Response(null, { status: 307, headers: { location: "https://elsewhere.test/" } })],
    ["a failure", () => new Response("no", { status: 500 })],
    ["too many requests", () => Response.json({}, { status: 429 })],
    ["a page", () => new Response("<html>")],
    ["no key", () => Response.json({ user_id: "user_1" })],
    ["a key that can be none", () => Response.json({ key: "sk or\n" })],
    ["a key in quotation marks", () => Response.json({ key: '"sk-or-v1-made"' })],
    ["a key that is none", () => Response.json({ key: { secret: "x" } })],
  ])("takes %s for no answer", async (_, answer) => {
    answering(answer);
    await expect(exchange()).rejects.toMatchObject({ code: "provider_misbehaved" });
  });

  test("hides why a provider could not be reached", async () => {
    answering(() => Promise.reject(new TypeError(`failed with ${grant.code}`)));
    const message = "The provider could not be reached.";
    await expect(exchange()).rejects.toMatchObject({ code: "provider_unreachable", message });
  });

  test("is for providers that make keys in this way", async () => {
    const asked = answering(() => Response.json({ key: "x" }));
    await expect(exchangeCode(providers.openai, grant, options)).rejects.toMatchObject({ code: "invalid_request" });
    expect(asked).toEqual([]);
  });
});
