/** How a statement fails, whichever way it was sent: what is asked again, and which refusal the others become. */
import { ByokError, isErrorCode } from "../errors.ts";
import { isRecord, parseJson } from "../json.ts";
import { createNotices, type Way } from "./notices.ts";
import type { FunctionName, Parameters, Rows, Rpc } from "./rpc.ts";
import { schemaVersion } from "./version.ts";

/** An error of the database: an SQLSTATE, or a code of PostgREST's, and the texts beside it. */
export interface DatabaseFailure {
  readonly code?: string | undefined;
  readonly message?: string | undefined;
  readonly details?: string | null | undefined;
  /** The way to the database failed, whatever the code says: no connection, no answer, a gateway's error. */
  readonly isAway?: boolean;
}

/** One attempt at one SQL function; `sent` as for `Rpc`. */
export type Ask = <Name extends FunctionName>(
  name: Name,
  parameters: Parameters<Name>,
  sent?: () => void,
) => Promise<{ readonly rows: Rows<Name> } | { readonly failure: DatabaseFailure }>;

/**
 * SQLSTATEs of a database that is away, going down, full or too slow, and PostgREST's codes for having no connection to it.
 * https://www.postgresql.org/docs/17/errcodes-appendix.html, https://docs.postgrest.org/en/stable/references/errors.html
 */
const awayCodes = /^(?:08...|53...|57P0.|57014|PGRST00[0-3])$/;

/** Postgres has rolled the transaction back because of another one: serialization failure, deadlock. */
const rolledBackCodes = /^(?:40001|40P01)$/;

/** PostgREST 14, once for each connection of its pool that broke while Postgres recovers from a crash. */
const brokenConnection = "";

/** No such function, with these parameters: SQLSTATEs of the function and of the schema, and PostgREST's code. */
const unknownFunctionCodes = /^(?:42883|3F000|PGRST202)$/;

/** A row refers to one that is not there: to the user, since nothing else that a call writes may be gone. */
const missingUser = "23503";

/** Functions that change nothing the second time. They may be called again if nobody knows whether the first call was carried out. */
const repeatable: ReadonlySet<FunctionName> = new Set<FunctionName>([
  "list_prices",
  "charge_hold",
  "void_hold",
  "refund_charge",
  "read_envelope",
  "count_envelopes",
  "list_envelopes",
]);

const maxAttempts = {
  /** Two that were in each other's way seldom meet again. */
  rolledBack: 3,
  /** One more than the Data API has connections by default: https://docs.postgrest.org/en/stable/references/configuration.html#db-pool */
  brokenConnection: 11,
};

/**
 * Asks by one way, and again at once where another attempt is safe and mends it. A database that is away is not asked again: how
 * long to wait for it is for the caller to say.
 *
 * @throws ByokError as `refusalOf` makes it; `schema_outdated` where the schema is older than these functions
 */
export function rpcOver(ask: Ask, way: Way): Rpc {
  const notices = createNotices(way);
  return async (name, parameters, sent) => {
    for (let attempt = 1; ; attempt++) {
      const outcome = await ask(name, parameters, sent);
      if ("rows" in outcome) return outcome.rows;
      if (attempt < attemptsFor(name, outcome.failure)) continue;
      notices.tell(outcome.failure.code ?? "", isAway(outcome.failure));
      if (isUnknownFunction(outcome.failure) && (await isOutdated(ask))) throw new ByokError("schema_outdated");
      throw refusalOf(outcome.failure);
    }
  };
}

function attemptsFor(name: FunctionName, failure: DatabaseFailure): number {
  if (isRolledBack(failure)) return maxAttempts.rolledBack;
  return failure.code === brokenConnection && repeatable.has(name) ? maxAttempts.brokenConnection : 1;
}

/** Nothing of the statement is left, so that whatever it was may be asked again. */
export function isRolledBack({ code = "", isAway }: DatabaseFailure): boolean {
  return !isAway && rolledBackCodes.test(code);
}

/** Nothing of the statement was carried out: the schema has no such function, or something that it calls is missing. */
export function isUnknownFunction({ code = "", isAway }: DatabaseFailure): boolean {
  return !isAway && unknownFunctionCodes.test(code);
}

/** Asked only where a function is missing, so that the version costs a call nothing. The schema is older if it has none to tell. */
async function isOutdated(ask: Ask): Promise<boolean> {
  const outcome = await ask("schema_version", {} as never);
  if ("failure" in outcome) return isUnknownFunction(outcome.failure);
  return Number(outcome.rows[0]) < schemaVersion;
}

function isAway(failure: DatabaseFailure): boolean {
  const { code } = failure;
  return (
    failure.isAway === true || code === brokenConnection || awayCodes.test(code ?? "none") || isRolledBack(failure)
  );
}

/**
 * An SQLSTATE PTxyz with one of the error codes as message is that refusal; a database that is away or too busy is
 * `database_unavailable`; a user whose access token outlives them is `unauthenticated`; all else is `internal`, without detail.
 */
export function refusalOf(failure: DatabaseFailure): ByokError {
  const { code = "", message, details: text } = failure;
  if (isAway(failure)) return databaseUnavailable();
  if (code === missingUser) return new ByokError("unauthenticated");
  if (!code.startsWith("PT") || !isErrorCode(message)) return new ByokError("internal");
  const details = parseJson(text ?? "");
  return new ByokError(message, isRecord(details) ? { details } : {});
}

export function databaseUnavailable(): ByokError {
  return new ByokError("database_unavailable", { details: { retry_after_s: 1 } });
}
