import { catalogue, type ProviderId } from "../../catalogue/index.ts";
import type { Answer } from "./adapter.ts";

export interface Reply {
  status: number;
  /** A text is the events of a stream, word for word. */
  body: unknown;
}

/**
 * A provider's answers to one key, word for word: the list of models, and each generation by the first entry whose pattern fits
 * the model and whose endpoint the request is for. No entry is a model that is not there.
 */
export interface Script {
  listing: Reply;
  generation: readonly (Reply & { model?: string; path?: "chat" })[];
}

export interface Asked {
  method: string;
  path: string;
  body: string;
}

export function isScript(value: unknown): value is Script {
  const { listing, generation } = (value ?? {}) as Partial<Script>;
  return typeof listing?.status === "number" && Array.isArray(generation);
}

/** The model that a request for a generation names, in its body or, for Google, its path. */
export function modelIn({ path, body }: Pick<Asked, "path" | "body">): string {
  const inPath = /\/models\/([^/:]+):/.exec(path)?.[1];
  return inPath === undefined ? String(JSON.parse(body || "{}").model) : decodeURIComponent(inPath);
}

export function scriptedReply(provider: ProviderId, { listing, generation }: Script, asked: Asked): Reply {
  if (asked.method === "GET") return listing;
  const model = modelIn(asked);
  const found = generation.find(
    (entry) =>
      (entry.model === undefined || new RegExp(entry.model).test(model)) &&
      (entry.path === undefined || asked.path.endsWith("/chat/completions")),
  );
  return found ?? { status: 404, body: missingModel(provider, model) };
}

/** The same as an answer of a fake. */
export function scriptedAnswer(provider: ProviderId, script: Script, asked: Asked): Answer {
  const { status, body } = scriptedReply(provider, script, asked);
  if (typeof body === "string") return { status, headers: { "content-type": "text/event-stream" }, body };
  return { status, body: JSON.stringify(body) };
}

/** A model that a provider does not serve, in its words of today: `fixtures/providers/<id>/answers.json`. */
export function missingModel(provider: ProviderId, model: string): unknown {
  switch (catalogue[provider].api.dialect) {
    case "openai": {
      const message = `The model \`${model}\` does not exist or you do not have access to it.`;
      return { error: { message, type: "invalid_request_error", param: null, code: "model_not_found" } };
    }
    case "anthropic":
      return { type: "error", error: { type: "not_found_error", message: `model: ${model}` } };
    case "google": {
      const message = `models/${model} is not found for API version v1beta, or is not supported for generateContent.`;
      return { error: { code: 404, message, status: "NOT_FOUND" } };
    }
  }
}
