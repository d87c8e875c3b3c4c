import { App } from "@supabase/lite";
import { createPostgresConnection, type PostgresConnection } from "@supabase/lite/postgres";
import type { StackConfig } from "../config.ts";
import type { Secrets } from "../secrets.ts";
import { statusOf } from "./sqlstate.ts";

/** REST and Auth in this process, on the embedded Postgres. */
export interface Lite {
  connection: PostgresConnection;
  /** answers /rest/v1 and /auth/v1 */
  fetch(request: Request, peerAddress: string | null): Promise<Response>;
  /** makes the schema auth, with auth.uid() and its like in an outdated form, for the caller to correct */
  createAuthSchema(): Promise<void>;
  /** reads the schema again whenever somebody runs `notify pgrst` */
  followSchema(): Promise<void>;
  close(): Promise<void>;
}

export interface LiteOptions {
  /** of a superuser: Lite takes on the caller's role in each request, and has to see the tables of all */
  dbUrl: string;
  config: StackConfig;
  secrets: Secrets;
}

export function createLite({ dbUrl, config, secrets }: LiteOptions): Lite {
  const connection = connect(dbUrl);
  const app = new App({
    connection,
    api: {
      schemas: config.api.schemas,
      extra_search_path: config.api.extra_search_path,
      max_rows: config.api.max_rows,
    },
    auth: {
      enabled: true,
      jwt_secret: secrets.liteSecret,
      publishable_key: secrets.publishableKey,
      secret_key: secrets.secretKey,
      site_url: config.auth.site_url,
      jwt_expiry: config.auth.jwt_expiry,
      enable_signup: config.auth.enable_signup,
      minimum_password_length: config.auth.minimum_password_length,
    },
    // The history of migrations is made by migrate.ts, as the role that owns it on a hosted project.
    db: { migrations: { enabled: false } },
    // Admin mode would give a request without a key the rights of service_role.
    options: { server: { admin: false } },
  });
  return {
    connection,
    fetch: (request, peerAddress) => app.fetch(request, { peerAddress }),
    createAuthSchema: () => app.ensureSystemSchema(),
    async followSchema() {
      await connection.driver.listen("pgrst", () => void connection.clearSchemaCache());
    },
    // The clients of a slow query have gone with the gateway.
    close: () => connection.driver.end({ timeout: 2 }),
  };
}

/** Lite 0.10.0's connection with its defects corrected; tests/stack/lite.test.ts names each of them. */
function connect(url: string): PostgresConnection {
  const connection = createPostgresConnection({
    url,
    postgresOptions: { max: 20, onnotice: () => {}, types },
  });

  // By default it detects row-level security, and then grants all rights on all tables to anon and authenticated.
  Object.assign(connection, { rlsState: "active" });

  setClaimsAsHosted(connection);

  // It knows few SQLSTATEs and answers 500 "SUP" to the rest, so those are handed to it as PostgREST's way to
  // choose a response.
  const normalize = connection.normalizeDbError.bind(connection);
  connection.normalizeDbError = (thrown) => {
    const error = normalize(thrown);
    if (!isDatabaseError(error)) return error;
    const answered = withStatus(error);
    answeredErrors.add(answered);
    return answered;
  };
  return connection;
}

/**
 * Beside request.jwt.claims Lite sets the legacy request.jwt.claim.sub and .role, which auth.uid() looks at first: a function that
 * takes on another user's claims, and one that was granted by mistake, would find its caller there. PostgREST sets the claims alone,
 * with the role of who has no token too.
 * https://docs.postgrest.org/en/stable/references/transactions.html#request-headers-cookies-and-jwt-claims
 */
function setClaimsAsHosted(connection: PostgresConnection): void {
  const lite = connection as unknown as { applyJwtSessionContext: SetClaims };
  const setClaims = lite.applyJwtSessionContext.bind(connection);
  lite.applyJwtSessionContext = async (transaction, context, takesRole) => {
    await setClaims(transaction, context, takesRole);
    const { role, jwt } = context.auth ?? {};
    const claims = JSON.stringify({ ...jwt, role: role ?? "anon" });
    const sql = `select set_config('request.jwt.claim.sub', '', true), set_config('request.jwt.claim.role', '', true),
      set_config('request.jwt.claims', $1, true)`;
    const query = { kind: "RawNode", sqlFragments: [sql], parameters: [] };
    await transaction.executeQuery({ sql, query, parameters: [claims], queryId: { queryId: "claims" } });
  };
}

/** Lite's own, at the beginning of each request's transaction. */
type SetClaims = (
  transaction: { executeQuery(query: object): Promise<unknown> },
  context: { auth?: { role?: string; jwt?: object | null } },
  takesRole: boolean,
) => Promise<void>;

function withStatus(error: DatabaseError): object {
  const status = statusOf(error.code);
  if (status === undefined) return error;
  const { code, message, detail: details = null, hint = null } = error;
  return {
    code: "PGRST",
    message: JSON.stringify({ code, message, details, hint }),
    detail: JSON.stringify({ status, headers: {} }),
  };
}

/** Errors that the caller is told about. Lite prints each of them as well, with the row that was refused. */
const answeredErrors = new WeakSet<object>();

const printError = console.error;
console.error = (...args: unknown[]) => {
  if (typeof args[0] !== "object" || args[0] === null || !answeredErrors.has(args[0])) printError(...args);
};

interface DatabaseError {
  code: string;
  message: string;
  detail?: string | null;
  hint?: string | null;
}

function isDatabaseError(error: unknown): error is DatabaseError {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code);
}

const asText = (oid: number) => ({
  to: oid,
  from: [oid],
  serialize: (value: string) => value,
  parse: (text: string) => text,
});

/** Reading them is left as it is: an entry named `bigint` would take the place of the one of Lite. */
const asNumber = (oid: number) => ({
  ...asText(oid),
  from: [],
  serialize: (value: unknown) => (Array.isArray(value) ? JSON.stringify(value) : String(value)),
});

/** 2026-11-23 08:00:00.123+00 -> 2026-11-23T08:00:00.123+00:00, as Postgres itself writes it into JSON. */
const isoTime = (text: string) => text.replace(" ", "T").replace(/([+-]\d\d)$/, "$1:00");

/** How values cross between Lite and Postgres; Lite's own ways lose what each line names. */
const types = {
  // Lite stringifies JSON before the driver does it again, and a jsonb argument arrives as one string.
  jsonb: { ...asText(3802), serialize: toJson, parse: JSON.parse },
  // The driver decodes bytea to bytes, which Lite then prints as an object with numbered keys.
  bytea: asText(17),
  timestamptz: { ...asText(1184), parse: isoTime },
  timestamp: { ...asText(1114), parse: isoTime },
  // The driver writes a list as its items with commas between, and a list of one number arrives as that number.
  int8: asNumber(20),
  int4: asNumber(23),
};

/** A value that Lite has stringified before cannot be told apart: a string that is JSON arrives as what it spells. */
function toJson(value: unknown): string {
  return typeof value === "string" && isJson(value) ? value : JSON.stringify(value);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
