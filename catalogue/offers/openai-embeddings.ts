/** Embeddings, as OpenAI and Groq read them: texts or tokens, and no output in tokens. */
import type { Offer } from "./types.ts";

export function embeddings(path: string): Offer {
  return {
    path,
    userHash: ["user"],
    body: {
      fields: {
        model: "model",
        input: {
          any: ["text", { list: { any: ["text", "number", { list: "number" }] } }],
        },
        encoding_format: "text",
        dimensions: "number",
        user: "ignored",
      },
    },
  };
}
