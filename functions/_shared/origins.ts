/** Origins as settings give them. */

/** The names of this machine, also as a container sees it. */
export const ownHosts = ["127.0.0.1", "localhost", "[::1]", "host.docker.internal"];

/** Whether a text is `scheme://host` or `scheme://host:port` and nothing more: no path, query, fragment or credentials. */
export function isOrigin(text: unknown): text is string {
  return typeof text === "string" && URL.parse(text)?.origin === text;
}

export function isOnThisMachine(origin: string): boolean {
  return isOrigin(origin) && ownHosts.includes(new URL(origin).hostname);
}
