import { randomUUID } from "node:crypto";
import { catalogue } from "../../../catalogue/index.ts";
import type { Adapter, Answer, ReceivedRequest, Refusal, Route } from "../adapter.ts";
import { bearerToken, credentialsOf, jsonBody } from "../adapter.ts";
import { openAiEmbeddings } from "../embeddings.ts";
import { OpenAiBatches } from "../endpoints/openai-batches.ts";
import { routeRealtime } from "../endpoints/openai-realtime.ts";
import type { StoredFile } from "../uploads.ts";
import { FileStore, formOf, transcribe } from "../uploads.ts";

const { chat, other } = catalogue.openai.models;
const MODELS = [...chat, ...other];
const ORGANISATION = "org-fake000000000000000000";
const KEYS_PAGE = "https://platform.openai.com/account/api-keys";

/** OpenAI's API as its error-code guide and its API reference describe it. */
export function openai(): Adapter {
  const service = { models: MODELS, owner: "openai", files: new FileStore(), batches: new OpenAiBatches(), refuse };
  return {
    id: "openai",
    authenticate: (request) => bearerOnly(request, missingKey, (key) => refuse("rejected", request, key)),
    route: (request) => routeRealtime(request, request.path) ?? routeOpenAiPath(request, request.path, service),
    refuse,
    badRequest: (message) => openAiError(400, message, "invalid_request_error"),
    headers: () => ({
      "x-request-id": `req_${randomUUID().replaceAll("-", "")}`,
      "openai-organization": ORGANISATION,
      "openai-processing-ms": "7",
      "openai-version": "2020-10-01",
      "x-ratelimit-limit-requests": "10000",
      "x-ratelimit-remaining-requests": "9999",
      "x-ratelimit-reset-requests": "6ms",
    }),
  };
}

/** The error body of OpenAI, which Groq shares. */
export function openAiError(status: number, message: string, type: string, code: string | null = null): Answer {
  return { status, body: { error: { message, type, param: null, code } } };
}

/** Accepts one credential, as `Authorization: Bearer`; a second one anywhere spoils it. */
export function bearerOnly(
  request: ReceivedRequest,
  missing: () => Answer,
  rejected: (key: string) => Answer,
): { key: string } | { refusal: Answer } {
  const key = bearerToken(request);
  if (!key) return { refusal: missing() };
  return credentialsOf(request).length === 1 ? { key } : { refusal: rejected(key) };
}

function missingKey(): Answer {
  const message =
    "You didn't provide an API key. You need to provide your API key in an Authorization header using " +
    "Bearer auth (i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if " +
    "you're accessing the API from your browser and are prompted for a username and password. You can " +
    `obtain an API key from ${KEYS_PAGE}.`;
  return openAiError(401, message, "invalid_request_error");
}

function refuse(refusal: Refusal, request: ReceivedRequest, key: string): Answer {
  switch (refusal) {
    case "rejected": {
      const where = `You can find your API key at ${KEYS_PAGE}.`;
      const message = `Incorrect API key provided: ${masked(key)}. ${where}`;
      return openAiError(401, message, "invalid_request_error", "invalid_api_key");
    }
    case "scope_missing":
      return openAiError(401, missingScopes("api.model.read"), "invalid_request_error", "missing_scope");
    case "forbidden": {
      const scope = request.path.endsWith("/models") ? "api.model.read" : "model.request";
      return openAiError(403, missingScopes(scope), "invalid_request_error", "missing_scope");
    }
    case "no_credit": {
      const message =
        "You exceeded your current quota, please check your plan and billing details. For more information " +
        "on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.";
      return openAiError(429, message, "insufficient_quota", "insufficient_quota");
    }
    case "rate_limited":
      return {
        ...openAiError(429, rateLimitMessage(request), "requests", "rate_limit_exceeded"),
        headers: {
          "retry-after": "1",
          "retry-after-ms": "1000",
          "x-ratelimit-limit-requests": "3",
          "x-ratelimit-remaining-requests": "0",
          "x-ratelimit-reset-requests": "1s",
        },
      };
    case "overloaded":
    case "unavailable": {
      const message = "The engine is currently overloaded, please try again later.";
      return openAiError(503, message, "service_unavailable_error");
    }
    case "not_found":
      return openAiError(404, `Invalid URL (${request.method} ${request.path})`, "invalid_request_error");
  }
}

/** OpenAI shows the first eight and the last four characters of a key it refuses. */
function masked(key: string): string {
  if (key.length <= 12) return "*".repeat(key.length);
  return `${key.slice(0, 8)}${"*".repeat(key.length - 12)}${key.slice(-4)}`;
}

