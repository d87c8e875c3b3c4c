/** Builds the gallery and serves it, with the server's list of providers, on an address of its own. */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import sirv from "sirv";
import { build } from "vite";
import type { Facts } from "./fake-byok.ts";

export interface Gallery {
  readonly url: string;
  /** The folder with what was built. */
  readonly folder: string;
  close(): Promise<void>;
}

/** @param lists the list of providers, by the name that a page asks for; `providers` is the usual one */
export async function serveGallery(lists: Readonly<Record<string, Facts["providers"]>>): Promise<Gallery> {
  const folder = mkdtempSync(path.join(tmpdir(), "byok-gallery-"));
  await build({
    root: import.meta.dirname,
    configFile: path.join(import.meta.dirname, "../../../page/vite.config.ts"),
    logLevel: "error",
    build: { outDir: folder, emptyOutDir: true, target: "es2022" },
  });
  const files = sirv(folder, { dev: true });
  const server = createServer((request, response) => {
    const [, name] = /^\/facts-(\w+)\.json$/.exec(request.url ?? "") ?? [];
    if (!name) return files(request, response, () => void response.writeHead(404).end());
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ providers: lists[name] }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    folder,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
