/** Questions to the app that deploys the functions, before they do what it may want to prevent. */
import { ByokError } from "./errors.ts";

/** An API key that is about to be checked with its provider. It holds nothing of the key. */
export interface KeyCheck {
  /** Address, method and headers of the request to `save` or `verify`, without its body. Its signal aborts when the hook's time is over. */
  readonly request: Request;
  readonly userId: string;
  /** Id of the provider, such as `openai`. */
  readonly provider: string;
  /** The user or the team whose key it is. */
  readonly owner: { readonly kind: "user" | "team"; readonly id: string };
}

/** Why the app refuses. The page gets both, so they hold nothing that its user may not see. */
export interface Refusal {
  /** 1 to 64 of a-z, 0-9 and _, beginning with a letter: `app_code` of the answer. */
  readonly code: string;
  /** One sentence for the user, up to 300 characters; a general one without it. */
  readonly message?: string;
}

export interface Hooks {
  /**
   * Runs before a key is checked with its provider and before the check counts as an attempt, for a captcha for example. A refusal
   * is answered as `refused_by_app` (403). If it throws or takes longer than 10 s, the answer is `internal`, and its log line has the
   * error's name alone.
   */
  beforeKeyCheck?(check: KeyCheck): Promise<Refusal | undefined | void> | Refusal | undefined | void;
}

/** For one question, in ms: services that check a captcha answer within a second or two. */
const patience_ms = 10_000;

/** Those of this isolate. */
let hooks: Hooks = {};

/** @throws TypeError for a hook that there is not, which would never run */
export function setHooks(given: Hooks): void {
  for (const [name, hook] of Object.entries(given)) {
    if (name !== "beforeKeyCheck") throw new TypeError(`${name} is no hook of these functions`);
    if (hook !== undefined && typeof hook !== "function") throw new TypeError(`The hook ${name} is no function`);
  }
  hooks = given;
}

/**
 * Asks the app whether a key may be checked.
 *
 * @throws ByokError `refused_by_app` (with `app_code`), `internal` where the hook throws, answers something else, or does not answer
 */
export async function askBeforeKeyCheck(
  request: Request,
  holder: { readonly userId: string; readonly teamId: string | null },
  provider: string,
): Promise<void> {
  if (!hooks.beforeKeyCheck) return;
  const { userId, teamId } = holder;
  const owner = teamId === null ? ({ kind: "user", id: userId } as const) : ({ kind: "team", id: teamId } as const);
  const { method, headers } = request;
  const { signal, expired, stop } = startPatience();
  let answer: unknown;
  try {
    const asked = hooks.beforeKeyCheck({
      request: new Request(request.url, { method, headers, signal }),
      ...{ userId, provider, owner },
    });
    answer = await Promise.race([asked, expired]);
  } catch (thrown) {
    throw failed(thrown instanceof Error && /^\w{1,40}$/.test(thrown.name) ? thrown.name : "something else");
  } finally {
    stop();
  }
  if (answer === undefined) return;
  if (!isRefusal(answer)) throw failed("an answer that is no refusal");
  const { code, message } = answer;
  throw new ByokError("refused_by_app", { ...(message && { message }), details: { app_code: code } });
}

/** `expired` rejects with a TimeoutError, with which `signal` aborts; neither does after `stop`. */
function startPatience(): { readonly signal: AbortSignal; readonly expired: Promise<never>; stop(): void } {
  const patience = new AbortController();
  const { promise: expired, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const late = new DOMException("The hook took too long.", "TimeoutError");
    reject(late);
    patience.abort(late);
  }, patience_ms);
  return { signal: patience.signal, expired, stop: () => clearTimeout(timer) };
}

function isRefusal(answer: unknown): answer is Refusal {
  if (typeof answer !== "object" || answer === null) return false;
  const { code, message = "" } = answer as Partial<Record<keyof Refusal, unknown>>;
  return (
    typeof code === "string" &&
    /^[a-z][a-z0-9_]{0,63}$/.test(code) &&
    typeof message === "string" &&
    message.length <= 300
  );
}

/** The log gets no text of the app's: it may hold what a request holds. */
function failed(what: string): ByokError {
  console.error(`BYOK: the hook beforeKeyCheck has failed: ${what}.`);
  return new ByokError("internal");
}
