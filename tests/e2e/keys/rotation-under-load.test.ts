/**
 * Three rotations while users call, save and remove without a pause, with the old and the new key ring side by side at each
 * step. `npm run test:rotation` does it with 10,000 saved keys.
 */
import { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { open, seal } from "../../../functions/_shared/crypto/envelope.ts";
import { importKeyring } from "../../../functions/_shared/crypto/keyring.ts";
import { runCommand } from "../../harness/processes.ts";
import { ask } from "../../harness/calls.ts";
import { fakeKey } from "../../harness/fakes.ts";
import { type Fleet, keyringOf, newMasterKey, removeKeys, startFleet } from "../../harness/runtime/fleet.ts";
import { sign } from "../../harness/sign.ts";
import { save, stack } from "../../harness/users.ts";

const rows = Number(process.env.ROTATION_ROWS ?? 120);
const rotations = Number(process.env.ROTATIONS ?? 1);
const providerNumber = 1;
const masterKeys = ["", ...Array.from({ length: rotations + 1 }, newMasterKey)];
const ringOf = (primary: number, ...kids: number[]) => keyringOf(masterKeys, primary, ...kids);

let fleet: Fleet;
let postgres: Pool;
beforeAll(async () => {
  fleet = await startFleet(stack);
  postgres = new Pool({ connectionString: stack.dbUrl });
  await removeKeys(postgres);
});
afterAll(async () => {
  await removeKeys(postgres);
  await postgres?.end();
  await fleet?.stop();
});

/** A user and the API key that is saved; null when it is removed. */
interface Owner {
  readonly id: string;
  apiKey: string | null;
}

/** Users who have saved a key each, put where the functions would have put them. */
async function fill(): Promise<Owner[]> {
  const keyring = await importKeyring(JSON.stringify(ringOf(1, 1)));
  const owners = Array.from({ length: rows }, () => ({
    id: crypto.randomUUID(),
    apiKey: fakeKey("openai", "works"),
  }));
  const ids = owners.map(() => crypto.randomUUID());
  const envelopes: string[] = [];
  for (const [index, { id, apiKey }] of owners.entries()) {
    envelopes.push(
      (await seal(keyring, { ownerId: id, credentialId: ids[index]!, providerNumber }, { apiKey, place: null }))
        .envelope,
    );
  }
  const users = owners.map(({ id }) => id);
  await postgres.query(
    "insert into auth.users (id, email) select id, id || '@example.com' from unnest($1::uuid[]) as id",
    [users],
  );
  await postgres.query("insert into byok.owners (id, user_id) select id, id from unnest($1::uuid[]) as id", [users]);
  await postgres.query(
    `insert into byok.credentials (id, owner_id, provider, hint, status)
     select id, owner_id, 'openai', '', 'verified' from unnest($1::uuid[], $2::uuid[]) as row (id, owner_id)`,
    [ids, users],
  );
  await postgres.query(
    `insert into byok.envelopes (credential_id, owner_id, envelope, kid)
     select id, owner_id, envelope, 1 from unnest($1::uuid[], $2::uuid[], $3::text[]) as row (id, owner_id, envelope)`,
    [ids, users, envelopes],
  );
  return owners;
}

/** Users who call, save and remove one after the other, each busy with owners of its own. */
class Load {
  readonly done = { calls: 0, saves: 0, removes: 0 };
  readonly failures: string[] = [];
  readonly #workers: Promise<void>[];
  #isOver = false;
  /** How many things each worker has done. */
  readonly #steps: number[];

  constructor(owners: readonly Owner[], workers = 4) {
    this.#steps = Array.from({ length: workers }, () => 0);
    this.#workers = this.#steps.map((_, worker) =>
      this.#work(
        worker,
        owners.filter((_, index) => index % workers === worker),
      ),
    );
  }

  /** Waits until everything is answered that was asked before now. */
  async lap(): Promise<void> {
    const before = [...this.#steps];
    await expect
      .poll(() => this.#steps.every((steps, worker) => steps > before[worker]!), { interval: 10, timeout: 60_000 })
      .toBe(true);
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#workers);
  }

  async #work(worker: number, owners: readonly Owner[]): Promise<void> {
    for (let step = 0; !this.#isOver; step++) {
      const owner = owners[Math.floor(Math.random() * owners.length)]!;
      try {
        await this.#act(owner, step % 10);
      } catch (error) {
        this.failures.push(String(error));
      }
      this.#steps[worker]!++;
    }
  }

  /** Of ten steps one removes a key, two or more save one, and the rest call. */
  async #act(owner: Owner, step: number): Promise<void> {
    const user = await userOf(owner);
    if (owner.apiKey === null || step === 3 || step === 6) {
      const apiKey = fakeKey("openai", "works");
      const { status } = await save(user, "openai", apiKey);
      if (status !== 200) throw new Error(`save answered ${status}`);
      owner.apiKey = apiKey;
      this.done.saves++;
    } else if (step === 9) {
      const response = await fetch(`${stack.url}/rest/v1/credentials?provider=eq.openai`, {
        method: "DELETE",
        headers: {
          apikey: stack.publishableKey,
          authorization: `Bearer ${user.accessToken}`,
          "content-profile": "byok",
        },
      });
      if (!response.ok) throw new Error(`remove answered ${response.status}`);
      owner.apiKey = null;
      this.done.removes++;
    } else {
      const response = await ask(user, "openai");
      await response.text();
      if (response.status !== 200) throw new Error(`call answered ${response.status}`);
      this.done.calls++;
    }
  }
}

