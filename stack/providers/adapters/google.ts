import { Buffer } from "node:buffer";
import { catalogue } from "../../../catalogue/index.ts";
import type { Adapter, Answer, ReceivedRequest, Refusal, Route } from "../adapter.ts";
import { bearerToken, credentialsOf, jsonBody } from "../adapter.ts";
import { embed } from "../embeddings.ts";
import { inList, isOpenAiPath, routeOpenAi } from "../endpoints/google-compatible.ts";
import { GoogleFiles, routeAuthTokens } from "../endpoints/google-files.ts";
import { countTokens } from "../generator.ts";
import { bearerOnly } from "./openai.ts";

const SERVICE = "generativelanguage.googleapis.com";
const PROJECT = "100000000001";
const ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo";
const GENERATION_METHODS = ["generateContent", "streamGenerateContent"];
const { chat, other } = catalogue.google.models;
const MODELS = [...chat, ...other];

/** Google AI's API (Gemini), in both versions that SDKs use, `/v1beta` and `/v1`, with the same paths. */
export function google(): Adapter {
  const files = new GoogleFiles();
  return {
    id: "google",
    authenticate,
    route(request) {
      if (isOpenAiPath(request)) return routeOpenAi(request);
      const other = files.route(request, googleError) ?? routeAuthTokens(request);
      if (other) return other;
      const [, path] = /^\/v1(?:beta)?(\/.+)$/.exec(request.path) ?? [];
      return path === undefined ? null : routeModelPath(request, path);
    },
    refuse: (refusal, request) => inList(request, refuse(refusal, request)),
    badRequest: (message) => googleError(400, "INVALID_ARGUMENT", message),
    headers: () => ({ vary: "Origin, X-Origin, Referer", "server-timing": "gfet4t7; dur=7" }),
  };
}

function googleError(code: number, status: string, message: string, details?: object[]): Answer {
  return { status: code, body: { error: { code, message, status, ...(details ? { details } : {}) } } };
}

/**
 * Accepts a key as `x-goog-api-key` only. Google itself takes `?key=` too; here that counts as no key at all,
 * because a key in a URL ends up in logs.
 */
function authenticate(request: ReceivedRequest): { key: string } | { refusal: Answer } {
  if (isOpenAiPath(request))
    return bearerOnly(
      request,
      () => rejectedBearer(request),
      () => rejectedBearer(request),
    );
  const key = request.headers["x-goog-api-key"];
  if (bearerToken(request) !== undefined) {
    const message =
      "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or " +
      "other valid authentication credential. See " +
      "https://developers.google.com/identity/sign-in/web/devconsole-project.";
    const metadata = { service: SERVICE, method: methodName(request) };
    const reason = "ACCESS_TOKEN_TYPE_UNSUPPORTED";
    const details = [{ "@type": ERROR_INFO, reason, domain: "googleapis.com", metadata }];
    return { refusal: googleError(401, "UNAUTHENTICATED", message, details) };
  }
  if (!key) {
    const message =
      "Method doesn't allow unregistered callers (callers without established identity). Please use API " +
      "Key or other form of API consumer identity to call this API.";
    return { refusal: googleError(403, "PERMISSION_DENIED", message) };
  }
  return credentialsOf(request).length === 1 ? { key } : { refusal: refuse("rejected", request) };
}

function rejectedBearer(request: ReceivedRequest): Answer {
  return inList(request, refuse("rejected", request));
}

/** Returns the name by which Google's errors call what was asked. */
function methodName(request: ReceivedRequest): string {
  const version = request.path.startsWith("/v1beta/") ? "v1beta" : "v1";
  const verb = /:(\w+)$/.exec(request.path)?.[1];
  if (verb === undefined) return `google.ai.generativelanguage.${version}.ModelService.ListModels`;
  const method = verb.charAt(0).toUpperCase() + verb.slice(1);
  return `google.ai.generativelanguage.${version}.GenerativeService.${method}`;
}

