/** The story of the demo: one user from the first credits to the last, printed as a table. Every line states what it expects. */
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { type Byok, createByok, readPayment, type Result } from "../../../client/index.ts";
import type { Database } from "../../../protocol/schema.ts";
import type { Dialect } from "../../../catalogue/types.ts";
import { type ProviderId, providerIds, providers } from "../../../functions/_shared/providers/index.ts";
import { fakeKey } from "../../../stack/providers/index.ts";
import type { Stack } from "../../../stack/stack.ts";
import { CommandError, misused } from "../command.ts";

/** One line of the table. Credits are what the call cost; the balance is read from the database after it. */
interface Line {
  readonly step: string;
  readonly provider: string;
  readonly operation: string;
  readonly payer: string;
  readonly credits: number;
  readonly balance: number;
}

const prices = { kernel_build: 20, doc_generation: 10, single_doc_regen: 2 };
type Operation = keyof typeof prices;
const operations = Object.keys(prices) as Operation[];
const startingCredits = 100;
const prompt = "Say hello in one short sentence.";

/** A model of each provider of which credits buy one. */
const models: Partial<Record<ProviderId, string>> = {
  openai: "gpt-4.1-mini",
  anthropic: "claude-haiku-4-5",
  google: "gemini-3.5-flash-lite",
  groq: "openai/gpt-oss-20b",
};
const paidByCredits = Object.keys(models) as ProviderId[];

const bodies: Record<Dialect, (model: string) => object> = {
  openai: (model) => ({ model, messages: [{ role: "user", content: prompt }] }),
  anthropic: (model) => ({ model, max_tokens: 64, messages: [{ role: "user", content: prompt }] }),
  google: () => ({ contents: [{ role: "user", parts: [{ text: prompt }] }] }),
};

/** Path and body of a short generation; where the path does not say that it is streamed, the body does. */
function generationOf(provider: ProviderId, isStreamed: boolean): { path: string; body: object } {
  const { api, models: known } = providers[provider];
  const model = models[provider] ?? known.chat[0] ?? "";
  const path = ((isStreamed && api.stream) || api.generation).replace("{model}", () => model);
  const body = bodies[api.dialect](model);
  return { path, body: isStreamed && !api.stream ? { ...body, stream: true } : body };
}

/** The user of the story, and what the table shows of each step. */
class Story {
  readonly differences: string[] = [];
  readonly #stack: Stack;
  readonly #supabase: SupabaseClient<Database, "byok">;
  readonly #byok: Byok;

  constructor(stack: Stack) {
    this.#stack = stack;
    this.#supabase = client(stack, stack.publishableKey);
    this.#byok = createByok(this.#supabase);
  }

  async signUp(): Promise<void> {
    const { data, error } = await this.#supabase.auth.signUp({
      email: "demo@example.com",
      password: crypto.randomUUID(),
    });
    if (error || !data.session || !data.user) throw new Error("The demo user could not sign up.");
    const granted = await client(this.#stack, this.#stack.secretKey).rpc("grant_credits", {
      p_owner_id: data.user.id,
      p_credits: startingCredits,
      p_reason: "demo",
      p_idempotency_key: "demo",
    });
    if (granted.error) throw new Error(`The credits could not be granted: ${granted.error.message}`);
  }

  async call(
    step: string,
    provider: ProviderId,
    operation: Operation,
    expected: { payer: string; credits: number; balance: number },
  ) {
    const { path, body } = generationOf(provider, false);
    const response = await this.#ask(provider, path, body, { "x-byok-operation": operation });
    // To the end: a client that leaves before any content is not charged.
    await response.arrayBuffer();
    await this.#print({ step, provider, operation, ...paid(response) }, expected);
  }

  async stream(step: string, provider: ProviderId, expected: { payer: string; credits: number; balance: number }) {
    const { path, body } = generationOf(provider, true);
    const response = await this.#ask(provider, path, body);
    const events = (await response.text()).split("\n").filter((line) => line.startsWith("data:"));
    const payment = events.length > 1 ? paid(response) : { payer: "no stream", credits: 0 };
    await this.#print({ step, provider, operation: "-", ...payment }, expected);
  }

  async save(step: string, provider: ProviderId, apiKey: string, expected: { payer: string; balance: number }) {
    const { data, error } = await this.#byok.save({ provider, key: apiKey });
    const payer = error ? error.code : data.verdict;
    await this.#print({ step, provider, operation: "-", payer, credits: 0 }, { ...expected, credits: 0 });
  }

  async remove(step: string, provider: ProviderId, balance: number) {
    const { data } = await this.#byok.remove(provider);
    const payer = data?.removed ? "removed" : "not removed";
    await this.#print({ step, provider, operation: "-", payer, credits: 0 }, { payer: "removed", credits: 0, balance });
  }

  async #ask(
    provider: ProviderId,
    path: string,
    body: object,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    const { url } = dataOf(await this.#byok.endpoint(provider));
    return await fetch(`${url}${path}`, {
      method: "POST",
      headers: {
        ...providers[provider].api.headers,
        ...{ authorization: `Bearer ${dataOf(await this.#byok.token())}`, "content-type": "application/json" },
        ...headers,
      },
      body: JSON.stringify(body),
    });
  }

  async #print(seen: Omit<Line, "balance">, expected: Pick<Line, "payer" | "credits" | "balance">): Promise<void> {
    const line = { ...seen, balance: dataOf(await this.#byok.balance()).available_credits };
    const isAsExpected = (["payer", "credits", "balance"] as const).every(
      (column) => line[column] === expected[column],
    );
    console.log(
      row(line) + (isAsExpected ? "" : `   expected ${expected.payer}, ${expected.credits}, ${expected.balance}`),
    );
    if (!isAsExpected) this.differences.push(line.step);
  }
}

