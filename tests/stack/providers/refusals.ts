/** How each fake refuses a key of each behaviour: the words are those of the provider. */
import { type Behaviour } from "../../../stack/providers/index.ts";
import { type MainProvider, mainProviders } from "../../harness/providers/main.ts";

/** Status for listing models and for generation, and what the body of the refusal says. */
const refusals: Record<string, Record<MainProvider, [number, number, RegExp]>> = {
  rejected: {
    openai: [401, 401, /"code":"invalid_api_key"/],
    anthropic: [401, 401, /"type":"authentication_error","message":"invalid x-api-key"/],
    google: [400, 400, /"reason":"API_KEY_INVALID"/],
    groq: [401, 401, /"code":"invalid_api_key"/],
  },
  restricted: {
    openai: [401, 200, /Missing scopes: api\.model\.read/],
    anthropic: [403, 200, /"type":"permission_error"/],
    google: [403, 200, /"status":"PERMISSION_DENIED".*ModelService\.ListModels/],
    groq: [403, 200, /"code":"model_permission_blocked_project"/],
  },
  forbidden: {
    openai: [403, 403, /Missing scopes: (api\.model\.read|model\.request)/],
    anthropic: [403, 403, /"type":"permission_error"/],
    google: [403, 403, /"reason":"API_KEY_SERVICE_BLOCKED"/],
    groq: [403, 403, /"code":"model_permission_blocked_org"/],
  },
  no_credit: {
    openai: [200, 429, /"code":"insufficient_quota"/],
    anthropic: [200, 400, /credit balance is too low/],
    google: [200, 402, /prepayment credits are depleted/],
    groq: [200, 400, /"code":"blocked_api_access"/],
  },
  rate_limited: {
    openai: [429, 429, /"code":"rate_limit_exceeded"/],
    anthropic: [429, 429, /"type":"rate_limit_error"/],
    google: [429, 429, /"status":"RESOURCE_EXHAUSTED".*QuotaFailure/],
    groq: [429, 429, /"code":"rate_limit_exceeded"/],
  },
  overloaded: {
    openai: [503, 503, /overloaded/],
    anthropic: [529, 529, /"type":"overloaded_error"/],
    google: [503, 503, /"status":"UNAVAILABLE"/],
    groq: [498, 498, /"code":"capacity_exceeded"/],
  },
  unavailable: {
    openai: [503, 503, /"error"/],
    anthropic: [503, 503, /"type":"api_error"/],
    google: [503, 503, /"status":"UNAVAILABLE"/],
    groq: [503, 503, /"type":"internal_server_error"/],
  },
  edge_blocked: {
    openai: [403, 403, /^error code: 1010$/],
    anthropic: [403, 403, /^error code: 1010$/],
    google: [403, 403, /^error code: 1010$/],
    groq: [403, 403, /^{"error":{"message":"Access denied[^}]*}}$/],
  },
};
export const cases = Object.entries(refusals).flatMap(([behaviour, table]) =>
  mainProviders.map((provider) => ({
    behaviour: behaviour as Behaviour,
    provider,
    expected: table[provider],
  })),
);
