/** The browser's side of OAuth with PKCE (RFC 7636): a secret that stays here, and the address that takes its hash along. */

/** The address to send the user to, and what to have when they are back. */
export interface Connecting {
  /** Where to send the user. The provider sends them back to the callback address with `code` in the query. */
  readonly url: string;
  /** Keep it in this tab, such as in sessionStorage as JSON: without it the code is worth nothing. */
  readonly pending: PendingConnection;
}

/** A connection from its begin until the user is back. It survives a round trip through JSON. */
export interface PendingConnection {
  readonly provider: string;
  readonly codeVerifier: string;
  /** Id of the user who began. Another one may have signed in meanwhile. */
  readonly userId: string;
  /** Id of the team that the key is for; null for the user's own. */
  readonly team: string | null;
}

/** Who begins to connect which account, and where the provider sends them back. */
export interface Beginning extends Omit<PendingConnection, "codeVerifier"> {
  readonly connectUrl: string;
  readonly callbackUrl: string;
}

/** 32 random bytes are the 43 characters that the RFC asks for at least. */
const verifier_bytes = 32;

/** @throws where the browser has no WebCrypto, as without HTTPS */
export async function beginConnecting({ connectUrl, callbackUrl, ...begun }: Beginning): Promise<Connecting> {
  const codeVerifier = base64Url(crypto.getRandomValues(new Uint8Array(verifier_bytes)));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(codeVerifier));
  const url = new URL(connectUrl);
  url.searchParams.set("callback_url", callbackUrl);
  url.searchParams.set("code_challenge", base64Url(new Uint8Array(digest)));
  url.searchParams.set("code_challenge_method", "S256");
  return { url: url.href, pending: { ...begun, codeVerifier } };
}

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");
}
