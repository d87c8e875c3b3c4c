/** Hugging Face, by the router of its inference providers. https://huggingface.co/docs/inference-providers */
import type { CompatibleRow } from "../openai-compatible.ts";

export const huggingface = {
  number: 16,
  name: "Hugging Face",
  keys: {
    prefixes: ["hf_"],
    newest: "hf_",
    variable: "HF_TOKEN",
    keysUrl: "https://huggingface.co/settings/tokens",
    billingUrl: "https://huggingface.co/settings/billing",
  },
  origin: "https://router.huggingface.co",
  base: "/v1",
  also: {
    paths: ["/responses"],
    url: "https://huggingface.co/docs/inference-providers/guides/responses-api",
    seen: "2026-11-26",
  },
  listing: "public",
  errorForms: [{ message: "error" }],
  models: {
    url: "https://github.com/anomalyco/models.dev/tree/f3fc692299671838c7c65fd8126bf84d81a2e817/providers/huggingface/models",
    seen: "2026-11-26",
    chat: ["openai/gpt-oss-120b", "zai-org/GLM-4.7-Flash", "meta-llama/Llama-3.3-70B-Instruct"],
  },
  documentation: [
    {
      url: "https://github.com/huggingface/hub-docs/blob/242f4a1eeb867daf4ac3f44026a5df4a68908a3d/docs/inference-providers/hub-api.md",
      seen: "2026-11-26",
    },
    { url: "https://huggingface.co/docs/inference-providers/pricing", seen: "2026-11-26" },
  ],
  sources: {
    scope: { url: "https://github.com/CSOAI-ORG/councilof-ai/issues/1102", seen: "2026-11-26" },
    unsupported: {
      url: "https://github.com/huggingface/hub-docs/blob/242f4a1eeb867daf4ac3f44026a5df4a68908a3d/docs/inference-providers/hub-api.md",
      seen: "2026-11-26",
    },
  },
  answers: [
    {
      words: "sufficient permissions to call Inference Providers",
      verdict: "restricted",
      because: "api_not_allowed",
      source: "scope",
    },
    { code: "model_not_supported", verdict: null, because: "model_not_allowed", ofModel: true, source: "unsupported" },
  ],
} as const satisfies CompatibleRow;
