/** NVIDIA NIM, as NVIDIA hosts it. https://docs.api.nvidia.com/nim/reference/llm-apis */
import type { CompatibleRow } from "../openai-compatible.ts";

export const nvidia = {
  number: 15,
  name: "NVIDIA NIM",
  keys: {
    prefixes: ["nvapi-"],
    newest: "nvapi-",
    variable: "NVIDIA_API_KEY",
    keysUrl: "https://build.nvidia.com/settings/api-keys",
  },
  origin: "https://integrate.api.nvidia.com",
  base: "/v1",
  also: {
    paths: ["/embeddings"],
    url: "https://docs.nvidia.com/nim/nemo-retriever/text-embedding/2.2.0/reference.html",
    seen: "2026-11-26",
  },
  listing: "public",
  check: {
    cannotChat:
      "asr|clip|cosmos|detector|embed|esm|flux|guard|gliner|paligemma|parse|rerank|reward|riva|safety|sparse|studio|tts|translate|voice",
    // An account has some of the listed models, most often these.
    cheapest: ["^meta/llama-3\\.1-8b-instruct$", "^openai/gpt-oss-20b$", "^meta/llama-3\\.3", "^openai/"],
  },
  errorForms: [{ message: "detail", code: "status" }, { message: "detail" }],
  models: {
    url: "https://github.com/anomalyco/models.dev/tree/f3fc692299671838c7c65fd8126bf84d81a2e817/providers/nvidia/models",
    seen: "2026-11-26",
    chat: ["meta/llama-3.1-8b-instruct", "openai/gpt-oss-20b", "meta/llama-3.3-70b-instruct"],
  },
  documentation: [
    {
      url: "https://github.com/juspay/neurolink/blob/11911999fd723159e243e64fc31810d9cdc8feb4/docs/getting-started/providers/nvidia-nim.md",
      seen: "2026-11-26",
    },
    {
      url: "https://github.com/anomalyco/models.dev/tree/f3fc692299671838c7c65fd8126bf84d81a2e817/providers/nvidia/provider.toml",
      seen: "2026-11-26",
    },
  ],
  sources: {
    account: { url: "https://github.com/gethouston/houston/pull/1243", seen: "2026-11-26" },
    forbidden: { url: "https://github.com/can1357/oh-my-pi/issues/499", seen: "2026-11-26" },
  },
  answers: [
    {
      status: 404,
      words: "not found for account",
      verdict: null,
      because: "model_not_allowed",
      ofModel: true,
      source: "account",
    },
    {
      status: 403,
      words: "^Authorization failed",
      verdict: "restricted",
      because: "api_not_allowed",
      source: "forbidden",
    },
  ],
} as const satisfies CompatibleRow;
