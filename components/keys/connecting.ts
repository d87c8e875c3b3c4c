/**
 * Connecting an account in place of pasting a key: the user agrees at the provider, comes back to this page with a code, and the server
 * fetches the key. The secret that the code needs waits in this tab, with the user and the team that it is for. It is worth nothing
 * without the code, and gone after its use.
 */
import type { Byok, CheckedCredential, PendingConnection, ProviderId, Result } from "../../client/types.ts";

const storageKey = "byok-connecting";

/** The query's name for the provider, beside the `code` that the provider adds. */
const parameter = "byok_connect";

/** Leaves for the provider's page. Resolves with the failure, where that is not possible. */
export async function leaveToConnect(byok: Byok, provider: ProviderId): Promise<Result<null>> {
  const back = new URL(location.href);
  back.searchParams.set(parameter, provider);
  const { data, error } = await byok.beginConnecting(provider, back.href);
  if (error) return { data: null, error };
  sessionStorage.setItem(storageKey, JSON.stringify(data.pending));
  location.assign(data.url);
  return { data: null, error: null };
}

export interface Return {
  readonly provider: ProviderId;
  /** Has the server fetch the key. Once: the second time there is nothing to finish. */
  finish(byok: Byok): Promise<Result<CheckedCredential>>;
}

interface ReturnOfTeam extends Return {
  readonly team: string | null;
}

let found: ReturnOfTeam | null = null;

/** The provider that this page is come back from, until that is finished; null if it is not, or for another team's keys. */
export function findReturn({ team }: Byok): Return | null {
  found ??= readAddress();
  return found?.team === team ? found : null;
}

function readAddress(): ReturnOfTeam | null {
  const here = new URL(location.href);
  const provider = here.searchParams.get(parameter);
  const code = here.searchParams.get("code");
  if (provider === null) return null;
  const waiting = JSON.parse(sessionStorage.getItem(storageKey) ?? "null") as PendingConnection | null;
  sessionStorage.removeItem(storageKey);
  for (const name of [parameter, "code"]) here.searchParams.delete(name);
  // The code is worth nothing any more, and nobody copies an address with it.
  history.replaceState(history.state, "", here);
  // Without a code the user did not agree; without the secret this is another tab.
  if (code === null || waiting?.provider !== provider) return null;
  return {
    provider,
    team: waiting.team,
    finish(byok) {
      found = null;
      return byok.finishConnecting(waiting, code);
    },
  };
}
