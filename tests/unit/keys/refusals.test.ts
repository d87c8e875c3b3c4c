import { describe, expect, test } from "vitest";
import { ByokError } from "../../../functions/_shared/errors.ts";
import { noteRefusal } from "../../../functions/_shared/keys/refusals.ts";
import { mockDatabase } from "../../harness/database.ts";

const credential = { ownerId: "o", userId: "u", credentialId: "c", status: "verified", reason: null };

function answered(headers: Record<string, string>): Promise<Response> {
  return Promise.resolve(new Response("{}", { status: 429, headers }));
}

function refused(details: Record<string, unknown>): Promise<Response> {
  return Promise.reject(new ByokError("api_key_rejected", { details }));
}

describe("noteRefusal()", () => {
  test("marks a key that the provider refuses, in an answer and in a refusal of ours, and passes both on", async () => {
    const database = mockDatabase({ noteRefusal: async () => true });
    const answer = answered({ "x-byok-verdict": "no_credit", "x-byok-reason": "out_of_credit" });
    expect(await noteRefusal(database, credential, answer)).toBe(await answer);
    expect(database.noteRefusal).toHaveBeenLastCalledWith(credential, "no_credit", "out_of_credit");
    await expect(noteRefusal(database, credential, refused({ verdict: "rejected" }))).rejects.toMatchObject({
      code: "api_key_rejected",
    });
    expect(database.noteRefusal).toHaveBeenLastCalledWith(credential, "rejected", null);
  });

  test.each([
    ["an error that says nothing of the key", {}],
    ["a limit of the moment", { "x-byok-verdict": "rate_limited" }],
    ["a limit of the key", { "x-byok-verdict": "restricted", "x-byok-reason": "missing_scope" }],
  ])("marks nothing for %s", async (_, headers) => {
    const database = mockDatabase();
    await noteRefusal(database, credential, answered(headers as Record<string, string>));
    expect(database.noteRefusal).not.toHaveBeenCalled();
  });

  test("asks the database for nothing that is known", async () => {
    const database = mockDatabase({ noteRefusal: async () => true });
    const known = { ...credential, status: "no_credit", reason: "out_of_credit" };
    const headers = { "x-byok-verdict": "no_credit", "x-byok-reason": "out_of_credit" };
    await noteRefusal(database, known, answered(headers));
    expect(database.noteRefusal).not.toHaveBeenCalled();
    await noteRefusal(database, { ...known, reason: null }, answered(headers));
    expect(database.noteRefusal).toHaveBeenCalledOnce();
  });

  test("does not wait for the database, nor fail with it", async () => {
    const waiting = mockDatabase({ noteRefusal: () => new Promise(() => undefined) });
    const headers = { "x-byok-verdict": "no_credit" };
    expect((await noteRefusal(waiting, credential, answered(headers))).status).toBe(429);
    const away = mockDatabase({
      noteRefusal: async () => {
        throw new ByokError("database_unavailable");
      },
    });
    expect((await noteRefusal(away, credential, answered(headers))).status).toBe(429);
  });

  test("passes any other failure on", async () => {
    const failure = new Error("broken");
    await expect(noteRefusal(mockDatabase(), credential, Promise.reject(failure))).rejects.toBe(failure);
  });
});
