/** Several processes of the functions on one stack, each with a key ring of its own, as isolates live side by side in a rollout. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Pool } from "pg";
import { defaultSupabaseDir, readConfig } from "../../../stack/config.ts";
import { startFunctions } from "../../../stack/functions/functions.ts";
import { inOneProcess } from "../../../stack/functions/project-functions.ts";
import { startGateway } from "../../../stack/api/gateway.ts";
import { hostedVariables } from "../../../stack/stack.ts";
import type { TestStack } from "../stack.ts";

export interface KeyringJson {
  readonly primary: number;
  readonly keys: Readonly<Record<string, string>>;
}

export function newMasterKey(): string {
  return randomBytes(32).toString("base64");
}

/** The key ring with the master keys of these kids; a kid is a place in the list. */
export function keyringOf(masterKeys: readonly string[], primary: number, ...kids: number[]): KeyringJson {
  return { primary, keys: Object.fromEntries(kids.map((kid) => [kid, masterKeys[kid] ?? ""])) };
}

/** Removes all keys: what another key ring sealed is no use to the tests that come after. */
export async function removeKeys(postgres: Pool): Promise<void> {
  await postgres.query("delete from byok.credentials");
}

export interface Fleet {
  /** The stack with the fleet in the place of its functions. */
  readonly stack: TestStack;
  /** The functions' output so far, line by line. */
  readonly printed: readonly string[];
  /** From now on the functions with these key rings take turns in answering, and no others; they are started where needed. */
  serve(...keyrings: KeyringJson[]): Promise<void>;
  stop(): Promise<void>;
}

export async function startFleet(stack: TestStack): Promise<Fleet> {
  const stateDir = mkdtempSync(path.join(tmpdir(), "byok-fleet-"));
  const config = readConfig(defaultSupabaseDir);
  const gateway = await startGateway(0);
  const jwks = await (await fetch(`${stack.url}/auth/v1/.well-known/jwks.json`)).json();
  const printed: string[] = [];

  /** Key ring -> the port of the functions that have it. */
  const ports = new Map<string, Promise<number>>();
  const stops: (() => Promise<void>)[] = [() => gateway.stop()];
  async function launch(masterKeys: string): Promise<number> {
    const env = {
      ...hostedVariables(stack.url, stack.dbUrl, { ...stack, masterKeys }, { jwks }),
      BYOK_PROVIDER_ORIGINS: JSON.stringify(stack.origins),
    };
    const log = (line: string) => printed.push(line);
    const options = { config, supabaseDir: defaultSupabaseDir, stateDir, env, allowHosts: [], log };
    const functions = await startFunctions(options);
    stops.push(() => functions.stop());
    return functions.port;
  }

  let serving: readonly number[] = [];
  let turn = 0;
  gateway.open({
    // The functions check tokens themselves.
    tokens: undefined as never,
    dataApi: (request) => passOn(request, stack.url),
    functions: inOneProcess(config, () => serving[turn++ % serving.length] ?? 0),
  });
  return {
    stack: { ...stack, url: gateway.url },
    printed,
    async serve(...keyrings) {
      const wanted = keyrings.map((keyring) => JSON.stringify(keyring));
      for (const keyring of wanted) if (!ports.has(keyring)) ports.set(keyring, launch(keyring));
      serving = await Promise.all(wanted.map((keyring) => ports.get(keyring)!));
    },
    async stop() {
      for (const stop of stops) await stop();
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}

/** REST and Auth are the stack's own. */
async function passOn(request: Request, url: string): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const headers = new Headers(request.headers);
  for (const name of ["host", "connection", "content-length", "transfer-encoding"]) headers.delete(name);
  const { method, body } = request;
  return await fetch(`${url}${pathname}${search}`, { method, headers, body, duplex: "half" } as RequestInit);
}
