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
    expect(await noteRefusal(database, credential, true, answer)).toBe(await answer);
    expect(database.noteRefusal).toHaveBeenLastCalledWith(credential, "no_credit", "out_of_credit");
    await expect(noteRefusal(database, credential, true, refused({ verdict: "rejected" }))).rejects.toMatchObject({
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
    await noteRefusal(database, credential, true, answered(headers as Record<string, string>));
    expect(database.noteRefusal).not.toHaveBeenCalled();
  });

  test("marks no key as rejected that an endpoint for another kind of key refuses, but one without credit", async () => {
    const database = mockDatabase({ noteRefusal: async () => true });
    const refusal = noteRefusal(database, credential, false, refused({ verdict: "rejected", reason: "wrong_kind" }));
    await expect(refusal).rejects.toMatchObject({ code: "api_key_rejected" });
    expect(database.noteRefusal).not.toHaveBeenCalled();
    await noteRefusal(database, credential, false, answered({ "x-byok-verdict": "no_credit" }));
    expect(database.noteRefusal).toHaveBeenCalledOnce();
  });

  test("asks the database for nothing that is known", async () => {
    const database = mockDatabase({ noteRefusal: async () => true });
    const known = { ...credential, status: "no_credit", reason: "out_of_credit" };
    const headers = { "x-byok-verdict": "no_credit", "x-byok-reason": "out_of_credit" };
    await noteRefusal(database, known, true, answered(headers));
    expect(database.noteRefusal).not.toHaveBeenCalled();
    await noteRefusal(database, { ...known, reason: null }, true, answered(headers));
    expect(database.noteRefusal).toHaveBeenCalledOnce();
  });

  test("does not wait for the database, nor fail with it", async () => {
    const waiting = mockDatabase({ noteRefusal: () => new Promise(() => undefined) });
    const headers = { "x-byok-verdict": "no_credit" };
    expect((await noteRefusal(waiting, credential, true, answered(headers))).status).toBe(429);
    const away = mockDatabase({
      noteRefusal: async () => {
        throw new ByokError("database_unavailable");
      },
    });
    expect((await noteRefusal(away, credential, true, answered(headers))).status).toBe(429);
  });

  test("passes any other failure on", async () => {
    const failure = new Error("broken");
    await expect(noteRefusal(mockDatabase(), credential, true, Promise.reject(failure))).rejects.toBe(failure);
  });
});
