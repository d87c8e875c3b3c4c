/** Runs the pgTAP files of the folder above and of those in it, as the role that `supabase test db` uses; each assertion of a file must pass. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { Client } from "pg";
import { type FinalResults, Parser } from "tap-parser";
import { beforeAll, expect, test } from "vitest";

const folder = path.dirname(import.meta.dirname);
const helpers = ["authenticate.sql", "authority.sql"]
  .map((name) => readFileSync(path.join(import.meta.dirname, name), "utf8"))
  .join("\n");
const files = readdirSync(folder, { encoding: "utf8", recursive: true })
  .filter((name) => name.endsWith(".sql") && !name.startsWith("helpers/"))
  .sort();

/** Where the migrations are applied: as the role postgres, and as a superuser. */
export interface Database {
  readonly dbUrl: string;
  readonly adminDbUrl: string;
}

/** Declares a test for each file. `open` is asked once there is a database. */
export function testWithPgTap(open: () => Database): void {
  beforeAll(async () => {
    // pgTAP is no trusted extension; on a hosted project the platform creates it.
    const extension = "create extension if not exists pgtap with schema extensions";
    await withClient(open().adminDbUrl, (client) => client.query(extension));
  });

  test.each(files)("pgTAP: %s", async (name) => {
    const tap = await runFile(open().dbUrl, path.join(folder, name));
    const results = await parseTap(tap);
    const complaints = [
      ...results.failures.map((failure) => failure.fullname ?? failure.tapError),
      results.bailout || [],
    ].flat();
    expect(complaints, tap).toEqual([]);
    expect(results.ok, tap).toBe(true);
    expect(results.count).toBeGreaterThan(0);
    console.log(`${name}: ${results.pass} assertions`);
  });
}

async function runFile(dbUrl: string, file: string): Promise<string> {
  return await withClient(dbUrl, async (client) => {
    // Statements before a `begin` in the same message belong to its transaction, so the rollback takes the helpers along.
    const results = await client.query(`${helpers}\n${readFileSync(file, "utf8")}`);
    // Every assertion is a select that yields its line of TAP.
    return [results]
      .flat()
      .flatMap((result) => result.rows.map((row) => String(Object.values(row)[0] ?? "")))
      .join("\n");
  });
}

async function withClient<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

function parseTap(tap: string): Promise<FinalResults> {
  return new Promise((resolve) => {
    const parser = new Parser(resolve);
    parser.end(`${tap}\n`);
  });
}
