/** A provider's page where users agree to have a key made, and the exchange of the code for it: OAuth with PKCE (RFC 7636). */
import { createHash, randomUUID } from "node:crypto";
import type { KeyConnection } from "../../../catalogue/types.ts";
import { type Answer, jsonBody, type ReceivedRequest } from "../adapter.ts";
import { fakeKey, type ProviderId } from "../keys.ts";

export class Connections {
  readonly #id: ProviderId;
  readonly #connection: KeyConnection;
  /** Code -> the challenge that its verifier has to meet. */
  readonly #challenges = new Map<string, string>();

  constructor(id: ProviderId, connection: KeyConnection) {
    this.#id = id;
    this.#connection = connection;
  }

  /** Answers what is asked without a key; null for anything else. Whoever comes to the page agrees. */
  answer(request: ReceivedRequest): Answer | null {
    const { authorizePath, exchangePath } = this.#connection;
    if (request.method === "GET" && request.path === authorizePath) return this.#agree(request.query);
    if (request.method === "POST" && request.path === exchangePath) return this.#exchange(jsonBody(request));
    return null;
  }

  #agree(query: URLSearchParams): Answer {
    const [callback, challenge] = [query.get("callback_url"), query.get("code_challenge")];
    const back = URL.parse(callback ?? "");
    if (!back || !challenge || query.get("code_challenge_method") !== "S256") {
      return { status: 400, body: { error: { code: 400, message: "Invalid parameters" } } };
    }
    const code = randomUUID();
    this.#challenges.set(code, challenge);
    back.searchParams.set("code", code);
    return { status: 302, headers: { location: back.href }, body: "" };
  }

  #exchange({ code, code_verifier, code_challenge_method }: Record<string, unknown>): Answer {
    const challenge = this.#challenges.get(String(code));
    const met = createHash("sha256").update(String(code_verifier)).digest("base64url");
    if (challenge === undefined || challenge !== met || code_challenge_method !== "S256") {
      return { status: 403, body: { error: { code: 403, message: "Invalid code or code_verifier" } } };
    }
    this.#challenges.delete(String(code));
    return { status: 200, body: { key: fakeKey(this.#id, "works"), user_id: "user_fake" } };
  }
}
