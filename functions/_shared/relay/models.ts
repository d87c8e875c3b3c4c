/** The models that a user can call at the address of all providers, in the form of OpenAI's list, each with who pays. */
import { openFunding } from "../credits/funding.ts";
import type { KeyHolder } from "../keys/opening.ts";
import type { ErrorCode } from "../../../protocol/errors.ts";
import { ByokError } from "../errors.ts";
import { classify } from "../providers/classify.ts";
import { type ProviderId, providers } from "../providers/index.ts";
import { listedModels, listingProbe } from "../providers/probe.ts";
import type { PlacedKey, Reason, Verdict } from "../providers/types.ts";
import { ask } from "../providers/verification.ts";
import type { Services } from "../services.ts";

/** https://developers.openai.com/api/reference/resources/models, November 2026; `byok` is ours. */
export interface ListedModel {
  /** `<provider>/<the provider's own name of the model>`. */
  readonly id: string;
  readonly object: "model";
  /** No provider's list is relied on for it. */
  readonly created: 0;
  /** Id of the provider. */
  readonly owned_by: ProviderId;
  readonly byok: {
    readonly funding: "byok" | "platform";
    /** On credits: the operations that buy this model, one of which `x-byok-operation` names. */
    readonly operations?: readonly string[];
  };
}

/** A provider whose models are not in the list, though the user has a key for it. */
export interface MissingProvider {
  readonly provider: ProviderId;
  readonly code: ErrorCode;
  readonly verdict?: Verdict;
  readonly reason?: Reason;
}

export interface ModelList {
  readonly object: "list";
  readonly data: readonly ListedModel[];
  readonly byok: { readonly missing: readonly MissingProvider[] };
}

type ListServices = Pick<Services, "database" | "keyring" | "prices" | "originOf"> & {
  readonly env: Pick<Services["env"], "offered" | "platformKeys" | "checkTimeout_ms">;
  /** Whether credits buy a POST to a path of the provider's. */
  buys(provider: ProviderId, path: string): boolean;
};

/** Refusals that are the same for each provider. */
const ofAllProviders: readonly ErrorCode[] = [
  "database_unavailable",
  "schema_outdated",
  "not_a_member",
  "owners_malformed",
];

/** Longest list of a provider, in characters: OpenRouter's has about a million. */
const maxListLength = 4 * 1024 * 1024;

/**
 * Asks all providers that the user has a key for at once, and waits no longer than for a check of a key. A provider that fails is
 * named in `byok.missing`. Nothing is remembered.
 *
 * @throws ByokError `database_unavailable`, `schema_outdated`, `not_a_member`
 */
export async function listModels(services: ListServices, caller: KeyHolder): Promise<ModelList> {
  const served = services.env.offered.filter((id) => providers[id].api.compatible);
  const parts = await Promise.all(served.map((id) => listOf(services, caller, id)));
  return {
    object: "list",
    data: parts.flatMap((part) => ("missing" in part ? [] : part.models)),
    byok: { missing: parts.flatMap((part) => ("missing" in part ? [part.missing] : [])) },
  };
}

type Part = { readonly models: readonly ListedModel[] } | { readonly missing: MissingProvider };

async function listOf(services: ListServices, caller: KeyHolder, provider: ProviderId): Promise<Part> {
  try {
    const opened = await openFunding(services, caller, provider);
    if (opened.payer === "byok") return await modelsOfKey(services, provider, opened);
    return { models: await modelsOnCredits(services, provider) };
  } catch (error) {
    if (error instanceof ByokError && error.code === "credits_not_allowed") return { models: [] };
    if (!(error instanceof ByokError) || ofAllProviders.includes(error.code)) throw error;
    return { missing: { provider, code: error.code } };
  }
}

async function modelsOfKey(services: ListServices, provider: ProviderId, { apiKey, place }: PlacedKey): Promise<Part> {
  const row = providers[provider];
  const listed = (names: readonly string[]) => ({
    models: names.map((name) => modelOf(provider, name, { funding: "byok" as const })),
  });
  if (row.check.deployments) return { models: [] };
  const probe = listingProbe(row);
  if (!probe) return listed(row.models.chat);
  const timeout_ms = services.env.checkTimeout_ms;
  const options = { origin: services.originOf(provider, place), timeout_ms };
  const question = { provider: row, apiKey, options, until_ms: performance.now() + timeout_ms };
  const answer = await ask(question, probe, maxListLength);
  if (answer === null) return { missing: { provider, code: "provider_unreachable" } };
  const { verdict, reason } = classify(row, answer);
  if (verdict === "verified") return listed(listedModels(answer.body));
  const code = verdict === "rejected" || verdict === "restricted" ? "api_key_rejected" : "provider_misbehaved";
  return { missing: { provider, code, ...(verdict ? { verdict } : {}), ...(reason ? { reason } : {}) } };
}

/** The models of the price list, where credits buy them in OpenAI's form. */
async function modelsOnCredits({ env, prices, buys }: ListServices, provider: ProviderId): Promise<ListedModel[]> {
  const { base, paths = [] } = providers[provider].api.compatible ?? {};
  const isBought = paths.some((path) => buys(provider, `${base}${path}`));
  if (env.platformKeys[provider] === undefined || !isBought) return [];
  const own = (await prices.all()).filter((price) => price.provider === provider);
  return [...new Set(own.map(({ model }) => model))].map((name) => {
    const operations = own.filter(({ model }) => model === name).map(({ operation }) => operation);
    return modelOf(provider, name, { funding: "platform", operations });
  });
}

function modelOf(provider: ProviderId, name: string, byok: ListedModel["byok"]): ListedModel {
  return { id: `${provider}/${name}`, object: "model", created: 0, owned_by: provider, byok };
}
