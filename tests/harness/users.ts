/** Users of the SaaS under test: each test makes its own, so that no test depends on another. */
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { expect } from "vitest";
import type { Database } from "../../protocol/schema.ts";
import { type ProviderId, providers } from "../../functions/_shared/providers/index.ts";
import { stack } from "./worker-stack.ts";
import type { TestStack } from "./stack.ts";
import { type Behaviour, behave, fakeKey, forgetRequests } from "./fakes.ts";

export { stack };
export const functionsUrl = functionsUrlOf(stack);

type Client = SupabaseClient<Database, "byok">;

export interface User {
  readonly id: string;
  readonly email: string;
  readonly password: string;
  readonly accessToken: string;
  /** supabase-js, signed in as this user, on schema byok. */
  readonly supabase: Client;
  /** Where the user signed up. */
  readonly stack: TestStack;
}

/** As much of a user as a request to the functions needs. */
export type Caller = Pick<User, "accessToken" | "stack">;

const withoutSession = { auth: { persistSession: false, autoRefreshToken: false }, db: { schema: "byok" } } as const;

/** supabase-js with the project's secret key. */
export const admin = adminOf(stack);

export function adminOf(on: TestStack): Client {
  return createClient<Database, "byok">(on.url, on.secretKey, withoutSession);
}

/** supabase-js as a visitor who has not signed in. */
export function visitorOf(on: TestStack): Client {
  return createClient<Database, "byok">(on.url, on.publishableKey, withoutSession);
}

export function functionsUrlOf(on: TestStack): string {
  return `${on.url}/functions/v1/byok`;
}

/** Signs up a new user and grants credits, if any. */
export async function newUser(credits = 0, on = stack): Promise<User> {
  const supabase = visitorOf(on);
  const [email, password] = [`${crypto.randomUUID()}@example.com`, crypto.randomUUID()];
  const { data, error } = await supabase.auth.signUp({ email, password });
  if (error || !data.user || !data.session) throw new Error("A test user could not sign up.");
  if (credits > 0) await grant(data.user.id, credits, on);
  return { id: data.user.id, email, password, accessToken: data.session.access_token, supabase, stack: on };
}

export interface ByokUser {
  readonly user: User;
  /** The user's own, as the provider's fake knows it. */
  readonly apiKey: string;
}

/**
 * A new user with a verified API key of their own. Another behaviour than `works` begins after it was saved, and the fake
 * has forgotten the checks, so that all it remembers about the key are the test's own requests.
 */
export async function newByokUser(
  provider: ProviderId,
  { behaviour = "works", credits = 0, on = stack }: { behaviour?: Behaviour; credits?: number; on?: TestStack } = {},
): Promise<ByokUser> {
  const user = await newUser(credits, on);
  const apiKey = fakeKey(provider, "works");
  const saved = await save(user, provider, apiKey);
  if (saved.status !== 200) throw new Error(`A test user's API key could not be saved: ${saved.status}.`);
  if (behaviour !== "works") await behave(on, provider, apiKey, behaviour);
  await forgetRequests(on, provider, apiKey);
  return { user, apiKey };
}

export async function grant(userId: string, credits: number, on = stack): Promise<void> {
  const { error } = await (on === stack ? admin : adminOf(on)).rpc("grant_credits", {
    p_owner_id: userId,
    p_credits: credits,
    p_reason: "test",
    p_idempotency_key: crypto.randomUUID(),
  });
  if (error) throw new Error(`grant_credits: ${error.message}`);
}

export interface Answer {
  readonly status: number;
  readonly body: any;
}

/** Saves an API key through the function `save`; the answer as it came. */
export function save(
  user: Caller,
  provider: ProviderId,
  apiKey: string,
  place = samplePlace(provider),
): Promise<Answer> {
  return post(user, "save", { provider, ...(place === undefined ? {} : { place }), api_key: apiKey });
}

/** A place for a key of a provider whose keys all have one. */
export function samplePlace(provider: ProviderId): string | undefined {
  const { place } = providers[provider];
  return place && !place.isOptional ? place.example : undefined;
}

/** Checks the saved API key through the function `verify`; the answer as it came. */
export function verify(user: Caller, provider: ProviderId): Promise<Answer> {
  return post(user, "verify", { provider });
}

async function post(user: Caller, slug: "save" | "verify", body: unknown): Promise<Answer> {
  const response = await fetch(`${functionsUrlOf(user.stack)}/${slug}`, {
    method: "POST",
    headers: { authorization: `Bearer ${user.accessToken}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

/** The balance as the user sees it, in credits. */
export async function balance(user: User): Promise<{ available: number; held: number }> {
  const { data } = await user.supabase.rpc("read_balance");
  const [row] = data ?? [];
  return { available: (row?.available_microcredits ?? 0) / 1e6, held: (row?.held_microcredits ?? 0) / 1e6 };
}

/** Waits for the balance at rest: calls are settled a moment after their answer. */
export async function expectBalance(user: User, available: number): Promise<void> {
  await expect.poll(() => balance(user), { interval: 10 }).toEqual({ available, held: 0 });
}

/** The user's ledger entries with their credits, such as `hold 10`, oldest first, as the user sees them. */
export async function ledger(user: User): Promise<string[]> {
  const { data } = await user.supabase.from("entries").select("kind, microcredits").order("id");
  return (data ?? []).map(({ kind, microcredits }) => `${kind} ${microcredits / 1e6}`);
}
