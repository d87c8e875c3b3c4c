/** Making and changing key rings, as the operator does. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { importKeyring } from "../../functions/_shared/crypto/keyring.ts";
import { type KeyringJson, newKeyring, newMasterKey } from "../../stack/keyring.ts";
import { commandProgram } from "../harness/processes.ts";

async function keyring(args: string[], input = "") {
  const child = spawn(process.execPath, [commandProgram, "keyring", ...args]);
  child.stdin.on("error", () => undefined).end(input);
  const [output, complaint, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code, output, complaint };
}

const newestOf = ({ keys }: KeyringJson) => Math.max(...Object.keys(keys).map(Number));

/** The key ring after a command; the functions must accept it. */
async function changed(args: string[], ring: string) {
  const { code, output } = await keyring(args, ring);
  expect(code).toBe(0);
  await importKeyring(output);
  return JSON.parse(output) as { primary: number; keys: Record<string, string> };
}

describe("npm run keyring", () => {
  test("new makes a key ring that the functions accept, another each time", async () => {
    const [first, second] = [await changed(["new"], ""), await changed(["new"], "")];
    expect(Object.keys(first.keys)).toEqual([String(first.primary)]);
    expect(Object.keys(second.keys)).not.toEqual(Object.keys(first.keys));
    expect(Object.values(second.keys)).not.toEqual(Object.values(first.keys));
  });

  test("add, promote and retire change the key ring step by step, and keep what the others need", async () => {
    const first = JSON.parse(newKeyring());
    const added = await changed(["add"], JSON.stringify(first));
    const newest = newestOf(added);
    expect(newest).toBeGreaterThan(first.primary);
    expect(added).toEqual({ primary: first.primary, keys: { ...first.keys, [newest]: expect.any(String) } });
    const promoted = await changed(["promote"], JSON.stringify(added));
    expect(promoted).toEqual({ ...added, primary: newest });
    const retired = await changed(["retire", `${first.primary}`], JSON.stringify(promoted));
    expect(retired).toEqual({ primary: newest, keys: { [newest]: added.keys[newest] } });
  });

  test("add gives another kid each time, also from the same file", async () => {
    const ring = newKeyring();
    const kids = [newestOf(await changed(["add"], ring)), newestOf(await changed(["add"], ring))];
    expect(kids[0]).not.toBe(kids[1]);
  });

  test("add and promote say which key that is, where the file does not swallow it", async () => {
    const added = await keyring(["add"], newKeyring());
    const kid = newestOf(JSON.parse(added.output));
    expect(added.complaint).toBe(`Key ${kid} is added. Nothing is sealed under it until it is the primary one.\n`);
    expect((await keyring(["promote"], added.output)).complaint).toBe(`Key ${kid} is the primary one.\n`);
  });

  test("add refuses when there is no greater kid", async () => {
    const ring = { primary: 4294967295, keys: { 4294967295: newMasterKey() } };
    const refused = { code: 1, output: "", complaint: "There is no kid left after 4294967295.\n" };
    expect(await keyring(["add"], JSON.stringify(ring))).toEqual(refused);
  });

  test.each([
    ["the primary key", "2", "Key 2 is the primary one, or newer."],
    ["a newer key", "3", "Key 3 is the primary one, or newer."],
    ["a key that is not there", "4", "There is no key 4 in this key ring."],
  ])("retire refuses %s", async (_, kid, reason) => {
    const masterKeys = [1, 2, 3].map((id) => [id, newMasterKey()]);
    const ring = JSON.stringify({ primary: 2, keys: Object.fromEntries(masterKeys) });
    expect(await keyring(["retire", kid], ring)).toEqual({ code: 1, output: "", complaint: `${reason}\n` });
  });

  test("refuses a key ring that the functions would refuse, and shows nothing of it", async () => {
    const ring = JSON.stringify({ primary: 1, keys: { 1: "c2VjcmV0" } });
    const { code, output, complaint } = await keyring(["add"], ring);
    expect([code, output]).toEqual([1, ""]);
    expect(complaint).toContain("key 1 is not the base64 of exactly 32 bytes");
    expect(complaint).not.toContain("c2VjcmV0");
  });

  test.each([[[]], [["toString"]], [["new", "1"]], [["retire"]], [["add", "2"]], [["retire", "1", "2"]]])(
    "exits with 2 and the help for %j",
    async (args) => {
      const { code, output, complaint } = await keyring(args);
      expect([code, output]).toEqual([2, ""]);
      expect(complaint).toMatch(/npm run --silent keyring:|^ {2}keyring new /m);
    },
  );
});
