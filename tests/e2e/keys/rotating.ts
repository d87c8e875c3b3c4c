/** The key ring and its master keys change as an operator changes them, step by step; the functions of a fleet have it. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Pool } from "pg";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished } from "vitest";
import { runCommand } from "../../harness/processes.ts";
import type { TestStack } from "../../harness/stack.ts";
import { ask } from "../../harness/calls.ts";
import { expectOnlyTheKey } from "../../harness/fakes.ts";
import { type Fleet, keyringOf, newMasterKey, removeKeys, startFleet } from "../../harness/runtime/fleet.ts";
import { type ByokUser, newByokUser, stack } from "../../harness/users.ts";

export let fleet: Fleet;
export let postgres: Pool;

/** Starts the fleet of a test file. Each test begins without a key. */
export function useFleet(): void {
  beforeAll(async () => {
    postgres = new Pool({ connectionString: stack.dbUrl });
    fleet = await startFleet(stack);
  });
  beforeEach(() => removeKeys(postgres));
  afterAll(async () => {
    await removeKeys(postgres);
    await postgres.end();
    await fleet?.stop();
  });
}

export const masterKeys = ["", newMasterKey(), newMasterKey()];
export const ringOf = (primary: number, ...kids: number[]) => keyringOf(masterKeys, primary, ...kids);

/** From now on all functions have this key ring: a primary key, and all keys. */
export const deploy = (primary: number, ...kids: number[]) => fleet.serve(ringOf(primary, ...kids));

/** The operator's command, as the operator runs it. */
export function rotate(args: string[] = [], { url, secretKey }: TestStack = fleet.stack) {
  const env = { SUPABASE_URL: url, SUPABASE_SECRET_KEY: secretKey };
  return runCommand("rotate", args, env);
}

export async function rotateJson(...args: string[]) {
  const { code, output } = await rotate(["--json", ...args]).ended;
  return { code, ...JSON.parse(output.match(/^\{.*\}$/m)?.[0] ?? "null") };
}

/** The project with somebody before it, who does something before each request of the operator's command is passed on. */
export async function interpose(before: (request: number) => Promise<void>): Promise<TestStack> {
  let requests = 0;
  const server = createServer(async (request, response) => {
    await before(++requests);
    const { method = "GET", headers, url } = request;
    const body = method === "POST" ? Buffer.concat(await request.toArray()) : null;
    const passed = { apikey: String(headers.apikey), "content-type": "application/json" };
    const answer = await fetch(`${fleet.stack.url}${url}`, { method, headers: passed, body });
    response.writeHead(answer.status, { "content-type": "application/json" }).end(await answer.text());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { ...fleet.stack, url };
}

export const usersWithKeys = (length: number): Promise<ByokUser[]> =>
  Promise.all(Array.from({ length }, () => newByokUser("openai", { on: fleet.stack })));

export async function kidOf({ user }: ByokUser): Promise<number> {
  const { rows } = await postgres.query("select kid from byok.envelopes where owner_id = $1", [user.id]);
  return Number(rows[0].kid);
}

export async function statusOf({ user }: ByokUser): Promise<string | undefined> {
  return (await user.supabase.from("credentials").select("status").single()).data?.status;
}

/** Changes the last byte of the ciphertext. */
export async function tamper({ user }: ByokUser): Promise<void> {
  const { rows } = await postgres.query("select envelope from byok.envelopes where owner_id = $1", [user.id]);
  const bytes = Buffer.from(rows[0].envelope, "base64");
  bytes[355]! ^= 1;
  await postgres.query("update byok.envelopes set envelope = $2 where owner_id = $1", [
    user.id,
    bytes.toString("base64"),
  ]);
}

export async function expectCallsOnOwnKey(byokUser: ByokUser): Promise<void> {
  const answer = await ask(byokUser.user, "openai");
  expect([answer.status, answer.headers.get("x-byok-funding")]).toEqual([200, "byok"]);
  await expectOnlyTheKey("openai", byokUser);
}
