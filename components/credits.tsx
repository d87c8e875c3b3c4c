import { type ReactNode, useCallback, useEffect, useId } from "react";
import type { Byok } from "../client/types.ts";
import { type Account, joinAccounts, readAccount } from "./credits/account.ts";
import { BalanceNow } from "./credits/balance.tsx";
import { History } from "./credits/history.tsx";
import { Payers } from "./credits/payers.tsx";
import { Prices } from "./credits/prices.tsx";
import { Head, Notice, Notices, ReadingFailed, Skeleton } from "./parts/parts.tsx";
import { type CommonProps, useTexts, WithSettings } from "./parts/settings.tsx";
import { useKeyEvents, useLive, useOnline } from "./parts/use-live.ts";

export interface CreditsProps extends CommonProps {
  readonly byok: Byok;
  /** The app's own way to more credits: the address of a page, or a button of its own. Nothing is offered when absent. */
  readonly getCredits?: ReactNode;
}

/** Settings > Credits: the balance, who pays, the prices and the history. */
export function Credits({ texts, headingLevel, ...props }: CreditsProps): ReactNode {
  return (
    <WithSettings {...{ texts, headingLevel }} isTeam={props.byok.team !== null}>
      <CreditsSection {...props} />
    </WithSettings>
  );
}

type SectionProps = Omit<CreditsProps, "texts" | "headingLevel">;

function CreditsSection({ byok, getCredits, className = "", action, live = false }: SectionProps): ReactNode {
  const { credits, team } = useTexts();
  const id = useId();
  const isOnline = useOnline();
  const { data, error, refresh, update } = useLive(
    useCallback(() => readAccount(byok), [byok]),
    joinAccounts,
    useKeyEvents(byok, live),
  );
  const isStranger = byok.team !== null && data?.providers.some(({ is_member }) => !is_member);
  useWhileHeld(data?.balance.held_credits ?? 0, refresh);

  return (
    <section className={`byok ${className}`} aria-labelledby={`${id}-title`}>
      <Head id={`${id}-title`} title={credits.title} about={!isStranger && credits.about} action={action} />
      <div className="byok-card">
        <Notices>
          {!isOnline && (
            <Notice tone="warning" icon="cloud">
              {credits.offline}
            </Notice>
          )}
          {error && isOnline && <ReadingFailed error={error} onRetry={() => void refresh()} />}
          {isStranger && (
            <Notice tone="neutral" icon="lock">
              {team.stranger}
            </Notice>
          )}
        </Notices>
        {data && !isStranger ? <AccountNow {...{ byok, getCredits, update }} account={data} /> : null}
        {!data && !error && <Skeleton kind="line" rows={4} label={credits.loading} />}
      </div>
    </section>
  );
}

interface AccountProps {
  readonly byok: Byok;
  readonly account: Account;
  readonly getCredits: ReactNode;
  update(change: (known: Account) => Account): void;
}

function AccountNow({ byok, account, getCredits, update }: AccountProps): ReactNode {
  const { history, operations } = account;
  return (
    <>
      <div className="byok-part">
        <BalanceNow {...account} getCredits={getCredits} />
        <Payers {...account} />
      </div>
      <Prices operations={operations} />
      <History
        {...{ byok, history, operations }}
        onMore={(page, before) =>
          // Unless it was read again from its start since the page was requested.
          update((known) => (known.history.next === before ? joinAccounts(known, { ...known, history: page }) : known))
        }
      />
    </>
  );
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
