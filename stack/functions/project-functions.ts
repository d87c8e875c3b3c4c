import type { StackConfig } from "../config.ts";

/** All functions of a project, as the gateway asks them. */
export interface ProjectFunctions {
  /** Undefined when there is none of that name. */
  find(slug: string): RunningFunction | undefined;
  /** resolves, with Deno's exit code, when the functions cannot be asked any more */
  ended: Promise<number | null>;
  /** Lets work that functions handed to EdgeRuntime.waitUntil() come to its end, up to ten seconds. */
  stop(): Promise<void>;
}

export interface RunningFunction {
  /** whether the gateway refuses a request without an access token */
  verify_jwt: boolean;
  /** The port of the process that takes a request which arrives now. */
  takeRequest(): Promise<number>;
}

/** Functions that share a process, which `takeRequest` names the port of. */
export function inOneProcess(
  { functions }: Pick<StackConfig, "functions">,
  takeRequest: () => number | Promise<number>,
): Pick<ProjectFunctions, "find"> {
  return {
    find(slug) {
      const known = Object.hasOwn(functions, slug) ? functions[slug] : undefined;
      return known && { verify_jwt: known.verify_jwt, takeRequest: async () => takeRequest() };
    },
  };
}
