/** Stands for Realtime's client in the page's build: the local stack has no Realtime, and the page does not ask for it. */

export class RealtimeClient {
  /** supabase-js hands each new access token over. */
  setAuth(): Promise<void> {
    return Promise.resolve();
  }

  channel(): never {
    throw new Error("The page of the local stack has no Realtime");
  }
}
