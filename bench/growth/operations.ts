/** The measurements on each size, and the answer that each must give for its time to count. */
import { randomInt, randomUUID } from "node:crypto";
import type { Client, QueryResult } from "pg";
import { longTimeUsers, providers, userId } from "./fill.ts";

/** Who asks: the functions, a page under row-level security, or Auth when it deletes a user. */
export type Role = "service_role" | "authenticated" | "supabase_auth_admin";

export interface Ask {
  readonly text: string;
  readonly values: unknown[];
  /** The user whose claims the session carries. */
  readonly as?: string;
}

export interface Operation {
  readonly name: string;
  readonly role: Role;
  /** How often in each round. */
  readonly calls: number;
  /** Prepares one call, with time that is not measured. */
  next(users: Population): Ask | Promise<Ask>;
  /** Whether the answer is the one that was meant; keeps what another operation goes on with. */
  accepts(result: QueryResult, users: Population, ask: Ask): boolean;
}

/** The users of one database. Those with the highest numbers are deleted first. */
export class Population {
  readonly admin: Client;
  /** Holds that place_hold has placed and charge_hold has not yet charged. */
  readonly holds: { user: unknown; hold: string }[] = [];
  #count: number;

  constructor(admin: Client, count: number) {
    this.admin = admin;
    this.#count = count;
  }

  /** Anyone but the users with a long ledger. */
  anyone(): string {
    return userId(randomInt(longTimeUsers + 1, this.#count + 1));
  }

  longTimeUser(): string {
    return userId(randomInt(1, longTimeUsers + 1));
  }

  /** The last one, who is not counted from now on. */
  leaver(): string {
    return userId(this.#count--);
  }
}

const pageRows = 50;
const expiredHolds = 100;
const returnsText = (text: string) => (result: QueryResult) => Object.values(result.rows[0])[0] === text;
const isPage = (result: QueryResult) => result.rows.length === pageRows;

export const operations: readonly Operation[] = [
  {
    name: "open_call, byok",
    role: "service_role",
    calls: 25,
    next: (users) => ({ text: "select * from byok.open_call($1, $2)", values: [users.anyone(), providers.byok] }),
    accepts: returnsText("byok"),
  },
  {
    name: "open_call, byok by a team",
    role: "service_role",
    calls: 25,
    next: (users) => ({
      text: "select payer, team_id is not null as by_team from byok.open_call($1, $2)",
      values: [users.anyone(), providers.team],
    }),
    accepts: ({ rows }) => rows[0].payer === "byok" && rows[0].by_team,
  },
  {
    name: "place_hold",
    role: "service_role",
    calls: 25,
    next: (users) => placeHold(users.anyone()),
    accepts(result, users, { values: [user] }) {
      users.holds.push({ user, hold: result.rows[0].hold_id });
      return result.rows.length === 1;
    },
  },
  {
    name: "charge_hold",
    role: "service_role",
    calls: 25,
    next(users) {
      const { user, hold } = users.holds.pop()!;
      return { text: "select byok.charge_hold($1, $2)", values: [user, hold] };
    },
    accepts: returnsText("charged"),
  },
  {
    name: "grant_credits",
    role: "service_role",
    calls: 25,
    next: (users) => ({
      text: "select granted from byok.grant_credits($1, 10, 'growth', $2)",
      values: [users.anyone(), randomUUID()],
    }),
    accepts: (result) => result.rows[0].granted,
  },
  {
    name: "the balance",
    role: "authenticated",
    calls: 25,
    next(users) {
      const user = users.anyone();
      return { text: "select * from byok.read_balance()", values: [], as: user };
    },
    accepts: (result) => result.rows.length === 1,
  },
  {
    name: "ledger, first page",
    role: "authenticated",
    calls: 25,
    next(users) {
      const user = users.longTimeUser();
      const text = `select * from byok.entries where owner_id = $1 order by id desc limit ${pageRows}`;
      return { text, values: [user], as: user };
    },
    accepts: isPage,
  },
  {
    name: "ledger, deep page, after an id",
    role: "authenticated",
    calls: 25,
    async next(users) {
      const user = users.longTimeUser();
      const { rows } = await users.admin.query(
        "select id from byok.entries where owner_id = $1 order by id limit 1 offset 100",
        [user],
      );
      return {
        text: `select * from byok.entries where owner_id = $2 and id < $1 order by id desc limit ${pageRows}`,
        values: [rows[0].id, user],
        as: user,
      };
    },
    accepts: isPage,
  },
  {
    name: "ledger, deep page, by offset 3900",
    role: "authenticated",
    calls: 5,
    next(users) {
      const user = users.longTimeUser();
      const text = `select * from byok.entries where owner_id = $1 order by id desc limit ${pageRows} offset 3900`;
      return { text, values: [user], as: user };
    },
    accepts: isPage,
  },
  {
    name: "calls under way",
    role: "authenticated",
    calls: 25,
    next: (users) => ({ text: "select * from byok.holds", values: [], as: users.anyone() }),
    accepts: () => true,
  },
  {
    name: `expire_holds, ${expiredHolds} expired`,
    role: "service_role",
    calls: 1,
    async next(users) {
      await placeExpired(users);
      return { text: "select byok.expire_holds(1000)", values: [] };
    },
    accepts: (result) => result.rows[0].expire_holds === expiredHolds,
  },
  {
    name: "expire_holds, none expired",
    role: "service_role",
    calls: 5,
    next: () => ({ text: "select byok.expire_holds(1000)", values: [] }),
    accepts: (result) => result.rows[0].expire_holds === 0,
  },
  {
    name: "deletion of a user",
    role: "supabase_auth_admin",
    calls: 2,
    next: (users) => ({ text: "delete from auth.users where id = $1", values: [users.leaver()] }),
    accepts: (result) => result.rowCount === 1,
  },
];

export function placeHold(user: string): Ask {
  return {
    text: "select * from byok.place_hold($1, $2, 'single_doc_regen', 'openai', 'gpt-5.4-nano', 100, 100)",
    values: [user, randomUUID()],
  };
}

/** Holds of as many users, whose time has passed since. */
async function placeExpired(users: Population): Promise<void> {
  const owners = new Set<string>();
  while (owners.size < expiredHolds) owners.add(users.anyone());
  const { rows } = await users.admin.query(
    `select h.hold_id from unnest($1::uuid[]) as u (id),
       byok.place_hold(u.id, null, 'single_doc_regen', 'openai', 'gpt-5.4-nano', 100, 100) as h`,
    [[...owners]],
  );
  const holds = rows.map(({ hold_id }) => hold_id);
  await users.admin.query("update byok.holds set expires_at = now() - interval '1 minute' where id = any($1)", [holds]);
}
