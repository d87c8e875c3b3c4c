/** The official `@google/genai` package, unmodified: only its base URL and its apiKey are set. */
import { ApiError, GoogleGenAI, type GoogleGenAIOptions } from "@google/genai";
import { describe, expect, test } from "vitest";
import { expectOnlyTheKey, requestsWith } from "../../harness/fakes.ts";
import { collect } from "../../harness/streams.ts";
import { expectBalance, functionsUrl, newByokUser, newUser, stack, type User } from "../../harness/users.ts";

function clientOf(user: User, httpOptions: GoogleGenAIOptions["httpOptions"] = {}): GoogleGenAI {
  return new GoogleGenAI({
    apiKey: user.accessToken,
    httpOptions: { baseUrl: `${functionsUrl}/call/google`, ...httpOptions },
  });
}

const onCredits = { headers: { "x-byok-operation": "single_doc_regen" } };
const request = { model: "gemini-3.5-flash-lite", contents: "hello" };

/** Version 3 of the SDK asks below /v1 by default; 1 and 2 below /v1beta, as 3 does when told to. */
describe.each([
  { below: "/v1", options: {} },
  { below: "/v1beta", options: { apiVersion: "v1beta" } },
])("$below", ({ below, options }) => {
  test(`the Google SDK generates below ${below} with the user's own key, which is all that Google sees of the caller`, async () => {
    const owner = await newByokUser("google");
    const answer = await clientOf(owner.user, options).models.generateContent(request);
    expect(answer.text).toBe("Echo: hello");
    expect(answer.usageMetadata).toMatchObject({ promptTokenCount: 2, candidatesTokenCount: 3 });
    const [recorded] = await expectOnlyTheKey("google", owner);
    expect(recorded?.path).toBe(`${below}/models/gemini-3.5-flash-lite:generateContent`);
    expect(recorded?.headers["x-goog-api-client"]).toContain("google-genai-sdk");
  });

  test(`the Google SDK streams below ${below} to the finish reason`, async () => {
    const owner = await newByokUser("google");
    const chunks = await collect(await clientOf(owner.user, options).models.generateContentStream(request));
    expect(chunks.length).toBeGreaterThan(5);
    expect(chunks.map((chunk) => chunk.text).join("")).toBe("Echo: hello");
    expect(chunks.at(-1)?.candidates?.[0]?.finishReason).toBe("STOP");
    await expectOnlyTheKey("google", owner);
  });

  test(`the Google SDK calls functions below ${below}`, async () => {
    const owner = await newByokUser("google");
    const parametersJsonSchema = { type: "object", properties: { city: { type: "string" } } };
    const answer = await clientOf(owner.user, options).models.generateContent({
      ...request,
      contents: "Please use the tool",
      config: { tools: [{ functionDeclarations: [{ name: "weather", parametersJsonSchema }] }] },
    });
    expect(answer.functionCalls?.[0]).toMatchObject({ name: "weather", args: { city: "some city" } });
    await expectOnlyTheKey("google", owner);
  });

  test(`the Google SDK embeds, counts tokens and pages through models below ${below}`, async () => {
    const owner = await newByokUser("google");
    const { models } = clientOf(owner.user, options);
    const { embeddings } = await models.embedContent({ model: "gemini-embedding-001", contents: ["a", "b"] });
    expect(embeddings).toHaveLength(2);
    expect((await models.countTokens(request)).totalTokens).toBeGreaterThan(0);
    const listed = await collect(await models.list({ config: { pageSize: 1 } }));
    expect(listed.map(({ name }) => name)).toContain("models/gemini-3.5-flash-lite");
    expect(await expectOnlyTheKey("google", owner)).toHaveLength(2 + listed.length);
  });
});

test("the Google SDK on credits pays the operation's price for answers, streams and embeddings", async () => {
  const user = await newUser(100);
  const { models } = clientOf(user, onCredits);
  const answer = await models.generateContent(request);
  expect(answer.text).toBe("Echo: hello");
  expect(answer.sdkHttpResponse?.headers).toMatchObject({ "x-byok-funding": "platform", "x-byok-credits": "2" });
  await collect(await models.generateContentStream(request));
  await models.embedContent({ model: "gemini-embedding-001", contents: "hello" });
  await expectBalance(user, 94);
});

test("the Google SDK raises ApiError 403 for a key that Google refuses, and asks once", async () => {
  const { user, apiKey } = await newByokUser("google", { behaviour: "rejected" });
  const error = await clientOf(user)
    .models.generateContent(request)
    .catch((thrown) => thrown);
  expect(error).toBeInstanceOf(ApiError);
  expect(error.status).toBe(403);
  expect(error.message).toContain("api_key_rejected");
  expect(await requestsWith(stack, "google", apiKey)).toHaveLength(1);
});

test("the Google SDK raises ApiError 402 when credits run out", async () => {
  const user = await newUser(1);
  const error = await clientOf(user, onCredits)
    .models.generateContent(request)
    .catch((thrown) => thrown);
  expect(error).toBeInstanceOf(ApiError);
  expect(error.status).toBe(402);
  expect(error.message).toContain("insufficient_credits");
});

test("the Google SDK raises ApiError 401 for a token that is none", async () => {
  const client = new GoogleGenAI({ apiKey: "none", httpOptions: { baseUrl: `${functionsUrl}/call/google` } });
  const error = await client.models.generateContent(request).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(ApiError);
  expect(error.status).toBe(401);
});

test.each([
  { behaviour: "rate_limited", status: 429, words: "RESOURCE_EXHAUSTED" },
  { behaviour: "no_credit", status: 402, words: "prepayment credits are depleted" },
] as const)(
  "the Google SDK raises ApiError with Google's own $status for a key that is $behaviour",
  async ({ behaviour, status, words }) => {
    const { user } = await newByokUser("google", { behaviour });
    const error = await clientOf(user)
      .models.generateContent(request)
      .catch((thrown) => thrown);
    expect(error).toBeInstanceOf(ApiError);
    expect(error.status).toBe(status);
    expect(error.message).toContain(words);
  },
);

test("the Google SDK is told that resumable uploads are not relayed", async () => {
  const { user, apiKey } = await newByokUser("google");
  const upload = clientOf(user).files.upload({ file: new Blob(["text"]), config: { mimeType: "text/plain" } });
  await expect(upload).rejects.toThrow();
  expect(await requestsWith(stack, "google", apiKey)).toEqual([]);
});
