import type * as ProviderErrors from "./provider-errors.ts";

let loaded: typeof ProviderErrors | undefined;

/** The part that an error of a provider needs, and other answers do without. It is kept: to import again what is there takes a turn of the event loop. */
export async function onError(): Promise<typeof ProviderErrors> {
  return (loaded ??= await import("./provider-errors.ts"));
}
