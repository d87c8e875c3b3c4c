/** The official `@google/genai` package beyond the contract. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { GoogleGenAI } from "@google/genai";
import { describe, expect, onTestFinished, test } from "vitest";
import { callUrl, platformModels } from "../../harness/calls.ts";
import { expectOnlyTheKey } from "../../harness/fakes.ts";
import { collect } from "../../harness/streams.ts";
import { expectBalance, newByokUser, newUser, type User } from "../../harness/users.ts";
import { googleClient } from "./official.ts";
import { hello, question, type Settings, weather } from "./sdk.ts";

const clientOf = (user: User, options: Parameters<typeof googleClient>[1] = {}, more: Partial<Settings> = {}) =>
  googleClient({ url: callUrl(user, "google"), apiKey: user.accessToken, ...more }, options);

const model = platformModels.google;
const request = { model, contents: hello.content };

/** Version 3 of the SDK asks below /v1 by default; 1 and 2 below /v1beta, as 3 does when told to. */
describe.each([
  { below: "/v1", options: {} },
  { below: "/v1beta", options: { apiVersion: "v1beta" } },
])("$below", ({ below, options }) => {
  test(`the Google SDK generates, streams and calls functions below ${below}`, async () => {
    const owner = await newByokUser("google");
    const { models } = clientOf(owner.user, options);
    expect((await models.generateContent(request)).text).toBe("Echo: hello");
    const chunks = await collect(await models.generateContentStream(request));
    expect(chunks.map((chunk) => chunk.text).join("")).toBe("Echo: hello");
    expect(chunks.at(-1)?.candidates?.[0]?.finishReason).toBe("STOP");
    const functionDeclarations = [{ name: weather.name, parametersJsonSchema: weather.parameters }];
    const config = { tools: [{ functionDeclarations }] };
    const { functionCalls } = await models.generateContent({ model, contents: question.content, config });
    expect(functionCalls?.[0]).toMatchObject({ name: "weather", args: { city: "some city" } });
    const recorded = await expectOnlyTheKey("google", owner);
    expect(recorded.map((asked) => asked.path)).toEqual(
      ["generateContent", "streamGenerateContent", "generateContent"].map((way) => `${below}/models/${model}:${way}`),
    );
    expect(recorded[0]?.headers["x-goog-api-client"]).toContain("google-genai-sdk");
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

test("the Google SDK reaches Vertex AI in express mode", async () => {
  const owner = await newByokUser("vertex");
  const httpOptions = { baseUrl: callUrl(owner.user, "vertex") };
  const { models } = new GoogleGenAI({ vertexai: true, apiKey: owner.user.accessToken, httpOptions });
  const asked = { model: "gemini-2.5-flash", contents: hello.content };
  expect((await models.generateContent(asked)).text).toBe("Echo: hello");
  const chunks = await collect(await models.generateContentStream(asked));
  expect(chunks.map((chunk) => chunk.text).join("")).toBe("Echo: hello");
  expect(await expectOnlyTheKey("vertex", owner)).toHaveLength(2);
});

test("the Google SDK on credits pays the operation's price for embeddings", async () => {
  const user = await newUser(100);
  const { models } = clientOf(user, {}, { headers: { "x-byok-operation": "single_doc_regen" } });
  await models.embedContent({ model: "gemini-embedding-001", contents: "hello" });
  await expectBalance(user, 98);
});

test("the Google SDK uploads a file in two chunks, lists it, downloads it and deletes it", async () => {
  const owner = await newByokUser("google");
  const { files } = clientOf(owner.user, { apiVersion: "v1beta" });
  const bytes = Buffer.alloc(9 * 1024 * 1024, 7);
  const uploaded = await files.upload({ file: new Blob([bytes]), config: { mimeType: "video/mp4" } });
  expect(uploaded).toMatchObject({ sizeBytes: String(bytes.byteLength), mimeType: "video/mp4" });
  expect((await collect(await files.list())).map(({ name }) => name)).toEqual([uploaded.name]);
  const downloadPath = path.join(mkdtempSync(path.join(tmpdir(), "byok-download-")), "video.mp4");
  onTestFinished(() => rmSync(path.dirname(downloadPath), { recursive: true }));
  await files.download({ file: uploaded, downloadPath });
  expect(readFileSync(downloadPath).equals(bytes)).toBe(true);
  await files.delete({ name: uploaded.name! });
  // Google's words about a file that has expired.
  await expect(files.get({ name: uploaded.name! })).rejects.toThrow("You do not have permission to access the File");
  await expectOnlyTheKey("google", owner);
});

test("the Google SDK makes a short-lived secret for the Live API", async () => {
  const owner = await newByokUser("google");
  const { authTokens } = clientOf(owner.user, { apiVersion: "v1alpha" });
  expect((await authTokens.create({ config: { uses: 1 } })).name).toMatch(/^auth_tokens\//);
  const [request] = await expectOnlyTheKey("google", owner);
  expect(request?.path).toBe("/v1alpha/auth_tokens");
});
