/** The starts that are measured: of an empty function, of each endpoint of `byok`, and of `call` as far as a provider's answer. */
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import path from "node:path";
import { createTokens } from "../../stack/api/tokens.ts";
import { newKeyring } from "../../stack/keyring.ts";
import { freePort } from "../../stack/ports.ts";
import { loadSecrets } from "../../stack/secrets.ts";
import { hostedVariables, startStack } from "../../stack/stack.ts";
import { grant, makeUsers, saveKeys } from "../people.ts";
import { completions, headersOf } from "../product.ts";
import type { Stops } from "../stops.ts";
import type { Start } from "./start.ts";

/** A tree's function, and what is said of it: "bundled", for example. */
export interface Function {
  readonly label: string;
  readonly file: string;
}

/** Nobody listens there, and nobody has to: what is asked is refused before the database would be. */
const nowhere = "http://127.0.0.1:9";
const directly = { BYOK_DATABASE_URL: "postgresql://byok_functions:password@127.0.0.1:9/postgres" };

/** A start is over with the first answer, so the endpoint that gives it is loaded too. */
const endpoints = { call: "call/openai/v1/models", save: "save", rotate: "rotate", providers: "providers" };

const nameOf = (what: string, way: string, label: string) => [what, way, label].filter(Boolean).join(", ");

/** From the start to a refusal: nobody is signed in. The first is the empty function. */
export async function startsOf(functions: readonly Function[], stateDir: string): Promise<Start[]> {
  const secrets = await loadSecrets(stateDir);
  const tokens = await createTokens(secrets, nowhere);
  const postgres = "postgresql://postgres:password@127.0.0.1:9/postgres";
  const env = { ...hostedVariables(nowhere, postgres, secrets, tokens), BYOK_MASTER_KEYS: newKeyring() };
  const empty = path.join(import.meta.dirname, "empty.ts");
  return [
    { name: "an empty function", file: empty, env, endpoint: "", request: {}, answers: [] },
    ...Object.entries(endpoints).flatMap(([what, endpoint]) =>
      functions.flatMap(({ label, file }) =>
        Object.entries({ "data api": {}, direct: directly }).map(([way, more]) => ({
          ...{ name: nameOf(what, way, label), file, env: { ...env, ...more }, endpoint, request: {}, answers: [] },
        })),
      ),
    ),
  ];
}

/** From the start to a provider's answer, with a real database: what a start leaves out must not be paid for here. */
export async function firstCallsOf(functions: readonly Function[], stateDir: string, stops: Stops): Promise<Start[]> {
  const origin = await startProvider(stops);
  const stack = await startStack({ stateDir, providers: "none", log: () => undefined });
  stops.push(() => stack.stop());
  const secrets = await loadSecrets(stateDir);
  const tokens = await createTokens(secrets, stack.url);
  const env = {
    ...hostedVariables(stack.url, stack.dbUrl, secrets, tokens),
    BYOK_PLATFORM_KEYS: JSON.stringify({ openai: `sk-proj-${randomBytes(36).toString("base64url")}` }),
    BYOK_PROVIDER_ORIGINS: JSON.stringify({ openai: origin }),
  };
  const [owners, payers] = [await makeUsers(stack, tokens.sign), await makeUsers(stack, tokens.sign)];
  await saveKeys(stack, secrets.masterKeys, owners);
  await grant(stack, payers);
  const body = JSON.stringify({ model: "gpt-5.4-nano", messages: [{ role: "user", content: "Hi" }] });
  return Object.entries({ "own key": owners, credits: payers }).flatMap(([payer, [person]]) =>
    Object.entries({ "data api": {}, direct: { BYOK_DATABASE_URL: stack.functionsDbUrl } }).flatMap(([way, more]) =>
      functions.map(({ label, file }) => ({
        ...{ name: nameOf(payer, way, label), file, env: { ...env, ...more } },
        endpoint: `call/openai${completions}`,
        request: { headers: { ...headersOf(person!), "content-type": "application/json" }, body },
        ...{ status: 200, answers: [] },
      })),
    ),
  );
}

/** @returns its origin */
async function startProvider(stops: Stops): Promise<string> {
  const answer = JSON.stringify({ object: "chat.completion", choices: [{ message: { content: "Hello" } }] });
  const port = await freePort();
  const server = createServer((request, response) => {
    request.resume().once("end", () => response.setHeader("content-type", "application/json").end(answer));
  });
  await new Promise<void>((listening) => server.listen(port, "127.0.0.1", listening));
  stops.push(() => server.close());
  return `http://127.0.0.1:${port}`;
}
