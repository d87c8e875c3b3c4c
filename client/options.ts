/** The options of the client, each of which has a default. */
export interface ByokOptions {
  /** Where the functions are, such as `https://<project>.supabase.co/functions/v1`; by default those of the project of `supabase`. */
  readonly functionsUrl?: string;
  /** The function's name in the project; `byok` by default. Empty if each endpoint is a function of its own. */
  readonly functionName?: string;
  /** Called whenever something cannot be done because nobody is signed in any more. */
  readonly onSessionExpired?: () => void;
  /** Id of a team: keys, balance and history are the team's, and its admins save and remove its keys. By default they are the user's. */
  readonly team?: string;
  /**
   * Headers for each request that checks a key (`save`, `finishConnecting`, `verify`), such as the token of a captcha that the hook
   * `beforeKeyCheck` looks at. If it throws, no key is sent, and the answer is `unexpected`.
   */
  readonly checkHeaders?: () => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;
}
