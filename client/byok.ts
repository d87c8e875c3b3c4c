/** The client of a settings page, over the supabase-js client that the app already has. */
import type { Session, SupabaseClient } from "@supabase/supabase-js";
import { sealApiKey, type SealingKey } from "../protocol/sealed-key.ts";
import { rightsOf } from "./rights.ts";
import { beginConnecting, type Connecting, type PendingConnection } from "./connecting.ts";
import { dataResult, failure, functionFailure } from "./errors.ts";
import { entryOf, pageOf } from "./pages.ts";
import { balanceOf, byPriceDescending, operationOf } from "./prices.ts";
import { listProviders } from "./providers.ts";
import { typedClient } from "./schema.ts";
import { withSession } from "./session.ts";
import { readTeamKeys } from "./team-keys.ts";
import type {
  Balance,
  Byok,
  ByokOptions,
  CheckedCredential,
  Credential,
  Endpoint,
  HistoryOptions,
  HistoryPage,
  KeyEvent,
  KeyEventOptions,
  KeyEventPage,
  NewKey,
  Operation,
  Provider,
  ProviderId,
  Result,
  Rights,
  TeamKey,
} from "./types.ts";

/**
 * A client for the user who is signed in to `supabase`. It keeps nothing but the list of providers: an API key lives in the argument of
 * `save`, and the one request that sends it holds it sealed.
 *
 * @param supabase a supabase-js client of the project, whatever its database types are
 */
export function createByok(supabase: SupabaseClient<any, any, any, any, any>, options: ByokOptions = {}): Byok {
  return new Client(supabase, options);
}

const credentialColumns =
  "id, provider, prefix, hint, status, reason, is_paused, last_used_on, verified_at, created_at, updated_at";

class Client implements Byok {
  readonly #supabase: SupabaseClient<any, any, any, any, any>;
  readonly #functionsUrl: string;
  /** Before the name of an endpoint: the function's name and a slash, or nothing. */
  readonly #mount: string;
  readonly #options: ByokOptions;
  readonly team: string | null;
  #listed: Promise<Result<readonly Provider[]>> | undefined;

  constructor(supabase: SupabaseClient<any, any, any, any, any>, options: ByokOptions) {
    this.#supabase = supabase;
    this.#functionsUrl = (options.functionsUrl ?? supabase["functionsUrl"].href).replace(/\/$/, "");
    this.#mount = options.functionName === "" ? "" : `${options.functionName ?? "byok"}/`;
    this.#options = options;
    this.team = options.team ?? null;
  }

  list(): Promise<Result<readonly Credential[]>> {
    return this.#signedIn(async (session) =>
      dataResult(
        await this.#byok
          .from("credentials")
          .select(credentialColumns)
          .eq("owner_id", this.#ownerOf(session))
          .order("provider")
          .retry(false),
        (rows) => (rows ?? []) as Credential[],
      ),
    );
  }

  teamKeys(): Promise<Result<readonly TeamKey[]>> {
    if (this.team !== null) return Promise.resolve({ data: [], error: null });
    return this.#signedIn(({ user }) => readTeamKeys(typedClient(this.#supabase), user.id));
  }

