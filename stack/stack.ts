import { randomBytes, randomUUID } from "node:crypto";
import { chmodSync, mkdirSync, readdirSync, realpathSync, rmSync } from "node:fs";
import path from "node:path";
import { bootstrap, bootstrapForApp } from "./postgres/bootstrap.ts";
import { defaultSupabaseDir, readConfig } from "./config.ts";
import { createDataApi } from "./api/data-api.ts";
import { type Gateway, startGateway } from "./api/gateway.ts";
import { createLite } from "./api/lite.ts";
import { allowLogin, databaseUrl } from "./postgres/logins.ts";
import { lockState } from "./lock.ts";
import { migrate } from "./postgres/migrate.ts";
import { seed } from "./postgres/seed.ts";
import { buildPage, servePage, watchPage } from "./api/page.ts";
import { runFunctions } from "./functions/run-functions.ts";
import { isFree } from "./ports.ts";
import { dataFolder, endLeftover, password, type Postgres, startPostgres, superuser } from "./postgres/postgres.ts";
import { startProviders } from "./providers/settings.ts";
import type { FakeProviders } from "./providers/index.ts";
import { loadSecrets, type Secrets } from "./secrets.ts";
import type { StackOptions } from "./stack-options.ts";
import { createTokens, type Tokens } from "./api/tokens.ts";

export type { StackOptions } from "./stack-options.ts";

export interface Stack {
  url: string;
  /** as the role postgres, which has the powers it has on a hosted project */
  dbUrl: string;
  /** as the cluster's superuser */
  adminDbUrl: string;
  /** as the role that the functions log in as */
  functionsDbUrl: string;
  publishableKey: string;
  secretKey: string;
  /** for the demo user of `npm start` */
  demoPassword: string;
  /** where the database's files are */
  dataDir: string;
  /** the functions' own server, which the gateway passes requests on to: its port, and its process id. An app has one for each function */
  functions?: { port: number; pid: number };
  fakes?: FakeProviders;
  /** resolves, with what happened, when a server of the stack ends that nobody has asked to */
  failed: Promise<string>;
  /**
   * Stops the servers in order, letting the functions finish what they have handed to waitUntil(). Can
   * be called again.
   */
  stop(): Promise<void>;
}

/**
 * Starts a whole Supabase project on the loopback address: Postgres with the migrations applied, REST, Auth,
 * the functions, and the fakes of the providers. Nothing of it outlives this process.
 *
 * @throws AlreadyRunningError when the state folder is in use; otherwise whatever kept a part from starting,
 * after the others are stopped
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  mkdirSync(options.stateDir, { recursive: true, mode: 0o700 });
  // One spelling for one folder, because it is what tells this folder's Postgres from others.
  const stateDir = realpathSync(options.stateDir);
  // As root, Postgres runs under another account, which passes through to its own folder; the secrets stay
  // closed to it.
  if (process.getuid?.() === 0) chmodSync(stateDir, 0o711);
  const lock = lockState(stateDir);
  const stops: (() => unknown)[] = [() => lock.release()];
  let stopped: Promise<void> | undefined;
  const stopAll = () => (stopped ??= stopInOrder(stops));
  try {
    if (options.reset) await clear(stateDir);
    const stack = await startParts(options, stateDir, stops);
    lock.announce({ url: stack.url, dbUrl: stack.dbUrl });
    const failed = new Promise<string>((resolve) => {
      void stack.failed.then((reason) => stopped ?? resolve(reason));
    });
    return { ...stack, failed, stop: stopAll };
  } catch (error) {
    await stopAll();
    throw error;
  }
}

/** Last started, first stopped. A part that cannot be stopped keeps none of the others from it. */
async function stopInOrder(stops: (() => unknown)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const stop of stops.splice(0).reverse()) {
    try {
      await stop();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, "some parts of the stack could not be stopped");
}

/**
 * Starts parts side by side where they do not need each other; each is in `stops` from the moment it runs.
 */
