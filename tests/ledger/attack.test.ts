/** Many clients, few credits: what the ledger promises must hold after every attack, and the same attack must break the control. */
import { randomInt, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { type AttackOptions, attack } from "./attack.ts";
import { contradictions, type Events } from "./events.ts";
import { brokenInvariants } from "../harness/database/invariants.ts";
import { stack } from "../harness/worker-stack.ts";
import { userKinds } from "./script.ts";
import { withConnection } from "../harness/sessions.ts";

const { dbUrl, functionsDbUrl } = stack;

/** LEDGER_SEED replays the run that failed; LEDGER_RUNS makes more runs, each from a seed of its own. */
const firstSeed = process.env.LEDGER_SEED ? Number(process.env.LEDGER_SEED) : randomInt(2 ** 31 - 1_000_000);
const runs = Number(process.env.LEDGER_RUNS ?? 3);
const size = { clients: 24, steps: 100, credits: 40 };

test(
  "the ledger keeps every promise under concurrent calls, grants, sweeps, saves, removals, farewells and changes of a team",
  {
    timeout: runs * 30_000,
  },
  async () => {
    const outcomes: Record<string, number> = {};
    let steps = 0;
    for (let run = 0; run < runs; run++) {
      const seed = firstSeed + run;
      const options = { ...size, dbUrl, functionsDbUrl, schema: "byok", seed };
      const events = await attack(options);
      const { broken, contradicted } = await judge(options, events);
      expect({ broken, contradicted }, `LEDGER_SEED=${seed} LEDGER_RUNS=1 replays it`).toEqual({
        broken: [],
        contradicted: [],
      });
      steps += events.steps;
      for (const [name, count] of Object.entries(events.outcomes)) outcomes[name] = (outcomes[name] ?? 0) + count;
    }
    // An attack that never gets there proves nothing.
    for (const outcome of reached) expect(outcomes, `seeds from ${firstSeed}`).toHaveProperty([outcome]);
    console.log(
      `${steps} steps of ${size.clients} clients in ${runs} runs, seeds from ${firstSeed}: ${listed(outcomes)}`,
    );
  },
);

test(
  "the same attack breaks a debit that reads the balance and writes without a lock",
  {
    timeout: 300_000,
  },
  async () => {
    // One round is nearly always enough; the bound is there for a machine that runs the clients one after another.
    for (let round = 1; round <= 100; round++) {
      const broken = await attackControl(firstSeed + round);
      if (broken.length === 0) continue;
      console.log(
        `The control broke in round ${round}: ${broken.map((sentence) => sentence.split(": ", 1)[0]).join("; ")}`,
      );
      return;
    }
    expect.fail(`The control survived 100 rounds, seeds from ${firstSeed}: the attack does not bite.`);
  },
);

const reached = [
  ...["open: byok", "open: platform", "hold: done"],
  ...["insufficient_credits", "request_in_progress", "request_completed"].map((name) => `hold: ${name}`),
  ...["charge: done", "void: done", "refund: done", "refund: charge_not_found"],
  ...["grant: done", "grant: idempotency_key_reused", "expire: done", "save: done", "remove: done", "leave: done"],
  ...["hold of the team: done", "open: not_a_member", "quit: done", "join: done"],
  "locked",
  ...["hold: rolled back", "charge: rolled back", "void: rolled back"],
];

async function judge({ schema, credits }: AttackOptions, events: Events) {
  const { users, left } = events;
  const byokUsers = users.filter((_, index) => userKinds[index] === "byok");
  return withConnection(dbUrl, async (client) => ({
    broken: await brokenInvariants(client, { schema, users, byokUsers, left }),
    contradicted: await contradictions(client, events, { schema, credits, byokUsers }),
  }));
}

async function attackControl(seed: number): Promise<string[]> {
  const schema = `naive_${randomUUID().replaceAll("-", "")}`;
  const definition = readFileSync(path.join(import.meta.dirname, "naive.sql"), "utf8");
  await withConnection(dbUrl, (client) => client.query(definition.replaceAll("naive", schema)));
  try {
    const options = { ...size, dbUrl, schema, seed };
    return (await judge(options, await attack(options))).broken;
  } finally {
    await withConnection(dbUrl, (client) => client.query(`drop schema ${schema} cascade`));
  }
}

function listed(outcomes: Record<string, number>): string {
  return Object.entries(outcomes)
    .sort()
    .map(([name, count]) => `${name} ${count}`)
    .join(", ");
}
