/** Which models a fake serves: another one is refused as the provider does it. */
import { catalogue, type ProviderId } from "../../../catalogue/index.ts";
import type { Provider } from "../../../catalogue/types.ts";
import { type Answer, jsonBody, type ReceivedRequest } from "../adapter.ts";
import { missingModel, modelIn } from "../script.ts";

/** Names of models that the rows hold under another name: https://platform.claude.com/docs/en/about-claude/models/overview, November 2026. */
const aliases: Partial<Record<ProviderId, readonly string[]>> = { anthropic: ["claude-haiku-4-5"] };

/** Returns the provider's refusal of a generation whose model it does not serve, or null. */
export function refuseModel(provider: ProviderId, request: ReceivedRequest): Answer | null {
  const model = modelOf(request);
  if (model === "" || serves(provider, model)) return null;
  return { status: 404, body: missingModel(provider, model) as object };
}

function serves(provider: ProviderId, model: string): boolean {
  const { models }: Provider = catalogue[provider];
  const base = /^ft:([^:]+):/.exec(model)?.[1] ?? model;
  return [...models.chat, ...models.other, ...(aliases[provider] ?? [])].includes(base);
}

/** Empty where the body is no JSON, such as a form with a recording, or names none. */
function modelOf(request: ReceivedRequest): string {
  const { model } = jsonBody(request);
  if (typeof model === "string") return model;
  return /\/models\//.test(request.path) ? modelIn({ path: request.path, body: "" }) : "";
}
