/** Making and changing key rings, as the operator does. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { importKeyring } from "../../functions/_shared/crypto/keyring.ts";
import { newKeyring } from "../../stack/keyring.ts";
import { commandProgram } from "../harness/processes.ts";

async function keys(args: string[], input = "") {
  const child = spawn(process.execPath, [commandProgram, "keys", ...args]);
  child.stdin.on("error", () => undefined).end(input);
  const [output, complaint, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code, output, complaint };
}

/** What a command makes of a key ring; the functions must accept it. */
async function changed(args: string[], ring: string) {
  const { code, output } = await keys(args, ring);
  expect(code).toBe(0);
  await importKeyring(output);
  return JSON.parse(output) as { primary: number; keys: Record<string, string> };
}

describe("npm run keys", () => {
  it("new makes a key ring that the functions accept, another each time", async () => {
    const [first, second] = [await changed(["new"], ""), await changed(["new"], "")];
    expect([first.primary, Object.keys(first.keys)]).toEqual([1, ["1"]]);
    expect(second.keys).not.toEqual(first.keys);
  });

  it("add, promote and retire change the key ring step by step, and keep what the others need", async () => {
    const first = JSON.parse(newKeyring());
    const added = await changed(["add"], JSON.stringify(first));
    expect(added).toEqual({ primary: 1, keys: { ...first.keys, 2: expect.any(String) } });
    const promoted = await changed(["promote"], JSON.stringify(added));
    expect(promoted).toEqual({ ...added, primary: 2 });
    const retired = await changed(["retire", "1"], JSON.stringify(promoted));
    expect(retired).toEqual({ primary: 2, keys: { 2: added.keys[2] } });
  });

  it("add never gives a kid a second time that is in the key ring", async () => {
    const { keys: only } = JSON.parse(newKeyring());
    const added = await changed(["add"], JSON.stringify({ primary: 7, keys: { 7: only[1] } }));
    expect(Object.keys(added.keys)).toEqual(["7", "8"]);
  });

  it.each([
    ["the primary key", "2", "Key 2 is the primary one, or newer."],
    ["a newer key", "3", "Key 3 is the primary one, or newer."],
    ["a key that is not there", "4", "There is no key 4 in this key ring."],
  ])("retire refuses %s", async (_, kid, reason) => {
    const masterKeys = [1, 2, 3].map((id) => [id, JSON.parse(newKeyring()).keys[1]]);
    const ring = JSON.stringify({ primary: 2, keys: Object.fromEntries(masterKeys) });
    expect(await keys(["retire", kid], ring)).toEqual({ code: 1, output: "", complaint: `${reason}\n` });
  });

  it("refuses a key ring that the functions would refuse, and shows nothing of it", async () => {
    const ring = JSON.stringify({ primary: 1, keys: { 1: "c2VjcmV0" } });
    const { code, output, complaint } = await keys(["add"], ring);
    expect([code, output]).toEqual([1, ""]);
    expect(complaint).toContain("key 1 is not the base64 of exactly 32 bytes");
    expect(complaint).not.toContain("c2VjcmV0");
  });

  it.each([[[]], [["toString"]], [["new", "1"]], [["retire"]], [["add", "2"]], [["retire", "1", "2"]]])(
    "exits with 2 and the help for %j",
    async (args) => {
      const { code, output, complaint } = await keys(args);
      expect([code, output]).toEqual([2, ""]);
      expect(complaint).toMatch(/npm run --silent keys:|^ {2}keys new /m);
    },
  );
});
