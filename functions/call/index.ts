/** `* /functions/v1/call/<provider>/<the provider's own path>`: relays a call, funded by the user's own API key or by credits. */
import { readJsonObject, streamOf } from "../_shared/request/body.ts";
import { type ByokFunding, fundCall, type PlatformFunding } from "../_shared/credits/funding.ts";
import { identifyUserOrBackend } from "../_shared/request/identity.ts";
import { checkOffer, offeredSearch } from "../_shared/credits/offers.ts";
import { errorBody } from "../_shared/providers/api-errors.ts";
import { providers } from "../_shared/providers/index.ts";
import { formOf } from "../_shared/relay/dialects.ts";
import { watchAnswer } from "../_shared/relay/answer.ts";
import { askProvider, inbound, inboundError, outboundHeaders, requireGeneration } from "../_shared/relay/relay.ts";
import { addressOf, providerOf, type Route, routeOf } from "../_shared/request/route.ts";
import { refusalHeaders, serve } from "../_shared/request/serve.ts";
import { UploadPlaces } from "../_shared/request/uploads.ts";
import { openServices } from "../_shared/services.ts";

const services = await openServices();

const uploads = new UploadPlaces();

/** Largest body of a call, in bytes. */
const maxBody_bytes = 25 * 1024 * 1024;

export default serve({
  methods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
  async handle(request, url) {
    const route = routeOf(url);
    const caller = await identifyUserOrBackend(request, url, services.database);
    const funding = await fundCall(services, caller.userId, route, request);
    return funding.by === "byok"
      ? await relayUnderByok(request, route, funding)
      : await relayOnCredits(request, route, caller.userId, funding);
  },
  refuse(error, url) {
    const provider = providerOf(url);
    const body = provider
      ? errorBody(providers[provider].api.dialect, error)
      : { error: { code: error.code, message: error.message } };
    return Response.json(body, { status: error.callStatus, headers: refusalHeaders(error) });
  },
});

/** The body goes up and the answer comes down as they are, unread: nothing is buffered but the provider's errors. */
async function relayUnderByok(request: Request, route: Route, funding: ByokFunding): Promise<Response> {
  const adapter = providers[route.provider];
  const upload = uploads.admit(request, maxBody_bytes);
  const answer = await send(request, route, funding, upload.body, services.env.callTimeout_ms)
    .catch((error: unknown) => {
      throw upload.failure() ?? error;
    })
    .finally(() => upload.leave());
  if (answer.status >= 400) return await inboundError(answer, adapter, funding);
  return inbound(answer, answer.body, funding);
}

/**
 * The hold is settled when the whole answer has been passed on, or when the client left after a part of it; it is given back
 * when the provider refuses, fails or breaks off, and when the client left before anything came.
 *
 * An answer that goes on for twice the stall time is charged while it goes on: a client that reads slowly, or stops reading,
 * would otherwise outlast its hold and the function, and pay nothing. For the same reason a body of the client's that comes
 * slowly takes its time from the provider's.
 */
async function relayOnCredits(
  request: Request,
  route: Route,
  userId: string,
  funding: PlatformFunding,
): Promise<Response> {
  const { callTimeout_ms, stallTimeout_ms } = services.env;
  const began = performance.now();
  try {
    const body = streamOf(await readOnCredits(request, userId, funding));
    const left_ms = callTimeout_ms - (performance.now() - began);
    const answer = await send(request, { ...route, search: offeredSearch(route.search) }, funding, body, left_ms);
    if (answer.status >= 400) {
      funding.release();
      return await inboundError(answer, providers[route.provider], funding);
    }
    const generation = await requireGeneration(answer);
    const charge = setTimeout(funding.settle, 2 * stallTimeout_ms);
    const watched = watchAnswer(generation, {
      form: formOf(route.path, answer),
      stallTimeout_ms: stallTimeout_ms,
      onEnd({ ending, contentDelivered }) {
        clearTimeout(charge);
        const isClientGone = ending === "client_gone" || ending === "client_stalled" || request.signal.aborted;
        if (ending === "complete" || (isClientGone && contentDelivered)) funding.settle();
        else funding.release();
      },
    });
    return inbound(answer, watched, funding);
  } catch (error) {
    funding.release();
    throw error;
  }
}

/** The body as the platform sends it, as text: what it is read into takes many times its memory, and is gone before the wait. */
async function readOnCredits(request: Request, userId: string, funding: PlatformFunding): Promise<string> {
  const { offered, models, maxOutputTokens, maxInput_bytes } = funding;
  const limitsOf = (model: string) =>
    models.includes(model) ? { maxOutputTokens, max_input_bytes: maxInput_bytes } : undefined;
  const body = await readJsonObject(request, maxInput_bytes, services.env.callTimeout_ms);
  return checkOffer(offered, body, limitsOf, await services.userHash(userId)).body;
}

function send(
  request: Request,
  route: Route,
  funding: ByokFunding | PlatformFunding,
  body: ReadableStream<Uint8Array<ArrayBuffer>> | null,
  timeout_ms: number,
): Promise<Response> {
  const adapter = providers[route.provider];
  return askProvider({
    url: addressOf(route, services.originOf(route.provider)),
    method: request.method,
    headers: outboundHeaders(request.headers, adapter, funding),
    body,
    signal: request.signal,
    timeout_ms,
  });
}
