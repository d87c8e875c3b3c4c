/** Plays api.supabase.com for deployments by the Supabase CLI, on this machine: for one project that is in use already. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";

export const projectRef = "abcdefghijklmnopqrst";

/** The CLI's data on a function beside its files; paths as the files are named. */
export interface FunctionSettings {
  readonly verify_jwt: boolean;
  readonly entrypoint_path: string;
  readonly import_map_path?: string;
}

export interface ManagementApi {
  /** For --profile. */
  readonly profile: string;
  /** By slug, the uploaded files: name -> content, in the order of the names. */
  readonly files: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** By slug, the settings beside them. */
  readonly settings: ReadonlyMap<string, FunctionSettings>;
  /** Other changes made: method, path from the project's, and body. */
  readonly changes: unknown[];
  stop(): void;
}

/** The project's settings: none of them is what a local stack needs. */
const config = {
  api: {
    db_schema: "public,graphql_public",
    db_extra_search_path: "public, extensions",
    max_rows: 500,
    db_pool: null,
    db_pool_acquisition_timeout: 10,
    db_pool_max_lifetime: 1800,
    db_pool_max_idletime: 30,
  },
  auth: {
    site_url: "https://app.example.com",
    uri_allow_list: "https://app.example.com/welcome",
    mailer_autoconfirm: false,
    password_min_length: 12,
    jwt_exp: 600,
    disable_signup: true,
  },
};

/** @param folder gets the profile */
export async function startManagementApi(folder: string): Promise<ManagementApi> {
  const files = new Map<string, ReadonlyMap<string, string>>();
  const settings = new Map<string, FunctionSettings>();
  const changes: unknown[] = [];
  const secrets = new Map<string, string>();

  async function answer(request: IncomingMessage): Promise<[status: number, body: unknown]> {
    const { pathname, searchParams } = new URL(request.url!, "http://api");
    const body = Buffer.concat(await request.toArray());
    const [, asked = pathname] = new RegExp(`^/v\\d/projects/${projectRef}(.*)$`).exec(pathname) ?? [];
    if (asked === "/functions/deploy") {
      const slug = searchParams.get("slug")!;
      const form = await new Response(body, {
        headers: { "content-type": request.headers["content-type"]! },
      }).formData();
      const uploaded = form.getAll("file").filter((file) => file instanceof File);
      const texts = uploaded.map(async (file) => [file.name, await file.text()] as const);
      files.set(slug, new Map((await Promise.all(texts)).sort(([a], [b]) => (a < b ? -1 : 1))));
      settings.set(slug, JSON.parse(String(form.get("metadata"))));
      return [201, { id: slug, slug, name: slug, status: "ACTIVE", version: 1 }];
    }
    if (request.method === "GET" && asked === "/secrets") return [200, digestsOf(secrets)];
    if (request.method === "GET") return answerRead(asked);
    if (request.method === "PUT" && asked === "/functions") return [200, { functions: [] }];
    const sent = body.length > 0 ? JSON.parse(body.toString()) : null;
    changes.push([request.method, asked, sent]);
    if (asked === "/secrets") for (const { name, value } of sent) secrets.set(name, value);
    return [200, asked === "/postgrest" ? { ...config.api, ...JSON.parse(body.toString()) } : {}];
  }

  const api = createServer(async (request, response) => {
    const [status, body] = await answer(request);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  await once(api.listen(0, "127.0.0.1"), "listening");
  const url = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
  const profile = path.join(folder, "profile.yaml");
  writeFileSync(profile, `name: loopback\napi_url: ${url}\ndashboard_url: ${url}\nproject_host: 127.0.0.1\n`);
  return { profile, files, settings, changes, stop: () => api.close() };
}

/** The platform never shows a value. */
function digestsOf(secrets: ReadonlyMap<string, string>): object[] {
  return Array.from(secrets, ([name, value]) => ({ name, value: createHash("sha256").update(value).digest("hex") }));
}

/** https://api.supabase.com/api/v1, November 2026: as far as both versions of the CLI read it. */
function answerRead(asked: string): [status: number, body: unknown] {
  if (asked === "/billing/addons") return [200, { selected_addons: [], available_addons: [] }];
  // Asked before several functions are deployed at once.
  if (asked === "/functions") return [200, []];
  if (asked === "/config") {
    return [200, { data: { type: "project_config", id: projectRef, attributes: config } }];
  }
  return [404, {}];
}
