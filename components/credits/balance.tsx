import type { ReactNode } from "react";
import { maySave } from "../keys/providers.ts";
import { requestKey } from "../parts/changes.ts";
import { creditsOf, inDigits } from "../parts/format.ts";
import { useTexts } from "../parts/settings.tsx";
import type { Account } from "./account.ts";

interface BalanceProps extends Account {
  readonly getCredits: ReactNode;
}

/** The headline: what is left. A new user sees two ways to begin. */
export function BalanceNow({ balance, history, credentials, providers, getCredits }: BalanceProps): ReactNode {
  const texts = useTexts();
  const { credits } = texts;
  const { available_credits: available, held_credits: held } = balance;
  const hasKey = credentials.length > 0 || providers.some(({ team_key }) => team_key !== null);
  const mayAdd = !hasKey && providers.some(maySave);
  const isNew = available === 0 && held === 0 && history.entries.length === 0;
  return (
    <div className="byok-balance">
      <div aria-live="polite">
        {isNew ? (
          <p className="byok-amount">{credits.none}</p>
        ) : (
          <p className="byok-amount">
            <strong>{inDigits(texts, available)}</strong> {credits.left(available)}
          </p>
        )}
        {isNew && mayAdd && <p className="byok-quiet">{credits.noneAbout}</p>}
        {held > 0 && <p className="byok-quiet">{credits.held(creditsOf(texts, held))}</p>}
      </div>
      <div className="byok-buttons">
        {isNew && mayAdd && (
          <button
            type="button"
            className="byok-button"
            data-kind={getCredits ? undefined : "primary"}
            onClick={requestKey}
          >
            {credits.addKey}
          </button>
        )}
        {typeof getCredits === "string" ? (
          <a className="byok-button" data-kind="primary" href={getCredits}>
            {credits.get}
          </a>
        ) : (
          getCredits
        )}
      </div>
    </div>
  );
}
