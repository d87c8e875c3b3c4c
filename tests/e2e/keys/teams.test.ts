/** Two teams of two, each with a key: what admins, members, former members and strangers can do, through the client and by HTTP. */
import { beforeAll, expect, test } from "vitest";
import { createByok, readPayment } from "../../../client/index.ts";
import { ask, refusalOf } from "../../harness/calls.ts";
import { expectOnlyTheKey, fakeKey } from "../../harness/fakes.ts";
import { deleteTeam, join, leave, newTeam } from "../../harness/database/teams.ts";
import { admin, newUser, save, type User } from "../../harness/users.ts";

interface Team {
  readonly id: string;
  readonly admin: User;
  readonly member: User;
  readonly apiKey: string;
}

let red: Team;
let blue: Team;
let stranger: User;
beforeAll(async () => {
  red = await newTeamWithKey();
  blue = await newTeamWithKey();
  stranger = await newUser();
});

async function newTeamWithKey(): Promise<Team> {
  const [boss, member] = [await newUser(), await newUser()];
  const id = await newTeam(boss, [member]);
  const apiKey = fakeKey("openai", "works");
  const saved = await createByok(boss.supabase, { team: id }).save({ provider: "openai", key: apiKey });
  expect(saved.error).toBeNull();
  return { id, admin: boss, member, apiKey };
}

const naming = ({ id }: Team) => ({ headers: { "x-byok-team": id } });
const payment = async (response: Response) => {
  await response.text();
  const { payer, owner } = readPayment(response.headers);
  return [response.status, payer, owner];
};

test("a member calls on the team's key, and the provider gets it alone", async () => {
  const answer = await ask(red.member, "openai");
  expect(answer.headers.get("access-control-expose-headers")).toContain("x-byok-owner");
  expect(await payment(answer)).toEqual([200, "byok", "team"]);
  expect(await payment(await ask(red.member, "openai", naming(red)))).toEqual([200, "byok", "team"]);
  await expectOnlyTheKey("openai", { user: red.member, apiKey: red.apiKey });
});

test("a member sees provider, end and status of the team's key, and neither changes nor checks it", async () => {
  const byok = createByok(red.member.supabase, { team: red.id });
  const [credential, ...others] = (await byok.list()).data!;
  expect(others).toEqual([]);
  expect(credential).toMatchObject({ provider: "openai", hint: red.apiKey.slice(-4), status: "verified" });
  expect(JSON.stringify(credential)).not.toContain(red.apiKey);
  expect((await createByok(red.member.supabase).list()).data).toEqual([]);
  const refused = { error: { code: "admins_only" } };
  expect(await byok.save({ provider: "openai", key: fakeKey("openai", "works") })).toMatchObject(refused);
  expect(await byok.verify("openai")).toMatchObject(refused);
  expect((await byok.remove("openai")).data).toEqual({ removed: false });
  expect((await byok.rights()).data).toEqual({
    mayBringKey: true,
    mayUseCredits: true,
    mayManageKeys: false,
    isMember: true,
  });
  expect(await payment(await ask(red.member, "openai"))).toEqual([200, "byok", "team"]);
});

test("an admin checks and replaces the key of the team", async () => {
  const byok = createByok(blue.admin.supabase, { team: blue.id });
  expect((await byok.rights()).data).toEqual({
    mayBringKey: true,
    mayUseCredits: true,
    mayManageKeys: true,
    isMember: true,
  });
  expect((await byok.verify("openai")).data?.verdict).toBe("verified");
  const next = fakeKey("openai", "works");
  expect((await byok.save({ provider: "openai", key: next })).data?.credential.hint).toBe(next.slice(-4));
  expect(await payment(await ask(blue.member, "openai"))).toEqual([200, "byok", "team"]);
  await expectOnlyTheKey("openai", { user: blue.member, apiKey: next });
});

test("members and admins of another team, and strangers, have nothing of the team's", async () => {
  for (const user of [blue.admin, blue.member, stranger]) {
    const named = await ask(user, "openai", { ...naming(red), operation: "kernel_build" });
    expect([named.status, refusalOf(named)]).toEqual([403, "not_a_member"]);
    const byok = createByok(user.supabase, { team: red.id });
    expect((await byok.list()).data).toEqual([]);
    expect((await byok.rights()).data).toEqual({
      mayBringKey: false,
      mayUseCredits: false,
      mayManageKeys: false,
      isMember: false,
    });
    expect((await byok.remove("openai")).data).toEqual({ removed: false });
    const key = fakeKey("openai", "works");
    expect((await byok.save({ provider: "openai", key })).error?.code).toBe("not_a_member");
    expect((await byok.verify("openai")).error?.code).toBe("not_a_member");
    const { data } = await user.supabase.from("credentials").delete().eq("owner_id", red.id).select();
    expect(data).toEqual([]);
  }
});

