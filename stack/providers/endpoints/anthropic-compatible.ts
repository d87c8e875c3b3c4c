/** Anthropic's endpoint in OpenAI's form: https://platform.claude.com/docs/en/cli-sdks-libraries/libraries/openai-sdk, November 2026. */
import type { Answer, ReceivedRequest } from "../adapter.ts";

export function isChatCompletions({ method, path }: Pick<ReceivedRequest, "method" | "path">): boolean {
  return method === "POST" && path === "/v1/chat/completions";
}

/** A refusal of Anthropic's, in the form of OpenAI's errors where that endpoint was asked. */
export function asOpenAi(request: ReceivedRequest, refusal: Answer): Answer {
  if (!isChatCompletions(request)) return refusal;
  const { error } = refusal.body as { error: { type: string; message: string } };
  const type = refusal.status === 401 ? "invalid_request_error" : error.type;
  return { ...refusal, body: { error: { code: error.type, message: error.message, type, param: null } } };
}
