/** Google AI's endpoints in OpenAI's form: https://ai.google.dev/gemini-api/docs/openai, November 2026. */
import { type Answer, jsonBody, type ReceivedRequest, type Route } from "../adapter.ts";
import { openAiEmbeddings } from "../embeddings.ts";

const base = "/v1beta/openai";

export function isOpenAiPath({ path }: Pick<ReceivedRequest, "path">): boolean {
  return path.startsWith(`${base}/`);
}

export function routeOpenAi(request: ReceivedRequest): Route | null {
  const operation = `${request.method} ${request.path.slice(base.length)}`;
  if (operation === "POST /chat/completions") {
    const streams = jsonBody(request)["stream"] === true;
    return { kind: "generation", streams, forward: { path: "/v1/chat/completions" } };
  }
  if (operation === "POST /embeddings") return { kind: "generation", answer: () => openAiEmbeddings(request) };
  return null;
}

/** Errors are Google's own there, in a list of one. */
export function inList(request: ReceivedRequest, refusal: Answer): Answer {
  return isOpenAiPath(request) ? { ...refusal, body: [refusal.body] } : refusal;
}
