import { type ReactNode, useCallback, useEffect, useId, useMemo, useRef, useState } from "react";
import type { Byok, Credential, Provider, ProviderId, Result } from "../client/types.ts";
import { findReturn } from "./keys/connecting.ts";
import { ProviderPicker } from "./keys/provider-picker.tsx";
import { KeyForm, KeyHistory, ProviderRow, RemoveDialog } from "./keys/provider-row.tsx";
import { choose, firstRows, maySave, type UsableProvider, withRights } from "./keys/providers.ts";
import { Trust } from "./keys/trust.tsx";
import { useAddRequests } from "./parts/changes.ts";
import { Head, Notice, Notices, ReadingFailed, Skeleton } from "./parts/parts.tsx";
import { type CommonProps, useTexts, WithSettings } from "./parts/settings.tsx";
import { useKeyEvents, useLive, useOnline } from "./parts/use-live.ts";

export interface ApiKeysProps extends CommonProps {
  readonly byok: Byok;
  /** Only these, in this order; all that the server offers when absent. */
  readonly providers?: readonly ProviderId[] | undefined;
  /** A logo of the app's own for a provider, 20 by 20 pixels. Stable between renders. */
  readonly logo?: ((provider: Pick<Provider, "id" | "name">) => ReactNode) | undefined;
  /** The app's own way to a plan with keys, for users whose plan has none. */
  readonly upgrade?: ReactNode;
  /** Where the app says more about what happens with a key. */
  readonly securityUrl?: string | undefined;
}

/** Settings > API keys: a user's own keys, one for each provider. */
export function ApiKeys({ texts, headingLevel, logo, ...props }: ApiKeysProps): ReactNode {
  return (
    <WithSettings {...{ texts, headingLevel, logo }} isTeam={props.byok.team !== null}>
      <KeysSection {...props} />
    </WithSettings>
  );
}

type SectionProps = Omit<ApiKeysProps, "texts" | "headingLevel" | "logo">;

function KeysSection({
  byok,
  providers: wanted,
  className = "",
  action,
  live = false,
  upgrade,
  securityUrl,
}: SectionProps): ReactNode {
  const { keys } = useTexts();
  const id = useId();
  const isOnline = useOnline();
  const {
    data,
    error: listError,
    refresh,
    update,
  } = useLive(
    useCallback(() => byok.list(), [byok]),
    undefined,
    useKeyEvents(byok, live),
  );
  const usable = useLive(useCallback(() => readProviders(byok), [byok]));
  const error = listError ?? usable.error;
  const [said, announce] = useAnnouncer();
  const isStranger = byok.team !== null && usable.data?.some(({ is_member }) => !is_member);

  function put(provider: ProviderId, credential: Credential | undefined) {
    update((known) => [...known.filter((other) => other.provider !== provider), ...(credential ? [credential] : [])]);
  }

  return (
    <section className={`byok ${className}`} aria-labelledby={`${id}-title`}>
      <Head id={`${id}-title`} title={keys.title} about={!isStranger && keys.about} action={action} />
      <div className="byok-card">
        <Notices>
          {!isOnline && (
            <Notice tone="warning" icon="cloud">
              {keys.offline}
            </Notice>
          )}
          {error && isOnline && (
            <ReadingFailed error={error} onRetry={() => void Promise.all([refresh(), usable.refresh()])} />
          )}
          {usable.data && <RightsNotices providers={usable.data} {...{ isStranger, upgrade }} />}
        </Notices>
        {isStranger ? null : data && usable.data ? (
          <Rows byok={byok} known={choose(usable.data, data, wanted)} {...{ credentials: data, announce, put }} />
        ) : (
          !error && <Skeleton kind="row" rows={4} label={keys.loading} />
        )}
        {!isStranger && (
          <div className="byok-foot">
            <Trust url={securityUrl} />
            {usable.data?.some(({ may_manage_keys }) => may_manage_keys) && (
              <HistoryOfAll byok={byok} providers={usable.data} />
            )}
          </div>
        )}
      </div>
      <p className="byok-hidden" role="status">
        {said}
      </p>
    </section>
  );
}

interface RightsProps {
  readonly providers: readonly UsableProvider[];
  readonly isStranger: boolean | undefined;
  readonly upgrade: ReactNode;
}

