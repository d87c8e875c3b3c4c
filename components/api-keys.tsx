import { type ReactNode, useCallback, useId, useState } from "react";
import type { Byok, Credential, Provider, ProviderId } from "../client/types.ts";
import { Notice, Notices, ReadingFailed, Skeleton } from "./parts.tsx";
import { ProviderRow } from "./provider-row.tsx";
import { useLive, useOnline } from "./use-live.ts";

/** How many providers are shown before "Show all", beside those with a key. */
const shownAtFirst = 6;

/** Settings > API keys: a user's own keys, one for each provider. */
export function ApiKeys({ byok }: { readonly byok: Byok }): ReactNode {
  const id = useId();
  const isOnline = useOnline();
  const { data, error: listError, refresh, update } = useLive(useCallback(() => byok.list(), [byok]));
  const listed = useLive(useCallback(() => byok.providers(), [byok]));
  const [isWhole, setWhole] = useState(false);
  const error = listError ?? listed.error;
  const credentialOf = (provider: Provider) => data?.find((credential) => credential.provider === provider.id);
  const known = (listed.data ?? []).filter((provider) => provider.enabled || credentialOf(provider));
  const shown = known.filter((provider, index) => isWhole || index < shownAtFirst || credentialOf(provider));
  const [said, announce] = useAnnouncer();

  function put(provider: ProviderId, credential: Credential | undefined) {
    update((known) => [...known.filter((other) => other.provider !== provider), ...(credential ? [credential] : [])]);
  }

  return (
    <section className="byok" aria-labelledby={`${id}-title`}>
      <header className="byok-head">
        <h2 id={`${id}-title`}>API keys</h2>
        <p>Bring your own key: work with that provider is billed to your account there and costs 0 credits.</p>
      </header>
      <div className="byok-card">
        <Notices>
          {!isOnline && (
            <Notice tone="warning" icon="cloud">
              You are offline. What you type stays here; save it when you are back.
            </Notice>
          )}
          {error && isOnline && (
            <ReadingFailed error={error} onRetry={() => void Promise.all([refresh(), listed.refresh()])} />
          )}
        </Notices>
        {data && listed.data ? (
          <>
            <ul className="byok-rows">
              {shown.map((provider) => (
                <ProviderRow
                  key={provider.id}
                  byok={byok}
                  provider={provider}
                  providers={known}
                  credential={credentialOf(provider)}
                  announce={announce}
                  onSaved={(credential) => put(provider.id, credential)}
                  refresh={refresh}
                />
              ))}
            </ul>
            {shown.length < known.length && (
              <p className="byok-more">
                <button type="button" className="byok-button" onClick={() => setWhole(true)}>
                  Show {known.length - shown.length} more providers
                </button>
              </p>
            )}
          </>
        ) : (
          !error && <Skeleton rows={shownAtFirst} label="Loading your API keys" />
        )}
      </div>
      <p className="byok-hidden" role="status">
        {said}
      </p>
    </section>
  );
}

/** Text for a live region. The same text twice is said twice, since it is put into an element of its own. */
function useAnnouncer(): [ReactNode, (text: string) => void] {
  const [said, setSaid] = useState({ text: "", times: 0 });
  const announce = (text: string) => setSaid(({ times }) => ({ text, times: times + 1 }));
  return [<span key={said.times}>{said.text}</span>, announce];
}
