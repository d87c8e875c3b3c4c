/** Rules of the operator for access tokens: the OAuth clients that may have them, and the claims that they need. */
import { decodeJwt } from "jose";
import { describe, expect, onTestFinished, test } from "vitest";
import { createByok } from "../../../client/index.ts";
import { generation } from "../../harness/calls.ts";
import { fakeKey } from "../../harness/fakes.ts";
import { withConnection } from "../../harness/sessions.ts";
import { sign } from "../../harness/sign.ts";
import { newByokUser, stack } from "../../harness/users.ts";
import { expectNobody, listModels, post } from "./callers.ts";

describe("the token of an OAuth client", () => {
  async function viaClient(client_id: string) {
    const { user } = await newByokUser("openai", { credits: 100 });
    const accessToken = await sign(stack, { ...decodeJwt(user.accessToken), client_id });
    const asUser = { authorization: `Bearer ${accessToken}` };
    const removed = async () => {
      const headers = { ...asUser, apikey: stack.publishableKey, "accept-profile": "byok", "content-profile": "byok" };
      const init = { method: "DELETE", headers: { ...headers, prefer: "return=representation" } };
      return (await (
        await fetch(`${stack.url}/rest/v1/credentials?select=provider&provider=eq.openai`, init)
      ).json()) as unknown;
    };
    return { user, asUser, removed };
  }

  test("is refused unless the operator accepts the client, everywhere", async () => {
    const { user, asUser, removed } = await viaClient("another-app");
    const { path, body } = generation("openai");
    await expectNobody(await listModels(asUser));
    await expectNobody(await post(`call/${path}`, asUser, body));
    await expectNobody(await post("verify", asUser, { provider: "openai" }));
    await expectNobody(await post("save", asUser, { provider: "openai", api_key: fakeKey("openai", "works") }));
    expect(await removed()).toEqual([]);
    expect((await listModels({ authorization: `Bearer ${user.accessToken}` })).status).toBe(200);
  });

  test("is taken from a client that the operator accepts", async () => {
    await asOperator("insert into byok.oauth_clients values ('our-desktop-app')");
    onTestFinished(() => asOperator("delete from byok.oauth_clients"));
    const { asUser, removed } = await viaClient("our-desktop-app");
    expect((await listModels(asUser)).status).toBe(200);
    expect((await post("verify", asUser, { provider: "openai" })).status).toBe(200);
    expect(await removed()).toEqual([{ provider: "openai" }]);
  });
});

test("claims that the operator demands are asked for by save, verify and remove alike, and not by calls", async () => {
  const { user } = await newByokUser("openai");
  const byok = createByok(user.supabase as never);
  await asOperator(`insert into byok.required_claims values ('second_factor', '{"aal": "aal2"}')`);
  onTestFinished(() => asOperator("delete from byok.required_claims"));

  const required = { code: "claims_required", claims: { aal: "aal2" } };
  for (const result of [
    await byok.save({ provider: "openai", key: fakeKey("openai", "works") }),
    await byok.verify("openai"),
    await byok.remove("openai"),
  ]) {
    expect(result).toMatchObject({ data: null, error: required });
  }
  expect((await byok.list()).data).toHaveLength(1);

  const strong = await sign(stack, { ...decodeJwt(user.accessToken), aal: "aal2" });
  const asUser = { authorization: `Bearer ${strong}` };
  expect((await listModels({ authorization: `Bearer ${user.accessToken}` })).status).toBe(200);
  expect((await post("verify", asUser, { provider: "openai" })).status).toBe(200);
});

async function asOperator(statement: string): Promise<void> {
  await withConnection(stack.adminDbUrl, (operator) => operator.query(statement));
}
