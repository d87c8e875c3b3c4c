/** Small pieces that both components use. */
import type { ReactNode } from "react";
import type { ByokError } from "../client/types.ts";
import { Icon, type IconName } from "./icons.tsx";
import { explain } from "./messages.ts";

/** A link to somebody else's page, which learns nothing of this one. */
export function OutsideLink({ href, children }: { href: string; children: ReactNode }): ReactNode {
  return (
    <a className="byok-link" href={href} target="_blank" rel="noopener noreferrer">
      {children}
      <Icon name="outside" />
      <span className="byok-hidden"> (opens in a new tab)</span>
    </a>
  );
}

interface NoticeProps {
  readonly tone: "neutral" | "good" | "warning" | "bad";
  readonly icon: IconName;
  readonly children: ReactNode;
  /** Offers to try again. */
  readonly onRetry?: (() => void) | undefined;
}

/** Where notices of a card come and go. It is always there, since screen readers tell what changes in a region they know. */
export function Notices({ children }: { children: ReactNode }): ReactNode {
  return (
    <div className="byok-notices" role="status">
      {children}
    </div>
  );
}

/** A strip that says something about the whole card. */
export function Notice({ tone, icon, children, onRetry }: NoticeProps): ReactNode {
  return (
    <div className="byok-notice" data-tone={tone}>
      <Icon name={icon} />
      <p>{children}</p>
      {onRetry && (
        <button type="button" className="byok-button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** Why a card could not be read. Nobody can try again without a session, which the app asks for. */
export function ReadingFailed({ error, onRetry }: { error: ByokError; onRetry(): void }): ReactNode {
  return (
    <Notice tone="bad" icon="cross" onRetry={error.code === "session_expired" ? undefined : onRetry}>
      {explain(error, "The provider")}
    </Notice>
  );
}

/** One failure, in words. */
export function Problem({ id, children }: { id?: string; children: ReactNode }): ReactNode {
  return (
    <p className="byok-problem" id={id}>
      {children && (
        <>
          <Icon name="cross" />
          <span>{children}</span>
        </>
      )}
    </p>
  );
}

/** A date and time as this browser writes them; the year only where it is another one. */
export function Moment({ at }: { at: string }): ReactNode {
  const date = new Date(at);
  const isThisYear = date.getFullYear() === new Date().getFullYear();
  const text = date.toLocaleString(undefined, {
    ...(isThisYear ? {} : { year: "numeric" }),
    month: "short",
    day: "numeric",
    hour: "numeric",
    minute: "2-digit",
  });
  return <time dateTime={at}>{text}</time>;
}

/** Lines that stand where something is being loaded. */
export function Skeleton({ rows, label }: { rows: number; label: string }): ReactNode {
  return (
    <>
      <p className="byok-hidden" role="status">
        {label}
      </p>
      <div className="byok-skeleton" aria-hidden="true">
        {Array.from({ length: rows }, (_, index) => (
          <div key={index} />
        ))}
      </div>
    </>
  );
}
