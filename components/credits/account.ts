/** Everything that the card of credits shows, read together. */
import type { Balance, Byok, Credential, HistoryPage, Operation, Result } from "../../client/types.ts";
import { type UsableProvider, withRights } from "../keys/providers.ts";
import { joinPages } from "./ledger.ts";

export interface Account {
  readonly balance: Balance;
  readonly operations: readonly Operation[];
  readonly credentials: readonly Credential[];
  /** Those that are offered. */
  readonly providers: readonly UsableProvider[];
  readonly history: HistoryPage;
}

/** Entries at first, and with each "Show more". */
const [firstPage, nextPage] = [5, 100];

/** The newest entries, or those that are older than the one with this id. */
export function readHistory(byok: Byok, before?: number): Promise<Result<HistoryPage>> {
  return byok.history({ before, limit: before === undefined ? firstPage : nextPage });
}

export async function readAccount(byok: Byok): Promise<Result<Account>> {
  const [balance, operations, credentials, rights, teamKeys] = await Promise.all([
    byok.balance(),
    byok.operations(),
    byok.list(),
    byok.rights(),
    byok.teamKeys(),
  ]);
  // After the balance: a call that it counts as charged stands in the history by then.
  const history = await readHistory(byok);
  const listed = await byok.providers();
  if (listed.error) return listed;
  if (balance.error) return balance;
  if (operations.error) return operations;
  if (credentials.error) return credentials;
  if (rights.error) return rights;
  if (teamKeys.error) return teamKeys;
  if (history.error) return history;
  const providers = withRights(listed.data, rights.data, teamKeys.data).filter(({ enabled }) => enabled);
  return {
    data: {
      ...{ balance: balance.data, operations: operations.data, credentials: credentials.data, history: history.data },
      providers,
    },
    error: null,
  };
}

export function joinAccounts(known: Account, fresh: Account): Account {
  return { ...fresh, history: joinPages(known.history, fresh.history) };
}
