/** Reads from the project that is examined. */
import { parseJson } from "../../../functions/_shared/json.ts";

const timeout_ms = 15_000;

export interface Answer {
  /** Undefined where nothing answers. */
  readonly status: number | undefined;
  readonly headers: Headers;
  /** Undefined where the body is no JSON. */
  readonly json: unknown;
}

/** Never fails; redirects are not followed, so that a key goes nowhere else. */
export async function getJson(url: string, headers: Record<string, string> = {}): Promise<Answer> {
  try {
    const signal = AbortSignal.timeout(timeout_ms);
    const answer = await fetch(url, {
      headers: { accept: "application/json", ...headers },
      redirect: "manual",
      signal,
    });
    return { status: answer.status, headers: answer.headers, json: parseJson(await answer.text()) };
  } catch {
    return { status: undefined, headers: new Headers(), json: undefined };
  }
}