test("a member's own key wins over the team's", async () => {
  const member = await newUser();
  await join(red.id, member, "member");
  const apiKey = fakeKey("openai", "works");
  expect((await save(member, "openai", apiKey)).status).toBe(200);
  expect(await payment(await ask(member, "openai", naming(red)))).toEqual([200, "byok", "user"]);
  await expectOnlyTheKey("openai", { user: member, apiKey });
});

test("a member's own client names the team's key that pays: in the order of calls, and no paused one", async () => {
  const member = await newUser();
  for (const { id } of [red, blue]) await join(id, member, "member");
  const byok = createByok(member.supabase);
  const [first, second] = [red, blue].sort((a, b) => (a.id < b.id ? -1 : 1));
  const keyOf = ({ id }: Team) => ({ team: id, provider: "openai", status: "verified", reason: null });
  expect((await byok.teamKeys()).data).toEqual([keyOf(first!)]);
  expect(await payment(await ask(member, "openai"))).toEqual([200, "byok", "team"]);
  await expectOnlyTheKey("openai", { user: member, apiKey: first!.apiKey });

  const admins = createByok(first!.admin.supabase, { team: first!.id });
  expect((await admins.pause("openai")).error).toBeNull();
  expect((await byok.teamKeys()).data).toEqual([keyOf(second!)]);
  expect((await admins.resume("openai")).error).toBeNull();
  expect((await createByok(stranger.supabase).teamKeys()).data).toEqual([]);
});

test("of several teams a call names one", async () => {
  const member = await newUser();
  for (const { id } of [red, blue]) await join(id, member, "member");
  for (const team of [red, blue]) {
    expect(await payment(await ask(member, "openai", naming(team)))).toEqual([200, "byok", "team"]);
  }
  const malformed = await ask(member, "openai", { headers: { "x-byok-team": "red" } });
  expect([malformed.status, refusalOf(malformed)]).toEqual([400, "invalid_request"]);
});

test("credits of a team pay for its members, and its ledger says whose calls they were", async () => {
  const team = await newTeamWithKey();
  const granted = { p_owner_id: team.id, p_credits: 100, p_reason: "invoice", p_idempotency_key: crypto.randomUUID() };
  expect((await admin.rpc("grant_credits", { ...granted, p_kind: "team" })).error).toBeNull();
  const answer = await ask(team.member, "groq", { operation: "single_doc_regen" });
  expect(await payment(answer)).toEqual([200, "platform", "team"]);
  const byok = createByok(team.admin.supabase, { team: team.id });
  await expect.poll(async () => (await byok.balance()).data).toEqual({ available_credits: 98, held_credits: 0 });
  const { data } = await team.admin.supabase
    .from("entries")
    .select("kind, member_id")
    .eq("owner_id", team.id)
    .order("id");
  expect(data).toEqual([
    { kind: "grant", member_id: null },
    { kind: "charge", member_id: team.member.id },
  ]);
  expect((await createByok(team.admin.supabase).balance()).data?.available_credits).toBe(0);
});

test("who leaves a team has nothing of it from the next call on", async () => {
  const member = await newUser();
  await join(red.id, member, "member");
  expect(await payment(await ask(member, "openai"))).toEqual([200, "byok", "team"]);
  await leave(red.id, member);
  expect(refusalOf(await ask(member, "openai", { operation: "kernel_build" }))).toBe("insufficient_credits");
  expect(refusalOf(await ask(member, "openai", naming(red)))).toBe("not_a_member");
  expect((await createByok(member.supabase, { team: red.id }).list()).data).toEqual([]);
});

test("a key that an admin removes, and one of a deleted team, is gone for every member", async () => {
  const [removed, deleted] = [await newTeamWithKey(), await newTeamWithKey()];
  expect((await createByok(removed.admin.supabase, { team: removed.id }).remove("openai")).data).toEqual({
    removed: true,
  });
  await deleteTeam(deleted.id);
  for (const { admin: boss, member } of [removed, deleted]) {
    for (const user of [boss, member]) {
      expect(refusalOf(await ask(user, "openai", { operation: "kernel_build" }))).toBe("insufficient_credits");
      expect((await user.supabase.from("credentials").select()).data).toEqual([]);
    }
  }
});
