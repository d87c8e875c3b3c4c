/** Takes the place of Deno.serve(), so that what a function serves is answered at the functions' one address. */

export type Handler = (request: Request, info?: Deno.ServeHandlerInfo) => Response | Promise<Response>;

interface ServeOptions {
  handler?: Handler;
  onError?(error: unknown): Response | Promise<Response>;
  onListen?(address: Deno.NetAddr): void;
}

interface Served {
  /** Deno's own, for a server that listens. */
  serve: typeof Deno.serve;
  /**
   * The handler of a module that loads: of the server that it starts, or that it exports as `default.fetch`.
   *
   * @throws what keeps the module from loading; or Error when it has neither
   */
  nextHandler(module: Promise<{ readonly default?: { fetch?: unknown } }>): Promise<Handler>;
}

/** Time for a server that a module starts after it has loaded. */
const patience_ms = 5_000;

/** From now on Deno.serve() only names a handler. */
export function takeServe(): Served {
  const { serve } = Deno;
  let given = Promise.withResolvers<Handler>();
  const take = (...args: unknown[]) => {
    const options = args.find((arg) => typeof arg === "object" && arg !== null) as ServeOptions | undefined;
    const handler = (args.find((arg) => typeof arg === "function") ?? options?.handler) as Handler | undefined;
    if (!handler) throw new TypeError("A handler function must be provided.");
    given.resolve(options?.onError ? withErrors(handler, options.onError) : handler);
    const addr = { transport: "tcp", hostname: "127.0.0.1", port: 9999 } as const;
    options?.onListen?.(addr);
    // It serves until the worker ends.
    const unending = new Promise<void>(() => {});
    return { addr, finished: unending, ref() {}, unref() {}, shutdown: () => Promise.resolve() };
  };
  Object.defineProperty(Deno, "serve", { value: take, configurable: true, writable: true });
  const nextHandler: Served["nextHandler"] = async (module) => {
    given = Promise.withResolvers<Handler>();
    // A module may wait for its server's end, and never come to its own.
    return Promise.race([given.promise, module.then((exports) => exportedHandler(exports) ?? late(given.promise))]);
  };
  return { serve, nextHandler };
}

function exportedHandler(exports: { readonly default?: { fetch?: unknown } }): Handler | undefined {
  if (typeof exports.default?.fetch !== "function") return undefined;
  return (request) => (exports.default as { fetch: Handler }).fetch(request);
}

async function late(given: Promise<Handler>): Promise<Handler> {
  const missing = Promise.withResolvers<never>();
  const error = new Error("there is neither `export default { fetch }` nor Deno.serve()");
  const timer = setTimeout(() => missing.reject(error), patience_ms);
  try {
    return await Promise.race([given, missing.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function withErrors(handler: Handler, onError: (error: unknown) => Response | Promise<Response>): Handler {
  return async (request, info) => {
    try {
      return await handler(request, info);
    } catch (error) {
      return onError(error);
    }
  };
}
