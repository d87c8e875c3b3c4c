import type { Json, OfferCase, ProviderCases } from "./cases.ts";

const model = "gemini-2.5-flash";
const user = { role: "user", parts: [{ text: "Hi" }] };
const part = (part: Json): Json => ({ contents: [{ parts: [part] }] });
const config = (generationConfig: Json): Json => ({ generationConfig });
const png = { inlineData: { mimeType: "image/png", data: "AA==" } };

function generateCase(version: string, method: string): OfferCase {
  return {
    path: `/${version}/models/${model}:${method}`,
    model,
    body: { contents: [user] },
    limit: ["generationConfig", "maxOutputTokens"],
    image: { body: part(png), tokens: 5_000 },
    welcome: [
      { systemInstruction: { parts: [{ text: "Be brief." }] }, safetySettings: [], serviceTier: "standard" },
      config({
        temperature: 0.2,
        topP: 0.9,
        responseMimeType: "application/json",
        thinkingConfig: { thinkingBudget: 0 },
      }),
      config({ candidateCount: 1, responseModalities: ["TEXT"], mediaResolution: "MEDIA_RESOLUTION_UNSPECIFIED" }),
      config({ responseSchema: { type: "OBJECT", properties: { fileData: {} } } }),
      { tools: [{ functionDeclarations: [{ name: "weather", parameters: { type: "OBJECT" } }] }], toolConfig: {} },
      {
        contents: [
          {
            role: "model",
            parts: [{ functionCall: { name: "f", args: { fileData: "the client's own" } }, thoughtSignature: "x" }],
          },
          { role: "user", parts: [{ functionResponse: { name: "f", response: { fileData: "the client's own" } } }] },
          { role: "user", parts: [png, { inlineData: { mimeType: "text/plain", data: "AA==" } }] },
        ],
      },
    ],
    changed: [
      // Google reads snake_case too; one spelling is sent.
      [{ generation_config: { max_output_tokens: 9000 } }, { generationConfig: { maxOutputTokens: 1000 } }],
      [{ generation_config: { max_output_tokens: 10 } }, { generationConfig: { maxOutputTokens: 10 } }],
      [{ system_instruction: { parts: [{ text: "x" }] } }, { systemInstruction: { parts: [{ text: "x" }] } }],
      [part({ inline_data: { mime_type: "image/png", data: "AA==" } }), { contents: [{ parts: [png] }] }],
      [{ tools: [{ function_declarations: [] }] }, { tools: [{ functionDeclarations: [] }] }],
      [{ cachedContent: null, labels: null, store: true }, {}],
    ],
    refused: [
      ["cachedContent", { cachedContent: "cachedContents/other" }],
      ["cached_content", { cached_content: "cachedContents/other" }],
      ["generationConfig", { generationConfig: {}, generation_config: { max_output_tokens: 9000 } }],
      ["generationConfig.maxOutputTokens", config({ maxOutputTokens: 1, max_output_tokens: 9000 })],
      ["generationConfig.candidateCount", config({ candidateCount: 8 })],
      ["generation_config.candidate_count", { generation_config: { candidate_count: 8 } }],
      ["generationConfig.responseModalities.0", config({ responseModalities: ["IMAGE"] })],
      ["generationConfig.speechConfig", config({ speechConfig: {} })],
      ["generationConfig.mediaResolution", config({ mediaResolution: "MEDIA_RESOLUTION_HIGH" })],
      ["generationConfig.imageConfig", config({ imageConfig: {} })],
      ["generationConfig.thinkingConfig.mode", config({ thinkingConfig: { mode: "pro" } })],
      ["serviceTier", { serviceTier: "priority" }],
      ["labels", { labels: { a: "b" } }],
      ["tools.0.googleSearch", { tools: [{ googleSearch: {} }] }],
      ["tools.0.google_search", { tools: [{ google_search: {} }] }],
      ["tools.0.codeExecution", { tools: [{ functionDeclarations: [], codeExecution: {} }] }],
      ["tools.0.url_context", { tools: [{ function_declarations: [], url_context: {} }] }],
      ["tools.0.fileSearch", { tools: [{ fileSearch: { fileSearchStoreNames: ["x"] } }] }],
      ["tools.0.mcpServers", { tools: [{ mcpServers: [] }] }],
      ["tools", { tools: { googleSearch: {} } }],
      ["toolConfig.retrievalConfig", { toolConfig: { retrievalConfig: {} } }],
      ["toolConfig.includeServerSideToolInvocations", { toolConfig: { includeServerSideToolInvocations: true } }],
      ["contents.0.parts.0.fileData", part({ fileData: { fileUri: "https://youtu.be/x" } })],
      ["contents.0.parts.0.file_data", part({ file_data: { file_uri: "files/other" } })],
      ["contents.0.parts.0.videoMetadata", part({ ...png, videoMetadata: { fps: 24 } })],
      [
        "contents.0.parts.0.mediaResolution.level",
        part({ ...png, mediaResolution: { level: "MEDIA_RESOLUTION_ULTRA_HIGH" } }),
      ],
      ["contents.0.parts.0.mediaProcessing", part({ ...png, mediaProcessing: "AGENTIC" })],
      ["contents.0.parts.0.executableCode", part({ executableCode: { code: "x" } })],
      ["contents.0.parts.0.toolCall", part({ toolCall: { toolType: "GOOGLE_SEARCH_WEB" } })],
      ["contents.0.parts.0.inlineData.mimeType", part({ inlineData: { mimeType: "video/mp4", data: "AA==" } })],
      ["contents.0.parts.0.inlineData.mimeType", part({ inlineData: { mimeType: "audio/flac", data: "AA==" } })],
      [
        "contents.0.parts.0.inlineData.data",
        part({ inlineData: { mimeType: "image/png", data: "https://evil.test" } }),
      ],
      [
        "contents.0.parts.0.functionResponse.parts.0.fileData",
        part({ functionResponse: { name: "f", response: {}, parts: [{ fileData: { fileUri: "files/other" } }] } }),
      ],
      [
        "systemInstruction.parts.0.fileData",
        { systemInstruction: { parts: [{ fileData: { fileUri: "files/other" } }] } },
      ],
    ],
  };
}

