/** Tokens that are not the project's, against every table and function of the Data API: nothing is answered, nothing is changed. */
import { randomBytes, randomUUID } from "node:crypto";
import { exportJWK, exportSPKI, generateKeyPair, importJWK, type JWK, type JWTPayload, SignJWT } from "jose";
import type { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type OwnStack, startOwnStack } from "../harness/own-stack.ts";
import { connect, createUsers, envelope } from "../harness/sessions.ts";
import { sign } from "../harness/sign.ts";

let stack: OwnStack;
let operator: Client;
/** Has something in every table. */
let owner: string;
/** Each table with a row that it has: the owner's, where rows have owners. */
let rows: Map<string, Record<string, unknown>>;
let functions: { name: string; parameters: string[] }[];
let publicKey: JWK & { kid: string };

beforeAll(async () => {
  stack = await startOwnStack();
  operator = await connect(stack.dbUrl);
  // Those that take a row of a table are internal, and no JSON of a request becomes one: tests/sql/authority.sql tries them.
  const routines = `select proname as name, coalesce(proargnames[1:pronargs], '{}') as parameters
    from pg_proc where pronamespace = 'byok'::regnamespace
      and not exists (select from unnest(proargtypes) as t (id) join pg_type on oid = t.id where typtype = 'c')
    order by proname`;
  functions = (await operator.query(routines)).rows;
  const jwks = await (await fetch(`${stack.url}/auth/v1/.well-known/jwks.json`)).json();
  publicKey = (jwks as { keys: (JWK & { kid: string })[] }).keys[0] as JWK & { kid: string };
});

beforeEach(async () => {
  [owner = ""] = await createUsers(operator, 1);
  await operator.query("select byok.grant_credits($1, 100, 'secret reason', $2)", [owner, randomUUID()]);
  await operator.query(
    "select byok.place_hold($1, 'secret-request', 'kernel_build', 'openai', 'gpt-5.4-nano', 10, 10)",
    [owner],
  );
  const credential = [owner, randomUUID(), envelope];
  await operator.query("select byok.save_credential($1, $2, 'openai', 'hint', 'verified', $3, 1)", credential);
  await operator.query("select byok.count_attempt($1, $2)", [owner, randomBytes(32).toString("base64")]);
  // Settings of the operator, which every sound token meets.
  await operator.query("insert into byok.oauth_clients values ('our-app') on conflict do nothing");
  const rule = `insert into byok.required_claims values ('signed_in', '{"role": "authenticated"}') on conflict do nothing`;
  await operator.query(rule);
  const relations = `select relname from pg_class
    where relnamespace = 'byok'::regnamespace and relkind in ('r', 'p', 'v', 'm') order by relname`;
  rows = new Map();
  for (const { relname } of (await operator.query(relations)).rows) {
    const query = `select row from byok.${relname} as t, to_jsonb(t) as row order by coalesce(row ->> 'owner_id', row ->> 'user_id') = $1 desc nulls last`;
    rows.set(relname, (await operator.query(query, [owner])).rows[0].row);
  }
});

afterAll(async () => {
  await operator?.end();
  await stack?.stop();
});

function claims(changes: JWTPayload = {}): JWTPayload {
  const now = Math.floor(Date.now() / 1_000);
  const issued = { iss: `${stack.url}/auth/v1`, aud: "authenticated", iat: now, exp: now + 3_600 };
  return { ...issued, sub: owner, role: "authenticated", ...changes };
}

