import type { Adapter } from "../adapter.ts";
import { google, routeModelPath } from "./google.ts";

/** Vertex AI in express mode: Gemini's models below a publisher, without a list of them. */
export function vertex(): Adapter {
  return {
    ...google(),
    id: "vertex",
    route(request) {
      const [, path] = /^\/v1(?:beta1)?\/publishers\/google(\/models\/[^/]+)$/.exec(request.path) ?? [];
      return path === undefined ? null : routeModelPath(request, path);
    },
  };
}
