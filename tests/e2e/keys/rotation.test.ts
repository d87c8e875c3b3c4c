/** Rotation of the master key through the function rotate and the operator's command, step by step. */
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { type ByokUser, functionsUrlOf, newByokUser, newUser, stack } from "../../harness/users.ts";
import {
  deploy,
  expectCallsOnOwnKey,
  fleet,
  interpose,
  kidOf,
  masterKeys,
  postgres,
  ringOf,
  rotate,
  rotateJson,
  statusOf,
  tamper,
  useFleet,
  usersWithKeys,
} from "./rotating.ts";

useFleet();

describe("npm run rotate", () => {
  test("re-encrypts every key, says which master key can be retired, and keys open without it", async () => {
    await deploy(1, 1);
    const users = await usersWithKeys(5);
    await deploy(1, 1, 2);
    const nothing = await rotateJson();
    expect(nothing).toMatchObject({ code: 0, primary: 1, rewrapped: 0 });
    expect(nothing.kids).toEqual([
      { kid: 1, in_ring: true, envelopes: 5, state: "primary" },
      { kid: 2, in_ring: true, envelopes: 0, state: "newer" },
    ]);

    await deploy(2, 1, 2);
    const done = await rotateJson("--batch", "2");
    expect(done).toMatchObject({ code: 0, primary: 2, rewrapped: 5, left_alone: 0, locked: 0, unreadable: [] });
    expect(done.kids).toEqual([
      { kid: 1, in_ring: true, envelopes: 0, state: "retirable" },
      { kid: 2, in_ring: true, envelopes: 5, state: "primary" },
    ]);
    expect((await postgres.query("select status from byok.credentials")).rows).toEqual(
      users.map(() => ({ status: "verified" })),
    );

    await deploy(2, 2);
    for (const user of users) await expectCallsOnOwnKey(user);
  });

  test("says in a dry run what it would do, and does not", async () => {
    await deploy(1, 1);
    const [good, bad] = await usersWithKeys(2);
    await tamper(bad!);
    await deploy(2, 1, 2);
    const dry = await rotateJson("--dry-run");
    const { rows } = await postgres.query("select id from byok.credentials where owner_id = $1", [bad!.user.id]);
    expect(dry).toMatchObject({ code: 1, dry_run: true, rewrapped: 1, unreadable: [rows[0].id] });
    expect(dry.kids[0]).toMatchObject({ kid: 1, envelopes: 2, state: "needed" });
    expect([await kidOf(good!), await kidOf(bad!)]).toEqual([1, 1]);
    expect(await statusOf(bad!)).toBe("verified");
  });

  test("passes by what was tampered with, names it, and does not call its key retired", async () => {
    await deploy(1, 1);
    const [good, bad] = await usersWithKeys(2);
    await tamper(bad!);
    await deploy(2, 1, 2);
    const { code, output } = await rotate().ended;
    const { rows } = await postgres.query("select id from byok.credentials where owner_id = $1", [bad!.user.id]);
    expect(code).toBe(1);
    expect(output).toMatch(/^Re-encrypted 1 keys; 0 are locked, 1 cannot be opened\.$/m);
    expect(output).toMatch(/^ {2}key 1 +1 {2}still needed$/m);
    expect(output).toContain(rows[0].id);
    expect([await kidOf(good!), await kidOf(bad!)]).toEqual([2, 1]);
    expect([await statusOf(good!), await statusOf(bad!)]).toEqual(["verified", "locked"]);
  });

  test("leaves the key of an endpoint that is gone as it was, says so, and re-encrypts it once the endpoint is back", async () => {
    await deploy(1, 1);
    const [kept, stranded] = await usersWithKeys(2);
    const renameProvider = (provider: string, user: ByokUser) =>
      postgres.query("update byok.credentials set provider = $1 where owner_id = $2", [provider, user.user.id]);
    await renameProvider("house", stranded!);
    await deploy(2, 1, 2);
    expect(await rotateJson("--dry-run")).toMatchObject({
      code: 1,
      rewrapped: 1,
      unreadable: [],
      unknown: { house: 1 },
    });
    const { code, output } = await rotate().ended;
    expect([code, output]).toEqual([
      1,
      expect.stringMatching(/^Re-encrypted 1 keys; 0 are locked, 0 cannot be opened\.$/m),
    ]);
    expect(output).toMatch(/^ {2}key 1 +1 {2}still needed$/m);
    expect(output).toMatch(/BYOK_ENDPOINTS.*\n {2}house: 1 key$/m);
    expect([await kidOf(kept!), await kidOf(stranded!)]).toEqual([2, 1]);
    expect(await statusOf(stranded!)).toBe("verified");

    await renameProvider("openai", stranded!);
    expect(await rotateJson()).toMatchObject({
      code: 0,
      rewrapped: 1,
      unknown: {},
      kids: [{ state: "retirable" }, {}],
    });
    await expectCallsOnOwnKey(stranded!);
  });

  test("goes on where it was when it was killed", async () => {
    await deploy(1, 1);
    const users = await usersWithKeys(6);
    await deploy(2, 1, 2);
    // A count and two batches.
    const stalling = await interpose((request) => (request > 3 ? new Promise(() => {}) : Promise.resolve()));
    const killed = rotate(["--batch", "2"], stalling);
    await killed.printed(/4 of 6 keys/);
    killed.process.kill("SIGKILL");
    expect((await killed.ended).code).toBeNull();
    expect((await Promise.all(users.map(kidOf))).sort()).toEqual([1, 1, 2, 2, 2, 2]);
    expect(await rotateJson()).toMatchObject({ code: 0, rewrapped: 2 });
    expect(await Promise.all(users.map(kidOf))).toEqual(users.map(() => 2));
  });

  test("comes by again for what a function with the key ring of before saves meanwhile", async () => {
    await deploy(1, 1);
    await usersWithKeys(1);
    await deploy(2, 1, 2);
    let late: ByokUser | undefined;
    // A count, a batch, and an empty one: the pass is over.
    const busy = await interpose(async (request) => {
      if (request !== 4) return;
      await deploy(1, 1, 2);
      late = await newByokUser("openai", { on: fleet.stack });
      await deploy(2, 1, 2);
    });
    const { code, output } = await rotate(["--json"], busy).ended;
    expect([code, JSON.parse(output.match(/^\{.*\}$/m)![0])]).toMatchObject([0, { rewrapped: 2 }]);
    expect(await kidOf(late!)).toBe(2);
  });

  test("finds what functions with the old and the new key ring have saved side by side", async () => {
    await deploy(1, 1);
    const [early] = await usersWithKeys(1);
    await fleet.serve(ringOf(1, 1, 2), ringOf(2, 1, 2));
    // The two take turns, so some of these are sealed by the function that has not heard of the promotion.
    const late = await usersWithKeys(4);
    expect(new Set(await Promise.all(late.map(kidOf)))).toEqual(new Set([1, 2]));
    const done = await rotateJson("--primary", "2", "--batch", "1");
    expect(done).toMatchObject({ code: 0, primary: 2 });
    expect(await Promise.all([early!, ...late].map(kidOf))).toEqual([2, 2, 2, 2, 2]);
    for (const user of [early!, ...late]) await expectCallsOnOwnKey(user);
  });

  test("does not undo a rotation when a function with the key ring of before answers", async () => {
    await deploy(2, 1, 2);
    const [user] = await usersWithKeys(1);
    await deploy(1, 1, 2);
    const { code, output } = await rotate().ended;
    expect([code, output]).toEqual([1, expect.stringMatching(/^Keys are sealed under 2, .* 1 is the primary key/)]);
    expect(await kidOf(user!)).toBe(2);
  });

  test("says what keeps it from beginning", async () => {
    await deploy(1, 1);
    const wrongKey = await rotate([], { ...fleet.stack, secretKey: fleet.stack.publishableKey }).ended;
    expect(wrongKey).toEqual({ code: 1, output: "The project's secret key is needed, in the header apikey.\n" });
    const misunderstood = [
      ...[["--batch", "501"], ["--batch", "0"], ["--primary", "two"], ["--loudly"], ["2"]].map((args) => rotate(args)),
      ...["", "no url", "http://project.test", "ftp://project.test"].map((url) => rotate([], { ...fleet.stack, url })),
    ];
    for (const { ended } of misunderstood) {
      const { code, output } = await ended;
      expect(code).toBe(2);
      expect(output).toContain("Usage: npm run rotate");
      expect(output).not.toContain(fleet.stack.secretKey);
    }
  });

  test("sends the secret key nowhere else, be it asked to", async () => {
    const asked: unknown[] = [];
    const listen = async (listener: RequestListener) => {
      const server = createServer(listener).listen(0, "127.0.0.1");
      onTestFinished(() => void server.close().closeAllConnections());
      await once(server, "listening");
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    };
    const elsewhere = await listen((request, response) => {
      asked.push(request.headers);
      response.end("{}");
    });
    const url = await listen((_, response) => response.writeHead(307, { location: elsewhere }).end());
    const { code, output } = await rotate([], { ...fleet.stack, url }).ended;
    expect([code, output]).toEqual([1, "SUPABASE_URL leads elsewhere, where the secret key is not sent.\n"]);
    expect(asked).toEqual([]);
  });

  test("finds the local stack, and says when none is running", async () => {
    const nowhere = { ...fleet.stack, url: "", secretKey: "" };
    const found = await rotate(["--json", "--state", stack.stateDir], nowhere).ended;
    expect(JSON.parse(found.output).kids).toHaveLength(1);
    const missed = await rotate(["--state", path.join(stack.stateDir, "nowhere")], nowhere).ended;
    expect(missed).toEqual({ code: 2, output: expect.stringContaining("npm start") });
  });

  test("prints no key, no envelope and no master key", async () => {
    await deploy(1, 1);
    const users = await usersWithKeys(2);
    await tamper(users[0]!);
    const { rows } = await postgres.query("select envelope from byok.envelopes");
    await deploy(2, 1, 2);
    const outputs = [await rotate(["--dry-run"]).ended, await rotate().ended, await rotate(["--json"]).ended];
    const printed = JSON.stringify([outputs, fleet.printed]);
    const secrets = [
      ...masterKeys.slice(1),
      ...users.map(({ apiKey }) => apiKey),
      ...rows.map(({ envelope }) => envelope),
    ];
    for (const secret of [...secrets, stack.secretKey]) expect(printed.includes(secret.slice(0, 40))).toBe(false);
    expect(fleet.printed).toEqual([]);
  });
});

