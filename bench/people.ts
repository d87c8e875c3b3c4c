/** Users of a stack under measurement: some with a saved API key, some with credits. */
import type { JWTPayload } from "jose";
import { Client } from "pg";
import { seal } from "../functions/_shared/crypto/envelope.ts";
import { importKeyring } from "../functions/_shared/crypto/keyring.ts";
import { direct } from "../functions/_shared/database/direct.ts";
import type { Stack } from "../stack/stack.ts";
import { nodeSockets } from "../tests/harness/database/node-sockets.ts";

export interface Person {
  readonly id: string;
  readonly accessToken: string;
}

/** Enough that calls on credits seldom wait for each other's account. */
const users = 64;

export function claimsOf(sub: string) {
  return { sub, aud: "authenticated", role: "authenticated", exp: Math.floor(Date.now() / 1000) + 86_400 };
}

export async function makeUsers(stack: Stack, sign: (claims: JWTPayload) => Promise<string>): Promise<Person[]> {
  const ids = Array.from({ length: users }, () => crypto.randomUUID());
  await query(
    stack,
    "insert into auth.users (id, email) select id, id || '@example.com' from unnest($1::uuid[]) as id",
    [ids],
  );
  return await Promise.all(ids.map(async (id) => ({ id, accessToken: await sign(claimsOf(id)) })));
}

export async function saveKeys(stack: Stack, masterKeys: string, people: readonly Person[]): Promise<void> {
  const keyring = await importKeyring(masterKeys);
  const database = direct({ url: stack.functionsDbUrl, tls: false, sockets: nodeSockets });
  for (const { id: userId } of people) {
    const credentialId = crypto.randomUUID();
    const sealed = await seal(
      keyring,
      { ownerId: userId, credentialId, providerNumber: 1 },
      {
        apiKey: `sk-proj-${crypto.randomUUID()}`,
        place: null,
      },
    );
    await database.saveCredential({
      userId,
      credentialId,
      provider: "openai",
      prefix: "",
      hint: "",
      status: "verified",
      ...sealed,
    });
  }
  await database.close();
}

export async function grant(stack: Stack, people: readonly Person[]): Promise<void> {
  const ids = people.map(({ id }) => id);
  await query(stack, "select byok.grant_credits(id, 1000000000, 'bench', id::text) from unnest($1::uuid[]) as id", [
    ids,
  ]);
}

export async function query(stack: Stack, text: string, values: unknown[] = []): Promise<void> {
  const client = new Client({ connectionString: stack.dbUrl });
  await client.connect();
  try {
    await client.query(text, values);
  } finally {
    await client.end();
  }
}
