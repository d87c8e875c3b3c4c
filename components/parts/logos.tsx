import { type ReactNode, useSyncExternalStore } from "react";
import type { Provider } from "../../client/types.ts";
import { monogramOf } from "./monogram.ts";

/** Paths by provider, a file of their own that loads beside the page; null until then. */
let paths: Readonly<Record<string, string>> | null = null;
const listeners = new Set<() => void>();

async function load(): Promise<void> {
  // Without them the initials stand in their place.
  paths = await import("../../catalogue/logos.ts").then(({ logos }) => logos).catch(() => ({}));
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  if (!paths && listeners.size === 0) void load();
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The logo of a provider in the colour of the text; two letters where there is none. */
export function BuiltInLogo({ provider: { id, name } }: { provider: Pick<Provider, "id" | "name"> }): ReactNode {
  const known = useSyncExternalStore(
    subscribe,
    () => paths,
    () => null,
  );
  if (!known) return null;
  if (!Object.hasOwn(known, id)) return monogramOf(name);
  return (
    <svg viewBox="0 0 24 24" fill="currentColor" fillRule="evenodd">
      <path d={known[id]} />
    </svg>
  );
}

export function builtInLogo(provider: Pick<Provider, "id" | "name">): ReactNode {
  return <BuiltInLogo provider={provider} />;
}
