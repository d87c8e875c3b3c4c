/** Vercel's `ai` beyond the contract. */
import { embedMany, generateText, stepCountIs } from "ai";
import { expect, test } from "vitest";
import { mainProviders } from "../../harness/providers/main.ts";
import { callUrl } from "../../harness/calls.ts";
import { expectOnlyTheKey, type ProviderId } from "../../harness/fakes.ts";
import { expectBalance, newByokUser, newUser, type User } from "../../harness/users.ts";
import { question } from "./sdk.ts";
import { googleOf, modelOf, openAiOf, weatherTool } from "./vercel.ts";

const settingsOf = (user: User, provider: ProviderId) => ({
  url: callUrl(user, provider),
  apiKey: user.accessToken,
});
const headers = { "x-byok-operation": "single_doc_regen" };
const more = { role: "user" as const, content: "more" };

test.each(["openai", "google"] as const)("the AI SDK embeds with the user's own key for %s", async (provider) => {
  const owner = await newByokUser(provider);
  const settings = settingsOf(owner.user, provider);
  const model =
    provider === "openai"
      ? openAiOf(settings).embedding("text-embedding-3-small")
      : googleOf(settings).embedding("gemini-embedding-001");
  const { embeddings } = await embedMany({ model, values: ["a", "b"] });
  expect(embeddings).toHaveLength(2);
  await expectOnlyTheKey(provider, owner);
});

test.each(mainProviders)("the AI SDK on credits runs a tool of %s and talks on", async (provider) => {
  const user = await newUser(100);
  const model = modelOf[provider]({ ...settingsOf(user, provider), headers });
  const settings = { model, providerOptions: { openai: { store: false } }, tools: weatherTool().tools };
  const first = await generateText({ ...settings, messages: [question], stopWhen: stepCountIs(2) });
  expect(first.text).toContain("sunny in some city");
  const second = await generateText({ ...settings, messages: [question, ...first.response.messages, more] });
  expect(second.text).toBe("Echo: more");
  await expectBalance(user, 94);
});

test("the AI SDK on credits is told the setting that helps where it refers to what OpenAI would have stored", async () => {
  const user = await newUser(100);
  const model = modelOf.openai({ ...settingsOf(user, "openai"), headers });
  const { response } = await generateText({ model, messages: [question] });
  const second = generateText({ model, maxRetries: 0, messages: [question, ...response.messages, more] });
  await expect(second).rejects.toMatchObject({ statusCode: 403, message: expect.stringContaining("store: false") });
  await expectBalance(user, 98);
});
