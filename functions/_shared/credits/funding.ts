/** Who pays a call: opened before it, resolved after it. */
import { openKey } from "../keys/credentials.ts";
import { ByokError } from "../errors.ts";
import { findOffer, type OfferedRequest } from "./offers.ts";
import type { Route } from "../request/route.ts";
import type { Services } from "../services.ts";

/** What deciding who pays works with. */
export type FundingServices = Pick<Services, "database" | "keyring"> & {
  readonly env: Pick<Services["env"], "platformKeys">;
};

export type Funding = ByokFunding | PlatformFunding;

export interface ByokFunding {
  readonly by: "byok";
  readonly apiKey: string;
  readonly microcredits: 0;
}

export interface PlatformFunding {
  readonly by: "platform";
  readonly apiKey: string;
  /** The price, held now and charged by `settle`. */
  readonly microcredits: number;
  readonly offered: OfferedRequest;
  /** Models that the operation buys, as the provider spells them. */
  readonly models: readonly string[];
  readonly maxOutputTokens: number;
  readonly maxInput_bytes: number;
  /** Charges the hold, off the critical path. Whichever of `settle` and `release` comes first counts. */
  settle(): void;
  /** Gives the hold back, off the critical path. */
  release(): void;
}

/**
 * Decides who pays a call and gets the API key for it. A credential that exists decides for BYOK, and if it cannot be opened
 * the call fails: it never falls back to credits.
 *
 * @throws ByokError `envelope_unreadable`, `not_offered`, `operation_required`, `insufficient_credits`, `request_in_progress`,
 * `request_completed`, `invalid_request`
 */
export async function fundCall(
  services: FundingServices,
  userId: string,
  route: Route,
  request: Request,
): Promise<Funding> {
  const { provider } = route;
  const platformKey = services.env.platformKeys[provider];
  const offered = platformKey === undefined ? undefined : findOffer(provider, request.method, route.path);
  // Where credits never pay no operation is named, so that SQL places no hold.
  const operation = offered === undefined ? null : request.headers.get("x-byok-operation");
  const requestId = request.headers.get("idempotency-key") ?? crypto.randomUUID();

  const opened = await services.database.openCall(userId, provider, operation, requestId).catch((error: unknown) => {
    const isUnfundable = offered === undefined && error instanceof ByokError && error.code === "operation_required";
    throw isUnfundable ? new ByokError("not_offered") : error;
  });
  if (opened.funding === "byok") {
    const apiKey = await openKey(services.keyring, userId, provider, opened.credentialId, opened.envelope);
    return { by: "byok", apiKey, microcredits: 0 };
  }
  if (platformKey === undefined || offered === undefined) throw new ByokError("internal");

  let isResolved = false;
  const resolution = Promise.withResolvers<void>();
  keepAlive(resolution.promise);
  const resolve = (how: "settleHold" | "voidHold") => {
    if (isResolved) return;
    isResolved = true;
    void persist(() => services.database[how](userId, opened.holdId)).then(resolution.resolve);
  };
  return {
    by: "platform",
    apiKey: platformKey,
    microcredits: opened.price_microcredits,
    offered,
    models: opened.models,
    maxOutputTokens: opened.maxOutputTokens,
    maxInput_bytes: opened.maxInput_bytes,
    settle: () => resolve("settleHold"),
    release: () => resolve("voidHold"),
  };
}

declare const EdgeRuntime: { waitUntil(promise: Promise<unknown>): void } | undefined;

/** How long to wait before a database that was away is asked again, in ms; in all about as long as a restart takes. */
const pauses_ms = [500, 2_000, 8_000];

/**
 * Resolves a hold also when the database is away for a moment; whether it has heard of it does not matter, since the second
 * time changes nothing. A hold whose resolution fails expires and is given back.
 */
async function persist(resolve: () => Promise<unknown>): Promise<void> {
  for (const pause_ms of [...pauses_ms, null]) {
    try {
      await resolve();
      return;
    } catch (error) {
      const isAway = error instanceof ByokError && error.code === "database_unavailable";
      if (!isAway || pause_ms === null) return;
      await new Promise((over) => setTimeout(over, pause_ms));
    }
  }
}

/** Keeps the isolate alive until a hold is resolved: it may be taken for idle while the answer to a call still goes on. */
function keepAlive(resolution: Promise<void>): void {
  if (typeof EdgeRuntime !== "undefined") EdgeRuntime.waitUntil(resolution);
}
