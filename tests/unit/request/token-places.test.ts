import { describe, expect, test } from "vitest";
import { callerToken } from "../../../functions/_shared/request/identity.ts";
import {
  identifyUser,
  identifyUserOrBackend,
  publishableKey,
  requestWith,
  secretKey,
  tokenOf,
  unauthenticated,
  useProject,
  userId,
} from "./tokens.ts";

useProject();

const tokenIn = (request: Request) => callerToken(request, URL.parse(request.url));

describe("callerToken()", () => {
  test("looks at Authorization, x-api-key, x-goog-api-key, api-key and ?key=, in this order", () => {
    const places = {
      authorization: "Bearer first",
      "x-api-key": "second",
      "x-goog-api-key": "third",
      "api-key": "fourth",
    };
    const tokens = [0, 1, 2, 3, 4].map((skipped) =>
      tokenIn(requestWith(Object.fromEntries(Object.entries(places).slice(skipped)), "?key=fifth")),
    );
    expect(tokens).toEqual(["first", "second", "third", "fourth", "fifth"]);
    expect(tokenIn(requestWith({}))).toBeNull();
    expect(tokenIn(requestWith({ "x-api-key": "", "x-goog-api-key": "third" }))).toBe("third");
    expect(tokenIn(requestWith({ "x-goog-api-key": "" }, "?key=fourth"))).toBe("fourth");
  });

  test("passes by the project's own keys, which supabase-js sends without a session", () => {
    expect(tokenIn(requestWith({ authorization: `Bearer ${publishableKey}`, "x-api-key": "second" }))).toBe("second");
    expect(tokenIn(requestWith({ authorization: `Bearer ${secretKey}` }))).toBeNull();
  });
});

describe("identifyUser()", () => {
  test("takes the token from no other place than Authorization", async () => {
    const token = await tokenOf();
    for (const request of [
      requestWith({ "x-api-key": token }),
      requestWith({ "x-goog-api-key": token }),
      requestWith({ "api-key": token }),
      requestWith({}, `?key=${token}`),
    ]) {
      await expect(identifyUser(request)).rejects.toMatchObject(unauthenticated);
    }
  });
});

describe("identifyUserOrBackend()", () => {
  test("takes the token from wherever an SDK puts it", async () => {
    const token = await tokenOf();
    for (const request of [
      requestWith({ "x-api-key": token }),
      requestWith({ "x-goog-api-key": token }),
      requestWith({ "api-key": token }),
      requestWith({}, `?key=${token}`),
      requestWith({ authorization: `Bearer ${publishableKey}`, "x-api-key": token }),
    ]) {
      expect(await identifyUserOrBackend(request)).toEqual({ userId, isAnonymous: false });
    }
  });

  test("does not try another place when the first holds a bad token", async () => {
    const request = requestWith({ authorization: "Bearer nonsense", "x-api-key": await tokenOf() });
    await expect(identifyUserOrBackend(request)).rejects.toMatchObject(unauthenticated);
  });
});
