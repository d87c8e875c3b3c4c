/**
 * `* /functions/v1/byok/call/<provider>/<the provider's own path>`: relays a call, funded by the user's own API key or by credits.
 * `/functions/v1/byok/call/v1/<OpenAI's path>`: the same for any provider, which the model names.
 */
import type { CompatiblePath, Dialect } from "../../catalogue/types.ts";
import { services } from "../_shared/isolate.ts";
import { isSmall, refuseEncoded, streamOf } from "../_shared/request/body.ts";
import { type ByokFunding, openFunding } from "../_shared/credits/funding.ts";
import type { PricedCall } from "../_shared/database/types.ts";
import { ByokError } from "../_shared/errors.ts";
import type { KeyHolder } from "../_shared/keys/opening.ts";
import { LruCache } from "../_shared/lru-cache.ts";
import { identifyUserOrBackend } from "../_shared/request/identity.ts";
import { errorBody } from "../_shared/providers/api-errors.ts";
import { calledProviders, type ProviderId } from "../_shared/providers/called.ts";
import { addressWithinApi, type ApiAddress } from "../_shared/relay/addresses.ts";
import { inboundUnderByok } from "../_shared/relay/byok-answer.ts";
import { askProvider } from "../_shared/relay/relay.ts";
import { providerOf, type Route, routeOf } from "../_shared/request/route.ts";
import { standardMax_bytes as maxBeforeModel_bytes, takeModelPrefix } from "../_shared/request/model-prefix.ts";
import { refusalHeaders, serve } from "../_shared/request/serve.ts";
import { teamOf } from "../_shared/request/team.ts";
import { pathBelowUnified, providerAt, requireUnified, routeByPrefix } from "../_shared/request/unified.ts";
import { type Upload, UploadPlaces } from "../_shared/request/uploads.ts";
import type * as OnCredits from "./credits.ts";
import { onError } from "./on-error.ts";
import { type Incoming, outboundOf } from "./outbound.ts";

const uploads = new UploadPlaces();

let loaded: typeof OnCredits | undefined;

/** The part that an own key does without. It is kept: to import again what is there takes a turn of the event loop. */
async function onCredits() {
  return (loaded ??= await import("./credits.ts"));
}

/** Largest body of a call, in bytes. */
const maxBody_bytes = 25 * 1024 * 1024;

export default serve({
  methods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
  async handle(request, url) {
    const unifiedPath = pathBelowUnified(url);
    if (url !== null && unifiedPath !== null) return await handleUnified(request, url, unifiedPath);
    const route = routeOf(url);
    services.requireOffered(route.provider);
    refuseWebSocket(request, route.provider);
    const caller = await callerOf(request, url);
    return await relay(request, route, caller, (incoming) => uploads.admit(incoming, maxBody_bytes));
  },
  refuse(error, url) {
    const dialect = dialectOf(url);
    const body = dialect ? errorBody(dialect, error) : { error: { code: error.code, message: error.message } };
    return Response.json(body, { status: error.callStatus, headers: refusalHeaders(error) });
  },
});

/** The dialect of a refusal: of the provider that the URL names, or of OpenAI at the address of all. */
function dialectOf(url: URL | null): Dialect | null {
  const provider = providerOf(url);
  if (provider) return calledProviders[provider].api.dialect;
  return pathBelowUnified(url) === null ? null : "openai";
}

async function callerOf(request: Request, url: URL | null): Promise<KeyHolder> {
  const { userId } = await identifyUserOrBackend(request, url, services.database);
  return { userId, teamId: teamOf(request) };
}

/** The model is looked for only once the caller is known, in a place for uploads, since a part of the body is held for it. */
async function handleUnified(request: Request, url: URL, asked: string): Promise<Response> {
  const path = requireUnified(asked, request.method);
  const caller = await callerOf(request, url);
  if (path === "/models") {
    const { listModels } = await onCredits();
    return Response.json(await listModels(caller), { headers: { "x-byok-credits": "0" } });
  }
  refuseEncoded(request);
  const upload = uploads.admit(request, maxBody_bytes);
  try {
    return await relayByPrefix(request, upload, { caller, url, path });
  } catch (error) {
    throw (await upload.failure()) ?? error;
  } finally {
    upload.leave();
  }
}

