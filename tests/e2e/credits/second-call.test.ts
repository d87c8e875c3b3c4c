/**
 * The second call on credits of a caller: its body is read before it is asked who pays, so that its hold is placed in the same round
 * trip. Whatever has changed since the first call counts all the same.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Client } from "pg";
import { ask, call, callUrl, generation, refusalOf, textOf } from "../../harness/calls.ts";
import { fakeKey, forgetRequests, requestsWith } from "../../harness/fakes.ts";
import { answerTo, openRequest } from "../../harness/raw.ts";
import { connect } from "../../harness/sessions.ts";
import { balance, expectBalance, ledger, newUser, save, stack, type User } from "../../harness/users.ts";

/** Its price is 2. */
const operation = "single_doc_regen";

let operator: Client;
beforeAll(async () => {
  operator = await connect(stack.adminDbUrl);
});
afterAll(() => operator.end());

/** A user whose last call credits paid, 2 of `credits`. */
async function newPayer(credits: number): Promise<User> {
  const user = await newUser(credits);
  expect((await ask(user, "openai", { operation })).headers.get("x-byok-funding")).toBe("platform");
  await expectBalance(user, credits - 2);
  return user;
}

/** The statement that waits for the account, which is locked until `meanwhile` is done, while `work` goes on. */
async function statementThatWaits(
  user: User,
  work: () => Promise<unknown>,
  meanwhile = () => Promise.resolve(),
): Promise<string> {
  await operator.query("begin");
  await operator.query("select from byok.accounts where owner_id = $1 for update", [user.id]);
  const observer = await connect(stack.adminDbUrl);
  const working = work();
  try {
    // A batch waits for a moment only, and sends the step alone then.
    const waiting =
      "select query from pg_stat_activity where $1 = any(pg_blocking_pids(pid)) and query not like '%run_batch%'";
    const { processID } = operator as Client & { processID: number };
    for (;;) {
      const { rows } = await observer.query<{ query: string }>(waiting, [processID]);
      if (rows[0]) {
        await meanwhile();
        return rows[0].query;
      }
    }
  } finally {
    await observer.end();
    await operator.query("commit");
    await working;
    await expect.poll(async () => (await balance(user)).held, { interval: 10 }).toBe(0);
  }
}

test("a first call asks who pays and then for a hold, the next one asks both at once", async () => {
  const user = await newUser(100);
  const work = () => ask(user, "openai", { operation });
  expect(await statementThatWaits(user, work)).toContain("place_hold");
  expect(await statementThatWaits(user, work)).toContain("open_call");
  await expectBalance(user, 96);
  expect(await ledger(user)).toEqual(["grant 100", "charge 2", "charge 2"]);
});

test("it is charged as any other, with its idempotency key", async () => {
  const user = await newPayer(100);
  const question = { operation, headers: { "idempotency-key": "second" } };
  const answer = await ask(user, "openai", question);
  expect([answer.status, answer.headers.get("x-byok-credits")]).toEqual([200, "2"]);
  expect(textOf("openai", await answer.json())).toBe("Echo: hello");
  await expectBalance(user, 96);
  expect(refusalOf(await ask(user, "openai", question))).toBe("request_completed");
  await expectBalance(user, 96);
});

test("a key that was saved meanwhile pays it, and the body arrives as it came", async () => {
  const user = await newPayer(100);
  const apiKey = fakeKey("openai", "works");
  expect((await save(user, "openai", apiKey)).status).toBe(200);
  await forgetRequests(stack, "openai", apiKey);
  // Bytes that a reader of JSON would not keep.
  const body = `\n{ "model" : "gpt-4.1-mini",\t"n": 1.0, "messages": [ {"role":"user","content":"caf\\u00e9 \u{1F511}"} ] }\n`;
  const path = generation("openai").path;
  const headers = { "content-type": "application/json", "x-byok-operation": operation };
  for (const time of ["second", "third"]) {
    const answer = await call(user, path, { method: "POST", headers, body });
    expect([time, answer.status, answer.headers.get("x-byok-funding")]).toEqual([time, 200, "byok"]);
  }
  const received = await requestsWith(stack, "openai", apiKey);
  expect(received.map(({ bodyText }) => bodyText)).toEqual([body, body]);
  await expectBalance(user, 98);
});

test("a key that was saved meanwhile pays also what credits do not buy", async () => {
  const user = await newPayer(100);
  const apiKey = fakeKey("openai", "works");
  expect((await save(user, "openai", apiKey)).status).toBe(200);
  const answer = await ask(user, "openai", { operation, more: { web_search_options: {} } });
  expect([answer.status, answer.headers.get("x-byok-funding")]).toEqual([200, "byok"]);
  await expectBalance(user, 98);
});

