/** The hosted project that `supabase link` has written down beside config.toml, in versions 2 and 3. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { isRecord, parseJson } from "../../../functions/_shared/json.ts";

/** Undefined where none is linked. */
export function linkedRef(supabaseDir: string): string | undefined {
  const ref = read(supabaseDir, "project-ref");
  if (ref) return ref;
  const linked = parseJson(read(supabaseDir, "linked-project.json") ?? "");
  return isRecord(linked) && typeof linked.ref === "string" ? linked.ref : undefined;
}

/** The host of the pooler; undefined where `link` has not noted it. */
export function poolerHost(supabaseDir: string): string | undefined {
  // A password is written there in brackets, which a URL may not have.
  return /@([^:/@]+):\d+\//.exec(read(supabaseDir, "pooler-url") ?? "")?.[1];
}

function read(supabaseDir: string, name: string): string | undefined {
  const file = path.join(supabaseDir, ".temp", name);
  return existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;
}