async function startParts(
  options: StackOptions,
  stateDir: string,
  stops: (() => unknown)[],
): Promise<Omit<Stack, "stop">> {
  const { supabaseDir = defaultSupabaseDir, log = (line) => process.stderr.write(`${line}\n`) } = options;
  const config = readConfig(supabaseDir);
  const keep = <Part extends { stop(): unknown }>(part: Part): Part => {
    stops.push(() => part.stop());
    return part;
  };

  const gateway = keep(await openGateway(options));
  const secrets = await loadSecrets(stateDir);
  const tokens = await createTokens(secrets, gateway.url);
  const pageDir = path.join(stateDir, "page");
  const [server, providers] = await together([
    startDatabase(options, stateDir).then(keep),
    startProviders(options.providers ?? "fakes").then(keep),
  ]);
  const dbUrl = databaseUrl(server.port, { role: "postgres", password });
  const adminDbUrl = databaseUrl(server.port, { role: superuser, password });
  const functionsLogin = { role: "byok_functions", password: randomBytes(24).toString("base64url") };
  const functionsDbUrl = databaseUrl(server.port, functionsLogin);
  const lite = createLite({ dbUrl: adminDbUrl, config, secrets });
  stops.push(() => lite.close());

  const prepareDatabase = async () => {
    await bootstrap(lite);
    if (options.app) await bootstrapForApp(lite);
    await migrate(dbUrl, path.join(supabaseDir, "migrations"), options.app ? log : undefined);
    await seed(dbUrl, supabaseDir, config.db.seed);
    await allowLogin(dbUrl, functionsLogin);
    await lite.followSchema();
  };
  const { publishableKey, secretKey, demoPassword } = secrets;
  const { BYOK_MASTER_KEYS, ...hosted } = hostedVariables(gateway.url, dbUrl, secrets, tokens);
  const byok = {
    BYOK_MASTER_KEYS,
    ...(options.database === "data-api" ? {} : { BYOK_DATABASE_URL: functionsDbUrl }),
    ...providers.env,
    ...options.functionsEnv,
  };
  const environment = { hosted, byok, publishableKey, secretKey };
  const [functions] = await together([
    runFunctions(options, {
      ...{ config, supabaseDir, stateDir, allowHosts: providers.hosts, log, ...environment },
    }).then(keep),
    prepareDatabase(),
    options.page && buildPage(pageDir),
  ]);
  const { demoEmail: email } = options;
  const pageConfig = { publishableKey, ...(email ? { demoUser: { email, password: demoPassword } } : {}) };
  gateway.open({
    tokens,
    dataApi: createDataApi(lite, tokens, secrets),
    functions,
    page: options.page ? servePage(pageDir, pageConfig, { isRebuilt: options.watch }) : undefined,
  });

  if (options.page && options.watch) {
    const watcher = watchPage(pageDir, log);
    stops.push(() => watcher.close());
  }

  const failed = Promise.race([
    server.ended.then(({ code, log: words }) => `Postgres ended with code ${code}:\n${words}`),
    functions.ended.then((code) => `Deno ended with code ${code}`),
  ]);
  const { fakes } = providers;
  return {
    ...{ url: gateway.url, dbUrl, adminDbUrl, functionsDbUrl, publishableKey, secretKey, demoPassword },
    ...{
      dataDir: server.dataDir,
      failed,
      ...(functions.server && { functions: functions.server }),
      ...(fakes && { fakes }),
    },
  };
}

async function startDatabase(options: StackOptions, stateDir: string): Promise<Postgres> {
  await endLeftover(dataFolder(stateDir));
  const port = await choosePort(options.dbPort, options.otherPorts);
  const { postgres: release, durable, postgresLog: log } = options;
  return await startPostgres({ stateDir, port, release, durable, log });
}

/** The variables that a hosted project gives its functions, and the key ring, which is the operator's to set there. */
export function hostedVariables(
  url: string,
  dbUrl: string,
  secrets: Pick<Secrets, "publishableKey" | "secretKey" | "masterKeys">,
  tokens: Pick<Tokens, "jwks">,
) {
  return {
    SUPABASE_URL: url,
    SUPABASE_PUBLISHABLE_KEYS: JSON.stringify({ default: secrets.publishableKey }),
    SUPABASE_SECRET_KEYS: JSON.stringify({ default: secrets.secretKey }),
    SUPABASE_JWKS: JSON.stringify(tokens.jwks),
    SUPABASE_DB_URL: dbUrl,
    SB_REGION: "local",
    SB_EXECUTION_ID: randomUUID(),
    BYOK_MASTER_KEYS: secrets.masterKeys,
  };
}

/** Promise.all() that waits for the others when one has failed, so that what they start can be stopped. */
async function together<T extends readonly unknown[]>(parts: T): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(parts);
  return Promise.all(parts) as Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }>;
}

async function openGateway({ apiPort = 0, otherPorts = false }: StackOptions): Promise<Gateway> {
  try {
    return await startGateway(apiPort);
  } catch (error) {
    if (otherPorts && (error as NodeJS.ErrnoException).code === "EADDRINUSE") return startGateway(0);
    throw error;
  }
}

async function choosePort(port = 0, otherPorts = false): Promise<number> {
  return otherPorts && port !== 0 && !(await isFree(port)) ? 0 : port;
}

/** Deletes everything but the lock, which this process holds. */
async function clear(stateDir: string): Promise<void> {
  const dataDir = dataFolder(stateDir);
  await endLeftover(dataDir);
  rmSync(dataDir, { recursive: true, force: true });
  for (const name of readdirSync(stateDir)) {
    if (!name.startsWith("lock")) rmSync(path.join(stateDir, name), { recursive: true, force: true });
  }
}
