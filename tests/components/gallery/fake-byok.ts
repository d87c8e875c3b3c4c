/** A client without a server, for the components alone: it keeps what it is told, and answers at once. */
import type { Byok, Credential, Entry, KeyEvent, Operation, Provider, Result, TeamKey } from "../../../client/types.ts";

/** The server's list, which the test puts into the page. */
export interface Facts {
  readonly providers: readonly Provider[];
}

export interface Account {
  readonly credits: number;
  readonly held?: number;
  /** Entries of the history. */
  readonly entries?: number;
  readonly credentials?: readonly Credential[];
  readonly mayBringKey?: boolean;
  /** Of the user in a team, whose account it is then. */
  readonly role?: "admin" | "member" | "stranger";
  /** Keys of the user's teams, on the user's own page. */
  readonly teamKeys?: readonly TeamKey[];
  /** Events of the keys, newest first. */
  readonly keyEvents?: readonly Partial<KeyEvent>[];
}

const minutes_ms = 60_000;
const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
const ok = <T>(data: T): Promise<Result<T>> => Promise.resolve({ data, error: null });

export function credentialOf(provider: string, changes: Partial<Credential> = {}): Credential {
  const at = ago(2 * minutes_ms);
  return {
    ...{
      id: provider,
      provider,
      prefix: "sk-proj-",
      hint: "8700",
      status: "verified",
      reason: null,
      is_paused: false,
      last_used_on: null,
    },
    ...{ verified_at: at, created_at: at, updated_at: at },
    ...changes,
  };
}

export const operations: readonly Operation[] = [
  ["kernel_build", "Kernel build", 20],
  ["doc_generation", "Doc generation", 10],
  ["single_doc_regen", "Single doc regen", 2],
  ["chat", "Chat", null],
].map(([name, label, price_credits]) => ({
  name: String(name),
  label: String(label),
  description: `${label}.`,
  price_credits: price_credits as number | null,
  prices: [],
}));

function entryOf(id: number): Entry {
  const kind = (["charge", "refund", "charge", "grant"] as const)[id % 4] ?? "charge";
  const operation = kind === "grant" ? null : operations[id % operations.length]!.name;
  const reason = kind === "refund" ? (id % 8 === 1 ? "unused" : "broken_off") : kind === "grant" ? "invoice 42" : null;
  return {
    ...{ id, kind, operation, reason, provider: "openai", model: "gpt-6-luna" },
    ...{ credits: operation === "chat" ? 0.034_125 : 20, created_at: ago(id * 61 * minutes_ms) },
  };
}

function keyEventsOf({ keyEvents = [] }: Account): readonly KeyEvent[] {
  return keyEvents.map((changes, index) => ({
    ...{
      id: keyEvents.length - index,
      kind: "saved",
      provider: "openai",
      hint: "8700",
      status: "verified",
      reason: null,
    },
    ...{
      actor: "user",
      actor_id: null,
      by_me: changes.actor === undefined,
      created_at: ago((index + 1) * 1_500 * minutes_ms),
    },
    ...changes,
  }));
}

/** Keys whose text holds `refused` are refused. The event `saved-elsewhere` names the provider of a key that another device saves. */
export function fakeByok({ providers }: Facts, account: Account, userId = "user"): Byok {
  const team = account.role ? "team" : null;
  let credentials = [...(account.credentials ?? [])];
  const entries = Array.from({ length: account.entries ?? 0 }, (_, index) => entryOf((account.entries ?? 0) - index));
  const keyEvents = keyEventsOf(account);
  const listeners = new Set<() => void>();
  document.addEventListener("saved-elsewhere", ({ detail }: CustomEventInit<string>) => {
    void put(credentialOf(detail!));
    for (const listener of listeners) listener();
  });
  const put = (credential: Credential) => {
    credentials = [...credentials.filter(({ provider }) => provider !== credential.provider), credential];
    return ok({ credential, verdict: "verified" as const, reason: null });
  };
  const pause = (provider: string, is_paused: boolean) => {
    const paused = { ...credentials.find((credential) => credential.provider === provider)!, is_paused };
    void put(paused);
    return ok(paused);
  };
  return {
    team,
    list() {
      const { dataset } = document.documentElement;
      dataset.readings = String(Number(dataset.readings ?? 0) + 1);
      return ok(credentials);
    },
    teamKeys: () => ok(account.teamKeys ?? []),
    providers: () => ok(providers),
    save: ({ provider, key: apiKey }) =>
      apiKey.includes("refused")
        ? Promise.resolve({ data: null, error: { code: "api_key_rejected", message: "Refused." } })
        : put(credentialOf(provider, { hint: apiKey.slice(-4), updated_at: ago(0), created_at: ago(0) })),
    verify: (provider) => put({ ...credentialOf(provider), updated_at: ago(0) }),
    remove(provider) {
      credentials = credentials.filter((credential) => credential.provider !== provider);
      return ok({ removed: true });
    },
    balance: () => ok({ available_credits: account.credits, held_credits: account.held ?? 0 }),
    operations: () => ok(operations),
    history({ before = Infinity, limit = 20 } = {}) {
      const older = entries.filter(({ id }) => id < before);
      const page = older.slice(0, limit);
      return ok({ entries: page, next: older.length > limit ? page.at(-1)!.id : null });
    },
    // The provider whose user agrees at once.
    beginConnecting: (provider, callbackUrl) =>
      ok({ url: `${callbackUrl}&code=one-time`, pending: { provider, codeVerifier: "verifier", userId, team } }),
    finishConnecting(pending, code) {
      const isMine = pending.userId === userId && pending.team === team;
      if (isMine && code === "one-time" && pending.codeVerifier === "verifier") {
        return put(credentialOf(pending.provider, { updated_at: ago(0) }));
      }
      const refusal = isMine ? ("code_refused" as const) : ("begun_by_another" as const);
      return Promise.resolve({ data: null, error: { code: refusal, message: "Refused." } });
    },
    pause: (provider) => pause(provider, true),
    resume: (provider) => pause(provider, false),
    keyEvents: ({ before = Infinity, limit = 20, provider } = {}) => {
      const older = keyEvents.filter(
        (event) => (provider === undefined || event.provider === provider) && event.id < before,
      );
      const page = older.slice(0, limit);
      return ok({ events: page, next: older.length > limit ? page.at(-1)!.id : null });
    },
    onKeyEvent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    rights: () =>
      account.role === "stranger"
        ? ok({ mayBringKey: false, mayUseCredits: false, mayManageKeys: false, isMember: false })
        : ok({
            ...{ mayBringKey: account.mayBringKey ?? true, mayUseCredits: true, isMember: true },
            mayManageKeys: account.role !== "member",
          }),
    endpoint: () => ok({ url: "", sdk: "", aiSdk: "" }),
    token: () => ok("token"),
  };
}
