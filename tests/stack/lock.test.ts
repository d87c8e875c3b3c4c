/** Which stack runs on a state folder, for a second start and for the commands. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { AlreadyRunningError, lockState, runningStackOn } from "../../stack/lock.ts";

const addresses = { url: "http://127.0.0.1:1", dbUrl: "postgresql://postgres:postgres@127.0.0.1:2/postgres" };
let stateDir: string;

beforeEach(() => void (stateDir = mkdtempSync(path.join(tmpdir(), "byok-lock-"))));
afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

test("runningStackOn() finds a stack from when it has announced itself until it is released", () => {
  expect(runningStackOn(stateDir)).toBeUndefined();
  const lock = lockState(stateDir);
  expect(runningStackOn(stateDir)).toBeUndefined();
  lock.announce(addresses);
  expect(runningStackOn(stateDir)).toEqual(addresses);
  lock.release();
  expect(runningStackOn(stateDir)).toBeUndefined();
});

test("runningStackOn() does not take a stack that was killed for a running one", () => {
  lockState(stateDir).release();
  // The remains of a stack that had no chance to tidy up.
  writeFileSync(path.join(stateDir, "running.json"), JSON.stringify(addresses));
  expect(runningStackOn(stateDir)).toBeUndefined();
});

test("a second lock names the address of the first, and leaves it alone", () => {
  const lock = lockState(stateDir);
  lock.announce(addresses);
  expect(() => lockState(stateDir)).toThrow(AlreadyRunningError);
  expect(() => lockState(stateDir)).toThrow(`already running on ${stateDir}, at ${addresses.url}`);
  expect(runningStackOn(stateDir)).toEqual(addresses);
  lock.release();
  lockState(stateDir).release();
});
