/** The project that a command asks, hosted or local. */
import { misused } from "./command.ts";
import type { Project } from "./rotate-client.ts";
import { runningStack } from "./running-stack.ts";

const ownHosts = ["127.0.0.1", "localhost", "[::1]"];

/**
 * The one at SUPABASE_URL with its SUPABASE_SECRET_KEY; without both, the stack that runs on the state folder.
 *
 * @throws CommandError if the environment names none, or one that the secret key cannot be sent to safely
 */
export function readProject(stateDir: string): Omit<Project, "endpoint"> {
  const { SUPABASE_URL: url, SUPABASE_SECRET_KEY: secretKey } = process.env;
  if (!url && !secretKey) return runningStack(stateDir, "a project");
  if (!url || !secretKey) throw misused("SUPABASE_URL and SUPABASE_SECRET_KEY belong together.");
  return { url: safeUrl(url), secretKey };
}

/**
 * SUPABASE_URL, if a key can be sent there.
 *
 * @throws CommandError otherwise
 */
export function safeUrl(url: string): string {
  const address = URL.parse(url);
  if (!address) throw misused("SUPABASE_URL is no URL.");
  if (address.protocol !== "https:" && !ownHosts.includes(address.hostname)) {
    throw misused("SUPABASE_URL is not https, and the secret key would be sent for anybody to read.");
  }
  return url;
}
