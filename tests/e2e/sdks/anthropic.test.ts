/** The official `@anthropic-ai/sdk` package beyond the contract. */
import Anthropic, { toFile } from "@anthropic-ai/sdk";
import { expect, test } from "vitest";
import { expectOnlyTheKey } from "../../harness/fakes.ts";
import { collect } from "../../harness/streams.ts";
import { functionsUrl, newByokUser, type User } from "../../harness/users.ts";
import { hello } from "./sdk.ts";

type Options = ConstructorParameters<typeof Anthropic>[0];

function clientOf(user: User, options: Options = {}): Anthropic {
  return new Anthropic({ apiKey: user.accessToken, baseURL: `${functionsUrl}/call/anthropic`, ...options });
}

const request = { model: "claude-haiku-4-5", max_tokens: 100, messages: [hello] };

test("the Anthropic SDK's version of the API and its beta features are the ones that Anthropic gets", async () => {
  const owner = await newByokUser("anthropic");
  await clientOf(owner.user).messages.create(request);
  await clientOf(owner.user).beta.messages.create({ ...request, betas: ["some-feature-2026-01-01"] });
  const [plain, beta] = await expectOnlyTheKey("anthropic", owner);
  expect(plain?.headers["anthropic-version"]).toMatch(/^20\d\d-\d\d-\d\d$/);
  expect(plain?.headers["anthropic-beta"]).toBeUndefined();
  expect(beta?.headers["anthropic-beta"]).toBe("some-feature-2026-01-01");
});

test("the Anthropic SDK counts tokens and pages through models", async () => {
  const owner = await newByokUser("anthropic");
  const { max_tokens: _, ...counted } = request;
  expect((await clientOf(owner.user).messages.countTokens(counted)).input_tokens).toBeGreaterThan(0);
  const models = await collect(clientOf(owner.user).models.list({ limit: 1 }));
  expect(models.map(({ id }) => id)).toContain("claude-haiku-4-5-20251001");
  expect(await expectOnlyTheKey("anthropic", owner)).toHaveLength(1 + models.length);
});

test("the Anthropic SDK uploads, lists and deletes files", async () => {
  const owner = await newByokUser("anthropic");
  const client = clientOf(owner.user);
  const uploaded = await client.files.upload({ file: await toFile(Buffer.from("text"), "note.txt") });
  expect(uploaded).toMatchObject({ filename: "note.txt", size_bytes: 4 });
  expect(await collect(client.files.list())).toHaveLength(1);
  expect((await client.files.delete(uploaded.id)).type).toBe("file_deleted");
  await expectOnlyTheKey("anthropic", owner);
});

test("the Anthropic SDK runs a batch and reads its results, and Anthropic hears nothing of the access token", async () => {
  const owner = await newByokUser("anthropic");
  const { batches } = clientOf(owner.user).messages;
  const batch = await batches.create({ requests: [{ custom_id: "first", params: request }] });
  expect((await collect(batches.list())).map(({ id }) => id)).toEqual([batch.id]);
  const results = await collect(await batches.results(batch.id));
  expect(results).toMatchObject([{ custom_id: "first", result: { type: "succeeded" } }]);
  expect(await expectOnlyTheKey("anthropic", owner)).toHaveLength(4);
});

test("the Anthropic SDK's workspace reaches Anthropic under BYOK", async () => {
  const owner = await newByokUser("anthropic");
  await clientOf(owner.user, { defaultHeaders: { "anthropic-workspace-id": "wrkspc_mine" } }).messages.create(request);
  const [asked] = await expectOnlyTheKey("anthropic", owner);
  expect(asked?.headers["anthropic-workspace-id"]).toBe("wrkspc_mine");
});

test.each([
  ["rejected", "permission_error"],
  ["redirects", "api_error"],
] as const)("the Anthropic SDK reads a refusal of a key that is %s as %s", async (behaviour, type) => {
  const { user } = await newByokUser("anthropic", { behaviour });
  const error = await clientOf(user)
    .messages.create(request)
    .catch((thrown) => thrown);
  expect(error.error.error.type).toBe(type);
});
