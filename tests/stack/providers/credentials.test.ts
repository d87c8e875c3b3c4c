/** Credentials that the fakes refuse, and headers that nobody but the function may send. */
import { describe, expect, test } from "vitest";
import { fakeKey } from "../../../stack/providers/index.ts";
import { credential, fakes, lenient, list, listingPaths, withFakes } from "./fakes.ts";
import { mainProviders } from "../../harness/providers/main.ts";

withFakes();

describe("a credential", () => {
  const jwt = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";

  test.each(mainProviders)("that %s does not know is refused like a wrong key", async (provider) => {
    const wrong = provider === "google" ? 400 : 401;
    for (const other of mainProviders.filter((id) => id !== provider)) {
      expect((await list(provider, fakeKey(other, "works"))).status).toBe(wrong);
    }
    expect((await list(provider, "unknown")).status).toBe(wrong);
    expect((await list(provider, `${fakeKey(provider, "works")}x`)).status).toBe(wrong);
  });

  test.each(mainProviders)("is needed by %s", async (provider) => {
    const headers = { "anthropic-version": "2023-06-01" };
    const bare = await fetch(`${fakes.origins[provider]}${listingPaths[provider]}`, { headers });
    expect(bare.status).toBe(provider === "google" ? 403 : 401);
  });

  test.each(mainProviders)("in the wrong place or beside a second one is refused by %s", async (provider) => {
    const key = fakeKey(provider, "works");
    const url = `${fakes.origins[provider]}${listingPaths[provider]}`;
    const version = { "anthropic-version": "2023-06-01" };
    const inQuery = await fetch(`${url}${url.includes("?") ? "&" : "?"}key=${key}`, { headers: version });
    expect(inQuery.status).toBe(provider === "google" ? 403 : 401);
    const places = ["authorization", "x-api-key", "x-goog-api-key"];
    const used = Object.keys(credential(provider, key));
    for (const place of places.filter((name) => !used.includes(name))) {
      const second = await list(provider, key, {
        [place]: place === "authorization" ? `Bearer ${key}` : key,
      });
      expect([400, 401]).toContain(second.status);
      const both = await fetch(`${url}${url.includes("?") ? "&" : "?"}key=${key}`, {
        headers: credential(provider, key),
      });
      expect([400, 401]).toContain(both.status);
    }
  });

  test.each(mainProviders)("that is an access token is no key of %s", async (provider) => {
    const url = `${lenient.origins[provider]}${listingPaths[provider]}`;
    const answer = await fetch(url, { headers: credential(provider, jwt) });
    expect(answer.status).toBe(provider === "google" ? 400 : 401);
    expect(await answer.text()).not.toContain(jwt);
  });

  test("as a bearer token is of the wrong type for Google", async () => {
    const url = `${lenient.origins.google}${listingPaths.google}`;
    const answer = await fetch(url, { headers: { authorization: `Bearer ${fakeKey("google", "works")}` } });
    expect(answer.status).toBe(401);
    expect(await answer.text()).toContain("ACCESS_TOKEN_TYPE_UNSUPPORTED");
  });

  const leaks = {
    authorization: `Bearer ${jwt}`,
    "x-api-key": jwt,
    "x-goog-api-key": jwt,
    apikey: "sb_publishable_x",
    cookie: "a=b",
    origin: "http://app.example",
    referer: "http://app.example/",
    "sb-api-key": "x",
    "x-byok-operation": "kernel_build",
    "x-client-info": "supabase-js",
    "x-forwarded-for": "10.0.0.1",
    "x-stainless-lang": "js",
    "x-supabase-api-version": "1",
  };
  const leaked = Object.entries(leaks).map(([name, value]) => ({ name, value }));

  test.each(leaked)("does not help a request that leaks $name", async ({ name, value }) => {
    for (const provider of mainProviders) {
      const key = fakeKey(provider, "works");
      const answer = await list(provider, key, { [name]: value });
      expect(answer.status).toBe(400);
      const { error } = (await answer.json()) as { error: { message: string } };
      expect(error.message).toBe(`fake: leaked header ${name}`);
    }
  });
});
