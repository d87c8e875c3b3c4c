/** The direct way to a database with TLS, as a hosted project has it, on each Deno that is installed and in Node. */
import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { describe, expect, test, vi } from "vitest";
import { direct } from "../../../functions/_shared/database/direct.ts";
import { type DenoRelease, denoProgram, hasDeno } from "../../../stack/functions/deno-program.ts";
import { makeCertificate } from "../../harness/database/certificate.ts";
import { nodeSockets } from "../../harness/database/node-sockets.ts";
import { startTlsRelay } from "../../harness/database/tls-relay.ts";
import { stack } from "../../harness/users.ts";

/** No client of OAuth's is accepted at first. */
const answered = false;

async function askInNode(url: string, ca: string): Promise<unknown> {
  const database = direct({ url, tls: ca ? { ca } : {}, sockets: nodeSockets });
  const asking = database.isClientAccepted("a-client");
  return await asking.catch((error: { code: string }) => error.code).finally(() => database.close());
}

const askOn = (release: DenoRelease) => async (url: string, ca: string) => {
  const program = path.join(import.meta.dirname, "tls-on-deno.ts");
  const flags = ["run", "--quiet", "--no-check", "--no-lock", "--allow-net", "--allow-env"];
  const { stdout } = await promisify(execFile)(denoProgram(release), [...flags, program, url, ca], {
    env: { DENO_NO_UPDATE_CHECK: "1" },
  });
  return JSON.parse(stdout) as unknown;
};

const ways = [
  ["in Node", askInNode],
  ...(["newest", "hosted"] as const).filter(hasDeno).map((release) => [`on Deno, ${release}`, askOn(release)] as const),
] as const;

describe.each(ways)("direct() with TLS, %s", (_, ask) => {
  async function relayed(name: string) {
    vi.spyOn(console, "error").mockReturnValue();
    const certificate = makeCertificate(name);
    const relay = await startTlsRelay(new URL(stack.functionsDbUrl), certificate);
    const url = new URL(stack.functionsDbUrl);
    url.hostname = "localhost";
    url.port = String(relay.port);
    return { relay, url: url.href, ca: certificate.cert };
  }

  test("asks a server whose certificate the named authority has signed", async () => {
    const { url, ca, relay } = await relayed("localhost");
    expect(await ask(url, ca)).toBe(answered);
    expect(relay.told()).toContain("byok_functions");
  });

  test("tells nothing to a server whose certificate nobody known has signed", async () => {
    const { url, relay } = await relayed("localhost");
    expect(await ask(url, "")).toBe("database_unavailable");
    expect(await ask(url, makeCertificate("localhost").cert)).toBe("database_unavailable");
    expect(relay.told()).toBe("");
  });

  test("tells nothing to a server whose certificate is for another name", async () => {
    const { url, ca, relay } = await relayed("elsewhere.example");
    expect(await ask(url, ca)).toBe("database_unavailable");
    expect(relay.told()).toBe("");
  });
});
