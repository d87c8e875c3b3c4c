/** The database, as its operator reaches it: for the commands about credits. */
import { Client, DatabaseError } from "pg";
import { uuidPattern } from "../../functions/_shared/request/validation.ts";
import { CommandError, misused } from "./command.ts";
import { jsonOption, stateOption } from "./options.ts";
import { runningStack } from "./running-stack.ts";
import { typed } from "./typed.ts";

/** The options of each command that works on the database. */
export const databaseOptions = {
  "db-url": {
    type: "string",
    value: "<url>",
    summary: `the database, as role postgres; otherwise BYOK_OPERATOR_DB_URL, or the stack that ${typed("start")} runs`,
  },
  state: stateOption,
  json: jsonOption,
} as const;

/** How `<user>` is written. */
export const userDetails = "<user> is a user id or an email address.";

/** How `<owner>` is written. */
export const ownerDetails = "<owner> is a user id, an email address, or team:<id> for a team.";

/** A command's findings, for people and for machines. */
export interface Report {
  readonly text: string;
  readonly json: object;
}

interface DatabaseInput {
  readonly "db-url": string | undefined;
  readonly state: string;
  readonly json: boolean;
}

/**
 * Connects, works, and prints what was found.
 *
 * @throws CommandError, in words that hold nothing of the URL
 */
export async function reportFrom<T extends Report>(
  { "db-url": given, state, json }: DatabaseInput,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const dbUrl = readDatabaseUrl(given) ?? runningStack(state, "a database").dbUrl;
  const report = await withDatabase(dbUrl, work);
  console.log(json ? JSON.stringify(report.json) : report.text);
  return report;
}

/**
 * Connects and works.
 *
 * @throws CommandError, in words that hold nothing of the URL
 */
export async function withDatabase<T>(connectionString: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString, connectionTimeoutMillis: 10_000 });
  // A connection that breaks also rejects what waits for it.
  client.on("error", () => undefined);
  try {
    await client.connect();
    return await work(client);
  } catch (error) {
    throw error instanceof CommandError ? error : new CommandError(explain(error));
  } finally {
    await client.end().catch(() => undefined);
  }
}

/**
 * The address that was given, else the one in BYOK_OPERATOR_DB_URL; undefined without either.
 *
 * @throws CommandError if it is no address of a database
 */
export function readDatabaseUrl(given: string | undefined): string | undefined {
  const text = given ?? process.env.BYOK_OPERATOR_DB_URL;
  if (!text) return undefined;
  if (URL.canParse(text) && /^postgres(ql)?:$/.test(new URL(text).protocol)) return text;
  // Not repeated here, because it may well hold a password.
  throw misused("The database URL is none; it begins with postgresql://, and special characters in it are %-encoded.");
}

/** @throws CommandError unless exactly one user is named so */
export async function findUser(client: Client, named: string): Promise<{ id: string; name: string }> {
  const column = uuidPattern.test(named) ? "id::text" : "email";
  const { rows } = await client.query(
    `select id, coalesce(email, id::text) as name from auth.users where lower(${column}) = lower($1)`,
    [named],
  );
  if (rows.length === 1) return rows[0];
  if (rows.length === 0) throw new CommandError(`There is no user ${named}.`);
  throw new CommandError(
    `${named} is the address of several users; name one of ${rows.map(({ id }) => id).join(", ")}.`,
  );
}

/** @throws CommandError unless it is the id of a team, or names exactly one user */
export async function findOwner(
  client: Client,
  named: string,
): Promise<{ id: string; name: string; kind: "user" | "team" }> {
  if (!named.startsWith("team:")) return { ...(await findUser(client, named)), kind: "user" };
  const id = named.slice("team:".length).toLowerCase();
  if (!uuidPattern.test(id)) throw misused(`${named} names no team: write team: and the id of the team.`);
  return { id, name: `Team ${id}`, kind: "team" };
}

/** Words for a refusal of the database, or for a connection that broke. The driver's own may repeat parts of the URL. */
export function explain(error: unknown): string {
  if (!(error instanceof DatabaseError)) {
    const { code } = error as NodeJS.ErrnoException;
    return `The database cannot be reached${code ? ` (${code})` : ""}.`;
  }
  const { code = "", message, hint, detail } = error;
  if (code.startsWith("28")) return "The database refuses this user or password.";
  if (code === "42501") return `${message}: connect as role postgres.`;
  if (["3F000", "42P01", "42883"].includes(code)) return `${message}: apply the migrations to this database first.`;
  return `${message}. ${hint ?? detail ?? ""}`.trim();
}
