/**
 * The lines in the function's log, for the operator, about the way to the database: one for each cause and isolate. They are
 * written here; of what failed only its code is added, so that no line names a user, a call, an address or a password.
 */
/** How the functions reach the database. */
export type Way = "data-api" | "direct";

interface Notice {
  readonly codes: RegExp;
  readonly says: string;
}

const applyMigrations = "Apply the migrations to this database (supabase db push).";

/** Causes by the code that tells them, the first match counts. Codes of PostgREST: https://docs.postgrest.org/en/stable/references/errors.html */
const notices: Record<Way, readonly Notice[]> = {
  "data-api": [
    {
      codes: /^PGRST002$/,
      says: `The Data API cannot read the schemas that it exposes. It does so when schema byok is exposed and does not exist: ${applyMigrations} Or take byok out of the exposed schemas.`,
    },
    {
      codes: /^PGRST106$/,
      says: "The Data API does not expose schema byok. Add byok to the exposed schemas, after the migrations.",
    },
    { codes: /^PGRST202$/, says: `The Data API finds no such function in schema byok. ${applyMigrations}` },
  ],
  direct: [
    {
      // 28: invalid authorization. Poolers say 08P01 or XX000 for a login that they do not know or cannot check.
      codes: /^(?:28...|08P01|XX000)$/,
      says: "The database does not let byok_functions in, as BYOK_DATABASE_URL has it. The password may differ, or be missing: no role has one after a restore. In the SQL editor: alter role byok_functions login password '...'. Then set BYOK_DATABASE_URL with it.",
    },
    { codes: /^(?:3D000|3F000|42883)$/, says: `Schema byok, or a function of it, is missing. ${applyMigrations}` },
  ],
};

const unreachable: Record<Way, string> = {
  "data-api": "The Data API of this project does not answer, or has no connection to the database.",
  direct:
    "The database cannot be reached at the address in BYOK_DATABASE_URL, or its certificate is not signed by BYOK_DATABASE_CA.",
};

export interface Notices {
  /**
   * Prints what an operator can do about a failure, the first time that its cause is met.
   *
   * @param code an SQLSTATE, a code of PostgREST's or of the system's, or nothing
   */
  tell(code: string, isAway: boolean): void;
}

/** Make one for each isolate. */
export function createNotices(way: Way): Notices {
  const told = new Set<string>();
  return {
    tell(code, isAway) {
      const says = notices[way].find(({ codes }) => codes.test(code))?.says ?? (isAway ? unreachable[way] : undefined);
      if (says === undefined || told.has(says)) return;
      told.add(says);
      console.error(`BYOK: ${says}${/^\w{2,40}$/.test(code) ? ` (${code})` : ""}`);
    },
  };
}
