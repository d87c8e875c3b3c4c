/**
 * Google AI: generation and embeddings. Google reads field names in snake_case too.
 *
 * Sources: https://ai.google.dev/api/generate-content, https://ai.google.dev/api/embeddings and the input types of `@google/genai`
 * 3.1.0, read 2026-11-25.
 */
import { refuse } from "./reasons.ts";
import type { FieldsShape, ListShape, Offer, UnionShape } from "./types.ts";

const image: FieldsShape = { fields: { data: { media: "image", as: "base64" }, displayName: "text" } };
const document: FieldsShape = { fields: { data: { media: "document", as: "base64" }, displayName: "text" } };
const text: FieldsShape = { fields: { data: "text", displayName: "text" } };

const inlineData: UnionShape = {
  by: "mimeType",
  members: {
    "image/png": image,
    "image/jpeg": image,
    "image/jpg": image,
    "image/webp": image,
    "image/heic": image,
    "image/heif": image,
    "image/gif": image,
    "application/pdf": document,
    "application/json": text,
    "text/css": text,
    "text/csv": text,
    "text/html": text,
    "text/markdown": text,
    "text/plain": text,
    "text/xml": text,
  },
  refused: refuse(
    "length_priced",
    "audio/aac",
    "audio/aiff",
    "audio/flac",
    "audio/mp3",
    "audio/mp4",
    "audio/mpeg",
    "audio/ogg",
    "audio/wav",
    "audio/webm",
    "video/3gpp",
    "video/mov",
    "video/mp4",
    "video/mpeg",
    "video/quicktime",
    "video/webm",
  ),
};

/** A search in media by agents costs extra; the default is STATIC. */
const mediaProcessing = {
  values: ["MEDIA_PROCESSING_UNSPECIFIED", "STATIC"],
  refused: refuse("dearer", "AGENTIC"),
} as const;

const defaultResolution = {
  values: ["MEDIA_RESOLUTION_UNSPECIFIED"],
  refused: refuse(
    "detail",
    "MEDIA_RESOLUTION_LOW",
    "MEDIA_RESOLUTION_MEDIUM",
    "MEDIA_RESOLUTION_HIGH",
    "MEDIA_RESOLUTION_ULTRA_HIGH",
  ),
} as const;

const functionResponse: FieldsShape = {
  fields: {
    id: "text",
    name: "text",
    response: "json",
    parts: { list: { fields: { inlineData, mediaProcessing }, refused: refuse("address", "fileData") } },
    scheduling: "text",
    willContinue: "boolean",
  },
};

const part: FieldsShape = {
  fields: {
    text: "text",
    thought: "boolean",
    thoughtSignature: "text",
    inlineData,
    functionCall: {
      fields: { id: "text", name: "text", args: "json", partialArgs: "json", willContinue: "boolean" },
    },
    functionResponse,
    partMetadata: "json",
    mediaProcessing,
    mediaResolution: { fields: { level: defaultResolution }, refused: refuse("detail", "numTokens") },
  },
  refused: {
    ...refuse("address", "fileData"),
    ...refuse("length_priced", "videoMetadata", "audioTranscription", "speechMetadata"),
    ...refuse("provider_tool", "toolCall", "toolResponse", "codeExecutionResult", "executableCode"),
  },
};

const content: FieldsShape = { fields: { role: "text", parts: { list: part } } };

/** Functions that the client runs. */
const tools: ListShape = {
  list: {
    fields: {
      functionDeclarations: {
        list: {
          fields: {
            name: "text",
            description: "text",
            behavior: "text",
            parameters: "json",
            parametersJsonSchema: "json",
            response: "json",
            responseJsonSchema: "json",
          },
        },
      },
    },
    refused: refuse(
      "provider_tool",
      "codeExecution",
      "computerUse",
      "enterpriseWebSearch",
      "exaAiSearch",
      "fileSearch",
      "googleMaps",
      "googleSearch",
      "googleSearchRetrieval",
      "mcpServers",
      "parallelAiSearch",
      "retrieval",
      "urlContext",
    ),
  },
};

const generationConfig: FieldsShape = {
  fields: {
    candidateCount: { values: [1] },
    enableEnhancedCivicAnswers: "boolean",
    frequencyPenalty: "number",
    logprobs: "number",
    maxOutputTokens: "limit",
    mediaResolution: defaultResolution,
    presencePenalty: "number",
    responseJsonSchema: "json",
    responseLogprobs: "boolean",
    responseMimeType: "text",
    responseModalities: { list: { values: ["TEXT"], refused: { ...refuse("dearer", "IMAGE", "AUDIO") } } },
    responseSchema: "json",
    seed: "number",
    stopSequences: { list: "text" },
    temperature: "number",
    thinkingConfig: {
      fields: { includeThoughts: "boolean", thinkingBudget: "number", thinkingLevel: "text" },
    },
    topK: "number",
    topP: "number",
  },
  refused: {
    ...refuse("length_priced", "speechConfig", "audioTimestamp", "audioTranscriptionConfig"),
    ...refuse("dearer", "imageConfig", "routingConfig", "modelSelectionConfig"),
  },
};

/** An image: 16 tiles of 258 tokens, or 2,240 in the highest resolution. A document: all that fits into the longest context. */
const mediaTokens = { image: 5_000, document: 1_000_000 };

const generate: Offer = {
  path: "^/v1(?:beta)?/models/(?<model>[^/:]+):(?:generateContent|streamGenerateContent)$",
  limit: { names: ["maxOutputTokens"], within: "generationConfig" },
  mediaTokens,
  readsSnakeCase: true,
  body: {
    fields: {
      model: "model",
      contents: { list: content },
      generationConfig,
      safetySettings: { list: { fields: { category: "text", threshold: "text", method: "text" } } },
      // `flex` costs less.
      serviceTier: { values: ["unspecified", "standard", "flex"], refused: refuse("dearer", "priority") },
      store: "ignored",
      systemInstruction: content,
      toolConfig: {
        fields: {
          functionCallingConfig: {
            fields: { mode: "text", allowedFunctionNames: { list: "text" }, streamFunctionCallArguments: "boolean" },
          },
          includeServerSideToolInvocations: { values: [false], refused: refuse("provider_tool", "true") },
        },
        refused: refuse("provider_tool", "retrievalConfig"),
      },
      tools,
    },
    refused: {
      ...refuse("stored", "cachedContent", "continuationToken", "automaticContinuation", "generationOutputConfig"),
      ...refuse("account_setting", "labels", "modelArmorConfig"),
    },
  },
};

const embedding: FieldsShape["fields"] = {
  model: "model",
  content,
  taskType: "text",
  title: "text",
  outputDimensionality: "number",
};
const refusedOfEmbeddings = {
  ...refuse("stored", "cachedContent"),
  ...refuse("account_setting", "mimeType", "autoTruncate"),
  ...refuse("dearer", "documentOcr", "audioTrackExtraction"),
};

const embed: Offer = {
  path: "^/v1(?:beta)?/models/(?<model>[^/:]+):(?:embedContent|batchEmbedContents)$",
  mediaTokens,
  readsSnakeCase: true,
  body: {
    fields: { ...embedding, requests: { list: { fields: embedding, refused: refusedOfEmbeddings } } },
    refused: refusedOfEmbeddings,
  },
};

export const googleOffers: readonly Offer[] = [generate, embed];
