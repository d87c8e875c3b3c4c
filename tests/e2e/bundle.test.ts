/** The output of `npm run bundle` is the functions: no other code comes along, and it does their work. */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasDeno } from "../../stack/functions/deno-program.ts";
import { scan } from "../harness/sources.ts";
import { ask } from "../harness/calls.ts";
import { type OwnStack, startOwnStack } from "../harness/own-stack.ts";
import { makeBundle } from "../harness/runtime/prepare.ts";
import { expectBalance, functionsUrlOf, newByokUser, newUser, verify } from "../harness/users.ts";

let folder: string;
beforeAll(async () => {
  folder = await makeBundle();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("bundled functions import each other and Node's own modules, and no package", () => {
  const functions = path.join(folder, "functions");
  const files = readdirSync(functions, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".js"));
  const imports = new Set(
    files.flatMap((file) => scan(file, readFileSync(path.join(functions, file), "utf8")).imports),
  );
  expect([...imports].filter((name) => !/^(?:\.|node:)/.test(name))).toEqual([]);
  expect(files.filter((file) => file.endsWith("index.js"))).toEqual(["byok/index.js"]);
});

const ways = (["newest", "hosted"] as const)
  .filter(hasDeno)
  .flatMap((deno) => (["direct", "data-api"] as const).map((database) => ({ deno, database })));

describe.each(ways)("bundled functions on the $deno Deno, by way of $database,", ({ deno, database }) => {
  let stack: OwnStack;
  beforeAll(async () => {
    stack = await startOwnStack({}, { supabaseDir: path.join(folder, "supabase"), database, deno });
  });
  afterAll(() => stack.stop());

  test("save and verify a key, call on it and on credits, and count for a rotation", async () => {
    const payer = await newUser(100, stack);
    const onCredits = await ask(payer, "openai", { text: "Hello", operation: "doc_generation" });
    expect([onCredits.status, onCredits.headers.get("x-byok-credits")]).toEqual([200, "10"]);
    expect(await onCredits.text()).toContain("Echo: Hello");
    await expectBalance(payer, 90);

    const { user } = await newByokUser("anthropic", { on: stack });
    expect((await verify(user, "anthropic")).body.verdict).toBe("verified");
    const onOwnKey = await ask(user, "anthropic", { text: "Hello" });
    expect([onOwnKey.status, onOwnKey.headers.get("x-byok-funding")]).toEqual([200, "byok"]);

    const usage = await fetch(`${functionsUrlOf(stack)}/rotate`, { headers: { apikey: stack.secretKey } });
    expect(await usage.json()).toMatchObject({ kids: [{ envelopes: 1 }] });
    expect(stack.printed).toEqual([]);
  });
});
