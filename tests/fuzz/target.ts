/**
 * The target: a stack whose providers answer with any bytes, a victim with keys and credits, an attacker with the same, and
 * the one oracle for all attacks.
 */
import { readFileSync } from "node:fs";
import { Client } from "pg";
import { expect } from "vitest";
import { isErrorCode } from "../../functions/_shared/errors.ts";
import { type ProviderId, providers } from "../../functions/_shared/providers/index.ts";
import { fakeKey, mayGetHeader } from "../harness/fakes.ts";
import { type MainProvider, mainProviders } from "../harness/providers/main.ts";
import { type OwnStack, startOwnStack } from "../harness/own-stack.ts";
import { createUsers } from "../harness/sessions.ts";
import { sign } from "../harness/sign.ts";
import {
  type Canary,
  type HostileProvider,
  type Received,
  startCanary,
  startHostileProvider,
  textOf,
} from "./provider.ts";
import { exchange, requestOf, type WireAnswer } from "./wire.ts";

export interface Person {
  readonly id: string;
  readonly accessToken: string;
  /** The key saved for each provider. */
  readonly apiKeys: Readonly<Partial<Record<ProviderId, string>>>;
}

/** Where requests go in: a port, and what stands there before the name of a function. */
export interface Door {
  readonly port: number;
  readonly prefix: string;
}

/** The memory of a hosted function, in all. */
export const memoryLimitKiB = 256 * 1024;

const startCredits = 1_000_000;

/**
 * Refusals by the functions with an intended status from 500 on: the provider's fault, the operator's, or of those who left uploads
 * behind. A hosted runtime does not notice that they left, so they hold their places until the provider answers.
 */
const meantFailures = [
  ...["provider_unreachable", "provider_misbehaved", "provider_timeout", "envelope_unreadable"],
  "too_many_uploads",
];

/** Every API key that works, of any user. */
const anyKey = /fake-(?:works|platform)-/;

