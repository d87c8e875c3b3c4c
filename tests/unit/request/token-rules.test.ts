import { describe, expect, test, vi } from "vitest";
import { ByokError } from "../../../functions/_shared/errors.ts";
import { mockDatabase } from "../../harness/database.ts";
import {
  bearer,
  identifyUser,
  identifyUserOrBackend,
  requestWith,
  secretKey,
  tokenOf,
  useProject,
  userId,
} from "./tokens.ts";

useProject();

test("identifyUser() has the database decide whether the claims of a token are enough, each time", async () => {
  const refusal = new ByokError("claims_required", { details: { claims: { aal: "aal2" } } });
  const database = mockDatabase({ requireClaims: async () => Promise.reject(refusal) });
  const request = bearer(await tokenOf({ aal: "aal1", client_id: "another-app" }));
  await expect(identifyUser(request, database)).rejects.toBe(refusal);
  await expect(identifyUser(request, database)).rejects.toBe(refusal);
  const claims = expect.objectContaining({ sub: userId, aal: "aal1", client_id: "another-app" });
  expect(database.requireClaims.mock.calls).toEqual([[claims], [claims]]);
});

describe("identifyUserOrBackend()", () => {
  test("refuses the token of an OAuth client that the operator does not accept", async () => {
    const database = mockDatabase({ isClientAccepted: async () => false });
    for (const client_id of ["another-app", "", 7]) {
      await expect(identifyUserOrBackend(bearer(await tokenOf({ client_id })), database)).rejects.toMatchObject({
        code: "unauthenticated",
        message: "Access tokens of this OAuth client are not accepted here.",
      });
      expect(database.isClientAccepted).toHaveBeenLastCalledWith(String(client_id));
    }
  });

  test("takes the token of an accepted OAuth client, and asks about it once a minute", async () => {
    const database = mockDatabase({ isClientAccepted: async () => true });
    const request = bearer(await tokenOf({ client_id: "our-desktop-app" }));
    const calls = () => database.isClientAccepted.mock.calls;
    expect(await identifyUserOrBackend(request, database)).toMatchObject({ userId });
    expect(await identifyUserOrBackend(request, database)).toMatchObject({ userId });
    expect(calls()).toEqual([["our-desktop-app"]]);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
    database.isClientAccepted.mockResolvedValue(false);
    await expect(identifyUserOrBackend(request, database)).rejects.toMatchObject({ code: "unauthenticated" });
    vi.useRealTimers();
  });

  test("asks nothing about the tokens of the project's own sessions, nor about a backend job", async () => {
    for (const request of [
      bearer(await tokenOf({ client_id: null })),
      bearer(await tokenOf()),
      requestWith({ apikey: secretKey, "x-byok-user": userId }),
    ]) {
      expect(await identifyUserOrBackend(request, mockDatabase())).toMatchObject({ userId });
    }
  });
});