/**
 * Tells the story with these API keys, on a stack that nobody has used.
 *
 * @throws CommandError if a line is not as expected
 */
export async function tellStory(stack: Stack, keys: Partial<Record<ProviderId, string>>): Promise<void> {
  const story = new Story(stack);
  await story.signUp();
  console.log(row(headings));
  await play(story, keys);
  if (story.differences.length > 0) throw new CommandError(`Not as expected: ${story.differences.join(", ")}.`);
  console.log("\nEvery line is as expected.");
}

async function play(story: Story, keys: Partial<Record<ProviderId, string>>): Promise<void> {
  const providers = Object.keys(keys) as ProviderId[];
  const first = providers.find((provider) => paidByCredits.includes(provider));
  if (!first) throw misused(`The story needs an API key of one of these, too: ${paidByCredits.join(", ")}.`);
  let balance = startingCredits;
  const onCredits = async (operation: Operation) => {
    balance -= prices[operation];
    await story.call("on credits", first, operation, { payer: "platform", credits: prices[operation], balance });
  };
  const free = () => ({ payer: "byok", credits: 0, balance });

  for (const operation of operations) await onCredits(operation);
  for (const provider of providers) {
    await story.save("Save & Verify", provider, keys[provider] ?? "", { payer: "verified", balance });
  }
  for (const provider of providers) {
    for (const operation of operations) await story.call("on the own key", provider, operation, free());
  }
  for (const provider of providers) await story.stream("streamed", provider, free());
  await story.save("a wrong key is refused", first, wrong(keys[first] ?? ""), { payer: "api_key_rejected", balance });
  await story.call("the working one is kept", first, "kernel_build", free());
  await story.remove("Remove", first, balance);
  for (const operation of operations) await onCredits(operation);
  while (balance >= prices.kernel_build) await onCredits("kernel_build");
  await story.call("credits have run out", first, "kernel_build", {
    payer: "insufficient_credits",
    credits: 0,
    balance,
  });
}

function client(stack: Stack, apiKey: string): SupabaseClient<Database, "byok"> {
  return createClient<Database, "byok">(stack.url, apiKey, {
    auth: { persistSession: false, autoRefreshToken: false },
    db: { schema: "byok" },
  });
}

function dataOf<T>(result: Result<T>): T {
  if (result.error) throw new Error(result.error.message);
  return result.data;
}

function paid({ status, headers }: Response): { payer: string; credits: number } {
  const { payer, credits, errorCode } = readPayment(headers);
  return { payer: errorCode ?? (status < 300 ? payer : null) ?? `HTTP ${status}`, credits: credits ?? 0 };
}

/** A key that the provider does not know. */
function wrong(apiKey: string): string {
  return [...apiKey].reverse().join("");
}

const headings: Record<keyof Line, string> = {
  step: "step",
  provider: "provider",
  operation: "operation",
  payer: "payer",
  credits: "credits",
  balance: "balance",
};

function row({ step, provider, operation, payer, credits, balance }: Record<keyof Line, string | number>): string {
  const texts = [
    [step, 24],
    [provider, 10],
    [operation, 17],
    [payer, 21],
  ] as const;
  return (
    texts.map(([text, width]) => String(text).padEnd(width)).join(" ") +
    [credits, balance].map((n) => String(n).padStart(8)).join("")
  );
}

/** A key for the fake of each provider of which credits buy something. */
export function fakeKeys(): Partial<Record<ProviderId, string>> {
  return Object.fromEntries(paidByCredits.map((provider) => [provider, fakeKey(provider, "works")]));
}

/**
 * Real keys from the environment; providers without one are left out of the story.
 *
 * @throws CommandError if there is none
 */
export function realKeys(): Partial<Record<ProviderId, string>> {
  const entries = providerIds.flatMap((provider) => {
    const apiKey = process.env[providers[provider].keys.variable];
    return apiKey ? [[provider, apiKey]] : [];
  });
  if (entries.length > 0) return Object.fromEntries(entries);
  const variables = providerIds.map((provider) => providers[provider].keys.variable);
  throw misused(`--real needs at least one of ${variables.join(", ")} in the environment.`);
}
