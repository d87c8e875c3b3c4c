/** Azure OpenAI, the v1 API. https://learn.microsoft.com/en-us/azure/foundry/openai/api-version-lifecycle */
import type { CompatibleRow } from "../openai-compatible.ts";

export const azure = {
  number: 18,
  name: "Azure OpenAI",
  keys: {
    prefixes: [],
    variable: "AZURE_OPENAI_API_KEY",
    keysUrl: "https://portal.azure.com/",
  },
  origin: "https://{place}.openai.azure.com",
  place: {
    kind: "resource",
    template: "https://{place}.openai.azure.com",
    pattern: "[a-z0-9][a-z0-9-]{0,62}[a-z0-9]",
    hint: "It is the first word of the resource's endpoint, which stands beside its keys in the Azure portal.",
    example: "my-resource",
    url: "https://learn.microsoft.com/en-us/rest/api/microsoft-foundry/azureopenai/models",
    seen: "2026-11-26",
  },
  authentication: { header: "api-key", before: "" },
  base: "/openai/v1",
  also: {
    paths: ["/responses", "/embeddings"],
    url: "https://learn.microsoft.com/en-us/azure/foundry/openai/api-version-lifecycle",
    seen: "2026-11-26",
  },
  listing: "needs_key",
  check: { deployments: true },
  limitField: "max_completion_tokens",
  models: {
    url: "https://learn.microsoft.com/en-us/python/api/azure-search-documents/azure.search.documents.indexes.models.azureopenaimodelname?view=azure-python-preview",
    seen: "2026-11-26",
    chat: ["gpt-5.4-nano", "gpt-5.4-mini", "gpt-4.1-mini"],
  },
  documentation: [
    { url: "https://learn.microsoft.com/en-us/rest/api/microsoft-foundry/azureopenai/models", seen: "2026-11-26" },
    { url: "https://raw.githubusercontent.com/openai/openai-node/HEAD/docs/azure.md", seen: "2026-11-26" },
  ],
  sources: {
    deployment: { url: "https://github.com/rashadphz/farfalle/issues/79", seen: "2026-11-26" },
    network: { url: "https://github.com/Azure-Samples/azure-sql-db-chatbot/issues/3", seen: "2026-11-26" },
  },
  answers: [
    {
      code: "DeploymentNotFound",
      verdict: "unverified",
      because: "deployment_unknown",
      ofModel: true,
      source: "deployment",
    },
    {
      status: 403,
      words: "virtual network|firewall rules",
      verdict: "restricted",
      because: "network_not_allowed",
      source: "network",
    },
  ],
} as const satisfies CompatibleRow;
