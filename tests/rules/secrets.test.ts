/** Nothing that opens anything lies in the repository, and the search for it works. */
import { globSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { importKeyring } from "../../functions/_shared/crypto/keyring.ts";
import PrintedSecrets from "../harness/reporters/printed.ts";
import { findLeaks } from "../harness/secrets.ts";
import { root } from "../harness/sources.ts";

const notOurs = ["node_modules", ".git", ".stack", ".temp", ".branches", "dist"];

test("no file of the repository holds a secret", { timeout: 120_000 }, async () => {
  const files = globSync("**/*", { cwd: root, exclude: (name) => notOurs.includes(name.split("/").at(-1)!) });
  const hidden = globSync(".*/**/*", { cwd: root, exclude: (name) => notOurs.includes(name.split("/").at(-1)!) });
  const texts = [...files, ...hidden].filter(
    (file) => statSync(join(root, file)).isFile() && !file.endsWith("package-lock.json"),
  );
  expect(texts.length).toBeGreaterThan(150);
  const leaks: string[] = [];
  for (const file of texts) leaks.push(...(await findLeaks(file, readFileSync(join(root, file), "utf8"))));
  expect(leaks).toEqual([]);
});

test("no 32 bytes that stand in the repository are taken for a master key", { timeout: 30_000 }, async () => {
  const files = globSync("**/*.{md,ts,tsx,sql,json,toml,sh}", {
    cwd: root,
    exclude: (name) => notOurs.includes(name.split("/").at(-1)!),
  });
  const isOther = (file: string) => /package-lock\.json$|published-keys\.ts$/.test(file);
  const texts = files.filter((file) => !isOther(file)).map((file) => readFileSync(join(root, file), "utf8"));
  const found = texts.flatMap((text) => [
    ...[...text.matchAll(/(?<![\w+/-])[\w+/-]{43}=/g)].map(([key]) => Buffer.from(key, "base64")),
    ...[...text.matchAll(/(?<!\w)[0-9a-f]{64}(?!\w)/gi)].map(([key]) => Buffer.from(key, "hex")),
  ]);
  expect(found.length).toBeGreaterThan(2);
  for (const bytes of found.filter(({ length }) => length === 32)) {
    const ring = JSON.stringify({ primary: 1, keys: { 1: bytes.toString("base64") } });
    await expect(importKeyring(ring)).rejects.toThrow("is a published example");
  }
});

describe("findLeaks()", () => {
  test.each([
    ["an OpenAI key", `sk-proj-${"a".repeat(74)}T3BlbkFJ${"b".repeat(74)}`],
    ["an Anthropic key", `sk-ant-api03-${"a".repeat(93)}AA`],
    ["a key of a fake", `gsk_fake-works-${"0a".repeat(16)}`],
    ["a secret key of a project", `sb_secret_${"a".repeat(31)}`],
    ["an access token", ["eyJhbGciOiJFUzI1NiIsImtpZCI6", "eyJzdWIiOiIwMDAwMDAwMC0wMDAw", "a".repeat(86)].join(".")],
    ["a private key", ["-----BEGIN ", "PRIVATE KEY-----"].join("")],
  ])("finds %s, and does not repeat it", async (_, secret) => {
    const leaks = await findLeaks("file", `first line\nkey = ${secret}\n`);
    expect(leaks.length).toBeGreaterThan(0);
    for (const leak of leaks) {
      expect(leak).toMatch(/^file:2 /);
      expect(leak).not.toContain(secret.slice(-8));
    }
  });

  test("leaves alone what only looks like one", async () => {
    expect(await findLeaks("file", "sk-proj-... sb_secret_example eyJ gsk_")).toEqual([]);
  });
});

describe("a test run", () => {
  const secret = `gsk_fake-works-${"0a".repeat(16)}`;

  /** The exit code of a run that prints this, and what it has printed itself in the end. */
  async function afterPrinting(...printed: (string | Uint8Array)[]) {
    const streams = [process.stdout, process.stderr];
    const spies = streams.map((stream) => vi.spyOn(stream, "write").mockReturnValue(true));
    const before = process.exitCode;
    process.exitCode = undefined;
    try {
      const reporter = new PrintedSecrets();
      reporter.onInit();
      for (const [index, text] of printed.entries()) streams[index % 2]!.write(text);
      await reporter.onTestRunEnd();
      return { exitCode: process.exitCode, said: String(spies[1]!.mock.calls.at(-1)?.[0]) };
    } finally {
      process.exitCode = before;
      vi.restoreAllMocks();
    }
  }

  test.each([
    ["on stdout", [secret]],
    ["on stderr", ["", secret]],
    ["as bytes", [new TextEncoder().encode(secret)]],
    ["in pieces", [secret.slice(0, 20), "", secret.slice(20)]],
    ["in colours", [`${secret.slice(0, 20)}\u001b[31m${secret.slice(20)}`]],
  ])("that prints a secret %s fails, and says where", async (_, printed) => {
    const { exitCode, said } = await afterPrinting(...printed);
    expect(exitCode).toBe(1);
    expect(said).toContain("printed:1 ");
    expect(said).not.toContain(secret.slice(-8));
  });

  test("that prints none does not", async () => {
    expect(await afterPrinting("sk-proj-... is no key")).toMatchObject({ exitCode: undefined });
  });
});
