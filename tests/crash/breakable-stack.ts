/**
 * A stack in pieces: the functions and Postgres can be killed and started again apart from each other, which `startStack` does
 * not offer. The parts are those of stack/, put together in the same way; between functions and Data API stands a gate.
 */
import { chmodSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { defaultSupabaseDir, readConfig } from "../../stack/config.ts";
import { inOneProcess } from "../../stack/functions/project-functions.ts";
import type { WorkerLife } from "../../stack/functions/worker-life.ts";
import { startGateway } from "../../stack/api/gateway.ts";
import { loadSecrets } from "../../stack/secrets.ts";
import { hostedVariables } from "../../stack/stack.ts";
import { createTokens } from "../../stack/api/tokens.ts";
import { lockAccount } from "../harness/database/account-lock.ts";
import { BreakableDatabase } from "./breakable-database.ts";
import { BreakableFunctions } from "./breakable-functions.ts";
import { Gate } from "./gate.ts";
import { type ScriptedProvider, startScriptedProvider } from "./provider.ts";

/** Parts to kill: the functions' process, the first process of Postgres alone, all of its processes, or the lot. */
export const victims = ["functions", "postmaster", "postgres", "everything"] as const;
export type Victim = (typeof victims)[number];

export interface BreakableStack {
  readonly url: string;
  readonly database: BreakableDatabase;
  readonly gate: Gate;
  readonly provider: ScriptedProvider;
  /** The functions' output so far, line by line. */
  readonly printed: readonly string[];
  /** A signed access token of a user with this id. */
  tokenOf(userId: string): Promise<string>;
  /** SIGKILL; resolves when the victims are gone. */
  kill(victim: Victim): Promise<void>;
  /** Starts again what was killed, on the same folder and ports. */
  revive(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts such a stack with durable settings: every commit is flushed to the disk. Credits pay OpenAI only.
 *
 * @param functionsEnv more variables for the functions
 * @param way how the functions reach the database; the gate sees nothing of those who go directly
 * @param life how long the functions' workers live; as long as nobody kills them when absent
 */
export async function startBreakableStack(
  functionsEnv: Record<string, string> = {},
  way: "data-api" | "direct" = "data-api",
  life?: WorkerLife,
): Promise<BreakableStack> {
  const stateDir = realpathSync(mkdtempSync(path.join(tmpdir(), "byok-crash-")));
  // Postgres may run under another account, which passes through to its own folder.
  chmodSync(stateDir, 0o711);
  const stops: (() => unknown)[] = [() => rmSync(stateDir, { recursive: true, force: true })];
  const stop = async () => {
    for (const end of stops.splice(0).reverse()) await end();
  };
  const keep = <Part extends { stop(): unknown }>(part: Part): Part => {
    stops.push(() => part.stop());
    return part;
  };
  try {
    const config = readConfig(defaultSupabaseDir);
    const gateway = keep(await startGateway(0));
    const secrets = await loadSecrets(stateDir);
    const tokens = await createTokens(secrets, gateway.url);
    const provider = keep(await startScriptedProvider());
    const database = keep(new BreakableDatabase(stateDir));
    await database.start();
    await database.fill(config, secrets);
    const gate = new Gate({
      dataApi: (request) => database.answer(request),
      lockAccount: (userId) => lockAccount(database.adminUrl, userId),
    });
    // Calls held up would keep the other parts from stopping.
    stops.push(() => gate.unlock().then(() => gate.release("lost")));
    const printed: string[] = [];
    const functions = keep(
      new BreakableFunctions({
        config,
        supabaseDir: defaultSupabaseDir,
        stateDir,
        env: {
          ...hostedVariables(gateway.url, database.adminUrl, secrets, tokens),
          BYOK_PLATFORM_KEYS: JSON.stringify({ openai: "sk-platform" }),
          BYOK_PROVIDER_ORIGINS: JSON.stringify({ openai: provider.origin }),
          ...(way === "direct" ? { BYOK_DATABASE_URL: await database.functionsUrl() } : {}),
          ...functionsEnv,
        },
        allowHosts: [],
        life,
        log: (line) => printed.push(line),
      }),
    );
    const startFunctions = async () => {
      await functions.start();
      // Only now: what the dead had sent may have arrived after their death.
      gate.forget();
      gateway.open({
        tokens,
        dataApi: (request) => gate.handle(request),
        functions: inOneProcess(config, () => functions.takeRequest()),
      });
    };
    await startFunctions();
    return {
      url: gateway.url,
      ...{ database, gate, provider, printed, stop },
      tokenOf: (sub) =>
        tokens.sign({
          sub,
          aud: "authenticated",
          role: "authenticated",
          exp: tomorrow(),
        }),
      async kill(victim) {
        const ends: Promise<void>[] = [];
        if (victim === "functions" || victim === "everything") ends.push(functions.kill());
        if (victim !== "functions") ends.push(database.kill(victim === "postmaster" ? "postmaster" : "all"));
        await Promise.all(ends);
      },
      async revive() {
        if (!database.isRunning) await database.start();
        if (!functions.isRunning) await startFunctions();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function tomorrow(): number {
  return Math.floor(Date.now() / 1000) + 86_400;
}
