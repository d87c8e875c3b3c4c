/** Every way in which the functions reach the database, against the one contract. */
import { expect, test } from "vitest";
import { dataApi } from "../../functions/_shared/database/data-api.ts";
import { describeDatabase } from "./database-contract.ts";
import { stack } from "./users.ts";

describeDatabase("dataApi()", () => dataApi(stack.url, stack.secretKey));

test("dataApi() with a key that is not the secret key does nothing", async () => {
  const database = dataApi(stack.url, stack.publishableKey);
  const opening = database.openCall(crypto.randomUUID(), "openai", null, "r");
  await expect(opening).rejects.toMatchObject({ name: "ByokError", code: "internal" });
});

test("dataApi() that reaches nobody fails as internal", async () => {
  // The discard port of this machine, where nobody listens.
  const database = dataApi("http://127.0.0.1:9", stack.secretKey);
  await expect(database.readEnvelope(crypto.randomUUID(), "openai")).rejects.toMatchObject({
    name: "ByokError",
    code: "internal",
  });
});
