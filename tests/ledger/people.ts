/** The owners of an attack's accounts: its users, and the team of most of them. */
import { randomUUID } from "node:crypto";
import type { Pool } from "pg";
import { newTeam } from "../harness/database/teams.ts";
import { createUsers, envelope } from "../harness/sessions.ts";
import type { AttackOptions } from "./attack.ts";
import type { Events } from "./events.ts";
import { providers, userKinds } from "./script.ts";

/** Makes one owner of each kind, with credits, and the first members of the team. The control has a user in the team's place. */
export async function prepareOwners(operator: Pool, { schema, credits }: AttackOptions, events: Events): Promise<void> {
  const { users } = events;
  for (const kind of userKinds) {
    if (kind === "team" && schema === "byok") {
      const members = users.filter((_, index) => userKinds[index] !== "byok");
      const [admin = "", ...others] = members;
      const team = await newTeam(
        { id: admin },
        others.map((id) => ({ id })),
      );
      await grant(operator, schema, team, credits, "team");
      for (const user of members) events.memberships.push({ kind: "join", user, begun: 0, ended: 0 });
      users.push(team);
      continue;
    }
    const user = await newUser(operator, schema, credits);
    users.push(user);
    if (kind !== "byok") continue;
    for (const provider of providers)
      await operator.query(saveCredential(schema), [user, randomUUID(), provider, envelope]);
  }
}

/** @returns the id of a user with so many credits */
export async function newUser(operator: Pool, schema: string, credits: number): Promise<string> {
  const [user = ""] = await createUsers(operator, 1);
  await grant(operator, schema, user, credits);
  return user;
}

async function grant(operator: Pool, schema: string, owner: string, credits: number, kind?: "team"): Promise<void> {
  const values = [owner, credits, `first:${owner}`, ...(kind ? [kind] : [])];
  await operator.query(`select ${schema}.grant_credits($1, $2, 'attack', $3${kind ? ", $4" : ""})`, values);
}

export function saveCredential(schema: string): string {
  return `select ${schema}.save_credential($1, $2, $3, '', 'verified', $4, 1)`;
}
