/**
 * `/functions/v1/byok/<endpoint>`: all endpoints in one function, so that there is one to deploy and one worker to start. `call`, which most
 * workers start for, is there at once, and the others are loaded when one of them is first asked. The app's index.ts serves it, with
 * its hooks. The folders beside this one can be deployed as functions of their own instead.
 */
import "../_shared/isolate.ts";
import { ByokError } from "../_shared/errors.ts";
import { type Hooks, setHooks } from "../_shared/hooks.ts";
import { type EdgeFunction, serve } from "../_shared/request/serve.ts";
import call from "../call/index.ts";

const keys = () => import("./keys.ts");

/** Those that are there, and what loads the others. */
const endpoints = new Map<string, EdgeFunction | (() => Promise<EdgeFunction>)>([
  ["call", call],
  ["providers", async () => (await keys()).providers],
  ["recheck", async () => (await keys()).recheck],
  ["rotate", async () => (await keys()).rotate],
  ["save", async () => (await keys()).save],
  ["verify", async () => (await keys()).verify],
]);

const unknown = serve({
  methods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
  handle: () => Promise.reject(new ByokError("unknown_endpoint")),
});

/**
 * The function, for `export default` or, by its `fetch`, for `Deno.serve`. The types stand here once more for the bundle, where an
 * editor reads them from this comment.
 *
 * @param {{ beforeKeyCheck?: (check: { request: Request, userId: string, provider: string, owner: { kind: "user" | "team", id: string } }) => Promise<{ code: string, message?: string } | undefined | void> | { code: string, message?: string } | undefined | void }} [hooks]
 * @returns {{ fetch(request: Request): Promise<Response> }}
 * @throws TypeError for a hook that there is not
 */
export function serveByok(hooks: Hooks = {}): EdgeFunction {
  setHooks(hooks);
  return {
    fetch(request) {
      const endpoint = endpoints.get(endpointOf(request.url)) ?? unknown;
      return typeof endpoint === "function" ? endpoint().then(({ fetch }) => fetch(request)) : endpoint.fetch(request);
    },
  };
}

/** The second name of the path, after that of this function, which the project chooses. The gateway's prefix may be cut off. */
function endpointOf(url: string): string {
  return /^https?:\/\/[^/]*(?:\/functions\/v1)?\/[^/?#]+\/([^/?#]+)/.exec(url)?.[1] ?? "";
}
