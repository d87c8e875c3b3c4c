/**
 * The functions' runtime, run by Deno: what Supabase's Edge Runtime does for modules with `export default { fetch }`, or that call
 * `Deno.serve()`. The first argument is a JSON object, slug -> entry file; a second one, `late-signal`, makes clients leave unnoticed
 * until something is written to them.
 */

import { pathToFileURL } from "node:url";
import { withLateSignal } from "./late-signal.ts";
import { type Handler, takeServe } from "./served.ts";

const { serve, nextHandler } = takeServe();

const entrypoints = new Map<string, string>(Object.entries(JSON.parse(Deno.args[0] ?? "{}")));
const handlers = new Map<string, Promise<Handler>>();
const background = new Set<Promise<unknown>>();

Object.assign(globalThis, {
  EdgeRuntime: {
    /** Keeps the runtime alive until the promise is settled, as on a hosted project. */
    waitUntil(promise: Promise<unknown>): void {
      const settled = Promise.resolve(promise)
        .catch((error) => complain("waitUntil", error))
        .finally(() => background.delete(settled));
      background.add(settled);
    },
  },
});

/** Modules load one after the other, so that a call of Deno.serve() is that of the module which loads. */
let loading: Promise<unknown> = Promise.resolve();

function load(slug: string, file: string): Promise<Handler> {
  let handler = handlers.get(slug);
  if (!handler) {
    handler = loading.then(async () => {
      const handle = await nextHandler(import(pathToFileURL(file).href));
      return Deno.args[1] === "late-signal" ? withLateSignal(handle) : handle;
    });
    loading = handler.catch(() => undefined);
    handlers.set(slug, handler);
  }
  return handler;
}

async function answer(request: Request, info: Deno.ServeHandlerInfo): Promise<Response> {
  // The URL is made from the Host header, which may be anything.
  const slug = URL.parse(request.url)?.pathname.split("/")[1] ?? "";
  const file = entrypoints.get(slug);
  if (!file) return refuse(404, "NOT_FOUND", "Requested function was not found");
  let handler: Handler;
  try {
    handler = await load(slug, file);
  } catch {
    return refuse(503, "BOOT_ERROR", "Function failed to start (please check logs)");
  }
  try {
    return await handler(request, info);
  } catch (error) {
    complain(slug, error);
    return refuse(500, "WORKER_ERROR", "Function exited due to an error (please check logs)");
  }
}

function refuse(status: number, code: string, message: string): Response {
  return Response.json({ code, message }, { status, headers: { "access-control-allow-origin": "*" } });
}

/** Every string of some length in the environment, and within its JSON values: what must not be printed. */
const secrets = Object.entries(Deno.env.toObject())
  // The shell that starts Deno adds this one: the project's folder, which a stack trace should show.
  .flatMap(([name, value]) => (name === "PWD" ? [] : [value]))
  .flatMap((value) => {
    try {
      return [value, ...strings(JSON.parse(value))];
    } catch {
      return [value];
    }
  })
  .filter((value) => value.length >= 12 && !/^https?:\/\/[^@]*$/.test(value))
  .sort((a, b) => b.length - a.length);

function strings(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(strings) : [];
}

function complain(about: string, error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  console.error(`${about}: ${secrets.reduce((shown, secret) => shown.replaceAll(secret, "[hidden]"), text)}`);
}

const closing = new AbortController();
const server = serve({ port: 0, hostname: "127.0.0.1", signal: closing.signal, onListen: () => {} }, answer);

Deno.addSignalListener("SIGTERM", async () => {
  closing.abort();
  // A request that is cut off may hand over work of its own, so this asks again until nothing is left.
  do await Promise.allSettled(background);
  while (background.size > 0);
  Deno.exit(0);
});

await Promise.all(
  [...entrypoints].map(([slug, file]) => load(slug, file).catch((error) => complain(`${slug} does not load`, error))),
);
console.log(`edge: listening on ${server.addr.port}`);
