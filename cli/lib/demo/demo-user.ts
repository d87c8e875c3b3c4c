import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import type { Stack } from "../../../stack/stack.ts";

export const demoEmail = "demo@example.com";

/** The demo user's first balance. */
export const demoCredits = 100;

/**
 * Makes the demo user and gives the first credits, each of them once in the life of a database.
 *
 * @returns the user's id
 * @throws when the project's own functions refuse
 */
export async function createDemoUser({ url, secretKey, demoPassword }: Stack): Promise<string> {
  const supabase = createClient(url, secretKey, { auth: { persistSession: false, autoRefreshToken: false } });
  const id = (await findDemoUser(supabase)) ?? (await addDemoUser(supabase, demoPassword));
  const { error } = await supabase.schema("byok" as never).rpc("grant_credits", {
    p_owner_id: id,
    p_credits: demoCredits,
    p_reason: "demo",
    p_idempotency_key: `demo:${id}`,
  } as never);
  if (error) throw new Error(`the demo user cannot be given credits: ${(error as { message: string }).message}`);
  return id;
}

async function findDemoUser(supabase: SupabaseClient): Promise<string | undefined> {
  for (let page = 1; ; page++) {
    const { data, error } = await supabase.auth.admin.listUsers({ page, perPage: 1_000 });
    if (error) throw error;
    const demo = data.users.find(({ email }) => email === demoEmail);
    if (demo || data.users.length === 0) return demo?.id;
  }
}

async function addDemoUser(supabase: SupabaseClient, password: string): Promise<string> {
  const { data, error } = await supabase.auth.admin.createUser({
    email: demoEmail,
    password,
    email_confirm: true,
  });
  if (error) throw error;
  return data.user.id;
}
