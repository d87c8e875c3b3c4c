/** The frame of every endpoint: CORS, methods, and the only place that turns an error into a Response. */
import { ByokError } from "../errors.ts";

export interface Endpoint {
  readonly methods: readonly string[];
  /**
   * Answers a request, or throws a ByokError.
   *
   * @param url of the request, parsed once for all who read it; null where a `Host` that can be none makes it no URL at all
   */
  handle(request: Request, url: URL | null): Promise<Response>;
  /** The answer to a refusal, where the endpoint has a form of its own for it. */
  refuse?(error: ByokError, url: URL | null): Response;
}

export interface EdgeFunction {
  fetch(request: Request): Promise<Response>;
}

/** An Edge Function of an endpoint. Whatever is thrown that is no ByokError becomes `internal`, without detail and unlogged. */
export function serve(endpoint: Endpoint): EdgeFunction {
  return {
    async fetch(request) {
      const isPreflight = request.method === "OPTIONS";
      const response = isPreflight ? preflight(request, endpoint.methods) : await handle(endpoint, request);
      const { headers } = response;
      if (!isPreflight) headers.set("access-control-expose-headers", namesOf(headers).join(", "));
      headers.set("access-control-allow-origin", "*");
      headers.set("cache-control", "no-store");
      headers.set("x-content-type-options", "nosniff");
      // A provider's page or picture, opened in a browser with the token in ?key=, runs nothing at the address of the functions.
      headers.set("content-security-policy", "default-src 'none'; sandbox");
      return response;
    },
  };
}

/** A browser hides response headers that are not named. SDKs read the provider's rate limits and ours. */
function namesOf(headers: Headers): string[] {
  const names: string[] = [];
  // Not by keys(): where headers may still change, its iterator sorts all of them anew for each.
  headers.forEach((_, name) => names.push(name));
  return names;
}

async function handle(endpoint: Endpoint, request: Request): Promise<Response> {
  const url = URL.parse(request.url);
  try {
    if (!endpoint.methods.includes(request.method)) throw new ByokError("method_not_allowed");
    return await endpoint.handle(request, url);
  } catch (thrown) {
    const error = thrown instanceof ByokError ? thrown : new ByokError("internal");
    return (endpoint.refuse ?? refuse)(error, url);
  }
}

function refuse(error: ByokError): Response {
  const { code, message, details, status } = error;
  return Response.json({ error: { code, message, ...details } }, { status, headers: refusalHeaders(error) });
}

/**
 * The headers of each refusal: its code, what it says about an API key or why a saved one is not used, `x-should-retry`, and `retry-after` in seconds where waiting
 * helps. The SDKs of OpenAI, Anthropic and Groq obey `x-should-retry: false` and raise the error at once. Without it they would
 * retry each 429 and 5xx within seconds, and strain a database that is away. `retry-after` is for the app, which knows whether its
 * user still waits.
 */
export function refusalHeaders({ code, details }: ByokError): Record<string, string> {
  const { verdict, reason, retry_after_s, unused_key } = details;
  return {
    "x-byok-error": code,
    "x-should-retry": "false",
    ...(verdict === undefined ? {} : { "x-byok-verdict": String(verdict) }),
    ...(reason === undefined ? {} : { "x-byok-reason": String(reason) }),
    ...(unused_key === undefined ? {} : { "x-byok-unused-key": String(unused_key) }),
    ...(retry_after_s === undefined ? {} : { "retry-after": String(retry_after_s) }),
  };
}

function preflight(request: Request, methods: readonly string[]): Response {
  return new Response(null, {
    status: 204,
    headers: {
      "access-control-allow-methods": methods.join(", "),
      // Browser SDKs send headers of their own; every one may be sent, since none but a few is ever read.
      "access-control-allow-headers":
        request.headers.get("access-control-request-headers") ?? "authorization, content-type",
      "access-control-max-age": "86400",
      vary: "access-control-request-headers",
    },
  });
}
