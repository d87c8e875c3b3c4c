import postgres from "postgres";

export interface Login {
  role: string;
  password: string;
}

export function databaseUrl(port: number, { role, password }: Login): string {
  return `postgresql://${role}:${password}@127.0.0.1:${port}/postgres`;
}

/**
 * Lets a role log in with that password, as docs/deploy.md tells the operator of a hosted project to do. It skips a role that no
 * migration has made.
 *
 * @param dbUrl of the role `postgres`
 */
export async function allowLogin(dbUrl: string, { role, password }: Login): Promise<void> {
  const sql = postgres(dbUrl, { max: 1 });
  try {
    const [known] = await sql`select from pg_catalog.pg_roles where rolname = ${role}`;
    // ALTER ROLE takes no parameters.
    if (known) await sql.unsafe(`alter role ${role} login password '${password}'`);
  } finally {
    await sql.end();
  }
}
