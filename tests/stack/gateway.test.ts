import { once } from "node:events";
import { Agent, createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readConfig } from "../../stack/config.ts";
import { inOneProcess } from "../../stack/functions/project-functions.ts";
import { type Backends, type Gateway, startGateway } from "../../stack/api/gateway.ts";
import { makeProject, type Project } from "../harness/fixture.ts";

let project: Project;
let gateway: Gateway;
let functions: Server;
let answer: (request: IncomingMessage, response: ServerResponse) => void;

beforeEach(async () => {
  project = makeProject();
  functions = createServer((request, response) => answer(request, response)).listen(0, "127.0.0.1");
  await once(functions, "listening");
  gateway = await startGateway(0);
});

afterEach(async () => {
  await gateway.stop();
  functions.closeAllConnections();
  functions.close();
  project.remove();
});

function open(): void {
  const tokens = {
    async verify(token: string) {
      if (token !== "good") throw new Error("bad token");
      return {};
    },
  } as Backends["tokens"];
  const dataApi = async (incoming: Request) => new Response(`${incoming.method} ${new URL(incoming.url).pathname}`);
  const port = () => (functions.address() as AddressInfo).port;
  gateway.open({ tokens, dataApi, functions: inOneProcess(readConfig(project.supabaseDir), port) });
}

/** Sends what fetch() would tidy up, byte for byte. */
async function sendRaw(text: string): Promise<string> {
  const socket = connect(Number(new URL(gateway.url).port), "127.0.0.1");
  socket.write(text);
  let received = "";
  for await (const chunk of socket) received += chunk;
  return received;
}

describe("before the stack is ready", () => {
  test("asks to come back", async () => {
    const early = await fetch(`${gateway.url}/rest/v1/`);
    expect(early.status).toBe(503);
    expect(early.headers.get("retry-after")).toBe("1");
  });
});