async function userOf({ id }: Owner) {
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const accessToken = await sign(stack, { sub: id, aud: "authenticated", role: "authenticated", exp });
  // Signing in is none of the load.
  return { accessToken, stack: fleet.stack };
}

/** The operator's command, with what it found as JSON. */
async function rotate(...args: string[]) {
  const env = { SUPABASE_URL: fleet.stack.url, SUPABASE_SECRET_KEY: stack.secretKey };
  const { code, output } = await runCommand("rotate", ["--json", ...args], env).ended;
  return { code, ...JSON.parse(output.match(/^\{.*\}$/m)?.[0] ?? `{"output":${JSON.stringify(output)}}`) };
}

test(`${rotations} rotations of ${rows} keys under load fail no call, no save and no remove, and lose no key`, async () => {
  const owners = await fill();
  await fleet.serve(ringOf(1, 1));
  const load = new Load(owners);
  await load.lap();
  const rewrapped: number[] = [];
  for (let kid = 1; kid <= rotations; kid++) {
    const next = kid + 1;
    const steps = [ringOf(kid, kid), ringOf(kid, kid, next), ringOf(next, kid, next), ringOf(next, next)] as const;
    const [before, added, promoted, retired] = steps;
    for (const [old, fresh] of [
      [before, added],
      [added, promoted],
    ] as const) {
      await fleet.serve(old, fresh);
      await load.lap();
      // Keys that the old functions save from here on are left to the second time.
      if (fresh === promoted) rewrapped.push((await rotate("--primary", String(next))).rewrapped);
      await fleet.serve(fresh);
      await load.lap();
    }
    const report = await rotate("--primary", String(next));
    expect(report).toMatchObject({ code: 0, primary: next, locked: 0, unreadable: [] });
    expect(report.kids[0]).toEqual({ kid, in_ring: true, envelopes: 0, state: "retirable" });
    rewrapped.push(report.rewrapped);
    await fleet.serve(promoted, retired);
    await load.lap();
    await fleet.serve(retired);
    await load.lap();
  }
  await load.end();
  console.log(JSON.stringify({ rows, rotations, rewrapped, ...load.done, failures: load.failures.length }));
  expect(load.failures).toEqual([]);
  expect(fleet.printed).toEqual([]);

  const keyring = await importKeyring(JSON.stringify(ringOf(rotations + 1, rotations + 1)));
  const { rows: saved } = await postgres.query("select owner_id, credential_id, envelope from byok.envelopes");
  const envelopes = new Map(saved.map((row) => [row.owner_id, row]));
  expect(envelopes.size).toBe(owners.filter(({ apiKey }) => apiKey !== null).length);
  for (const { id, apiKey } of owners) {
    const row = envelopes.get(id);
    const binding = { ownerId: id, credentialId: row?.credential_id, providerNumber };
    expect(row ? (await open(keyring, binding, row.envelope)).apiKey === apiKey : apiKey === null).toBe(true);
  }
}, 3_600_000);