/** Lines that Deno prints, and nothing can keep it from, when the stream of an answer on credits has to break. */
const brokenOff = /^Error: The provider broke off\.$|^ {4}at [\w.# ]+\((?:ext:|file:).*\.[jt]s:\d+:\d+\)$/;

/** Headers allowed on an answer: those a provider's answer brings along, ours, Supabase's, and those any server sends. */
const answerHeaders =
  /^(?:content-type|retry-after(?:-ms)?|(?:x-)?request-id|(?:x|anthropic)-ratelimit-.*|x-byok-(?:error|funding|credits|owner|unused-key|verdict|reason)|x-goog-upload-.*|location|x-should-retry|sb-error-code|access-control-.*|cache-control|content-security-policy|x-content-type-options|vary|date|content-length|transfer-encoding|connection|keep-alive|upgrade)$/;

export class Target {
  readonly stack: OwnStack;
  readonly providers: Readonly<Record<MainProvider, HostileProvider>>;
  readonly canary: Canary;
  /** Has keys and credits, and does nothing. */
  readonly victim: Person;
  /** Has keys and credits. */
  readonly attacker: Person;
  /** Has credits and no keys. */
  readonly spender: Person;
  /** Saves keys that nobody calls with. */
  readonly saver: Person;
  /** The functions' own port comes first; the gateway, like a hosted one, may refuse what they never see. */
  readonly doors: readonly [Door, Door];
  readonly #database: Client;
  readonly #secrets: ReadonlyMap<string, string>;
  #victimsRows: unknown;

  private constructor(
    parts: Pick<Target, "stack" | "providers" | "canary" | "victim" | "attacker" | "spender" | "saver">,
    database: Client,
  ) {
    this.stack = parts.stack;
    this.providers = parts.providers;
    this.canary = parts.canary;
    this.victim = parts.victim;
    this.attacker = parts.attacker;
    this.spender = parts.spender;
    this.saver = parts.saver;
    this.doors = [
      { port: parts.stack.functions.port, prefix: "" },
      { port: Number(new URL(parts.stack.url).port), prefix: "/functions/v1" },
    ];
    this.#database = database;
    const { victim, attacker, spender, saver, stack } = parts;
    this.#secrets = new Map([
      ...Object.values(victim.apiKeys).map((key) => [key, "an API key of the victim"] as const),
      ...Object.values(attacker.apiKeys).map((key) => [key, "an API key of the attacker"] as const),
      ...Object.values(stack.platformKeys).map((key) => [key, "an API key of the platform"] as const),
      ...[victim, attacker, spender, saver].map((person) => [person.accessToken, "an access token"] as const),
      [stack.secretKey, "the project's secret key"],
    ]);
  }

  /** @param functionsEnv more variables for the functions */
  static async start(functionsEnv: Record<string, string> = {}): Promise<Target> {
    const servers: Record<MainProvider, HostileProvider> = {
      openai: await startHostileProvider(),
      anthropic: await startHostileProvider(),
      google: await startHostileProvider(),
      groq: await startHostileProvider(),
    };
    const origins = Object.fromEntries(mainProviders.map((id) => [id, servers[id].origin]));
    const stack = await startOwnStack({ BYOK_PROVIDER_ORIGINS: JSON.stringify(origins), ...functionsEnv });
    const database = new Client({ connectionString: stack.adminDbUrl });
    await database.connect();
    // The limit on attempts is not what is under attack here.
    await database.query("update byok.limits set at_most = 1000000 where name = 'key_attempts'");
    const [victim, attacker, spender, saver] = await createPeople(stack, database);
    const canary = await startCanary();
    const target = new Target({ stack, providers: servers, canary, victim, attacker, spender, saver }, database);
    target.#victimsRows = await target.#rowsOf(victim);
    target.forget();
    return target;
  }

  async stop(): Promise<void> {
    await this.#database.end();
    await this.stack.stop();
    await Promise.all([...mainProviders.map((id) => this.providers[id].stop()), this.canary.stop()]);
  }

  /** Whether the functions' runtime unpacks a provider's answer, and hides that it was packed. */
  unpacks(encoding: string): boolean {
    return this.stack.deno === "hosted" && ["gzip", "br"].includes(encoding);
  }

  /** Whether the functions' runtime writes the head of an answer that is handed on together with the first byte of its body. */
  get writesHeadWithBody(): boolean {
    return this.stack.deno === "hosted";
  }

  /**
   * Whether the functions' runtime closes a connection at once whose request it has answered unread. Who still sends may miss the
   * answer. The local gateway, which keeps connections, may pick one just then for another request, and answers that with 503.
   */
  get closesUnread(): boolean {
    return this.stack.deno === "hosted";
  }

  /**
   * The most memory that the functions' process has had of its own, in KiB: without the pages of Deno's program, which a hosted
   * runtime shares among all workers. Linux alone tells; elsewhere nothing is measured.
   */
  peakKiB(): number {
    if (process.platform !== "linux") return 0;
    const status = readFileSync(`/proc/${this.stack.functions.pid}/status`, "utf8");
    const kibibytes = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+) kB$`, "m").exec(status)?.[1]);
    return kibibytes("VmHWM") - kibibytes("RssFile");
  }

  /** Forgets what the providers received. */
  forget(): void {
    for (const id of mainProviders) this.providers[id].received.length = 0;
  }

  /** The fault of an answer of the functions, be the request what it may; null if there is none. */
  faultOf({ status, headers, bytes }: WireAnswer): string | null {
    const secret = this.secretIn(bytes) ?? (anyKey.test(bytes) ? "an API key" : null);
    if (secret) return `holds ${secret}`;
    const strange = Object.keys(headers).find((name) => !answerHeaders.test(name));
    if (strange !== undefined) return `has the header ${strange}`;
    if (status === null || status < 500) return null;
    const code = headers["x-byok-error"];
    if (this.closesUnread && status === 503 && bytes.includes('"SERVICE_UNAVAILABLE"')) return null;
    if (code === undefined) return headers["x-byok-funding"] ? null : `has the status ${status}, and no code`;
    return isErrorCode(code) && meantFailures.includes(code) ? null : `has the status ${status}, ${code}`;
  }

  /** The name of the first secret in a text, or null. */
  secretIn(text: string): string | null {
    for (const [secret, name] of this.#secrets) if (text.includes(secret)) return name;
    return null;
  }

  /** A text that may be shown. */
  shown(text: string): string {
    const hidden = [...this.#secrets].reduce((rest, [secret, name]) => rest.replaceAll(secret, `<${name}>`), text);
    return JSON.stringify(hidden.length > 600 ? `${hidden.slice(0, 600)}... (${hidden.length})` : hidden);
  }

  /**
   * Sends each request through its door, many at a time, and returns what is wrong with the answers.
   *
   * @param onAnswer gets each answer, with its request
   */
  async faultsOf<Request extends { readonly bytes: string; readonly door: Door }>(
    requests: Iterable<Request>,
    onAnswer: (answer: WireAnswer, request: Request) => void = () => {},
  ): Promise<string[]> {
    const faults: string[] = [];
    await manyAtATime(requests, async (request) => {
      const answer = await exchange(request.door.port, request.bytes);
      onAnswer(answer, request);
      const fault = this.faultOf(answer);
      if (fault) faults.push(`${this.shown(request.bytes)} ${fault}`);
    });
    return faults;
  }

  /**
   * Checks what must be true whatever has been sent: providers got nothing but requests on their own paths with the key of the
   * attacker or of the platform, the canary is untouched, the victim has what the victim had, the functions have printed
   * nothing but that an answer broke off, and a good request is answered.
   */
  async expectUnharmed(): Promise<void> {
    expect(this.canary.touched, "the canary").toEqual([]);
    expect(
      mainProviders.flatMap((id) => this.providers[id].received.flatMap((one) => this.#faultsOfReceived(id, one))),
    ).toEqual([]);
    const lines = this.stack.printed.splice(0);
    const printed = lines.filter((line) => !brokenOff.test(line)).map((line) => this.shown(line));
    expect(printed, "what the functions print").toEqual([]);
    expect(await this.#rowsOf(this.victim)).toEqual(this.#victimsRows);
    for (const { port, prefix } of this.doors) {
      const good = requestOf("GET", `${prefix}/byok/call/openai/v1/models`, [bearer(this.attacker)]);
      const answer = await exchange(port, good, { patience: 30_000 });
      expect([answer.status, this.faultOf(answer)], "a good request").toEqual([200, null]);
    }
    this.forget();
  }

  #faultsOfReceived(id: ProviderId, received: Received): string[] {
    const { target, rawHeaders } = received;
    const faults: string[] = [];
    const isOwnPath = providers[id].api.prefixes.some((prefix) => target.startsWith(prefix));
    if (!isOwnPath || leavesPath.test(decodePath(target.replace(/\?.*/s, ""))))
      faults.push(`${id} was asked for ${this.shown(target)}`);
    const names = rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
    const strange = names.find((name) => !credentialHeaders.includes(name) && !mayGetHeader(id, name));
    if (strange !== undefined) faults.push(`${id} got the header ${strange}`);
    const mayHave = [this.attacker.apiKeys[id]!, this.stack.platformKeys[id]];
    const secret = this.secretIn(mayHave.reduce((rest, key) => rest.replaceAll(key, ""), textOf(received)));
    if (secret) faults.push(`${id} got ${secret}`);
    return faults;
  }

  async #rowsOf(person: Person): Promise<unknown[]> {
    const rows: unknown[] = [];
    for (const table of ["credentials", "envelopes", "accounts", "holds", "entries"]) {
      const query = `select xmin, ctid, t.* from byok.${table} as t where owner_id = $1 order by ctid`;
      rows.push((await this.#database.query(query, [person.id])).rows);
    }
    return rows;
  }
}

const credentialHeaders = ["authorization", "x-api-key", "x-goog-api-key", "api-key"];

/** Parts forbidden in a path, once decoded. */
const leavesPath = /\/\/|\\|@|\/\.\.?(?:\/|$)|[\0-\x1f\x7f]/;

function decodePath(path: string): string {
  return path.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

export function bearer({ accessToken }: Person): [name: string, value: string] {
  return ["authorization", `Bearer ${accessToken}`];
}

/** Works on items, sixteen at a time. */
export async function manyAtATime<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  const waiting = items[Symbol.iterator]();
  const worker = async () => {
    for (let next = waiting.next(); !next.done; next = waiting.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}

async function createPeople(stack: OwnStack, database: Client): Promise<[Person, Person, Person, Person]> {
  const [victim = "", attacker = "", spender = "", saver = ""] = await createUsers(database, 4);
  const key = (id: ProviderId) => fakeKey(id, "works");
  const create = async (id: string, hasKeys: boolean): Promise<Person> => {
    const exp = Math.floor(Date.now() / 1000) + 3600;
    const accessToken = await sign(stack, { sub: id, aud: "authenticated", role: "authenticated", exp });
    await database.query("select byok.grant_credits($1, $2, 'attack', $3)", [id, startCredits, id]);
    const apiKeys = { openai: key("openai"), anthropic: key("anthropic"), google: key("google"), groq: key("groq") };
    const person = { id, accessToken, apiKeys: hasKeys ? apiKeys : {} };
    for (const [provider, api_key] of Object.entries(person.apiKeys)) {
      const save = requestOf("POST", "/byok/save", [bearer(person)], JSON.stringify({ provider, api_key }));
      const { status } = await exchange(stack.functions.port, save, { patience: 30_000 });
      if (status !== 200) throw new Error(`A key could not be saved: ${status}.`);
    }
    return person;
  };
  return [
    await create(victim, true),
    await create(attacker, true),
    await create(spender, false),
    await create(saver, false),
  ];
}