describe("routing", () => {
  test("hands REST and Auth to Lite, functions to Deno, and knows nothing else", async () => {
    answer = (incoming, response) => response.end(`function ${incoming.url}`);
    open();
    const get = async (path: string) => (await fetch(gateway.url + path)).text();
    expect(await get("/rest/v1/notes?select=id")).toBe("GET /rest/v1/notes");
    expect(await get("/auth/v1/user")).toBe("GET /auth/v1/user");
    expect(await get("/functions/v1/probe?a=1")).toBe("function /probe?a=1");
    for (const path of ["/", "/rest", "/restv1/", "/rest/v10", "/functions/v1", "/functions/v1/"]) {
      const nothing = await fetch(gateway.url + path);
      expect(nothing.status).toBe(404);
      expect(await nothing.json()).toMatchObject({ code: "NOT_FOUND" });
    }
  });

  test("passes the path on as it was sent", async () => {
    answer = (incoming, response) => response.end(incoming.url);
    open();
    const path = "/probe//a/../b%2F%2e%2e/\\x?q=%20+&";
    const received = await sendRaw(`GET /functions/v1${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    expect(received).toContain(`\r\n\r\n`);
    expect(received).toContain(path);
  });

  test("checks the token of a function with verify_jwt, except for a preflight", async () => {
    answer = (_, response) => response.end("in");
    open();
    const call = (headers: Record<string, string>, method = "POST") =>
      fetch(`${gateway.url}/functions/v1/guarded`, { method, headers });
    expect(await (await call({ authorization: "Bearer good" })).text()).toBe("in");
    expect(await (await call({}, "OPTIONS")).text()).toBe("in");
    expect((await call({})).status).toBe(401);
    expect(await (await call({ authorization: "Bearer bad" })).json()).toMatchObject({
      code: "UNAUTHORIZED_INVALID_JWT_FORMAT",
    });
    expect((await fetch(`${gateway.url}/functions/v1/probe`)).status).toBe(200);
  });
});

describe("headers", () => {
  test("arrive as they were sent, but for host, x-forwarded-* and those of the connection", async () => {
    answer = (incoming, response) => response.end(JSON.stringify(incoming.rawHeaders));
    open();
    const { host } = new URL(gateway.url);
    const received = await sendRaw(
      [
        "POST /functions/v1/probe HTTP/1.1",
        `Host: ${host}`,
        "X-Api-Key: one",
        "x-twice: 1",
        "X-Twice: 2",
        "x-forwarded-for: 6.6.6.6",
        "Connection: close, x-mine",
        "x-mine: for the gateway",
        "Content-Length: 2",
        "",
        "hi",
      ].join("\r\n"),
    );
    const sent: string[] = JSON.parse(/\[.*\]/.exec(received)![0]);
    const pairs = sent.flatMap((name, i) => (i % 2 ? [] : [`${name}: ${sent[i + 1]}`]));
    expect(pairs).toEqual([
      "X-Api-Key: one",
      "x-twice: 1",
      "X-Twice: 2",
      "Content-Length: 2",
      `host: 127.0.0.1:${(functions.address() as AddressInfo).port}`,
      "x-forwarded-for: 127.0.0.1",
      `x-forwarded-host: ${host}`,
      `x-forwarded-port: ${new URL(gateway.url).port}`,
      "x-forwarded-proto: http",
    ]);
  });

  test("keep a body's length, though Connection names it: what is left over would be the next request of a kept connection", async () => {
    const asked: string[] = [];
    answer = (incoming, response) => {
      asked.push(`${incoming.method} ${incoming.url}`);
      incoming.resume().on("end", () => response.end());
    };
    open();
    const hidden = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";
    const head = `Host: a\r\nConnection: close, content-length\r\nContent-Length: ${hidden.length}`;
    await sendRaw(`POST /functions/v1/probe HTTP/1.1\r\n${head}\r\n\r\n${hidden}`);
    await (await fetch(`${gateway.url}/functions/v1/probe/next`)).text();
    expect(asked).toEqual(["POST /probe", "GET /probe/next"]);
  });

  test("of the answer come back as they were, also those that occur twice", async () => {
    answer = (_, response) => {
      response.writeHead(418, "Short and stout", [
        "Set-Cookie",
        "a=1",
        "Set-Cookie",
        "b=2",
        "Content-Encoding",
        "gzip",
      ]);
      response.end("not gzip at all");
    };
    open();
    const received = await sendRaw("GET /functions/v1/probe HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    expect(received).toMatch(/^HTTP\/1.1 418 Short and stout\r\n/);
    expect(received).toContain("Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Encoding: gzip\r\n");
    expect(received).toContain("not gzip at all");
  });
});

describe("streams", () => {
  test("pass through piece by piece in both directions", async () => {
    answer = (incoming, response) => {
      response.flushHeaders();
      incoming.on("data", (chunk) => response.write(`got ${chunk}`));
      incoming.on("end", () => response.end());
    };
    open();
    const sending = request(`${gateway.url}/functions/v1/probe`, {
      method: "DELETE",
      headers: { "transfer-encoding": "chunked" },
    });
    sending.write("one");
    const [response] = (await once(sending, "response")) as [IncomingMessage];
    for (const piece of ["one", "two"]) {
      if (piece !== "one") sending.write(piece);
      expect(String((await once(response, "data"))[0])).toBe(`got ${piece}`);
    }
    sending.end();
    await once(response, "end");
  });

  test("a caller who leaves is noticed by the function at once", async () => {
    const begun = Promise.withResolvers<ServerResponse>();
    answer = (_, response) => {
      response.write("first");
      begun.resolve(response);
    };
    open();
    const leaving = new AbortController();
    const response = await fetch(`${gateway.url}/functions/v1/probe`, { signal: leaving.signal });
    await response.body!.getReader().read();
    const left = once(await begun.promise, "close");
    leaving.abort();
    await left;
  });

  test("a caller who leaves before the first byte is noticed too", async () => {
    const begun = Promise.withResolvers<ServerResponse>();
    answer = (_, response) => begun.resolve(response);
    open();
    const leaving = new AbortController();
    const call = fetch(`${gateway.url}/functions/v1/probe`, { signal: leaving.signal });
    const left = once(await begun.promise, "close");
    leaving.abort();
    await expect(call).rejects.toThrow();
    await left;
  });

  test("an answer that breaks off breaks off for the caller, and does not end well", async () => {
    answer = (_, response) => response.write("half", () => response.destroy());
    open();
    const response = await fetch(`${gateway.url}/functions/v1/probe`);
    await expect(response.text()).rejects.toThrow();
  });

  test("a connection that a caller keeps is not closed after some time, just as the caller may pick it again", async () => {
    open();
    answer = (_, response) => response.end();
    const { headers } = await fetch(`${gateway.url}/functions/v1/probe`);
    expect(headers.get("connection")).toBe("keep-alive");
    expect(headers.get("keep-alive")).toBeNull();
  });

  test("a large body that is refused before it has come gets its answer, and the calls after it theirs", async () => {
    answer = (incoming, response) => {
      if (incoming.method === "GET") return response.end("next");
      // As Deno does: an answer, and not another byte read.
      response.writeHead(413, { "content-type": "application/json" }).end('{"code":"too_large"}');
    };
    open();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = (method: string, body: Buffer | undefined) =>
      new Promise<[number | undefined, string]>((resolve, reject) => {
        const sending = request(`${gateway.url}/functions/v1/probe`, { method, agent });
        // A client that reads nothing before it has sent everything.
        sending.on("response", async (response) => resolve([response.statusCode, await text(response)]));
        sending.on("error", reject);
        sending.end(body);
      });
    for (let round = 0; round < 6; round++) {
      expect(await ask("POST", Buffer.alloc(26 * 1024 * 1024))).toEqual([413, '{"code":"too_large"}']);
      expect(await ask("GET", undefined)).toEqual([200, "next"]);
    }
    agent.destroy();
  });

  test("a body that ends before its announced length is answered at once, in so many words", async () => {
    answer = (incoming) => incoming.resume();
    open();
    const socket = connect(Number(new URL(gateway.url).port), "127.0.0.1");
    socket.end("POST /functions/v1/probe HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nshort");
    const received = await text(socket);
    expect(received).toMatch(/^HTTP\/1.1 400 /);
    expect(received).toContain('"code":"INCOMPLETE_REQUEST"');
  });

  test("functions that end amid a large body are reported with 503, also to a client that reads nothing before it has sent it", async () => {
    answer = (incoming) => incoming.once("data", () => incoming.socket.destroy());
    open();
    const body = Buffer.alloc(25 * 1024 * 1024);
    const head = `POST /functions/v1/probe HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n`;
    const socket = connect(Number(new URL(gateway.url).port), "127.0.0.1");
    socket.write(head);
    await new Promise((sent) => socket.write(body, sent));
    const [received] = await once(socket, "data");
    socket.destroy();
    expect(String(received)).toMatch(/^HTTP\/1\.1 503 /);
  });

  test("functions that are gone are reported with 503", async () => {
    open();
    functions.close();
    const response = await fetch(`${gateway.url}/functions/v1/probe`, { method: "POST", body: "x" });
    expect(response.status).toBe(503);
  });
});
