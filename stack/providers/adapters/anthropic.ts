import { randomUUID } from "node:crypto";
import { catalogue } from "../../../catalogue/index.ts";
import type { Adapter, Answer, ReceivedRequest, Refusal, Route } from "../adapter.ts";
import { bearerToken, credentialsOf, jsonBody } from "../adapter.ts";
import { AnthropicBatches } from "../endpoints/anthropic-batches.ts";
import { asOpenAi, isChatCompletions } from "../endpoints/anthropic-compatible.ts";
import { countTokens } from "../generator.ts";
import type { StoredFile } from "../uploads.ts";
import { FileStore, formOf } from "../uploads.ts";

const MODELS: readonly string[] = catalogue.anthropic.models.chat;
const VERSIONS = ["2023-01-01", "2023-06-01", "2026-10-21"];

/** Anthropic's API as its error and versioning pages describe it. */
export function anthropic(): Adapter {
  const files = new FileStore();
  const batches = new AnthropicBatches();
  return {
    id: "anthropic",
    authenticate,
    complain: complainOfVersion,
    route(request) {
      const { method, path } = request;
      if (method === "GET" && path === "/v1/models") return { kind: "listing", answer: () => listModels(request) };
      if (method === "GET" && path.startsWith("/v1/models/")) {
        const body = model(decodeURIComponent(path.slice("/v1/models/".length)));
        return { kind: "listing", answer: () => ({ status: 200, body }) };
      }
      if (method === "POST" && path === "/v1/messages") {
        return { kind: "generation", streams: jsonBody(request)["stream"] === true, forward: { path } };
      }
      if (isChatCompletions(request)) {
        return { kind: "generation", streams: jsonBody(request)["stream"] === true, forward: { path } };
      }
      if (method === "POST" && path === "/v1/messages/count_tokens") {
        return {
          kind: "other",
          answer: () => ({ status: 200, body: { input_tokens: promptTokens(request) } }),
        };
      }
      return batches.route(request, () => refuse("not_found", request)) ?? routeFiles(request, files);
    },
    refuse: (refusal, request) => asOpenAi(request, refuse(refusal, request)),
    badRequest: (message) => anthropicError(400, "invalid_request_error", message),
    headers: () => ({
      "request-id": requestId(),
      "anthropic-organization-id": "00000000-0000-4000-8000-00000d0b1e00",
      "anthropic-ratelimit-requests-limit": "50",
      "anthropic-ratelimit-requests-remaining": "49",
      "anthropic-ratelimit-requests-reset": "2026-01-01T00:00:00Z",
    }),
  };
}

function requestId(): string {
  return `req_${randomUUID().replaceAll("-", "")}`;
}

function anthropicError(status: number, type: string, message: string): Answer {
  return { status, body: { type: "error", error: { type, message }, request_id: requestId() } };
}

/** Accepts a key as `x-api-key`, or as the bearer token that Anthropic's SDK 1.x sends; never both. */
function authenticate(request: ReceivedRequest): { key: string } | { refusal: Answer } {
  const apiKey = request.headers["x-api-key"];
  const key = apiKey ?? bearerToken(request);
  const refused = (refusal: Answer) => ({ refusal: asOpenAi(request, refusal) });
  if (!key) return refused(anthropicError(401, "authentication_error", "x-api-key header is required"));
  if (isChatCompletions(request) && apiKey !== undefined) return refused(refuse("rejected", request));
  return credentialsOf(request).length === 1 ? { key } : refused(refuse("rejected", request));
}

/** Anthropic refuses a request without a version, and newer versions refuse what they no longer have. */
function complainOfVersion(request: ReceivedRequest): Answer | null {
  if (isChatCompletions(request)) return null;
  const version = request.headers["anthropic-version"];
  const complaint = (message: string) => anthropicError(400, "invalid_request_error", message);
  if (version === undefined) return complaint("anthropic-version: header is required");
  if (!VERSIONS.includes(version)) return complaint(`anthropic-version: "${version}" is not a valid version`);
  if (version < "2026-10-21" || request.path !== "/v1/messages") return null;
  const body = jsonBody(request);
  const removed = ["temperature", "top_p", "top_k"].find((parameter) => parameter in body);
  return removed === undefined ? null : complaint(`${removed}: Extra inputs are not permitted`);
}

