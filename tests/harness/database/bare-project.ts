/** Postgres as a hosted project has it before its first migration, and nothing else of a stack. */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createLite } from "../../../stack/api/lite.ts";
import { defaultSupabaseDir, readConfig } from "../../../stack/config.ts";
import { bootstrap } from "../../../stack/postgres/bootstrap.ts";
import { databaseUrl } from "../../../stack/postgres/logins.ts";
import type { PostgresRelease } from "../../../stack/postgres/postgres-program.ts";
import { password, startPostgres, superuser } from "../../../stack/postgres/postgres.ts";
import { loadSecrets } from "../../../stack/secrets.ts";
import { rowsOf } from "./catalogue.ts";

export interface BareDatabase {
  /** As the role postgres, which applies migrations. */
  readonly url: string;
  readonly adminUrl: string;
  urlAs(role: string, password: string): string;
  /** Drops it, and the product's roles. */
  drop(): Promise<void>;
}

export interface BareProject {
  /** Makes a database; drop it before the next one is made. */
  createDatabase(): Promise<BareDatabase>;
  stop(): Promise<void>;
}

export async function startBareProject(release: PostgresRelease): Promise<BareProject> {
  const stateDir = realpathSync(mkdtempSync(path.join(tmpdir(), "byok-bare-")));
  const secrets = await loadSecrets(stateDir);
  const postgres = await startPostgres({ stateDir, release });
  const urlOf = (name: string, role: string, secret = password) =>
    databaseUrl(postgres.port, { role, password: secret }).replace(/postgres$/, name);
  const cluster = urlOf("postgres", superuser);
  const boot = async (dbUrl: string) => {
    const lite = createLite({ dbUrl, config: readConfig(defaultSupabaseDir), secrets });
    await bootstrap(lite);
    await lite.close();
  };
  await boot(cluster);
  return {
    async createDatabase() {
      await rowsOf(cluster, "create database project owner postgres");
      const adminUrl = urlOf("project", superuser);
      await boot(adminUrl);
      return {
        ...{ url: urlOf("project", "postgres"), adminUrl },
        urlAs: (role, secret) => urlOf("project", role, secret),
        async drop() {
          await rowsOf(cluster, "drop database project with (force)");
          const roles = await rowsOf(cluster, "select rolname from pg_roles where rolname like 'byok%'");
          for (const [role] of roles) await rowsOf(cluster, `drop role ${String(role)}`);
        },
      };
    },
    async stop() {
      await postgres.stop();
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}