test("a refusal says why a key that was saved and paused meanwhile does not pay", async () => {
  const user = await newPayer(3);
  expect((await save(user, "openai", fakeKey("openai", "works"))).status).toBe(200);
  await user.supabase.from("credentials").update({ is_paused: true }).eq("provider", "openai");
  const answer = await ask(user, "openai", { operation });
  expect(refusalOf(answer)).toBe("insufficient_credits");
  expect(answer.headers.get("x-byok-unused-key")).toBe("paused");
  expect(await balance(user)).toEqual({ available: 1, held: 0 });
});

test.each([
  ["a model that credits do not buy", { model: "gpt-5-nonesuch" }],
  ["a field that credits do not buy", { more: { web_search_options: {} } }],
  ["an operation that there is not", { operation: "nothing" }],
  ["more than credits suffice for", { operation: "kernel_build" }],
])("%s is refused the second time as the first, and nothing is held", async (_, question) => {
  const [user, other] = [await newPayer(10), await newUser(8)];
  const refusals = [user, other].map(async (each) => {
    const answer = await ask(each, "openai", { operation, ...question });
    return [answer.status, refusalOf(answer), await answer.text()];
  });
  const [second, first] = await Promise.all(refusals);
  expect(first?.[1]).toMatch(/^(?:not_offered|insufficient_credits|invalid_request)$/);
  expect(second).toEqual(first);
  expect(await balance(user)).toEqual({ available: 8, held: 0 });
  // And the next one is paid as if nothing had been.
  expect((await ask(user, "openai", { operation })).status).toBe(200);
  await expectBalance(user, 6);
});

test("a body that breaks off costs nothing and reaches nobody", async () => {
  const user = await newPayer(100);
  const request = openRequest(callUrl(user, generation("openai").path), "POST", {
    authorization: `Bearer ${user.accessToken}`,
    "content-type": "application/json",
    "content-length": 2_000,
    "x-byok-operation": operation,
  });
  request.on("error", () => undefined);
  await new Promise<void>((sent) => request.write('{"model": "gpt-4.1-mini", ', () => sent()));
  request.destroy();
  expect((await ask(user, "openai", { operation })).status).toBe(200);
  await expectBalance(user, 96);
  expect(await ledger(user)).toEqual(["grant 100", "charge 2", "charge 2"]);
});

test("a client that leaves before the provider is asked pays nothing, also where the platform bears no more", async () => {
  const [user, bystander] = [await newPayer(100), await newPayer(100)];
  await operator.query(
    "update byok.accounts set unpaid_on = (now() at time zone 'utc')::date, unpaid_microcredits = 100000000 where owner_id = $1",
    [user.id],
  );
  const leaving = new AbortController();
  const work = () => ask(user, "openai", { operation, signal: leaving.signal }).catch(() => undefined);
  await statementThatWaits(user, work, async () => {
    leaving.abort();
    // The functions have noticed once they answer somebody else.
    expect((await ask(bystander, "openai", { operation })).status).toBe(200);
  });
  // Its hold is placed after that of the call before.
  expect((await ask(user, "openai", { operation })).status).toBe(200);
  await expect.poll(() => balance(user), { interval: 10 }).toEqual({ available: 96, held: 0 });
  expect(await ledger(user)).toEqual(["grant 100", "charge 2", "charge 2"]);
});

test("at the one address of all providers it is the same", async () => {
  const user = await newUser(100);
  const body = JSON.stringify({ model: "openai/gpt-4.1-mini", messages: [{ role: "user", content: "hello" }] });
  const headers = { "content-type": "application/json", "x-byok-operation": operation };
  const work = () => call(user, "v1/chat/completions", { method: "POST", headers, body });
  expect(await statementThatWaits(user, work)).toContain("place_hold");
  expect(await statementThatWaits(user, work)).toContain("open_call");
  await expectBalance(user, 96);
  const apiKey = fakeKey("openai", "works");
  expect((await save(user, "openai", apiKey)).status).toBe(200);
  await forgetRequests(stack, "openai", apiKey);
  const answer = await work();
  expect([answer.status, answer.headers.get("x-byok-funding")]).toEqual([200, "byok"]);
  const [received] = await requestsWith(stack, "openai", apiKey);
  expect(received?.bodyText).toBe(body.replace("openai/", ""));
});

test("a body of unknown length is read after it is known who pays", async () => {
  const user = await newPayer(100);
  const sendInPieces = async () => {
    const request = openRequest(callUrl(user, generation("openai").path), "POST", {
      authorization: `Bearer ${user.accessToken}`,
      "content-type": "application/json",
      "transfer-encoding": "chunked",
      "x-byok-operation": operation,
    });
    request.end(JSON.stringify(generation("openai").body));
    const answer = await answerTo(request);
    answer.resume();
    return answer.statusCode;
  };
  expect(await statementThatWaits(user, sendInPieces)).toContain("place_hold");
  await expectBalance(user, 96);
});