function refuse(refusal: Refusal, request: ReceivedRequest): Answer {
  switch (refusal) {
    case "rejected": {
      const message = request.headers["x-api-key"] === undefined ? "Invalid bearer token" : "invalid x-api-key";
      return anthropicError(401, "authentication_error", message);
    }
    case "scope_missing":
    case "forbidden": {
      const message = "Your API key does not have permission to use the specified resource.";
      return anthropicError(403, "permission_error", message);
    }
    case "no_credit": {
      const message =
        "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to " +
        "upgrade or purchase credits.";
      return anthropicError(400, "invalid_request_error", message);
    }
    case "rate_limited": {
      const message =
        "This request would exceed your organization's rate limit of 50 requests per minute. For details, " +
        "refer to: https://docs.claude.com/en/api/rate-limits.";
      return {
        ...anthropicError(429, "rate_limit_error", message),
        headers: {
          "retry-after": "1",
          "anthropic-ratelimit-requests-remaining": "0",
          "x-should-retry": "true",
        },
      };
    }
    case "overloaded":
      return {
        ...anthropicError(529, "overloaded_error", "Overloaded"),
        headers: { "x-should-retry": "true" },
      };
    case "unavailable":
      return anthropicError(503, "api_error", "Service unavailable");
    case "not_found":
      return anthropicError(404, "not_found_error", "Not Found");
  }
}

function model(id: string): object {
  return { type: "model", id, display_name: id, created_at: "2025-10-01T00:00:00Z" };
}

function listModels(request: ReceivedRequest): Answer {
  const limit = Number(request.query.get("limit") ?? 20);
  const ids = MODELS.slice(MODELS.indexOf(request.query.get("after_id") ?? "") + 1);
  const page = ids.slice(0, limit);
  const ends = { first_id: page[0] ?? null, last_id: page.at(-1) ?? null };
  return { status: 200, body: { data: page.map(model), has_more: ids.length > page.length, ...ends } };
}

function promptTokens(request: ReceivedRequest): number {
  const { messages, system } = jsonBody(request);
  return countTokens(JSON.stringify([messages ?? [], system ?? ""]));
}

function routeFiles(request: ReceivedRequest, files: FileStore): Route | null {
  const match = /^\/v1\/files(?:\/([^/]+))?$/.exec(request.path);
  if (match === null) return null;
  return { kind: "other", answer: (key) => answerFiles(request, match[1] ?? "", key, files) };
}

async function answerFiles(request: ReceivedRequest, id: string, key: string, files: FileStore): Promise<Answer> {
  if (id === "" && request.method === "GET") {
    const data = files.list(key).map(described);
    return { status: 200, body: { data, has_more: false, first_id: null, last_id: null } };
  }
  if (id === "" && request.method === "POST") {
    const form = await formOf(request);
    const stored = form && (await files.add(key, form, `file_${randomUUID().replaceAll("-", "")}`));
    if (!stored) return anthropicError(400, "invalid_request_error", "file: Field required");
    return { status: 200, body: described(stored) };
  }
  const file = files.get(key, id);
  if (!file) return anthropicError(404, "not_found_error", `File not found: ${id}`);
  if (request.method !== "DELETE") return { status: 200, body: described(file) };
  files.delete(key, id);
  return { status: 200, body: { id, type: "file_deleted" } };
}

function described({ id, name, type, createdAt, bytes }: StoredFile): object {
  return {
    id,
    type: "file",
    filename: name,
    mime_type: type,
    size_bytes: bytes.byteLength,
    created_at: createdAt.toISOString(),
    downloadable: false,
  };
}
