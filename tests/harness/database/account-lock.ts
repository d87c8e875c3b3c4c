/** Makes the billing functions wait in the middle of their work: they lock the account first. */
import { Client } from "pg";

export interface AccountLock {
  /** Resolves when a billing function waits for the account. */
  awaited(): Promise<void>;
  release(): Promise<void>;
}

/** @param adminDbUrl of a superuser, who sees what other sessions wait for */
export async function lockAccount(adminDbUrl: string, userId: string): Promise<AccountLock> {
  const client = new Client({ connectionString: adminDbUrl });
  // The crash that this waits for ends this connection too.
  client.on("error", () => undefined);
  await client.connect();
  await client.query("begin");
  await client.query("select from byok.accounts where owner_id = $1 for update", [userId]);
  return {
    async awaited() {
      // Not pg_stat_activity, which stays as it was first seen within a transaction.
      const blocked =
        "select exists (select from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid)))";
      while (!(await client.query(blocked)).rows[0].exists);
    },
    release: () => client.end().catch(() => undefined),
  };
}