/** Routes a path below the version. */
export function routeModelPath(request: ReceivedRequest, path: string): Route | null {
  if (request.method === "GET" && path === "/models") return { kind: "listing", answer: () => listModels(request) };
  const [, id = "", verb] = /^\/(?:models|tunedModels)\/([^:/]+)(?::(\w+))?$/.exec(path) ?? [];
  if (request.method === "GET" && id !== "" && verb === undefined) {
    return { kind: "listing", answer: () => ({ status: 200, body: model(id) }) };
  }
  if (request.method !== "POST" || verb === undefined) return null;
  if (GENERATION_METHODS.includes(verb)) {
    const streams = verb === "streamGenerateContent";
    const forward = { path: `/v1beta/models/${id}:${verb}`, body: withPlainSchemas(request) };
    return { kind: "generation", streams, forward };
  }
  if (verb === "embedContent") {
    return {
      kind: "generation",
      answer: () => ({ status: 200, body: { embedding: vectorOf(jsonBody(request)) } }),
    };
  }
  if (verb === "batchEmbedContents") {
    const requests = (jsonBody(request)["requests"] ?? []) as EmbedRequest[];
    return {
      kind: "generation",
      answer: () => ({ status: 200, body: { embeddings: requests.map(vectorOf) } }),
    };
  }
  if (verb === "countTokens") {
    const totalTokens = countTokens(JSON.stringify(jsonBody(request)["contents"] ?? []));
    return { kind: "other", answer: () => ({ status: 200, body: { totalTokens } }) };
  }
  return null;
}

/** The generator knows a tool's schema by its older name only. */
function withPlainSchemas(request: ReceivedRequest): Buffer {
  const text = request.body.toString("utf8");
  return Buffer.from(text.replaceAll('"parametersJsonSchema":', '"parameters":'));
}

function listModels(request: ReceivedRequest): Answer {
  const size = Number(request.query.get("pageSize") ?? 50);
  const start = Number(request.query.get("pageToken") ?? 0);
  const models = MODELS.slice(start, start + size).map(model);
  const more = start + size < MODELS.length ? { nextPageToken: String(start + size) } : {};
  return { status: 200, body: { models, ...more } };
}

function model(id: string): object {
  const embeds = id.includes("embedding");
  return {
    name: `models/${id}`,
    version: "001",
    displayName: id,
    description: `The fake of ${id}`,
    inputTokenLimit: 1_048_576,
    outputTokenLimit: 65_536,
    supportedGenerationMethods: embeds ? ["embedContent", "countTokens"] : ["generateContent", "countTokens"],
  };
}

interface EmbedRequest {
  content?: { parts?: { text?: string }[] };
  outputDimensionality?: number;
}

function vectorOf({ content, outputDimensionality }: EmbedRequest): { values: number[] } {
  const text = content?.parts?.map((part) => part.text ?? "").join("") ?? "";
  return { values: embed(text, outputDimensionality) };
}

function refuse(refusal: Refusal, request: ReceivedRequest): Answer {
  switch (refusal) {
    case "rejected": {
      const message = "API key not valid. Please pass a valid API key.";
      return googleError(400, "INVALID_ARGUMENT", message, errorInfo("API_KEY_INVALID", message, { service: SERVICE }));
    }
    case "scope_missing":
    case "forbidden": {
      const method = methodName(request);
      const message = `Requests to this API ${SERVICE} method ${method} are blocked.`;
      const metadata = {
        consumer: `projects/${PROJECT}`,
        service: SERVICE,
        apiName: SERVICE,
        methodName: method,
      };
      return googleError(403, "PERMISSION_DENIED", message, errorInfo("API_KEY_SERVICE_BLOCKED", message, metadata));
    }
    case "no_credit": {
      const message =
        "Your prepayment credits are depleted. Please go to AI Studio at https://ai.studio/projects to " +
        "manage your project and billing.";
      // HTTP 402 since 2026, on every path: https://ai.google.dev/gemini-api/docs/billing
      return googleError(402, "RESOURCE_EXHAUSTED", message);
    }
    case "rate_limited":
      return {
        ...googleError(429, "RESOURCE_EXHAUSTED", QUOTA_MESSAGE, quotaDetails()),
        headers: { "retry-after": "1" },
      };
    case "overloaded":
    case "unavailable":
      return googleError(503, "UNAVAILABLE", "The model is overloaded. Please try again later.");
    case "not_found":
      return googleError(404, "NOT_FOUND", "Requested entity was not found.");
  }
}

function errorInfo(reason: string, message: string, metadata: object): object[] {
  return [
    { "@type": ERROR_INFO, reason, domain: "googleapis.com", metadata },
    { "@type": "type.googleapis.com/google.rpc.LocalizedMessage", locale: "en-US", message },
  ];
}

// Google speaks of billing even where only the requests of a minute are used up.
const QUOTA_MESSAGE =
  "You exceeded your current quota, please check your plan and billing details. For more information on " +
  "this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits.";

function quotaDetails(): object[] {
  const violation = {
    quotaMetric: `${SERVICE}/generate_content_free_tier_requests`,
    quotaId: "GenerateRequestsPerMinutePerProjectPerModel-FreeTier",
    quotaDimensions: { location: "global", model: "gemini-2.5-flash" },
    quotaValue: "10",
  };
  return [
    { "@type": "type.googleapis.com/google.rpc.QuotaFailure", violations: [violation] },
    { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "1s" },
  ];
}