/** Each makes a token that looks like the owner's, or like that of somebody who may do everything. */
const forgeries: Record<string, () => Promise<string>> = {
  async "signed by another project's key under the same kid"() {
    const { privateKey } = await generateKeyPair("ES256");
    return new SignJWT(claims()).setProtectedHeader({ alg: "ES256", typ: "JWT", kid: publicKey.kid }).sign(privateKey);
  },
  async "signed by another project's key under its own kid"() {
    const { privateKey } = await generateKeyPair("ES256");
    return new SignJWT(claims()).setProtectedHeader({ alg: "ES256", typ: "JWT", kid: randomUUID() }).sign(privateKey);
  },
  async "signed by a key that it brings along"() {
    const { privateKey, publicKey: jwk } = await generateKeyPair("ES256", { extractable: true });
    const header = { alg: "ES256", typ: "JWT", kid: publicKey.kid, jwk: await exportJWK(jwk) };
    return new SignJWT(claims({ role: "service_role" })).setProtectedHeader(header).sign(privateKey);
  },
  async "HS256 with the public key's PEM as the secret"() {
    const pem = await exportSPKI((await importJWK(publicKey, "ES256", { extractable: true })) as CryptoKey);
    return signShared(pem);
  },
  async "HS256 with the public key's JSON as the secret"() {
    return signShared(JSON.stringify(publicKey));
  },
  async "HS256 with an empty secret"() {
    return [{ alg: "HS256", typ: "JWT" }, claims({ role: "service_role" })].map(encode).join(".").concat(".");
  },
  async "alg none"() {
    return `${encode({ alg: "none", typ: "JWT" })}.${encode(claims({ role: "service_role" }))}.`;
  },
  async "the owner's own, expired"() {
    return sign(stack, claims({ exp: Math.floor(Date.now() / 1_000) - 60 }));
  },
  async "the owner's own, made to last for ever"() {
    const { exp: _, ...lasting } = claims();
    return sign(stack, lasting);
  },
  async "the owner's own, with the role changed to service_role"() {
    return withPayload(await sign(stack, claims()), claims({ role: "service_role" }));
  },
  async "a stranger's own, with the user changed to the owner"() {
    return withPayload(await sign(stack, claims({ sub: randomUUID() })), claims());
  },
  async "a stranger's own, with its signature cut off"() {
    const [header, payload] = (await sign(stack, claims({ sub: randomUUID() }))).split(".");
    return `${header}.${payload}.`;
  },
};

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}

function signShared(secret: string): Promise<string> {
  const header = { alg: "HS256", typ: "JWT", kid: publicKey.kid };
  return new SignJWT(claims({ role: "service_role" }))
    .setProtectedHeader(header)
    .sign(new TextEncoder().encode(secret));
}

function withPayload(token: string, payload: JWTPayload): string {
  const [header, , signature] = token.split(".");
  return [header, encode(payload), signature].join(".");
}

interface Attempt {
  readonly method: string;
  readonly path: string;
  readonly body?: object;
}

function attempts(): Attempt[] {
  return [
    ...[...rows].flatMap(([table, row]) => {
      const [column, value] = Object.entries(row)[0] as [string, unknown];
      const one = `${table}?${column}=eq.${value}`;
      // An id that the database makes is refused for its own sake, before anybody's rights are looked at.
      const { id: _, ...rest } = row;
      const body = typeof row.id === "number" ? rest : row;
      return [
        { method: "GET", path: table },
        { method: "HEAD", path: table },
        { method: "POST", path: table, body },
        { method: "PATCH", path: one, body },
        { method: "DELETE", path: one },
      ];
    }),
    ...functions.map(({ name, parameters }) => ({
      method: "POST",
      path: `rpc/${name}`,
      body: argumentsOf(parameters),
    })),
  ];
}

/** Arguments that take effect if let in, with everything of the owner's. */
function argumentsOf(parameters: string[]): object {
  const known: Record<string, unknown> = {
    p_user_id: owner,
    p_owner_id: owner,
    p_provider: "openai",
    p_credits: 5,
    p_microcredits: 5,
    p_charge_id: rows.get("holds")?.id,
    p_input_tokens: 3,
    p_cached_input_tokens: 2,
    p_cache_write_tokens: 1,
    p_output_tokens: 1,
    p_reason: "unused",
    p_was_asked: false,
    p_model: "gpt-5.4-nano",
    p_max_input_tokens: 10,
    p_max_output_tokens: 10,
    p_idempotency_key: randomUUID(),
    p_limit: 1_000,
    p_operation: "kernel_build",
    p_request_id: randomUUID(),
    p_credential_id: rows.get("credentials")?.id,
    p_hold_id: rows.get("holds")?.id,
    p_hold_ids: [rows.get("holds")?.id],
    p_hint: "hint",
    p_status: "rejected",
    p_envelope: envelope,
    p_kid: 1,
    p_seal: randomBytes(32).toString("base64"),
    p_after: "00000000-0000-0000-0000-000000000000",
    p_replacements: [],
    p_claims: claims(),
    p_team_id: null,
    p_id: owner,
    p_kind: "user",
    p_role: "admin",
    p_actor: "operator",
    p_actor_id: null,
    p_member_id: null,
    p_older_than_hours: 0,
    p_owners: [owner],
  };
  return Object.fromEntries(parameters.map((name) => [name, Object.hasOwn(known, name) ? known[name] : "text"]));
}

