import { spawn } from "node:child_process";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createRequire } from "node:module";
import path from "node:path";
import sirv from "sirv";
import { projectDir } from "../config.ts";
import { type Watcher, watchFolders } from "../watch.ts";

/**
 * Builds the settings page into a folder, in a process of its own: whether React is built for production is a matter of the
 * whole process.
 *
 * @throws with what Vite printed, when it fails
 */
export async function buildPage(outDir: string): Promise<void> {
  const vite = path.join(path.dirname(createRequire(import.meta.url).resolve("vite/package.json")), "bin", "vite.js");
  const options = ["--outDir", outDir, "--emptyOutDir", "--logLevel", "warn"];
  const building = spawn(process.execPath, [vite, "build", path.join(projectDir, "page"), ...options], {
    env: { ...process.env, NODE_ENV: "production" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  for (const stream of [building.stdout, building.stderr]) stream.on("data", (text) => (printed += text));
  const [code] = await once(building, "close");
  if (code !== 0) throw new Error(`The page cannot be built:\n${printed}`);
}

/** The files of the page. */
const sources = ["page", "components", "client", "catalogue", "protocol"].map((folder) =>
  path.join(projectDir, folder),
);

/** Rebuilds the page into the folder when its sources change. The page stays as it is if the build fails. */
export function watchPage(outDir: string, log: (line: string) => void): Watcher {
  return watchFolders(
    sources,
    async () => {
      await buildPage(outDir);
      log("The page is rebuilt: reload it.");
    },
    log,
  );
}

/**
 * The page's rights, for every answer: run and load what comes from its own address, and connect to nothing else, so that
 * even a script that should not be there could send a pasted API key nowhere.
 */
const headers = {
  "content-security-policy": [
    "default-src 'none'",
    ...["script-src", "style-src", "img-src", "connect-src"].map((directive) => `${directive} 'self'`),
    ...["base-uri", "form-action", "frame-ancestors"].map((directive) => `${directive} 'none'`),
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; "),
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** The facts that the page gets about its project; its address is that of the page. */
export interface PageConfig {
  readonly publishableKey: string;
  /** A user to sign in as with one press of a button; the password is one of this machine's own. */
  readonly demoUser?: { readonly email: string; readonly password: string };
}

/**
 * Serves a built page and its config.json.
 *
 * @param isRebuilt whether the folder is read for each request; what is in it now is all that is ever served when absent
 */
export function servePage(
  dir: string,
  config: PageConfig,
  { isRebuilt = false }: { isRebuilt?: boolean | undefined } = {},
) {
  const files = sirv(dir, {
    dev: isRebuilt,
    etag: true,
    setHeaders(response, pathname) {
      // Vite puts a hash of the content into the names in assets/.
      const lasts = pathname.startsWith("/assets/");
      response.setHeader("cache-control", lasts ? "public, max-age=31536000, immutable" : "no-cache");
    },
  });
  return (request: IncomingMessage, response: ServerResponse, next: () => void): void => {
    if (request.method !== "GET" && request.method !== "HEAD") return next();
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (request.url !== "/config.json") return files(request, response, next);
    response.writeHead(200, { "content-type": "application/json", "cache-control": "no-store" });
    response.end(JSON.stringify(config));
  };
}
