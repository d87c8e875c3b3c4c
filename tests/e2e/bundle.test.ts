/** The output of `npm run bundle` is the functions: no other code comes along, and it does their work. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { denoProgram, hasDeno } from "../../stack/functions/deno-program.ts";
import { run } from "../harness/processes.ts";
import { scan } from "../harness/sources.ts";
import { ask, call } from "../harness/calls.ts";
import { fakeKey, script } from "../harness/fakes.ts";
import { type OwnStack, startOwnStack } from "../harness/own-stack.ts";
import { makeBundle } from "../harness/runtime/prepare.ts";
import { expectBalance, functionsUrlOf, newByokUser, newUser, verify } from "../harness/users.ts";

let folder: string;
beforeAll(async () => {
  folder = await makeBundle();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const modules = ["answers", "byok", "core", "credits", "keys", "models", "postgres", "provider-errors"].map(
  (name) => `${name}.js`,
);

test("bundled functions import each other, and no package and nothing of Node's", () => {
  const functions = path.join(folder, "functions");
  const files = readdirSync(functions, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".js"));
  expect(files.sort()).toEqual(modules.map((name) => `byok/${name}`));
  for (const file of files) {
    const { imports } = scan(file, readFileSync(path.join(functions, file), "utf8"));
    expect(
      imports.filter((name) => !modules.includes(name.replace("./", ""))),
      file,
    ).toEqual([]);
  }
});

test.each(modules)(
  "%s begins with its name, its version and the licences of all packages in it, and is to be read",
  (name) => {
    const text = readFileSync(path.join(folder, "functions/byok", name), "utf8");
    const head = text.slice(0, text.indexOf("\n*/"));
    expect(head).toMatch(
      new RegExp(
        `^(?:// .*\\n|/\\* eslint-\\w+ \\*/\\n)+/\\*!\\n\\* BYOK for Supabase ${manifest.version.replaceAll(".", "\\.")} \\(Apache-2\\.0\\)\\n`,
      ),
    );
    const inside = new Set(
      Array.from(text.matchAll(/^\/\/ \S*node_modules\/((?:@[^/]+\/)?[^/]+)\//gm), ([, name]) => name!),
    );
    expect(inside.size > 0).toBe(["core.js", "keys.js", "postgres.js"].includes(name));
    for (const name of inside) {
      const [, notice] = new RegExp(`^\\* ${name} \\d[^\\n]*\\n([^]*?)(?:\\* -{80}|$(?![^]))`, "m").exec(head)!;
      expect(notice, name).toMatch(/Copyright[^]+Permission/i);
    }
    expect(head.includes("It holds parts of these packages"), name).toBe(inside.size > 0);
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThan(5_000);
  },
);