/** All rows of the schema. */
async function everything(): Promise<unknown[]> {
  const all: unknown[] = [];
  for (const table of rows.keys()) all.push((await operator.query(`select * from byok.${table} order by 1`)).rows);
  return all;
}

/** Makes every attempt; those that were not refused, and those whose answer names something of the owner's. */
async function attackWith(headers: Record<string, string>): Promise<string[]> {
  const wrong: string[] = [];
  for (const { method, path, body } of attempts()) {
    const response = await fetch(`${stack.url}/rest/v1/${path}`, {
      method,
      headers: { ...headers, "accept-profile": "byok", "content-profile": "byok", "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    });
    const answer = await response.text();
    const refused = [401, 403, 404].includes(response.status);
    const leaks = [owner, "secret reason", "secret-request", envelope].some((secret) => answer.includes(secret));
    if (!refused || leaks) wrong.push(`${method} ${path}: ${response.status}${leaks ? ", with the owner's data" : ""}`);
  }
  return wrong;
}

describe.each(Object.keys(forgeries))("a token %s", (name) => {
  test("is refused for every table and function, in each header that carries one", async () => {
    const token = (await forgeries[name]?.()) ?? "";
    const before = await everything();
    const asBearer = await attackWith({ apikey: stack.publishableKey, authorization: `Bearer ${token}` });
    const asKey = await attackWith({ apikey: token });
    expect({ asBearer, asKey }).toEqual({ asBearer: [], asKey: [] });
    expect(await everything()).toEqual(before);
  });
});

test("nobody's token is refused for every table and function", async () => {
  const before = await everything();
  expect(await attackWith({ apikey: stack.publishableKey })).toEqual([]);
  expect(await attackWith({})).toEqual([]);
  expect(await everything()).toEqual(before);
});

test("the owner's own token reads what is the owner's and deletes a credential, and no more", async () => {
  const authorization = `Bearer ${await sign(stack, claims())}`;
  const done = await attackWith({ apikey: stack.publishableKey, authorization });
  expect(done.filter((line) => !line.startsWith("HEAD")).map((line) => line.replace(/\?\S+:/, ":"))).toEqual([
    "GET accounts: 200, with the owner's data",
    "GET credentials: 200, with the owner's data",
    "DELETE credentials: 204",
    "GET entries: 200, with the owner's data",
    "GET holds: 200, with the owner's data",
    "GET key_events: 200, with the owner's data",
    "GET operations: 200",
    "GET prices: 200",
    "POST rpc/forget_deleted_team: 400",
    "POST rpc/forget_key_events: 400",
    "POST rpc/is_client_accepted: 200",
    "POST rpc/my_owners: 200, with the owner's data",
    "POST rpc/read_balance: 200",
    "POST rpc/read_rights: 200",
    "POST rpc/record_credential_change: 400",
    "POST rpc/refuse_ledger_change: 400",
    "POST rpc/require_claims: 200",
  ]);
});

test("the secret key runs the functions of the service role, and no more", async () => {
  expect(await attackWith({ apikey: stack.secretKey })).toEqual([
    "POST rpc/charge_hold: 200",
    "POST rpc/count_attempt: 204",
    "POST rpc/count_envelopes: 200",
    "POST rpc/expire_holds: 200",
    "POST rpc/forget_deleted_team: 400",
    "POST rpc/forget_key_events: 400",
    "POST rpc/forget_owner: 200",
    "POST rpc/grant_credits: 200",
    "POST rpc/is_client_accepted: 200",
    "POST rpc/list_envelopes: 200, with the owner's data",
    "POST rpc/list_prices: 200",
    "POST rpc/mark_credential: 200, with the owner's data",
    "POST rpc/note_refusal: 200",
    "POST rpc/open_call: 200, with the owner's data",
    "POST rpc/place_hold: 200",
    "POST rpc/read_envelope: 200, with the owner's data",
    "POST rpc/record_credential_change: 400",
    "POST rpc/refund_charge: 200",
    "POST rpc/refuse_ledger_change: 400",
    "POST rpc/replace_envelopes: 200",
    "POST rpc/require_claims: 200",
    "POST rpc/revoke_credits: 200",
    "POST rpc/save_credential: 200, with the owner's data",
    "POST rpc/schema_version: 200",
    "POST rpc/take_due_credentials: 200, with the owner's data",
    "POST rpc/void_hold: 200",
  ]);
});