async function relayByPrefix(
  request: Request,
  upload: Upload,
  { caller, url, path }: { readonly caller: KeyHolder; readonly url: URL; readonly path: CompatiblePath },
): Promise<Response> {
  const limits = { max_bytes: maxBeforeModel_bytes, timeout_ms: services.env.callTimeout_ms };
  const { prefix, body, removed_bytes } = await takeModelPrefix(upload.body, limits);
  const route = routeByPrefix(prefix, path, url);
  services.requireOffered(route.provider);
  const headers = new Headers(request.headers);
  const announced = headers.get("content-length");
  if (announced !== null) headers.set("content-length", String(Number(announced) - removed_bytes));
  const incoming = { method: request.method, signal: request.signal, headers, body };
  return await relay(incoming, route, caller, (read) => ({
    ...upload,
    body: read.body instanceof Uint8Array ? streamOf(read.body) : read.body,
  }));
}

/** Callers whose last call of a provider credits paid. No more than a guess: who pays is asked for each call. */
const latelyOnCredits = new LruCache<true>({ maxEntries: 1_000, maxAge_ms: 10 * 60_000 });

/**
 * Who pays decides what is done with the body, so it is asked first. Only a small one of a caller who was on credits is read before:
 * then the hold is placed in the same round trip.
 *
 * @param admit takes a place for the body, which a call on credits does without: it reads less
 */
async function relay(
  request: Incoming,
  route: Route,
  caller: KeyHolder,
  admit: (request: Incoming) => Upload,
): Promise<Response> {
  const name = `${caller.userId} ${caller.teamId} ${route.provider}`;
  const isForeseen = latelyOnCredits.get(name) && request.method === "POST" && isSmall(request);
  const { request: incoming, checked } = isForeseen
    ? await (await onCredits()).foreseeCall(request, route, caller.userId)
    : { request, checked: null };
  const funding = await open(caller, route.provider, checked?.priced ?? null);
  if (funding.payer === "byok") {
    latelyOnCredits.delete(name);
    return await relayUnderByok(incoming, route, funding, admit(incoming));
  }
  latelyOnCredits.set(name, true);
  const { relayOnCredits } = await onCredits();
  // Not awaited, which would keep the body that was read for as long as the provider takes.
  return relayOnCredits(checked ? request : incoming, route, caller.userId, funding, checked);
}

/** Without a hold if it is refused, so that it is refused as any other, and with the reason why a saved key does not pay. */
async function open(caller: KeyHolder, provider: ProviderId, call: PricedCall | null) {
  try {
    return await openFunding(services, caller, provider, call);
  } catch (error) {
    if (call === null || !isRefusal(error)) throw error;
    return await openFunding(services, caller, provider);
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof ByokError && error.status < 500;
}

/**
 * A WebSocket would keep this function for as long as it lasts, and a hosted worker lives for minutes.
 *
 * @throws ByokError `websocket_not_relayed`
 */
function refuseWebSocket({ headers }: Request, id: ProviderId): void {
  if (!/websocket/i.test(headers.get("upgrade") ?? "") && !headers.has("sec-websocket-key")) return;
  const { name, api } = calledProviders[id];
  const instead = api.ephemeralSecrets
    ? `Make a short-lived secret with POST ${api.ephemeralSecrets}, and connect to ${name} with it.`
    : `Use the paths of ${name} that answer over HTTP.`;
  throw new ByokError("websocket_not_relayed", { message: `WebSockets are not relayed. ${instead}` });
}

/**
 * The body goes up and the answer comes down as they are: nothing is buffered but a small body, the provider's errors, and the few
 * answers that name an address to go on at.
 */
async function relayUnderByok(
  request: Incoming,
  route: Route,
  funding: ByokFunding,
  upload: Upload,
): Promise<Response> {
  const provider = providerAt(route, calledProviders);
  const origin = services.originOf(route.provider, funding.place);
  const api: ApiAddress = { provider, origin, callUrl: callUrlOf(route) };
  const outbound = outboundOf(request, route, funding, upload.body, services.env.callTimeout_ms);
  const redirectedTo = (location: string, asked: string) => addressWithinApi(location, asked, api)?.href ?? null;
  let answer: Response;
  try {
    answer = await askProvider({ ...outbound, redirectedTo });
  } catch (error) {
    throw (await upload.failure()) ?? error;
  } finally {
    upload.leave();
  }
  if (answer.status >= 400) {
    const { errorUnderByok } = await onError();
    return await errorUnderByok(answer, route, funding);
  }
  return await inboundUnderByok(answer, funding, outbound.url, api);
}

/** Where clients reach `call` for a provider, also behind a custom domain. */
function callUrlOf({ mount, provider }: Route): string {
  return `${services.env.supabaseUrl.replace(/\/$/, "")}/functions/v1${mount}/call/${provider}`;
}
