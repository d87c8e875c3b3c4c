/** OpenAI: what credits buy of its API. */
import { openaiChat } from "./openai-chat.ts";
import { embeddings } from "./openai-embeddings.ts";
import { openaiResponses } from "./openai-responses.ts";
import type { Offer } from "./types.ts";

export const openaiOffers: readonly Offer[] = [openaiChat, openaiResponses, embeddings("^/v1/embeddings$")];
