/** SQLSTATEs, or how they begin, and the HTTP status that PostgREST gives them; the first match counts. */
const statuses: [prefix: string, status: number][] = [
  ["08", 503],
  ["09", 500],
  ["0L", 403],
  ["0P", 403],
  ["23503", 409],
  ["23505", 409],
  ["25", 500],
  ["28", 403],
  ["2D", 500],
  ["38", 500],
  ["39", 500],
  ["3B", 500],
  ["40", 500],
  ["53400", 500],
  ["53", 503],
  ["54", 500],
  ["55", 500],
  ["57", 500],
  ["58", 500],
  ["F0", 500],
  ["HV", 500],
  ["P0001", 400],
  ["P0", 500],
  ["XX", 500],
];

/** The codes that Lite 0.10.0 answers correctly. */
const known = /^(PGRST|PT\d\d\d|42...|22...|21...|23502|25006)$/;

/**
 * The HTTP status for an SQLSTATE, as in https://docs.postgrest.org/en/stable/references/errors.html.
 *
 * @returns undefined for those that Lite knows
 */
export function statusOf(code: string): number | undefined {
  if (known.test(code)) return undefined;
  return statuses.find(([prefix]) => code.startsWith(prefix))?.[1] ?? 400;
}
