/** The input types of the providers' own SDKs, which types.test.ts walks by the compiler's API. */
import type { MessageCreateParamsBase as BetaMessages } from "@anthropic-ai/sdk/resources/beta/messages/messages";
import type { MessageCreateParamsBase as Messages } from "@anthropic-ai/sdk/resources/messages/messages";
import type { Content, EmbedContentConfig, GenerateContentConfig } from "@google/genai";
import type { ChatCompletionCreateParamsBase as GroqChat } from "groq-sdk/resources/chat/completions";
import type { EmbeddingCreateParams as GroqEmbeddings } from "groq-sdk/resources/embeddings";
import type { ChatCompletionCreateParamsBase as OpenAiChat } from "openai/resources/chat/completions/completions";
import type { EmbeddingCreateParams as OpenAiEmbeddings } from "openai/resources/embeddings";
import type { ResponseCreateParamsBase as OpenAiResponses } from "openai/resources/responses/responses";

export interface Inputs {
  openAiChat: OpenAiChat;
  openAiResponses: OpenAiResponses;
  openAiEmbeddings: OpenAiEmbeddings;
  messages: Messages;
  betaMessages: BetaMessages;
  groqChat: GroqChat;
  groqEmbeddings: GroqEmbeddings;
  googleContent: Content;
  googleConfig: GenerateContentConfig;
  googleEmbedding: EmbedContentConfig;
  made: Made;
}

/** Made up for the test of the walk itself. */
interface Made {
  known?: string | null;
  mode?: "slow" | "fast";
  items: (string | { type: "text"; text: string; extra?: number } | { type: "search"; query: string })[];
  brand_new?: { deep: true };
}