const embed: OfferCase = {
  path: "/v1beta/models/gemini-embedding-001:embedContent",
  model: "gemini-embedding-001",
  body: { content: { parts: [{ text: "Hi" }] } },
  welcome: [{ taskType: "RETRIEVAL_QUERY", outputDimensionality: 256, model: "models/gemini-embedding-001" }],
  refused: [
    ["cachedContent", { cachedContent: "cachedContents/other" }],
    ["content.parts.0.fileData", { content: { parts: [{ fileData: { fileUri: "files/other" } }] } }],
    ["model", { model: "models/gemini-embedding-2" }],
  ],
};

const batchEmbed: OfferCase = {
  path: "/v1/models/gemini-embedding-001:batchEmbedContents",
  model: "gemini-embedding-001",
  body: { requests: [{ model: "models/gemini-embedding-001", content: { parts: [{ text: "Hi" }] } }] },
  welcome: [],
  refused: [
    [
      "requests.0.content.parts.0.file_data",
      { requests: [{ content: { parts: [{ file_data: { file_uri: "files/other" } }] } }] },
    ],
    ["requests.0.model", { requests: [{ model: "models/gemini-embedding-2", content: { parts: [] } }] }],
  ],
};

export const googleCases: ProviderCases = {
  offered: [generateCase("v1beta", "generateContent"), generateCase("v1", "streamGenerateContent"), embed, batchEmbed],
  notOffered: [
    "/v1beta/files",
    "/v1beta/cachedContents",
    "/v1beta/tunedModels/other:generateContent",
    "/v1beta/models/gemini-2.5-flash:predictLongRunning",
    "/v1beta/models/gemini-2.5-flash:batchGenerateContent",
    "/v1beta/models/a/b:generateContent",
    "/v1beta/interactions",
  ],
};
