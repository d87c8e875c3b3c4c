import type { Buffer } from "node:buffer";
import type { ProviderId } from "./keys.ts";

/** A request as a fake sees it: its body is complete, its header names are lower-case. */
export interface ReceivedRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: Readonly<Record<string, string>>;
  body: Buffer;
}

/** A complete answer. An object as body is sent as JSON; text and bytes are sent as they are. */
export interface Answer {
  status: number;
  headers?: Record<string, string | string[]>;
  body: object | string | Uint8Array;
}

/** The refusals that every provider has, each in its own words. */
export type Refusal =
  | "forbidden"
  | "no_credit"
  | "not_found"
  | "overloaded"
  | "rate_limited"
  | "rejected"
  | "scope_missing"
  | "unavailable";

/**
 * Where a request goes. `listing` and `generation` are what the behaviours tell apart; `other` is the rest,
 * such as files. It is answered here (`answer`) or by the generator at `forward`.
 */
export interface Route {
  kind: "listing" | "generation" | "other";
  streams?: boolean;
  answer?: (key: string) => Answer | Promise<Answer>;
  forward?: { path: string; body?: Buffer };
}

/** Everything about one provider that its fake has to imitate. */
export interface Adapter {
  id: ProviderId;
  /** Returns the answer to a request that needs no key, or null. */
  answerWithoutKey?(request: ReceivedRequest): Answer | null;
  /** Returns the API key where this provider looks for it, or the provider's refusal. */
  authenticate(request: ReceivedRequest): { key: string } | { refusal: Answer };
  /** Returns null where the provider has no such path. */
  route(request: ReceivedRequest): Route | null;
  /** Returns the provider's complaint about a request that is authenticated but malformed, or null. */
  complain?(request: ReceivedRequest): Answer | null;
  /** Whether the list of models is given to any key. */
  listsToAnyone?: boolean;
  refuse(refusal: Refusal, request: ReceivedRequest, key: string): Answer;
  /** The answer of the provider's edge before its API, where it is JSON. */
  edgeBlock?(): Answer;
  /** A 400 in the provider's error shape. */
  badRequest(message: string): Answer;
  /** Headers the provider sends with every answer, the organisation's id included. */
  headers(): Record<string, string>;
  /** Returns a function that turns one event of the generator's stream into events of this provider. */
  eventMapper?(request: ReceivedRequest): (event: string) => string[];
}

/** Returns the token of an `Authorization: Bearer` header, or undefined. */
export function bearerToken(request: ReceivedRequest): string | undefined {
  return /^Bearer +(.*)$/i.exec(request.headers["authorization"] ?? "")?.[1];
}

/** Returns every credential a request carries, wherever it is, so that a misplaced one is noticed too. */
export function credentialsOf(request: ReceivedRequest): string[] {
  const places = [
    bearerToken(request) ?? request.headers["authorization"],
    request.headers["x-api-key"],
    request.headers["x-goog-api-key"],
    request.headers["api-key"],
    request.query.get("key"),
  ];
  return places.filter((credential) => typeof credential === "string");
}

/** Returns the JSON object in the body, or an empty one where there is none. */
export function jsonBody(request: ReceivedRequest): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(request.body.toString("utf8"));
    return typeof body === "object" && body !== null && !Array.isArray(body) ? { ...body } : {};
  } catch {
    return {};
  }
}
