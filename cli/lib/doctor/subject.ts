/** Gathers what the checks of `doctor` look at. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { runningStackOn } from "../../../stack/lock.ts";
import { readSecretKey } from "../../../stack/secrets.ts";
import { CommandError, misused } from "../command.ts";
import { exposureOf } from "../credits/exposure.ts";
import { readProviderCosts } from "../credits/provider-costs.ts";
import { usualFolder } from "../deploy/private-folder.ts";
import { readEnvFile } from "../env-file.ts";
import { configName, tableAt } from "../install/config-values.ts";
import { findSupabaseDir } from "../install/find-project.ts";
import { readLock } from "../install/lock.ts";
import { readDatabaseUrl, withDatabase } from "../operator-database.ts";
import { safeUrl } from "../project.ts";
import { readValue } from "../toml/document.ts";
import type { Finding, Reach, RunningProject, SecretsFile, Subject } from "./check.ts";
import { whoseStack } from "./whose-stack.ts";

export interface Given {
  readonly supabaseDir?: string | undefined;
  readonly functionName?: string | undefined;
  readonly envFile?: string | undefined;
  readonly dbUrl?: string | undefined;
  readonly costs?: string | undefined;
  /** The price of one credit. */
  readonly credit_usd?: number | undefined;
  /** The hosted project is examined, and not one on this machine. */
  readonly isRemote: boolean;
}

/** A database that could not be reached is a finding, and what needs one is then left out. */
export async function withSubject<T>(
  given: Given,
  work: (subject: Subject, findings: readonly Finding[]) => Promise<T>,
): Promise<T> {
  const supabaseDir = findSupabaseDir(process.cwd(), given.supabaseDir);
  const config = readValue(readFileSync(path.join(supabaseDir, "config.toml"), "utf8"), configName);
  const lock = readLock(supabaseDir);
  const functionName = given.functionName ?? lock?.functionName ?? "byok";
  const secrets = given.isRemote && !given.envFile ? deployedSecrets() : readSecrets(supabaseDir, given.envFile);
  const weigh = readWeigh(given);
  const files = { supabaseDir, config, lock, functionName, ...(secrets && { secrets }), ...(weigh && { weigh }) };

  const local = given.isRemote ? undefined : localProject(supabaseDir);
  const api = given.isRemote ? hostedProject() : local?.api;
  const subject: Subject = { ...files, ...(api && { api }) };
  const dbUrl = readDatabaseUrl(given.dbUrl) ?? local?.dbUrl;
  if (dbUrl !== undefined) return withDatabaseOf(dbUrl, subject, work);
  if (given.isRemote) return work(subject, []);
  return withDockerStack(config, subject, work);
}

type Work<T> = (subject: Subject, findings: readonly Finding[]) => Promise<T>;

async function withDatabaseOf<T>(dbUrl: string, subject: Subject, work: Work<T>): Promise<T> {
  let isConnected = false;
  try {
    return await withDatabase(dbUrl, (database) => {
      isConnected = true;
      return work({ ...subject, database }, []);
    });
  } catch (error) {
    if (isConnected || !(error instanceof CommandError)) throw error;
    const nextStep = error.nextStep ?? "See that the address is right, and that the database runs.";
    return work(subject, [{ state: "problem", words: error.message, nextStep }]);
  }
}

/**
 * The Supabase CLI's own stack on this machine, if it runs. Its password is the one that everybody's has, so another project's is told
 * from this one's first.
 */
async function withDockerStack<T>(config: Subject["config"], subject: Subject, work: Work<T>): Promise<T> {
  const portOf = (table: string, standard: number) => Number(tableAt(config, [table])?.port ?? standard);
  const dbPort = portOf("db", 54322);
  const dbUrl = `postgresql://postgres:postgres@127.0.0.1:${dbPort}/postgres`;
  const api: RunningProject = { url: `http://127.0.0.1:${portOf("api", 54321)}`, key: undefined, isHosted: false };
  return withDatabaseOf(dbUrl, { ...subject, api }, async (found) => {
    if (!found.database) return work(subject, []);
    const whose = await whoseStack(found.database, subject, dbPort);
    return work(whose.state === "warning" ? subject : found, [whose]);
  });
}

/** The stack of `start`, if one runs on this folder. */
function localProject(supabaseDir: string): { api: RunningProject; dbUrl: string } | undefined {
  const stateDir = path.join(supabaseDir, ".temp/byok");
  const addresses = existsSync(stateDir) ? runningStackOn(stateDir) : undefined;
  if (!addresses) return undefined;
  return { api: { url: addresses.url, key: readSecretKey(stateDir), isHosted: false }, dbUrl: addresses.dbUrl };
}

function hostedProject(): RunningProject {
  const { SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, SUPABASE_ANON_KEY, SUPABASE_SECRET_KEY } = process.env;
  if (!SUPABASE_URL) throw misused("--remote needs SUPABASE_URL, such as https://<ref>.supabase.co.");
  const key = SUPABASE_PUBLISHABLE_KEY ?? SUPABASE_ANON_KEY ?? SUPABASE_SECRET_KEY;
  return { url: safeUrl(SUPABASE_URL).replace(/\/$/, ""), key, isHosted: true };
}

function readSecrets(supabaseDir: string, given: string | undefined): SecretsFile | undefined {
  const usual = path.join(supabaseDir, "functions/.env");
  const file = given === undefined ? usual : path.resolve(given);
  if (given === undefined && !existsSync(usual)) return undefined;
  return { file, variables: readEnvFile(file) };
}

/** The files from which `deploy` has set the project's secrets, as one; undefined where they are on another machine. */
function deployedSecrets(): SecretsFile | undefined {
  const [, ref] = /^https:\/\/([a-z]{20})\.supabase\.co/.exec(process.env.SUPABASE_URL ?? "") ?? [];
  if (ref === undefined) return undefined;
  const all = ["keyring.env", "byok.env", "direct.env"].map((name) => path.join(usualFolder(ref), name));
  const files = all.filter((file) => existsSync(file));
  const [file] = files;
  return file === undefined ? undefined : { file, variables: Object.assign({}, ...files.map(readEnvFile)) };
}

function readWeigh({ costs: file, credit_usd }: Given): Reach["weigh"] | undefined {
  if (file === undefined && credit_usd === undefined) return undefined;
  if (file === undefined || credit_usd === undefined) throw misused("--costs and --credit-usd belong together.");
  const costs = readProviderCosts(file);
  return (prices) => exposureOf(prices, costs, credit_usd);
}