/** A notice for each right that this user lacks, once for all rows. */
function RightsNotices({ providers, isStranger, upgrade }: RightsProps): ReactNode {
  const { keys, team } = useTexts();
  if (isStranger) {
    return (
      <Notice tone="neutral" icon="lock">
        {team.stranger}
      </Notice>
    );
  }
  return (
    <>
      {providers.some(({ may_manage_keys }) => !may_manage_keys) && (
        <Notice tone="neutral" icon="lock">
          {keys.managed}
        </Notice>
      )}
      {providers.some(({ may_bring_key }) => !may_bring_key) && (
        <Notice tone="neutral" icon="lock" button={upgrade}>
          {keys.notAllowed}
        </Notice>
      )}
    </>
  );
}

/** The way to the events of all keys: a key that is gone has no row of its own. */
function HistoryOfAll({ byok, providers }: Pick<RowsProps, "byok"> & Pick<RightsProps, "providers">): ReactNode {
  const { keys } = useTexts();
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button type="button" className="byok-link" onClick={() => setOpen(true)}>
        {keys.allHistory}
      </button>
      {isOpen && <KeyHistory {...{ byok, providers }} onClosed={() => setOpen(false)} />}
    </>
  );
}

async function readProviders(byok: Byok): Promise<Result<readonly UsableProvider[]>> {
  const [listed, rights, teamKeys] = await Promise.all([byok.providers(), byok.rights(), byok.teamKeys()]);
  if (listed.error) return listed;
  if (rights.error) return rights;
  if (teamKeys.error) return teamKeys;
  return { data: withRights(listed.data, rights.data, teamKeys.data), error: null };
}

interface RowsProps {
  readonly byok: Byok;
  readonly known: readonly UsableProvider[];
  readonly credentials: readonly Credential[];
  announce(text: string): void;
  put(provider: ProviderId, credential: Credential | undefined): void;
}

function Rows({ byok, known, credentials, announce, put }: RowsProps): ReactNode {
  const { shown, others, openId, setOpen, moved, returned } = useRows(byok, known, credentials);
  // They are there when they are opened, also offline, and hold nothing up before.
  useEffect(() => {
    KeyForm.preload();
    RemoveDialog.preload();
  }, []);
  return (
    <>
      <ul className="byok-rows">
        {shown.map((provider) => (
          <ProviderRow
            key={provider.id}
            {...{ byok, provider, announce }}
            providers={known}
            credential={credentials.find((credential) => credential.provider === provider.id)}
            onSaved={(credential) => put(provider.id, credential)}
            isOpen={openId === provider.id}
            onOpen={(isOpen) => setOpen((open) => (isOpen ? provider.id : open === provider.id ? null : open))}
            takeMoved={() => {
              const apiKey = moved.current;
              moved.current = null;
              return apiKey;
            }}
            returned={returned?.provider === provider.id ? returned : null}
            onMove={(to, apiKey) => {
              moved.current = apiKey;
              setOpen(to.id);
            }}
          />
        ))}
      </ul>
      {others.some(maySave) && <ProviderPicker providers={others} onPick={({ id }) => setOpen(id)} />}
    </>
  );
}

/** Which rows there are, and which one's form is open: one at a time. A provider whose form is opened has a row from then on. */
function useRows(byok: Byok, known: readonly UsableProvider[], credentials: readonly Credential[]) {
  const [returned] = useState(() => findReturn(byok));
  const [rows, setRows] = useState(() => firstRows(known, credentials));
  const [openId, setOpen] = useState<ProviderId | null>(returned?.provider ?? null);
  /** A key on its way from one form to another, for the moment between the two. */
  const moved = useRef<string | null>(null);
  const hasKey = (id: ProviderId) => credentials.some(({ provider }) => provider === id);
  const missing = known.filter(({ id }) => !rows.includes(id) && (id === openId || hasKey(id)));
  if (missing.length > 0) setRows([...rows, ...missing.map(({ id }) => id)]);

  const byId = useMemo(() => new Map(known.map((provider) => [provider.id, provider])), [known]);
  const shown = rows.flatMap((id) => byId.get(id) ?? []);
  useAddRequests(() =>
    setOpen([...shown, ...known].find((provider) => maySave(provider) && !hasKey(provider.id))?.id ?? null),
  );
  return { shown, others: known.filter(({ id }) => !rows.includes(id)), openId, setOpen, moved, returned };
}

/** Text for a live region. The same text twice is said twice, since it is put into an element of its own. */
function useAnnouncer(): [ReactNode, (text: string) => void] {
  const [said, setSaid] = useState({ text: "", times: 0 });
  const announce = (text: string) => setSaid(({ times }) => ({ text, times: times + 1 }));
  return [<span key={said.times}>{said.text}</span>, announce];
}
