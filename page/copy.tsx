import { type ReactNode, type RefObject, useEffect, useState } from "react";

/** How long a button says what it has done, in ms. */
const said_ms = 2_000;

interface CopyProps {
  readonly code: RefObject<HTMLElement | null>;
}

/** Copies the code, or selects it where a page may not copy. */
export function Copy({ code }: CopyProps): ReactNode {
  const [said, say] = useSaid();

  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(code.current?.textContent ?? "");
      say("Copied");
    } catch {
      // Where a page may not copy, its user can.
      if (code.current) getSelection()?.selectAllChildren(code.current);
      say("Selected");
    }
  }

  return (
    <>
      <button type="button" className="byok-button" onClick={() => void copy()}>
        {said ?? "Copy"}
      </button>
      <p className="byok-hidden" role="status">
        {said === "Selected" ? "The code is selected, for you to copy." : said}
      </p>
    </>
  );
}

interface CopyTokenProps {
  /** The user's access token, newly asked for; null if there is none. */
  read(): Promise<string | null>;
}

/** Copies the user's access token, and says when it expires. */
export function CopyToken({ read }: CopyTokenProps): ReactNode {
  const [expires, setExpires] = useState<string>();

  async function copy(): Promise<void> {
    const token = await read();
    if (!token) return;
    await navigator.clipboard.writeText(token).catch(() => undefined);
    setExpires(new Date(expiryOf(token) * 1000).toLocaleTimeString(undefined, { timeStyle: "short" }));
  }

  return (
    <p className="token">
      <span>
        This code reads <code>ACCESS_TOKEN</code> from the environment.
      </span>
      <button type="button" className="byok-button" onClick={() => void copy()}>
        Copy token
      </button>
      <span role="status">{expires && `Copied. It expires at ${expires}.`}</span>
    </p>
  );
}

/** The `exp` of a JWT (RFC 7519, section 4.1.4), in seconds. */
function expiryOf(token: string): number {
  const [, payload = ""] = token.split(".");
  return (JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/"))) as { exp: number }).exp;
}

function useSaid() {
  const [said, setSaid] = useState<"Copied" | "Selected">();
  useEffect(() => {
    const timer = setTimeout(() => setSaid(undefined), said_ms);
    return () => clearTimeout(timer);
  }, [said]);
  return [said, setSaid] as const;
}