function missingScopes(scope: string): string {
  return (
    `You have insufficient permissions for this operation. Missing scopes: ${scope}. Check that you have ` +
    "the correct role in your organization (Reader, Writer, Owner) and project (Member, Owner), and if " +
    "you're using a restricted API key, that it has the necessary scopes."
  );
}

function rateLimitMessage(request: ReceivedRequest): string {
  return (
    `Rate limit reached for ${String(jsonBody(request)["model"] ?? "default")} in organization ` +
    `${ORGANISATION} on requests per min (RPM): Limit 3, Used 3, Requested 1. Please try again in 1s. ` +
    "Visit https://platform.openai.com/account/rate-limits to learn more."
  );
}

/** The differences between OpenAI and Groq when they serve the same paths. */
export interface OpenAiService {
  models: readonly string[];
  owner: string;
  files: FileStore;
  batches: OpenAiBatches;
  refuse: (refusal: Refusal, request: ReceivedRequest, key: string) => Answer;
  /** Fields that the provider adds to a transcription. */
  transcriptionExtras?: object;
}

const GENERATION_PATHS = ["/v1/chat/completions", "/v1/responses", "/v1/audio/speech"];

/** Routes a path that begins with `/v1`, for OpenAI and providers that imitate its API. */
export function routeOpenAiPath(request: ReceivedRequest, path: string, service: OpenAiService): Route | null {
  const operation = `${request.method} ${path}`;
  const modelId = /^GET \/v1\/models\/(.+)$/.exec(operation)?.[1];
  if (operation === "GET /v1/models") {
    const data = service.models.map((id) => model(id, service.owner));
    return { kind: "listing", answer: () => ({ status: 200, body: { object: "list", data } }) };
  }
  if (modelId !== undefined) {
    const body = model(decodeURIComponent(modelId), service.owner);
    return { kind: "listing", answer: () => ({ status: 200, body }) };
  }
  if (request.method === "POST" && GENERATION_PATHS.includes(path)) {
    return { kind: "generation", streams: jsonBody(request)["stream"] === true, forward: { path } };
  }
  if (operation === "POST /v1/embeddings") return { kind: "generation", answer: () => openAiEmbeddings(request) };
  if (operation === "POST /v1/audio/transcriptions" || operation === "POST /v1/audio/translations") {
    return { kind: "generation", answer: () => transcription(request, service) };
  }
  if (path === "/v1/files" || path.startsWith("/v1/files/")) {
    return { kind: "other", answer: (key) => answerFiles(request, path, key, service) };
  }
  const noBatch = () => openAiError(404, "No batch found with this id.", "invalid_request_error");
  return service.batches.route(request, path, service.files, noBatch);
}

function model(id: string, owned_by: string): object {
  return { id, object: "model", created: 1_735_689_600, owned_by };
}

async function transcription(request: ReceivedRequest, service: OpenAiService): Promise<Answer> {
  const form = await formOf(request);
  const text = form && (await transcribe(form));
  if (!form || text === null) return openAiError(400, "file is required", "invalid_request_error");
  if (form.get("response_format") === "text") {
    return { status: 200, headers: { "content-type": "text/plain; charset=utf-8" }, body: `${text}\n` };
  }
  const seconds = { language: "english", duration: 1, segments: [] };
  const details = form.get("response_format") === "verbose_json" ? { task: "transcribe", ...seconds } : {};
  const usage = { type: "duration", seconds: 1 };
  return { status: 200, body: { text, ...details, usage, ...service.transcriptionExtras } };
}

async function answerFiles(
  request: ReceivedRequest,
  path: string,
  key: string,
  { files, refuse }: OpenAiService,
): Promise<Answer> {
  const [, id = "", content] = /^\/v1\/files\/([^/]+)(\/content)?$/.exec(path) ?? [];
  const file = files.get(key, id);
  if (id === "" && request.method === "GET") {
    const data = files.list(key).map(described);
    return { status: 200, body: { object: "list", data, has_more: false } };
  }
  if (id === "" && request.method === "POST") {
    const form = await formOf(request);
    const stored = form && (await files.add(key, form));
    if (!stored) return openAiError(400, "'file' is a required property", "invalid_request_error");
    return { status: 200, body: described(stored) };
  }
  if (id === "") return refuse("not_found", request, key);
  if (!file) return openAiError(404, `No such File object: ${id}`, "invalid_request_error");
  if (request.method === "DELETE") {
    return { status: 200, body: { id, object: "file", deleted: files.delete(key, id) } };
  }
  if (content) return { status: 200, headers: { "content-type": "application/octet-stream" }, body: file.bytes };
  return { status: 200, body: described(file) };
}

function described({ id, name, purpose, createdAt, bytes }: StoredFile): object {
  return {
    id,
    object: "file",
    bytes: bytes.byteLength,
    created_at: Math.floor(createdAt.getTime() / 1000),
    filename: name,
    purpose,
    status: "processed",
  };
}
