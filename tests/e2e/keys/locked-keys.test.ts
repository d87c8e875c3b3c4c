/** Keys whose master key is gone, or is another than the one that sealed them. */
import { describe, expect, test } from "vitest";
import { ask, refusalOf } from "../../harness/calls.ts";
import { requestsWith } from "../../harness/fakes.ts";
import { newMasterKey } from "../../harness/runtime/fleet.ts";
import { save, stack, verify } from "../../harness/users.ts";
import {
  deploy,
  expectCallsOnOwnKey,
  fleet,
  masterKeys,
  postgres,
  rotate,
  rotateJson,
  statusOf,
  useFleet,
  usersWithKeys,
} from "./rotating.ts";

useFleet();

describe("two keys of one kid", () => {
  test("are noticed before an older key is called retired, and everything opens when the right one is back", async () => {
    await deploy(1, 1);
    const users = await usersWithKeys(2);
    await deploy(2, 1, 2);
    expect(await rotateJson()).toMatchObject({ code: 0, rewrapped: 2, kids: [{ state: "retirable" }, {}] });

    await fleet.serve({ primary: 2, keys: { 1: masterKeys[1]!, 2: newMasterKey() } });
    const ids = (await postgres.query("select id from byok.credentials order by id")).rows.map(({ id }) => id);
    for (const args of [[], ["--dry-run"]]) {
      const found = await rotateJson(...args);
      expect(found).toMatchObject({ code: 1, rewrapped: 0, locked: 0, kids: [{ state: "withheld" }, {}] });
      expect([...found.unreadable].sort()).toEqual(ids);
    }
    expect((await rotate().ended).output).toContain("not to be retired yet");

    await deploy(2, 1, 2);
    expect(await rotateJson()).toMatchObject({ code: 0, unreadable: [], kids: [{ state: "retirable" }, {}] });
    for (const user of users) await expectCallsOnOwnKey(user);
  });
});

describe("a key whose master key is gone", () => {
  test("is locked when rotate comes by, is counted, and is unlocked by saving it again", async () => {
    await deploy(1, 1);
    const [user] = await usersWithKeys(1);
    await deploy(2, 2);
    expect(refusalOf(await ask(user!.user, "openai"))).toBe("envelope_unreadable");
    expect(await statusOf(user!), "a call writes nothing").toBe("verified");

    const locked = await rotateJson();
    expect(locked).toMatchObject({ code: 1, rewrapped: 0, locked: 1, unreadable: [] });
    expect(locked.kids[0]).toEqual({ kid: 1, in_ring: false, envelopes: 1, state: "locked" });
    expect(await statusOf(user!)).toBe("locked");
    expect(refusalOf(await ask(user!.user, "openai"))).toBe("envelope_unreadable");

    expect((await save(user!.user, "openai", user!.apiKey)).body.credential.status).toBe("verified");
    await expectCallsOnOwnKey(user!);
    expect(await rotateJson()).toMatchObject({ code: 0, locked: 0 });
  });

  test("is locked when it is verified, without asking the provider, and verified again when the master key is back", async () => {
    await deploy(1, 1);
    const [user] = await usersWithKeys(1);
    await deploy(2, 2);
    const refused = await verify(user!.user, "openai");
    expect([refused.status, refused.body.error.code]).toEqual([500, "envelope_unreadable"]);
    expect(refused.body.error.credential).toMatchObject({ provider: "openai", status: "locked" });
    expect(await statusOf(user!)).toBe("locked");
    expect(await requestsWith(stack, "openai", user!.apiKey)).toEqual([]);

    await deploy(2, 1, 2);
    expect((await verify(user!.user, "openai")).body.verdict).toBe("verified");
    expect(await statusOf(user!)).toBe("verified");
  });

  test("is unlocked by a rotation when the master key is back", async () => {
    await deploy(1, 1);
    const [user] = await usersWithKeys(1);
    await deploy(2, 2);
    await verify(user!.user, "openai");
    await deploy(2, 1, 2);
    expect(await rotateJson()).toMatchObject({ code: 0, rewrapped: 1 });
    expect(await statusOf(user!)).toBe("unverified");
    await expectCallsOnOwnKey(user!);
  });
});
