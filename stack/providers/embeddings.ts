import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { type Answer, jsonBody, type ReceivedRequest } from "./adapter.ts";
import { countTokens } from "./generator.ts";

const DIMENSIONS = 16;

/** Returns the vector of a text: always the same one, different from another text's, numbers in [-1, 1]. */
export function embed(text: string, dimensions: unknown): number[] {
  const hash = createHash("sha256").update(text).digest();
  const length = typeof dimensions === "number" && dimensions > 0 ? dimensions : DIMENSIONS;
  return Array.from({ length }, (_, i) => (hash[i % hash.length] ?? 0) / 127.5 - 1);
}

/** Returns a vector as OpenAI's `encoding_format: "base64"` has it: 32-bit little-endian floats. */
export function toBase64(vector: readonly number[]): string {
  return Buffer.from(new Float32Array(vector).buffer).toString("base64");
}

/** Answers OpenAI's embeddings endpoint, wherever it is imitated. */
export function openAiEmbeddings(request: ReceivedRequest): Answer {
  const { input, model, dimensions, encoding_format } = jsonBody(request);
  const texts = (Array.isArray(input) ? input : [input]).map(String);
  const data = texts.map((text, index) => {
    const vector = embed(text, dimensions);
    return {
      object: "embedding",
      index,
      embedding: encoding_format === "base64" ? toBase64(vector) : vector,
    };
  });
  const prompt_tokens = countTokens(texts.join(" "));
  return {
    status: 200,
    body: { object: "list", data, model, usage: { prompt_tokens, total_tokens: prompt_tokens } },
  };
}