describe("the function rotate", () => {
  async function post(body: unknown, headers: Record<string, string> = { apikey: stack.secretKey }) {
    const response = await fetch(`${functionsUrlOf(fleet.stack)}/rotate`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as any };
  }

  test("answers nobody but the operator", async () => {
    await deploy(2, 1, 2);
    const user = await newUser(0, fleet.stack);
    for (const headers of [
      {},
      { apikey: stack.publishableKey },
      { authorization: `Bearer ${user.accessToken}` },
      { authorization: `Bearer ${stack.secretKey}` },
      { apikey: user.accessToken, "x-byok-user": user.id },
    ]) {
      const answer = await post({ kid: 1, primary: 2 }, headers as Record<string, string>);
      expect([answer.status, answer.body.error.code]).toEqual([401, "unauthenticated"]);
      const count = await fetch(`${functionsUrlOf(fleet.stack)}/rotate`, {
        headers: headers as Record<string, string>,
      });
      expect(count.status).toBe(401);
    }
  });

  test.each([
    [{}, "kid"],
    [{ kid: 1 }, "primary"],
    [{ kid: -1, primary: 2 }, "kid"],
    [{ kid: 2 ** 32, primary: 2 }, "kid"],
    [{ kid: 1.5, primary: 2 }, "kid"],
    [{ kid: 2, primary: 2 }, "kid"],
    [{ kid: 1, primary: 2, limit: 501 }, "limit"],
    [{ kid: 1, primary: 2, after: "first" }, "after"],
    [{ kid: 1, primary: 2, master_key: "x" }, "master_key"],
  ])("refuses %j and names the field %s", async (body, field) => {
    await deploy(2, 1, 2);
    const answer = await post(body);
    expect([answer.status, answer.body.error.code, answer.body.error.field]).toEqual([400, "invalid_request", field]);
  });

  test("answers counts and ids alone, and tells who has another key ring", async () => {
    await deploy(1, 1);
    await usersWithKeys(1);
    await deploy(2, 1, 2);
    const { rows } = await postgres.query("select id from byok.credentials");
    expect(await post({ kid: 1, primary: 1 })).toMatchObject({
      status: 409,
      body: { error: { code: "keyring_changed", primary: 2 } },
    });
    expect(await post({ kid: 1, primary: 2 })).toEqual({
      status: 200,
      body: { rewrapped: 1, left_alone: 0, unreadable: [], unknown: [], next: rows[0].id },
    });
  });
});
