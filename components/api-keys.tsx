import { type ReactNode, useCallback, useId, useState } from "react";
import type { Byok, Credential, ProviderId } from "../client/types.ts";
import { Notice, Notices, ReadingFailed, Skeleton } from "./parts.tsx";
import { ProviderRow } from "./provider-row.tsx";
import { providers } from "./providers.ts";
import { useLive, useOnline } from "./use-live.ts";

/** Settings > API keys: a user's own keys, one for each provider. */
export function ApiKeys({ byok }: { readonly byok: Byok }): ReactNode {
  const id = useId();
  const isOnline = useOnline();
  const { data, error, refresh, update } = useLive(useCallback(() => byok.list(), [byok]));
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
          {error && isOnline && <ReadingFailed error={error} onRetry={refresh} />}
        </Notices>
        {data ? (
          <ul className="byok-rows">
            {providers.map((provider) => (
              <ProviderRow
                key={provider.id}
                byok={byok}
                provider={provider}
                credential={data.find((credential) => credential.provider === provider.id)}
                announce={announce}
                onSaved={(credential) => put(provider.id, credential)}
                refresh={refresh}
              />
            ))}
          </ul>
        ) : (
          !error && <Skeleton rows={providers.length} label="Loading your API keys" />
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
