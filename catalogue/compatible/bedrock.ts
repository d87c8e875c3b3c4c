/** Amazon Bedrock with API keys. https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html */
import type { CompatibleRow } from "../openai-compatible.ts";

export const bedrock = {
  number: 19,
  name: "Amazon Bedrock",
  keys: {
    prefixes: ["ABSK"],
    newest: "ABSK",
    unsupported: [
      {
        prefix: "bedrock-api-key-",
        message:
          "This is a short-term key of Amazon Bedrock, which ends within 12 hours. Make a long-term key instead.",
      },
    ],
    variable: "AWS_BEARER_TOKEN_BEDROCK",
    keysUrl: "https://console.aws.amazon.com/bedrock/home#/api-keys",
  },
  origin: "https://bedrock-runtime.{place}.amazonaws.com",
  place: {
    kind: "region",
    template: "https://bedrock-runtime.{place}.amazonaws.com",
    pattern: "[a-z]{2}(?:-[a-z]+){1,2}-[1-9]",
    hint: "It is the region of the AWS console in which the key was made.",
    example: "us-west-2",
    url: "https://docs.aws.amazon.com/general/latest/gr/bedrock.html",
    seen: "2026-11-26",
  },
  base: "/openai/v1",
  // Bedrock's own operations: InvokeModel, Converse and their streams.
  ownPaths: ["/model/"],
  listing: "none",
  errorForms: [{ message: "Message" }, { message: "message" }],
  limitField: "max_completion_tokens",
  models: {
    url: "https://docs.aws.amazon.com/bedrock/latest/userguide/inference-chat-completions.html",
    seen: "2026-11-26",
    chat: ["openai.gpt-oss-20b-1:0", "openai.gpt-oss-120b-1:0"],
  },
  documentation: [
    { url: "https://docs.aws.amazon.com/bedrock/latest/userguide/inference-chat-completions.html", seen: "2026-11-26" },
    { url: "https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html", seen: "2026-11-26" },
    { url: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_bedrock.html", seen: "2026-11-26" },
  ],
  sources: {
    refused: { url: "https://github.com/anomalyco/opencode/issues/47073", seen: "2026-11-26" },
    permission: { url: "https://github.com/BerriAI/litellm/pull/39166", seen: "2026-11-26" },
    model: { url: "https://github.com/aws-samples/bedrock-access-gateway/issues/185", seen: "2026-11-26" },
    access: {
      url: "https://github.com/aws-samples/generative-ai-to-build-a-devsecops-chatbot/issues/3",
      seen: "2026-11-26",
    },
    endpoint: { url: "https://github.com/mnfst/llm-gateway/issues/2657", seen: "2026-11-26" },
  },
  answers: [
    { words: "^authentication failed|^invalid api key", verdict: "rejected", source: "refused" },
    { words: "is not authorized to perform", verdict: "restricted", because: "missing_scope", source: "permission" },
    {
      words: "don't have access to the model",
      verdict: "restricted",
      because: "model_not_allowed",
      ofModel: true,
      source: "access",
    },
    { code: "model_not_found", verdict: null, because: "model_not_allowed", ofModel: true, source: "model" },
    { words: "does not support the '/v1/chat/completions' API", verdict: null, ofModel: true, source: "endpoint" },
  ],
} as const satisfies CompatibleRow;
