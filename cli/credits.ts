import { existsSync, readFileSync, realpathSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { Client, DatabaseError } from "pg";
import { Refusal, runCommand, UsageError } from "./lib/command.ts";
import { projectDir } from "../stack/config.ts";
import { dataFolder, password } from "../stack/postgres/postgres.ts";

const usage = `Usage: npm run credits -- <command> [<options>]
  grant <user> <credits> --key <idempotency key> [--reason <text>]
                    puts credits into an account; the same key grants once
  show <user>       balance, calls under way, last entries
  reconcile         recomputes every account from the ledger and prints each difference

  <user> is a user id or an email address, <credits> a number above 0, up to 1000000000, with up to 6 decimal places.
  --db-url <url>    the database, as role postgres; otherwise BYOK_OPERATOR_DB_URL, or the stack that npm start runs
  --state <folder>  of that stack, when it is not .stack
  --json            for machines

Exit code: 0 done, 1 refused or a difference found, 2 not understood.`;

interface Command {
  readonly name: "grant" | "show" | "reconcile";
  readonly user: string;
  /** As it was written: a decimal is exact only as text. */
  readonly credits: string;
  readonly key: string;
  readonly reason: string | null;
  readonly dbUrl: string;
  readonly json: boolean;
}

const operands = { grant: ["a user", "an amount"], show: ["a user"], reconcile: [] } as const;

function readCommand(args: string[]): Command {
  const { values, positionals } = parse(args);
  const [name, user = "", amount = ""] = positionals;
  if (name !== "grant" && name !== "show" && name !== "reconcile") throw new UsageError("Name a command.");
  if (positionals.length - 1 !== operands[name].length) {
    throw new UsageError(`${name} takes ${operands[name].join(" and ") || "nothing"}.`);
  }
  const { key = "", reason = null, json, state } = values;
  if (name !== "grant" && (key || reason)) throw new UsageError("--key and --reason belong to grant.");
  if (name === "grant" && !key) throw new UsageError("grant needs --key, so that a command given twice grants once.");
  const credits = name === "grant" ? readCredits(amount) : "0";
  const dbUrl = readUrl(values["db-url"] ?? process.env.BYOK_OPERATOR_DB_URL) ?? localDbUrl(path.resolve(state));
  return { name, user, credits, key, reason, dbUrl, json };
}

function parse(args: string[]) {
  const options = {
    key: { type: "string" },
    reason: { type: "string" },
    "db-url": { type: "string" },
    state: { type: "string", default: path.join(projectDir, ".stack") },
    json: { type: "boolean", default: false },
  } as const;
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function readCredits(text: string): string {
  if (/^\d{1,10}(\.\d{1,6})?$/.test(text) && Number(text) > 0 && Number(text) <= 1_000_000_000) return text;
  throw new UsageError(`'${text}' is no number of credits above 0 and up to 1000000000, with up to 6 decimal places.`);
}

function readUrl(text: string | undefined): string | undefined {
  if (!text) return undefined;
  if (URL.canParse(text) && /^postgres(ql)?:$/.test(new URL(text).protocol)) return text;
  // Not repeated here, because it may well hold a password.
  throw new UsageError(
    "The database URL is none; it begins with postgresql://, and special characters in it are %-encoded.",
  );
}

/** The database of the stack that runs on a state folder, as role postgres. */
function localDbUrl(stateDir: string): string {
  const file = existsSync(stateDir) && path.join(dataFolder(realpathSync(stateDir)), "postmaster.pid");
  // The port is in the fourth line: https://www.postgresql.org/docs/17/storage-file-layout.html
  const port = file && existsSync(file) ? readFileSync(file, "utf8").split("\n")[3] : undefined;
  if (port) return `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`;
  throw new UsageError("No local stack is running. Start it with npm start, or name a database.");
}

/** What a command found: for people, for machines, and whether all is well. */
interface Report {
  readonly text: string;
  readonly json: object;
  readonly ok: boolean;
}

const commands: Record<Command["name"], (client: Client, command: Command) => Promise<Report>> = {
  async grant(client, { user: named, credits, key, reason }) {
    const user = await findUser(client, named);
    const { rows } = await client.query("select available_credits, granted from byok.grant_credits($1, $2, $3, $4)", [
      user.id,
      credits,
      reason,
      key,
    ]);
    const { available_credits, granted } = rows[0];
    const done = granted
      ? `Granted ${credits} credits.`
      : "Granted nothing: this key has granted these credits before.";
    return {
      text: `${done} ${user.name} has ${available_credits} available.`,
      json: { user_id: user.id, granted, available_credits: Number(available_credits) },
      ok: true,
    };
  },

  async show(client, { user: named }) {
    const user = await findUser(client, named);
    const { rows } = await client.query(accountQuery, [user.id]);
    const { available_credits, held_credits, pending, entries } = rows[0].account as Account;
    const lines = [
      `${user.name}, ${user.id}`,
      `${available_credits} credits available, ${held_credits} held`,
      ...pending.map(
        (hold) => `  held ${hold.credits} for ${hold.operation} until ${hold.expires_at}, request ${hold.request_id}`,
      ),
      entries.length > 0 ? "Last entries" : "No entries",
      ...entries.map(
        ({ created_at, kind, credits, what }) =>
          `  ${created_at}  ${kind.padEnd(6)} ${String(credits).padStart(10)}  ${what ?? ""}`,
      ),
    ];
    return { text: lines.join("\n"), json: { user_id: user.id, ...rows[0].account }, ok: true };
  },

  async reconcile(client) {
    const { rows } = await client.query(reconcileQuery);
    const { accounts, entries, differences } = rows[0].result as Reconciliation;
    const lines = differences.map(
      ({ who, what, recorded, computed }) => `${who}: ${what} is ${recorded}, by the ledger ${computed}`,
    );
    const summary = `accounts: ${accounts}, entries: ${entries}, differences: ${differences.length}`;
    return { text: [...lines, summary].join("\n"), json: rows[0].result, ok: differences.length === 0 };
  },
};

async function findUser(client: Client, named: string): Promise<{ id: string; name: string }> {
  const column = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(named) ? "id::text" : "email";
  const { rows } = await client.query(
    `select id, coalesce(email, id::text) as name from auth.users where lower(${column}) = lower($1)`,
    [named],
  );
  if (rows.length === 1) return rows[0];
  if (rows.length === 0) throw new Refusal(`There is no user ${named}.`);
  throw new Refusal(`${named} is the address of several users; name one of ${rows.map(({ id }) => id).join(", ")}.`);
}

interface Account {
  readonly available_credits: number;
  readonly held_credits: number;
  readonly pending: readonly { credits: number; operation: string; request_id: string; expires_at: string }[];
  readonly entries: readonly { created_at: string; kind: string; credits: number; what: string | null }[];
}

const accountQuery = `
  select json_build_object(
    'available_credits', byok.to_credits(coalesce((select available_microcredits from byok.accounts where user_id = $1), 0)),
    'held_credits', byok.to_credits(coalesce((select held_microcredits from byok.accounts where user_id = $1), 0)),
    'pending', (
      select coalesce(json_agg(h order by h.expires_at), '[]')
      from (select id, byok.to_credits(microcredits) as credits, operation, request_id, expires_at from byok.holds where user_id = $1 and state = 'pending') as h),
    'entries', (
      select coalesce(json_agg(e order by e.id), '[]')
      from (
        select id, created_at, kind, byok.to_credits(microcredits) as credits, coalesce(operation, reason) as what, hold_id, idempotency_key
        from byok.entries where user_id = $1 order by id desc limit 20
      ) as e)
  ) as account`;

interface Reconciliation {
  readonly accounts: number;
  readonly entries: number;
  readonly differences: readonly { who: string; what: string; recorded: string; computed: string }[];
}

/** One statement, so that it sees one moment of a ledger in use. Amounts as text: a tampered one may be too large for JSON. */
const reconcileQuery = `
  with ledger as (
    select user_id,
      sum(case kind when 'grant' then microcredits when 'hold' then -microcredits when 'void' then microcredits else 0 end) as available,
      sum(case kind when 'hold' then microcredits when 'settle' then -microcredits when 'void' then -microcredits else 0 end) as held
    from byok.entries group by user_id
  ),
  pending as (select user_id, sum(microcredits) as held from byok.holds where state = 'pending' group by user_id),
  movements as (
    select hold_id, user_id, string_agg(kind || ' ' || microcredits, ', ' order by id) as said
    from byok.entries where kind <> 'grant' group by hold_id, user_id
  ),
  holds as (
    select id, user_id, case state
      when 'pending' then 'hold ' || microcredits
      when 'settled' then 'hold ' || microcredits || ', settle ' || microcredits
      else 'hold ' || microcredits || ', void ' || microcredits
    end as said
    from byok.holds
  ),
  differences as (
    select a.user_id, 'available microcredits' as what, a.available_microcredits::text as recorded, coalesce(l.available, 0)::text as computed
    from byok.accounts as a left join ledger as l using (user_id) where a.available_microcredits <> coalesce(l.available, 0)
    union all
    select a.user_id, 'held microcredits', a.held_microcredits::text, coalesce(l.held, 0)::text
    from byok.accounts as a left join ledger as l using (user_id) where a.held_microcredits <> coalesce(l.held, 0)
    union all
    select a.user_id, 'the sum of the pending holds', coalesce(p.held, 0)::text, coalesce(l.held, 0)::text
    from byok.accounts as a left join ledger as l using (user_id) left join pending as p using (user_id)
    where coalesce(p.held, 0) <> coalesce(l.held, 0)
    union all
    select coalesce(h.user_id, m.user_id), 'hold ' || coalesce(h.id, m.hold_id), coalesce(h.said, 'missing'), coalesce(m.said, 'missing')
    from holds as h full join movements as m on m.hold_id = h.id and m.user_id = h.user_id
    where h.said is distinct from m.said
  )
  select json_build_object(
    'accounts', (select count(*) from byok.accounts),
    'entries', (select count(*) from byok.entries),
    'differences', (
      select coalesce(json_agg(json_build_object(
        'user_id', d.user_id, 'who', coalesce(u.email, d.user_id::text), 'what', d.what, 'recorded', d.recorded, 'computed', d.computed
      ) order by d.user_id, d.what), '[]')
      from differences as d left join auth.users as u on u.id = d.user_id)
  ) as result`;

/** Words for a refusal of the database, or for a connection that broke. The driver's own may repeat parts of the URL. */
function explain(error: unknown): string {
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

async function perform(command: Command): Promise<Report> {
  const client = new Client({ connectionString: command.dbUrl, connectionTimeoutMillis: 10_000 });
  // A connection that breaks also rejects what waits for it.
  client.on("error", () => undefined);
  try {
    await client.connect().catch((error) => {
      throw new Refusal(explain(error));
    });
    return await commands[command.name](client, command);
  } catch (error) {
    throw error instanceof DatabaseError ? new Refusal(explain(error)) : error;
  } finally {
    await client.end().catch(() => undefined);
  }
}

await runCommand(usage, async () => {
  const command = readCommand(process.argv.slice(2));
  const { text, json, ok } = await perform(command);
  console.log(command.json ? JSON.stringify(json) : text);
  return ok;
});
