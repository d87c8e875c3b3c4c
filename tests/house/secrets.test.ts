/** Nothing that opens anything lies in the repository, and the search for it works. */
import { globSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { findLeaks } from "../secrets.ts";
import { root } from "./sources.ts";

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

describe("findLeaks()", () => {
  test.each([
    ["an OpenAI key", `sk-proj-${"a".repeat(74)}T3BlbkFJ${"b".repeat(74)}`],
    ["an Anthropic key", `sk-ant-api03-${"a".repeat(93)}AA`],
    ["a key of a double", `gsk_double-works-${"0a".repeat(16)}`],
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
