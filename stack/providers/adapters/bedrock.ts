import { Buffer } from "node:buffer";
import { type Adapter, jsonBody } from "../adapter.ts";
import { compatible } from "./compatible.ts";

/**
 * Amazon Bedrock: OpenAI's API, and operations of its own below a model, whose streams are binary.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html, November 2026.
 */
export function bedrock(): Adapter {
  const openAi = compatible("bedrock");
  return {
    ...openAi,
    route(request) {
      if (!/^\/model\/[^/]+\/converse(?:-stream)?$/.test(request.path)) return openAi.route(request);
      if (request.method !== "POST") return null;
      // The generator refuses what it does not know, such as the settings of one model.
      const { messages, system, inferenceConfig, toolConfig } = jsonBody(request);
      const body = Buffer.from(JSON.stringify({ messages, system, inferenceConfig, toolConfig }));
      // `streams` is for streams of text, which the behaviours can cut between events.
      return { kind: "generation", forward: { path: request.path, body } };
    },
  };
}
