import { Buffer } from "node:buffer";
import { randomUUID } from "node:crypto";
import { catalogue } from "../../../catalogue/index.ts";
import type { Adapter, Answer, ReceivedRequest, Refusal } from "../adapter.ts";
import { jsonBody } from "../adapter.ts";
import { OpenAiBatches } from "../endpoints/openai-batches.ts";
import { bearerOnly, openAiError, routeOpenAiPath } from "./openai.ts";
import { FileStore } from "../uploads.ts";

const { chat, other } = catalogue.groq.models;
const MODELS = [...chat, ...other];

/** Groq's API (console.groq.com/docs): OpenAI's paths below `/openai`, errors and stream ends of its own. */
export function groq(): Adapter {
  const files = new FileStore();
  const batches = new OpenAiBatches();
  return {
    id: "groq",
    authenticate(request) {
      const rejected = () => refuse("rejected", request);
      return bearerOnly(request, rejected, rejected);
    },
    route(request) {
      if (!request.path.startsWith("/openai/v1/")) return null;
      const path = request.path.slice("/openai".length);
      const transcriptionExtras = { x_groq: { id: groqId() } };
      const service = { models: MODELS, owner: "Meta", files, batches, refuse, transcriptionExtras };
      const route = routeOpenAiPath(request, path, service);
      // The generator gives a stream's usage only on request; Groq always does, inside x_groq.
      if (route?.forward && path === "/v1/chat/completions") route.forward.body = withUsage(request);
      return route;
    },
    refuse,
    edgeBlock: () => ({
      status: 403,
      body: { error: { message: "Access denied. Please check your network settings." } },
    }),
    badRequest: (message) => openAiError(400, message, "invalid_request_error"),
    headers: () => ({
      "x-request-id": groqId(),
      "x-groq-region": "fra",
      "x-ratelimit-limit-requests": "14400",
      "x-ratelimit-remaining-requests": "14399",
      "x-ratelimit-reset-requests": "6s",
    }),
    eventMapper: streamEnd,
  };
}

function groqId(): string {
  return `req_${randomUUID().replaceAll("-", "")}`;
}

function refuse(refusal: Refusal, request: ReceivedRequest): Answer {
  const model = String(jsonBody(request)["model"] ?? MODELS[0]);
  switch (refusal) {
    case "rejected":
      return groqError(401, "Invalid API Key", "invalid_request_error", "invalid_api_key");
    case "scope_missing":
    case "forbidden": {
      const level = refusal === "forbidden" ? "organization" : "project";
      const message =
        `The model \`${model}\` is blocked at the ${level} level. Please have a ${level} admin enable this ` +
        `model in the ${level} settings at https://console.groq.com/settings/limits`;
      const code = refusal === "forbidden" ? "model_permission_blocked_org" : "model_permission_blocked_project";
      return groqError(403, message, "permissions_error", code);
    }
    case "no_credit": {
      const message = "API access is blocked because the organization has reached its spend limit.";
      return groqError(400, message, "invalid_request_error", "blocked_api_access");
    }
    case "rate_limited": {
      const message =
        `Rate limit reached for model \`${model}\` in organization \`org_01jfake0000000000000000000\` service tier ` +
        `\`on_demand\` on requests per minute (RPM): Limit 30, Used 30, Requested 1. Please try again in ` +
        "1s. Need more tokens? Upgrade to Dev Tier today at https://console.groq.com/settings/billing";
      return {
        ...groqError(429, message, "requests", "rate_limit_exceeded"),
        headers: {
          "retry-after": "1",
          "x-ratelimit-remaining-requests": "0",
          "x-ratelimit-reset-requests": "1s",
        },
      };
    }
    case "overloaded":
      return groqError(498, "Flex tier capacity exceeded, please try again later", "capacity", "capacity_exceeded");
    case "unavailable":
      return groqError(503, `${model} is currently over capacity.`, "internal_server_error");
    case "not_found": {
      const message =
        `Unknown request URL: ${request.method} ${request.path}. Please check the URL for typos, or see ` +
        "the docs at https://console.groq.com/docs/";
      return groqError(404, message, "invalid_request_error", "unknown_url");
    }
  }
}

function groqError(status: number, message: string, type: string, code?: string): Answer {
  return { status, body: { error: { message, type, ...(code === undefined ? {} : { code }) } } };
}

function withUsage(request: ReceivedRequest): Buffer {
  const body = jsonBody(request);
  if (body["stream"] !== true) return request.body;
  return Buffer.from(JSON.stringify({ ...body, stream_options: { include_usage: true } }));
}

interface Chunk {
  choices?: { finish_reason?: string | null }[];
  usage?: object | null;
  x_groq?: object;
}

/** Groq's last chunk has the finish reason and, in `x_groq`, the usage; OpenAI's usage comes after it. */
function streamEnd(request: ReceivedRequest): (event: string) => string[] {
  const options = jsonBody(request)["stream_options"] as { include_usage?: boolean } | undefined;
  let last: Chunk | null = null;
  return (event) => {
    const data = event.startsWith("data: {") ? (JSON.parse(event.slice("data: ".length)) as Chunk) : null;
    if (data?.choices?.[0]?.finish_reason) {
      last = data;
      return [];
    }
    if (last === null || !data?.usage) return [event];
    const end = `data: ${JSON.stringify({ ...last, x_groq: { id: groqId(), usage: data.usage } })}\n\n`;
    return options?.include_usage ? [end, event] : [end];
  };
}
