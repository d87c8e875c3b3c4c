/** The choice of provider, operation and model, which the panel and the code beside it share, and who will pay for it. */
import { useCallback, useState } from "react";
import { catalogue, type ProviderId } from "../catalogue/index.ts";
import type { Balance, Byok, Credential, Operation, Provider, Result, Rights, TeamKey } from "../client/index.ts";
import { type Live, useLive } from "../components/parts/use-live.ts";
import { modelOf } from "./generation.ts";

interface Known {
  readonly operations: readonly Operation[];
  readonly providers: readonly Provider[];
  readonly credentials: readonly Credential[];
  readonly balance: Balance;
  readonly rights: Rights;
  readonly teamKeys: readonly TeamKey[];
}

async function read(byok: Byok): Promise<Result<Known>> {
  const all = [
    ...([byok.operations(), byok.providers(), byok.list()] as const),
    ...([byok.balance(), byok.rights(), byok.teamKeys()] as const),
  ] as const;
  const [operations, providers, credentials, balance, rights, teamKeys] = await Promise.all(all);
  if (operations.error) return operations;
  if (providers.error) return providers;
  if (credentials.error) return credentials;
  if (balance.error) return balance;
  if (rights.error) return rights;
  if (teamKeys.error) return teamKeys;
  return {
    data: {
      ...{ operations: operations.data, credentials: credentials.data, teamKeys: teamKeys.data },
      ...{ balance: balance.data, rights: rights.data },
      // The page knows how to ask those of the catalogue it was built with.
      providers: providers.data.filter(({ id, enabled }) => enabled && Object.hasOwn(catalogue, id)),
    },
    error: null,
  };
}

export interface Choice {
  readonly provider: ProviderId;
  /** Empty until the operations are known. */
  readonly operation: string;
  readonly model: string;
  readonly providers: readonly Provider[];
  readonly operations: readonly Operation[];
  /** The payer of a call, as far as it can be told before; undefined until it is known. */
  readonly price: Price | undefined;
  readonly live: Pick<Live<Known>, "error" | "refresh"> & { readonly isEmpty: boolean };
  choose(change: Partial<Pick<Choice, "provider" | "operation" | "model">>): void;
}

/** Credits: the price and what is there. `null`: credits do not buy this. */
export type Price =
  | { readonly payer: "byok"; readonly owner: "user" | "team" }
  | { readonly payer: "platform"; readonly credits: number | null; readonly available: number }
  | { readonly payer: null };

export function useChoice(byok: Byok): Choice {
  const { data, error, refresh } = useLive(useCallback(() => read(byok), [byok]));
  const [provider, setProvider] = useState<ProviderId>("openai");
  const [operation, setOperation] = useState<string>();
  const [model, setModel] = useState<string>();
  const chosen = {
    provider,
    operation: operation ?? data?.operations[0]?.name ?? "",
    model: model ?? modelOf(provider),
  };
  return {
    ...chosen,
    providers: data?.providers ?? [],
    operations: data?.operations ?? [],
    price: data && priceOf(data, chosen, byok.team === null ? "user" : "team"),
    live: { error, refresh, isEmpty: !data },
    choose(change) {
      if (change.provider) {
        setProvider(change.provider);
        setModel(undefined);
      }
      if (change.operation !== undefined) setOperation(change.operation);
      if (change.model !== undefined) setModel(change.model);
    },
  };
}

function priceOf(
  known: Known,
  { provider, operation, model }: Pick<Choice, "provider" | "operation" | "model">,
  owner: "user" | "team",
): Price {
  const { credentials, rights, operations, balance } = known;
  if (rights.mayBringKey && credentials.some((saved) => saved.provider === provider && !saved.is_paused))
    return { payer: "byok", owner };
  if (known.teamKeys.some((key) => key.provider === provider)) return { payer: "byok", owner: "team" };
  const prices = operations.find(({ name }) => name === operation)?.prices ?? [];
  const price = prices.find((row) => row.provider === provider && row.model === model);
  const isOnCredits = known.providers.some(({ id, on_credits }) => id === provider && on_credits);
  if (!price || !isOnCredits || !rights.mayUseCredits) return { payer: null };
  return { payer: "platform", credits: price.credits_per_call, available: balance.available_credits };
}