  remove(provider: ProviderId): Promise<Result<{ readonly removed: boolean }>> {
    return this.#signedIn(async (session) => {
      const mine = { owner_id: this.#ownerOf(session), provider };
      return dataResult(await this.#byok.from("credentials").delete().match(mine).select("provider"), (rows) => ({
        removed: (rows ?? []).length > 0,
      }));
    });
  }

  pause(provider: ProviderId): Promise<Result<Credential>> {
    return this.#setPaused(provider, true);
  }

  resume(provider: ProviderId): Promise<Result<Credential>> {
    return this.#setPaused(provider, false);
  }

  keyEvents({ before, limit = 20, provider }: KeyEventOptions = {}): Promise<Result<KeyEventPage>> {
    return this.#signedIn(async (session) => {
      let query = this.#byok
        .from("key_events")
        .select("id, kind, provider, hint, status, reason, actor, actor_id, created_at")
        .eq("owner_id", this.#ownerOf(session))
        .order("id", { ascending: false })
        .limit(limit + 1)
        .retry(false);
      if (before !== undefined) query = query.lt("id", before);
      if (provider !== undefined) query = query.eq("provider", provider);
      return dataResult(await query, (rows) => {
        const { records, next } = pageOf(rows, limit);
        return {
          events: records.map((row) => ({ ...row, by_me: row.actor_id === session.user.id })) as KeyEvent[],
          next,
        };
      });
    });
  }

  /** Row-level security decides which events Realtime tells. */
  onKeyEvent(listener: () => void): () => void {
    const table = { event: "INSERT", schema: "byok", table: "key_events" } as const;
    const channel = this.#supabase.channel(`byok-key-events-${crypto.randomUUID()}`);
    channel.on("postgres_changes", table, () => listener()).subscribe();
    return () => void this.#supabase.removeChannel(channel);
  }

  rights(): Promise<Result<Rights>> {
    return this.#signedIn(async () => dataResult(await this.#byok.rpc("read_rights", this.#ofTeam()), rightsOf));
  }

  balance(): Promise<Result<Balance>> {
    return this.#signedIn(async () =>
      dataResult(await this.#byok.rpc("read_balance", this.#ofTeam()), (rows) => balanceOf(rows?.[0])),
    );
  }

  operations(): Promise<Result<readonly Operation[]>> {
    return this.#signedIn(async () => {
      const [operations, prices] = await Promise.all([
        this.#byok.from("operations").select("name, label, description").retry(false),
        this.#byok.from("prices").select().order("provider").order("model").retry(false),
      ]);
      const known = dataResult(prices, (rows) => rows ?? []);
      if (known.error) return known;
      return dataResult(operations, (rows) =>
        (rows ?? []).map((row) => operationOf(row, known.data)).sort(byPriceDescending),
      );
    });
  }

  history({ before, limit = 20, kinds }: HistoryOptions = {}): Promise<Result<HistoryPage>> {
    return this.#signedIn(async (session) => {
      let query = this.#byok
        .from("entries")
        .select("id, kind, microcredits, operation, provider, model, reason, created_at")
        .eq("owner_id", this.#ownerOf(session))
        .order("id", { ascending: false })
        .limit(limit + 1)
        .retry(false);
      if (before !== undefined) query = query.lt("id", before);
      if (kinds) query = query.in("kind", kinds);
      return dataResult(await query, (rows) => {
        const { records, next } = pageOf(rows, limit);
        return { entries: records.map(entryOf), next };
      });
    });
  }

  /** The key is sealed here, so that it stands in no body that a gateway or the hosting platform may record. */
  save({ provider, key, place }: NewKey): Promise<Result<CheckedCredential>> {
    return this.#signedIn(async (session) => {
      const { data: sealingKey, error } = await this.#invoke<SealingKey>(session, "save", { method: "GET" });
      if (error) return { data: null, error };
      const purpose = { userId: session.user.id, provider, place: place ?? null };
      const sealed = await sealApiKey(sealingKey, purpose, key).catch(() => null);
      if (!sealed) return failure("unsupported_browser");
      return await this.#invoke<CheckedCredential>(session, "save", {
        body: { provider, ...(place === undefined ? {} : { place }), sealed_api_key: sealed },
      });
    });
  }

  beginConnecting(provider: ProviderId, callbackUrl: string): Promise<Result<Connecting>> {
    return this.#signedIn(async ({ user }) => {
      const { data, error } = await this.providers();
      if (error) return { data: null, error };
      const connectUrl = data.find((listed) => listed.id === provider && listed.enabled)?.connect_url;
      if (!connectUrl) return failure("unknown_provider");
      const beginning = { connectUrl, callbackUrl, provider, userId: user.id, team: this.team };
      const begun = await beginConnecting(beginning).catch(() => null);
      return begun ? { data: begun, error: null } : failure("unsupported_browser");
    });
  }

  /** The account that agreed is the one of the user who began: another one who signed in meanwhile gets no key to it. */
  finishConnecting(pending: PendingConnection, code: string): Promise<Result<CheckedCredential>> {
    const { provider, codeVerifier, userId, team } = pending;
    return this.#signedIn(async (session) => {
      if (userId !== session.user.id || team !== this.team) return failure("begun_by_another");
      const body = { provider, code, code_verifier: codeVerifier };
      return await this.#invoke<CheckedCredential>(session, "save", { body });
    });
  }

  verify(provider: ProviderId): Promise<Result<CheckedCredential>> {
    return this.#signedIn((session) => this.#invoke<CheckedCredential>(session, "verify", { body: { provider } }));
  }

  providers(): Promise<Result<readonly Provider[]>> {
    const asked = (this.#listed ??= listProviders(this.#supabase, `${this.#mount}providers`));
    void asked.then(({ error }) => {
      if (error && this.#listed === asked) this.#listed = undefined;
    });
    return asked;
  }

  async endpoint(id: ProviderId): Promise<Result<Endpoint>> {
    const { data, error } = await this.providers();
    if (error) return { data: null, error };
    const provider = data.find((listed) => listed.id === id && listed.enabled);
    if (!provider) return failure("unknown_provider");
    const url = `${this.#functionsUrl}/${this.#mount}call/${id}`;
    return { data: { url, sdk: `${url}${provider.sdk_path}`, aiSdk: `${url}${provider.ai_sdk_path}` }, error: null };
  }

  token(): Promise<Result<string>> {
    return this.#signedIn(async ({ access_token }) => ({ data: access_token, error: null }));
  }

  #setPaused(provider: ProviderId, isPaused: boolean): Promise<Result<Credential>> {
    return this.#signedIn(async (session) => {
      const { data: rows, error } = dataResult(
        await this.#byok
          .from("credentials")
          .update({ is_paused: isPaused })
          .match({ owner_id: this.#ownerOf(session), provider })
          .select(credentialColumns),
        (found) => (found ?? []) as Credential[],
      );
      if (error) return { data: null, error };
      return rows[0] ? { data: rows[0], error: null } : failure("credential_not_found");
    });
  }

  async #invoke<T>(
    { user }: Session,
    endpoint: "save" | "verify",
    request: { readonly method: "GET" } | { readonly body: object },
  ): Promise<Result<T>> {
    const headers = {
      ...("body" in request && (await this.#options.checkHeaders?.())),
      ...(this.team !== null && { "x-byok-team": this.team }),
    };
    const { data, error } = await this.#supabase.functions.invoke<T>(`${this.#mount}${endpoint}`, {
      ...request,
      headers,
    });
    if (error) return await functionFailure(error, { isAnonymous: user.is_anonymous ?? false });
    return data ? { data, error: null } : failure("unexpected");
  }

  #ownerOf({ user }: Session): string {
    return this.team ?? user.id;
  }

  /** For functions of SQL that answer about a team, or else about the user. */
  #ofTeam(): { p_team_id?: string } {
    return this.team === null ? {} : { p_team_id: this.team };
  }

  get #byok() {
    return typedClient(this.#supabase).schema("byok");
  }

  async #signedIn<T>(act: (session: Session) => Promise<Result<T>>): Promise<Result<T>> {
    const result = await withSession(this.#supabase, act);
    if (result.error?.code === "session_expired") this.#options.onSessionExpired?.();
    return result;
  }
}