test("an editor knows the hooks of the app's index.ts from the bundle alone", async () => {
  const right =
    "{ beforeKeyCheck: ({ request, userId }) => (request.headers.get(userId) ? undefined : { code: 'no' }) }";
  const wrong = [
    "{ beforeKeyCheck: () => ({ code: 1 }) }",
    "{ beforeKeyCheck: ({ apiKey }) => {} }",
    "{ beforeCheck: () => {} }",
  ];
  const file = path.join(folder, "functions/byok/hooks.ts");
  const calls = [right, ...wrong].map((hooks) => `serveByok(${hooks});\n`);
  writeFileSync(file, `import { serveByok } from "./byok.js";\n${calls.join("")}`);
  const env = { DENO_DIR: path.join(folder, "deno"), DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" };
  const { output } = await run(denoProgram(), ["check", "--no-lock", file], { env }).ended;
  const complaints = Array.from(output.matchAll(/\[ERROR\]: ([^]*?)at file:.*hooks\.ts:(\d+)/g), ([, words, line]) => [
    Number(line),
    words,
  ]);
  expect(complaints).toEqual([
    [3, expect.stringContaining("Type 'number' is not assignable to type 'string'")],
    [4, expect.stringContaining("Property 'apiKey' does not exist")],
    [5, expect.stringContaining("'beforeCheck' does not exist")],
  ]);
}, 180_000);

const ways = (["newest", "hosted"] as const)
  .filter(hasDeno)
  .flatMap((deno) => (["direct", "data-api"] as const).map((database) => ({ deno, database })));

/** An app's index.ts with a hook, in one of the two forms that a hosted project takes. */
const indexWithHook = (form: "export default" | "Deno.serve") => `import { serveByok } from "./byok.js";
const byok = serveByok({
  beforeKeyCheck({ request, userId, provider, owner }) {
    const token = request.headers.get("x-captcha-token");
    if (token === "broken") throw new Error("broken by " + request.headers.get("authorization"));
    if (token === "wrong") return { code: "captcha_failed", message: [provider, owner.kind, owner.id === userId].join(" ") };
  },
});
${form === "Deno.serve" ? "Deno.serve(byok.fetch);" : "export default byok;"}
`;

describe.each(ways)("bundled functions on the $deno Deno, by way of $database,", ({ deno, database }) => {
  let stack: OwnStack;
  beforeAll(async () => {
    const index = indexWithHook(database === "direct" ? "export default" : "Deno.serve");
    writeFileSync(path.join(folder, "functions/byok/index.ts"), index);
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
    const models = (await (await call(user, "v1/models")).json()) as any;
    expect(models.data).toContainEqual(expect.objectContaining({ owned_by: "anthropic" }));

    const usage = await fetch(`${functionsUrlOf(stack)}/rotate`, { headers: { apikey: stack.secretKey } });
    expect(await usage.json()).toMatchObject({ kids: [{ envelopes: 1 }] });
    expect(stack.printed).toEqual([]);
  });

  test("judge a provider's error, on an own key and on credits", async () => {
    const { user } = await newByokUser("openai", { behaviour: "no_credit", on: stack });
    const onOwnKey = await ask(user, "openai", { text: "Hello" });
    expect([onOwnKey.status, onOwnKey.headers.get("x-byok-reason")]).toEqual([429, "out_of_credit"]);

    const payer = await newUser(100, stack);
    const reply = { status: 400, body: { error: { message: "No such parameter", type: "invalid_request_error" } } };
    await script(stack, "groq", stack.platformKeys.groq, { listing: reply, generation: [reply] });
    const onCredits = await ask(payer, "groq", { text: "Hello", operation: "doc_generation" });
    expect([onCredits.status, onCredits.headers.get("x-byok-funding")]).toEqual([400, "platform"]);
    expect(await onCredits.json()).toMatchObject({ error: { message: "No such parameter" } });
    await expectBalance(payer, 100);
    expect(stack.printed).toEqual([]);
  });

  test("ask the app's hook before a key is checked, and say nothing of an error in it", async () => {
    const { user } = await newByokUser("groq", { on: stack });
    const asked = async (endpoint: "save" | "verify", captcha: string) => {
      const response = await fetch(`${functionsUrlOf(stack)}/${endpoint}`, {
        method: "POST",
        headers: { authorization: `Bearer ${user.accessToken}`, "x-captcha-token": captcha },
        body: JSON.stringify({ provider: "groq", ...(endpoint === "save" && { api_key: fakeKey("groq", "works") }) }),
      });
      return { status: response.status, body: (await response.json()) as any };
    };
    for (const endpoint of ["save", "verify"] as const) {
      expect(await asked(endpoint, "right")).toMatchObject({ status: 200, body: { verdict: "verified" } });
      expect(await asked(endpoint, "wrong")).toEqual({
        status: 403,
        body: { error: { code: "refused_by_app", message: "groq user true", app_code: "captcha_failed" } },
      });
      const { status, body } = await asked(endpoint, "broken");
      expect([status, body.error]).toEqual([500, { code: "internal", message: expect.any(String) }]);
      expect(stack.printed.splice(0)).toEqual(["BYOK: the hook beforeKeyCheck has failed: Error."]);
    }
  });
});
