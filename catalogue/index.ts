/** The providers, in the order in which they are shown unless the operator chooses another one. */
import { anthropic } from "./anthropic.ts";
import { azure } from "./compatible/azure.ts";
import { bedrock } from "./compatible/bedrock.ts";
import { cerebras } from "./compatible/cerebras.ts";
import { cohere } from "./compatible/cohere.ts";
import { deepinfra } from "./compatible/deepinfra.ts";
import { deepseek } from "./compatible/deepseek.ts";
import { fireworks } from "./compatible/fireworks.ts";
import { huggingface } from "./compatible/huggingface.ts";
import { mistral } from "./compatible/mistral.ts";
import { moonshot } from "./compatible/moonshot.ts";
import { nvidia } from "./compatible/nvidia.ts";
import { openrouter } from "./compatible/openrouter.ts";
import { together } from "./compatible/together.ts";
import { xai } from "./compatible/xai.ts";
import { zai } from "./compatible/zai.ts";
import { google } from "./google.ts";
import { groq } from "./groq.ts";
import { fromRows } from "./openai-compatible.ts";
import { openai } from "./openai.ts";
import type { Provider } from "./types.ts";
import { vertex } from "./vertex.ts";

export const catalogue = {
  openai,
  anthropic,
  google,
  groq,
  ...fromRows({
    openrouter,
    xai,
    mistral,
    deepseek,
    together,
    fireworks,
    cerebras,
    moonshot,
    zai,
    cohere,
    nvidia,
    huggingface,
    deepinfra,
    azure,
    bedrock,
  }),
  vertex,
} as const satisfies Record<string, Provider>;

export type ProviderId = keyof typeof catalogue;
