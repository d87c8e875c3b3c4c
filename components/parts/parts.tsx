/** Small pieces that both components use. */
import type { ReactNode } from "react";
import type { ByokError } from "../../client/types.ts";
import { Icon, type IconName } from "./icons.tsx";
import { explain } from "./messages.ts";
import { type CommonProps, Heading, useTexts } from "./settings.tsx";

type Tone = "neutral" | "good" | "warning" | "bad";

/** A link to somebody else's page, which learns nothing of this one. */
export function OutsideLink({ href, children }: { href: string; children: ReactNode }): ReactNode {
  const { newTab } = useTexts();
  return (
    <a className="byok-link" href={href} target="_blank" rel="noopener noreferrer">
      {children}
      {/* Keeps the icon on the line of the last word. */}
      {"\u2060"}
      <Icon name="outside" />
      <span className="byok-hidden"> {newTab}</span>
    </a>
  );
}

interface HeadProps extends Pick<CommonProps, "action"> {
  readonly id: string;
  readonly title: string;
  readonly about: ReactNode;
}

/** The title of a card, and what it is about. */
export function Head({ id, title, about, action }: HeadProps): ReactNode {
  return (
    <header className="byok-head">
      <Heading id={id} className="byok-heading">
        {title}
      </Heading>
      {action && <div className="byok-head-action">{action}</div>}
      {about && <p>{about}</p>}
    </header>
  );
}

interface NoticeProps {
  readonly tone: Tone;
  readonly icon: IconName;
  readonly children: ReactNode;
  /** Offers to try again. */
  readonly onRetry?: (() => void) | undefined;
  readonly button?: ReactNode;
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
export function Notice({ tone, icon, children, onRetry, button }: NoticeProps): ReactNode {
  const { tryAgain } = useTexts();
  return (
    <div className="byok-notice" data-tone={tone}>
      <Icon name={icon} />
      <p>{children}</p>
      {onRetry && (
        <button type="button" className="byok-button" onClick={onRetry}>
          {tryAgain}
        </button>
      )}
      {button}
    </div>
  );
}

interface InsetProps {
  readonly tone: Tone;
  readonly button?: ReactNode;
  readonly children: ReactNode;
}

/** One line within a row or card, with at most one button. */
export function Inset({ tone, button, children }: InsetProps): ReactNode {
  return (
    <div className="byok-inset" data-tone={tone}>
      <p>{children}</p>
      {button}
    </div>
  );
}

/** Why a card could not be read. Nobody can try again without a session, which the app asks for. */
export function ReadingFailed({ error, onRetry }: { error: ByokError; onRetry(): void }): ReactNode {
  const texts = useTexts();
  return (
    <Notice tone="bad" icon="cross" onRetry={error.code === "session_expired" ? undefined : onRetry}>
      {explain(texts, error, texts.theProvider)}
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

/** Shapes of what comes, while it is being loaded. */
export function Skeleton({ kind, rows, label }: { kind: "row" | "line"; rows: number; label: string }): ReactNode {
  return (
    <>
      <p className="byok-hidden" role="status">
        {label}
      </p>
      <div className="byok-skeleton" data-kind={kind} aria-hidden="true">
        {Array.from({ length: rows }, (_, index) => (
          <div key={index}>
            <span />
            <span />
            <span />
          </div>
        ))}
      </div>
    </>
  );
}
