import { type ReactNode, useCallback, useEffect, useId } from "react";
import type { Balance, Byok, Credential, HistoryPage, Operation, Provider, Result } from "../client/types.ts";
import { History, readHistory } from "./history.tsx";
import { Icon } from "./icons.tsx";
import { creditsOf, inDigits, joinPages } from "./ledger.ts";
import { Notice, Notices, ReadingFailed, Skeleton } from "./parts.tsx";
import { namesOf } from "./providers.ts";
import { stateOf } from "./states.ts";
import { useLive, useOnline } from "./use-live.ts";

interface Account {
  readonly balance: Balance;
  readonly operations: readonly Operation[];
  readonly credentials: readonly Credential[];
  /** Those that are offered. */
  readonly providers: readonly Provider[];
  readonly history: HistoryPage;
}

/** Settings > Credits: who pays, the balance, the prices and the history. */
export function Credits({ byok }: { readonly byok: Byok }): ReactNode {
  const id = useId();
  const isOnline = useOnline();
  const { data, error, refresh, update } = useLive(
    useCallback(() => readAccount(byok), [byok]),
    joinAccounts,
  );
  useWhileHeld(data?.balance.held_credits ?? 0, refresh);

  return (
    <section className="byok" aria-labelledby={`${id}-title`}>
      <header className="byok-head">
        <h2 id={`${id}-title`}>Credits</h2>
        <p>Used for providers without your own key.</p>
      </header>
      <div className="byok-card">
        <Notices>
          {!isOnline && (
            <Notice tone="warning" icon="cloud">
              You are offline. The balance may have changed since.
            </Notice>
          )}
          {error && isOnline && <ReadingFailed error={error} onRetry={refresh} />}
        </Notices>
        {data ? (
          <>
            <Payer {...data} />
            <Prices operations={data.operations} />
            <History
              history={data.history}
              byok={byok}
              onMore={(page, before) => update((known) => continued(known, page, before))}
            />
          </>
        ) : (
          !error && <Skeleton rows={3} label="Loading your credits" />
        )}
      </div>
    </section>
  );
}

async function readAccount(byok: Byok): Promise<Result<Account>> {
  const [balance, operations, credentials] = await Promise.all([byok.balance(), byok.operations(), byok.list()]);
  // After the balance: a call that it counts as charged stands in the history by then.
  const history = await readHistory(byok);
  const listed = await byok.providers();
  if (listed.error) return listed;
  if (balance.error) return balance;
  if (operations.error) return operations;
  if (credentials.error) return credentials;
  if (history.error) return history;
  const providers = listed.data.filter(({ enabled }) => enabled);
  return {
    data: {
      ...{ balance: balance.data, operations: operations.data, credentials: credentials.data, history: history.data },
      providers,
    },
    error: null,
  };
}

/** Adds a page to the history, unless the history was read again from its start since the page was requested. */
function continued(known: Account, page: HistoryPage, before: number): Account {
  return known.history.next === before ? joinAccounts(known, { ...known, history: page }) : known;
}

function joinAccounts(known: Account, fresh: Account): Account {
  return { ...fresh, history: joinPages(known.history, fresh.history) };
}

/** A hold is charged or given back a moment after its call has ended, which nobody announces. In ms. */
const heldInterval_ms = 3_000;

function useWhileHeld(held: number, refresh: () => Promise<void>): void {
  useEffect(() => {
    if (held === 0) return;
    const timer = setInterval(() => document.visibilityState === "visible" && void refresh(), heldInterval_ms);
    return () => clearInterval(timer);
  }, [held, refresh]);
}

/** Who pays for what, as the database would decide for the next call. */
function Payer({ balance, operations, credentials, providers }: Account): ReactNode {
  const withStatus = (test: (works: boolean) => boolean) =>
    providers.filter((provider) =>
      credentials.some(
        (credential) => credential.provider === provider.id && test(stateOf(credential, provider).works),
      ),
    );
  const paying = withStatus((works) => works);
  const failing = withStatus((works) => !works);
  const withKey = [...paying, ...failing];
  const onCredits = providers.filter((provider) => provider.on_credits && !withKey.includes(provider));
  const { available_credits: available, held_credits: held } = balance;

  return (
    <>
      <div className="byok-payer" aria-live="polite">
        <span className="byok-mark" data-tone={paying.length > 0 ? "good" : "neutral"}>
          <Icon name={paying.length > 0 ? "check" : "wallet"} />
        </span>
        <div>
          <p className="byok-amount">
            {paying.length > 0 ? (
              <>
                0 credits<span className="byok-hidden">, </span>
                <span className="byok-payers">{billedTo(paying)}</span>
              </>
            ) : (
              creditsOf(available)
            )}
          </p>
          <p className="byok-text">
            {balanceInWords(available, onCredits, { hasKeys: withKey.length > 0, isHeadline: paying.length === 0 })}
          </p>
          {held > 0 && <p className="byok-meta">{creditsOf(held)} reserved by calls under way.</p>}
        </div>
      </div>
      <Notices>
        {failing.length > 0 && (
          <Notice tone="bad" icon="cross">
            Calls to {namesOf(failing)} are failing. Replace or remove your {failing.length > 1 ? "keys" : "key"};
            credits are not used instead.
          </Notice>
        )}
        {onCredits.length > 0 && <Shortage {...{ available, operations, onCredits }} isStuck={withKey.length === 0} />}
      </Notices>
    </>
  );
}

function billedTo(paying: readonly Provider[]): string {
  return `billed to your ${namesOf(paying)} ${paying.length > 1 ? "accounts" : "account"}`;
}

function balanceInWords(
  available: number,
  onCredits: readonly Provider[],
  { hasKeys, isHeadline }: { hasKeys: boolean; isHeadline: boolean },
): string {
  if (onCredits.length === 0) return `No call costs credits: ${inDigits(available)} left.`;
  if (!hasKeys) return `Calls to ${namesOf(onCredits)} cost credits. With a key of your own they cost none.`;
  if (isHeadline) return `For calls to ${namesOf(onCredits)}.`;
  return `Calls to ${namesOf(onCredits)} cost credits: ${inDigits(available)} left.`;
}

interface ShortageProps {
  readonly available: number;
  readonly operations: readonly Operation[];
  readonly onCredits: readonly Provider[];
  /** Nothing works: the user has no key at all. */
  readonly isStuck: boolean;
}

/** Low is when the dearest operation can no longer be paid, run out when none can. */
function Shortage({ available, operations, onCredits, isStuck }: ShortageProps): ReactNode {
  const unaffordable = operations.filter(({ price_credits }) => (price_credits ?? 0) > available);
  if (unaffordable.length === 0) return null;
  if (unaffordable.length < operations.length) {
    return (
      <Notice tone="warning" icon="warning">
        Credits are running low: not enough for {unaffordable.map(({ label }) => label.toLowerCase()).join(" or ")}.
      </Notice>
    );
  }
  return (
    <Notice tone={isStuck ? "bad" : "warning"} icon="wallet">
      You have run out of credits. {isStuck ? "Calls" : `Calls to ${namesOf(onCredits)}`} need a key of your own, or
      more credits.
    </Notice>
  );
}

function Prices({ operations }: { operations: readonly Operation[] }): ReactNode {
  return (
    <div className="byok-part">
      <h3>Price of a call on credits</h3>
      <dl className="byok-prices">
        {operations.map(({ name, label, price_credits }) => (
          <div key={name}>
            <dt>{label}</dt>
            <dd>{price_credits === null ? "by tokens" : creditsOf(price_credits)}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
