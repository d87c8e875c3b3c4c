/**
 * `npm run bench:leftovers`: what calls leave in the database that cost nothing, and how long a user who made many of them takes
 * to delete.
 */
import { parseArgs } from "node:util";
import { Client } from "pg";
import { createTokens, type Tokens } from "../stack/api/tokens.ts";
import { loadSecrets } from "../stack/secrets.ts";
import { type Stack, startStack } from "../stack/stack.ts";
import { claimsOf } from "./people.ts";
import { undoing } from "./stops.ts";

const { values: options } = parseArgs({
  options: { requests: { type: "string", default: "100000" }, voids: { type: "string", default: "1000000" } },
});
const inFlight = 32;
/** Less than the dearest operation costs. */
const credits = 2;

/** Requests that are refused, each at another place; the last one by the provider, when its credits are held. */
const refused = [
  { status: 403, operation: "single_doc_regen", body: { model: "gpt-9", messages: [] } },
  { status: 403, operation: "single_doc_regen", body: { model: "gpt-4.1-mini", messages: [], background: true } },
  { status: 400, operation: "single_doc_regen", body: "{" },
  { status: 400, operation: "mining", body: { model: "gpt-4.1-mini", messages: [] } },
  { status: 402, operation: "kernel_build", body: { model: "gpt-4.1-mini", messages: [] } },
  { status: 429, operation: "single_doc_regen", body: { model: "gpt-4.1-mini", messages: [] } },
];

await undoing(async (stops) => {
  const stateDir = stops.folder("leftovers");
  const stack = await startStack({ stateDir, log: () => undefined });
  stops.push(() => stack.stop());
  const admin = new Client({ connectionString: stack.adminDbUrl });
  await admin.connect();
  await refuse(stack, await createTokens(await loadSecrets(stateDir), stack.url), admin, Number(options.requests));
  await voidAndDelete(admin, Number(options.voids));
  await admin.end();
});
process.exit();

async function refuse({ url, fakes }: Stack, tokens: Tokens, admin: Client, requests: number): Promise<void> {
  const { openai } = fakes!.platformKeys;
  await fetch(`${fakes!.origins.openai}/__fake/behaviour`, {
    method: "POST",
    body: JSON.stringify({ key: openai, behaviour: "rate_limited" }),
  });
  const user = await newUser(admin);
  const authorization = `Bearer ${await tokens.sign(claimsOf(user))}`;
  const before = await rows(admin);
  const began_ms = performance.now();
  let sent = 0;
  const work = async () => {
    while (sent < requests) {
      const { status, operation, body } = refused[sent++ % refused.length]!;
      const answer = await fetch(`${url}/functions/v1/byok/call/openai/v1/chat/completions`, {
        method: "POST",
        headers: { authorization, "content-type": "application/json", "x-byok-operation": operation },
        body: typeof body === "string" ? body : JSON.stringify(body),
      });
      await answer.arrayBuffer();
      // With one account, two calls at once may find its credits held by each other.
      if (answer.status !== status && answer.status !== 402)
        throw new Error(`${operation} was answered ${answer.status}`);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, work));
  const seconds = (performance.now() - began_ms) / 1000;
  console.log(
    `${sent} refused requests of one user in ${seconds.toFixed(0)} s, ${(sent / seconds).toFixed(0)} a second`,
  );
  report(before, await rows(admin));
}

/** Has one user place holds that are voided, each in transactions of its own, then deletes the user. */
async function voidAndDelete(admin: Client, count: number): Promise<void> {
  await admin.query(`
    create procedure pg_temp.void_calls(p_user_id uuid, p_count integer) language plpgsql as $$
    begin
      for number in 1..p_count loop
        perform byok.void_hold(
          p_user_id,
          (select h.hold_id from byok.place_hold(p_user_id, null, 'single_doc_regen', 'openai', 'gpt-4.1-mini', 10, 10) as h),
          false);
        commit;
      end loop;
    end
    $$`);
  const user = await newUser(admin);
  const before = await rows(admin);
  await admin.query("call pg_temp.void_calls($1, $2)", [user, count]);
  console.log(`${count} calls of one user that were voided`);
  report(before, await rows(admin));
  const began_ms = performance.now();
  await admin.query("delete from auth.users where id = $1", [user]);
  console.log(`  the user is deleted in ${(performance.now() - began_ms).toFixed(1)} ms`);
}

async function newUser(admin: Client): Promise<string> {
  const id = crypto.randomUUID();
  await admin.query("insert into auth.users (id, email) values ($1, $2)", [id, `${id}@example.com`]);
  await admin.query("select byok.grant_credits($1, $2, 'bench', $3)", [id, credits, id]);
  return id;
}

/** Rows and bytes of each table, indexes included. */
async function rows(admin: Client): Promise<Map<string, { rows: number; bytes: number }>> {
  const { rows: tables } = await admin.query(
    "select relname, pg_total_relation_size(oid)::int as bytes from pg_class where relnamespace = 'byok'::regnamespace and relkind = 'r' order by relname",
  );
  const found = new Map<string, { rows: number; bytes: number }>();
  for (const { relname, bytes } of tables) {
    const { rows: counted } = await admin.query(`select count(*)::int as rows from byok.${relname}`);
    found.set(relname, { rows: counted[0].rows, bytes });
  }
  return found;
}

function report(before: Awaited<ReturnType<typeof rows>>, after: Awaited<ReturnType<typeof rows>>): void {
  for (const [table, now] of after) {
    const then = before.get(table)!;
    const [more, more_bytes] = [now.rows - then.rows, now.bytes - then.bytes];
    if (more !== 0 || more_bytes !== 0)
      console.log(`  ${table}: ${more} rows more, ${(more_bytes / 1024).toFixed(0)} kB`);
  }
  if ([...after].every(([table, now]) => now.rows === before.get(table)!.rows))
    console.log("  no row more in any table");
}
