import { describe, expect, test } from "vitest";
import { requireSecretKey } from "../../../functions/_shared/request/identity.ts";
import {
  identifyUser,
  identifyUserOrBackend,
  otherId,
  publishableKey,
  requestWith,
  secretKey,
  tokenOf,
  unauthenticated,
  useProject,
  userId,
} from "./tokens.ts";

useProject();

const noBackend = { ...unauthenticated, message: expect.stringContaining("secret key in apikey") };

describe("requireSecretKey()", () => {
  test.each([secretKey, "sb_secret_jobs"])("lets the secret key %s pass", async (apikey) => {
    await expect(requireSecretKey(requestWith({ apikey }))).resolves.toBeUndefined();
  });

  test("refuses everybody else, users too", async () => {
    const token = await tokenOf();
    for (const headers of [
      {},
      { apikey: publishableKey },
      { apikey: "sb_secret_wrong" },
      { apikey: token },
      { authorization: `Bearer ${token}` },
      { authorization: `Bearer ${secretKey}` },
      { "x-api-key": secretKey },
    ]) {
      await expect(requireSecretKey(requestWith(headers))).rejects.toMatchObject({
        code: "unauthenticated",
        message: "The project's secret key is needed, in the header apikey.",
      });
    }
  });
});

describe("identifyUser()", () => {
  test("lets no backend act for a user", () =>
    expect(identifyUser(requestWith({ apikey: secretKey, "x-byok-user": userId }))).rejects.toMatchObject(
      unauthenticated,
    ));
});

describe("identifyUserOrBackend()", () => {
  test.each([secretKey, "sb_secret_jobs"])(
    "lets a backend job with the secret key %s act for a user",
    async (apikey) => {
      expect(await identifyUserOrBackend(requestWith({ apikey, "x-byok-user": userId }))).toEqual({
        userId,
        isAnonymous: false,
      });
    },
  );

  test("writes the user that a backend job names the way the database does", async () => {
    const request = requestWith({ apikey: secretKey, "x-byok-user": userId.toUpperCase() });
    expect(await identifyUserOrBackend(request)).toMatchObject({ userId });
  });

  test.each<Record<string, string>>([
    {},
    { apikey: "" },
    { apikey: publishableKey },
    { apikey: "sb_secret_wrong" },
    { authorization: `Bearer ${secretKey}` },
  ])("lets nobody with %j act for a user", async (headers) => {
    const request = requestWith({ ...headers, "x-byok-user": userId });
    await expect(identifyUserOrBackend(request)).rejects.toMatchObject(noBackend);
  });

  test("lets no user act for another", async () => {
    const token = await tokenOf();
    for (const actedFor of [otherId, userId, ""]) {
      const request = requestWith({
        authorization: `Bearer ${token}`,
        apikey: publishableKey,
        "x-byok-user": actedFor,
      });
      await expect(identifyUserOrBackend(request)).rejects.toMatchObject(noBackend);
    }
  });

  test.each(["", "nobody", `${userId} or true`, `${userId}0`])("refuses the user %j of a backend job", (actedFor) =>
    expect(identifyUserOrBackend(requestWith({ apikey: secretKey, "x-byok-user": actedFor }))).rejects.toMatchObject(
      noBackend,
    ),
  );
});
