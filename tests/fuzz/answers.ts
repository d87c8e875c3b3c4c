/** Answers of a provider that has gone bad, to calls on either funding and to checks. */
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { fakeKey } from "../harness/fakes.ts";
import { draw, replay, runs } from "./drawing.ts";
import { forgedHeaders, framings, statusLines } from "./forgeries.ts";
import { answerOf, type Script } from "./provider.ts";
import { bearer, manyAtATime, type Target } from "./target.ts";
import { exchange, requestOf, type WireAnswer } from "./wire.ts";

/** How a question comes to a provider. */
const questions = ["GET under BYOK", "POST under BYOK", "POST on credits", "save"] as const;
type Question = (typeof questions)[number];
const calls = questions.filter((question) => question !== "save");

const isOnCredits = (question: Question) => question === "POST on credits";

interface Case {
  readonly name: string;
  /** The provider's answer, one byte a character. */
  readonly bytes: string;
  /** Whether it keeps the connection for the next question, or hangs up. */
  readonly isKept: boolean;
}

/** Sends bytes and hangs up. */
const sends = (name: string, bytes: string): Case => ({ name, bytes, isKept: false });

/** Sends a whole answer, and keeps the connection for the next question. */
const answers = (name: string, bytes: string): Case => ({ name, bytes, isKept: true });

function scriptOf({ bytes, isKept }: Pick<Case, "bytes" | "isKept">): Script {
  const sent = Buffer.from(bytes, "latin1");
  return (socket) => (isKept ? socket.write(sent) : socket.end(sent));
}

/** Whether what was announced as chunks, as packed or as longer than nothing is broken before a byte of it can be read. */
function isBrokenFromTheFirstByte({ bytes }: Case): boolean {
  const end = bytes.lastIndexOf("\r\n\r\n");
  const framing = /^(?:transfer-encoding:.*\bchunked|content-encoding: (?:gzip|br)\r?$)/m;
  const isEmpty = end + 4 === bytes.length && /^content-length: [1-9]/m.test(bytes);
  return isEmpty || framing.test(bytes.slice(0, end));
}

/** A request for OpenAI that makes its provider answer with the script of that name. */
function questionOf(target: Target, question: Question, name: string): string {
  const { attacker, saver, spender } = target;
  const chat = "/byok/call/openai/v1/chat/completions";
  const body = JSON.stringify({ model: "gpt-4.1-mini", messages: [{ role: "user", content: name }] });
  switch (question) {
    case "GET under BYOK":
      return requestOf("GET", `/byok/call/openai/v1/models/${name}`, [bearer(attacker)]);
    case "POST under BYOK":
      return requestOf("POST", chat, [bearer(attacker)], body);
    case "POST on credits":
      return requestOf("POST", chat, [bearer(spender), ["x-byok-operation", "single_doc_regen"]], body);
    case "save": {
      const api_key = fakeKey("openai", "works", name);
      return requestOf("POST", "/byok/save", [bearer(saver)], JSON.stringify({ provider: "openai", api_key }));
    }
  }
}

/** Says what an answer should not have of a provider's; null for nothing. An address of the provider's API leads to call. */
function smuggledIn({ headers }: WireAnswer, callUrl: string): string | null {
  const ours = {
    "access-control-allow-origin": "*",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; sandbox",
    "x-content-type-options": "nosniff",
  };
  for (const [name, value] of Object.entries(ours)) if (headers[name] !== value) return `has another ${name}`;
  const { location, ...others } = headers;
  if (location !== undefined && !location.startsWith(callUrl)) return `leads to ${location}`;
  const forged = Object.keys(others).find((name) => others[name]?.includes("smuggled"));
  return forged === undefined ? null : `has the provider's ${forged}`;
}

const list = '{"object":"list","data":[]}';
const codings = {
  gzip: gzipSync,
  deflate: deflateSync,
  "deflate, raw": deflateRawSync,
  br: brotliCompressSync,
  zstd: zstdCompressSync,
} as const;

export function attackWithAnswers(target: () => Target): void {
  function ask(question: Question, script: Script): Promise<WireAnswer> {
    const name = target().providers.openai.script(script);
    return exchange(target().doors[0].port, questionOf(target(), question, name), { patience: 60_000 });
  }

  /** The key that the provider is asked with. */
  function keyOf(question: Question): string {
    return isOnCredits(question) ? target().stack.platformKeys.openai : target().attacker.apiKeys.openai!;
  }

  /**
   * Deno 2.1.4 sends the head of an answer with the first byte of its body. Where none can be read, which is known too late for
   * an answer of ours, it ends the connection. On credits and in checks the functions read the body before they answer.
   */
  function mayBreakOff(question: Question, each: Case): boolean {
    return target().writesHeadWithBody && question.endsWith("under BYOK") && isBrokenFromTheFirstByte(each);
  }

  async function expectNoFault(cases: readonly Case[], message?: string): Promise<void> {
    const faults: string[] = [];
    const asked = cases.flatMap((each) => questions.map((question) => [question, each] as const));
    await manyAtATime(asked, async ([question, each]) => {
      const answer = await ask(question, scriptOf(each));
      if (mayBreakOff(question, each) && answer.bytes === "" && answer.isEnded) return;
      const fault =
        answer.status === null
          ? "is not there"
          : (target().faultOf(answer) ?? smuggledIn(answer, `${target().stack.url}/functions/v1/byok/call/openai/`));
      if (fault) faults.push(`the answer to ${question}, ${target().shown(each.name)}, ${fault}`);
    });
    expect(faults, message).toEqual([]);
    await target().expectUnharmed();
  }

  const locations = () => [
    `http://127.0.0.1:${target().canary.port}/`,
    `http://localhost:${target().canary.port}/v1/models`,
    `//127.0.0.1:${target().canary.port}/`,
    `\\\\127.0.0.1:${target().canary.port}\\`,
    "/v1/models",
    `${target().providers.openai.origin}/v1/models`,
    `${target().providers.groq.origin}/openai/v1/models`,
    "http://169.254.169.254/latest/meta-data/iam/security-credentials/",
    "http://metadata.google.internal/computeMetadata/v1/",
    "http://[fd00:ec2::254]/",
    "file:///etc/passwd",
    "data:application/json,{}",
    "http://a:99999/",
    "",
    null,
  ];

  /** Whether a redirect stays within the provider's API, of a request that has nothing to lose: a GET of the user's own. */
  function isFollowed(question: Question, status: number, location: string | null): boolean {
    const isRedirect = [301, 302, 303, 307, 308].includes(status);
    const isWithin = location === "/v1/models" || location === `${target().providers.openai.origin}/v1/models`;
    return question === "GET under BYOK" && isRedirect && isWithin;
  }

  test.each([300, 301, 302, 303, 304, 305, 307, 308])(
    "a redirect %i is followed within the provider's API by a GET under BYOK, and nowhere else",
    async (status) => {
      const redirects = locations().flatMap((location) => calls.map((question) => ({ question, location })));
      await manyAtATime(redirects, async ({ question, location }) => {
        const header = location === null ? "" : `location: ${location}\r\n`;
        const bytes = `HTTP/1.1 ${status} Any\r\n${header}content-length: 0\r\n\r\n`;
        const { status: outcome, headers } = await ask(question, scriptOf({ bytes, isKept: true }));
        const expected = isFollowed(question, status, location) ? [200, undefined] : [502, "provider_misbehaved"];
        expect([question, location, outcome, headers["x-byok-error"]]).toEqual([question, location, ...expected]);
      });
      // Each question was asked once, and once more where it was led on.
      const followed = redirects.filter(({ question, location }) => isFollowed(question, status, location));
      expect(target().providers.openai.received).toHaveLength(redirects.length + followed.length);
      expect(target().providers.groq.received).toEqual([]);
      await target().expectUnharmed();
    },
  );

  test("a check of a key follows no redirect either, and finds nothing out", async () => {
    for (const location of locations()) {
      const bytes = `HTTP/1.1 307 Any\r\nlocation: ${location}\r\ncontent-length: 0\r\n\r\n`;
      const answer = await ask("save", scriptOf({ bytes, isKept: true }));
      expect([answer.status, answer.body.includes('"verdict":"unverified"')]).toEqual([200, true]);
    }
    expect(target().providers.openai.received).toHaveLength(locations().length);
    await target().expectUnharmed();
  });

  test("headers that are the functions' own to send, or nobody's, do not come from a provider", async () => {
    const cases = forgedHeaders.flatMap((header) =>
      [200, 429].map((status) => answers(`${status} ${header}`, answerOf(status, list, `${header}\r\n`))),
    );
    await expectNoFault(cases);
  });

  test("a status, a length or an encoding that is none becomes a failure with a code, or a broken body", async () => {
    const cases = [
      ...statusLines.map((line) =>
        sends(line, `${line}\r\ncontent-type: application/json\r\ncontent-length: 27\r\n\r\n${list}`),
      ),
      ...framings.flatMap((framing) =>
        [200, 302, 400].map((status) =>
          sends(`${status} ${framing}`, `HTTP/1.1 ${status} Any\r\n${framing}\r\n\r\n${list}`),
        ),
      ),
      ...[204, 205, 304].map((status) =>
        sends(`${status} with a body`, `HTTP/1.1 ${status} Any\r\ncontent-length: 27\r\n\r\n${list}`),
      ),
    ];
    await expectNoFault(cases);
  });

  test("an answer put together from all of these, or with any bytes changed, fails with a code at most", async () => {
    const put = fc
      .tuple(
        fc.constantFrom(...statusLines),
        fc.subarray([...forgedHeaders, ...framings], { maxLength: 4 }),
        fc.string({ unit: "binary", maxLength: 40 }),
      )
      .map(
        ([line, headers, body]) => `${[line, ...headers].join("\r\n")}\r\n\r\n${Buffer.from(body).toString("latin1")}`,
      );
    const good = answerOf(200, list, "x-ratelimit-a: 1\r\n");
    const changed = fc
      .tuple(
        fc.nat(good.length),
        fc.nat(4),
        fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)), maxLength: 4 }),
      )
      .map(([at, length, more]) => good.slice(0, at) + more + good.slice(at + length));
    const cases = draw(fc.oneof(put, changed), runs / 3).map((bytes) => sends(bytes, bytes));
    await expectNoFault(cases, replay);
  });

  test("invalid or oversized JSON says nothing about a key and is no failure of the function", async () => {
    const deep = (open: string, close: string, depth: number) => open.repeat(depth) + close.repeat(depth);
    const bodies = [
      "",
      "null",
      "1e999",
      '"',
      "{",
      "[]",
      '{"error":null}',
      '{"error":[]}',
      '{"error":{"message":{}}}',
      '{"error":{"code":{"a":1},"type":[]}}',
      '[{"error":{"details":1}}]',
      '{"__proto__":{"error":1}}',
      '{"data":{"length":-1}}',
      '{"data":[null,{"id":{}}]}',
      '{"data":[{"id":"../../x?gpt-nano"}]}',
      "\xff\xfe{}",
      "\ufeff{}",
      '{"error":{"message":"\\ud800"}}',
      deep("[", "]", 20_000),
      deep('{"error":', "}", 10_000),
      `{"error":{"details":${deep("[", "]", 20_000)}}}`,
      `[{"error":{"details":${deep('{"a":', "1}", 10_000).replaceAll("1}", "}")}}}]`,
      `{"error":{"message":"${"a".repeat(300_000)}"}}`,
      `{"data":[${'{"id":"gpt-x"},'.repeat(20_000)}{}]}`,
    ];
    const cases = bodies.flatMap((body) =>
      [200, 400].map((status) =>
        answers(`${status} ${body.slice(0, 60)}`, answerOf(status, Buffer.from(body).toString("latin1"))),
      ),
    );
    await expectNoFault(cases);
  });

  test.each(Object.keys(codings) as (keyof typeof codings)[])(
    "an answer packed as %s, though identity was asked for, is not passed on packed, nor a key in an error",
    async (coding) => {
      for (const question of calls) {
        const key = keyOf(question);
        const plain = JSON.stringify({ error: { message: `no ${key}` } });
        const packed = codings[coding](plain);
        const name = coding.replace(/, raw$/, "");
        const fields = `content-type: application/json\r\ncontent-encoding: ${name}\r\ncontent-length: ${packed.length}`;
        for (const status of [200, 429]) {
          const bytes = `HTTP/1.1 ${status} Any\r\n${fields}\r\n\r\n${packed.toString("latin1")}`;
          const answer = await ask(question, scriptOf({ bytes, isKept: true }));
          if (!target().unpacks(name)) {
            expect([answer.status, answer.headers["x-byok-error"]]).toEqual([502, "provider_misbehaved"]);
            expect(target().faultOf(answer)).toBeNull();
          } else if (isOnCredits(question)) {
            // There an error is one in a success too, and its words are ours.
            expect([answer.status, target().faultOf(answer)]).toEqual([status, null]);
          } else if (status === 429) {
            expect([answer.headers["x-byok-error"], target().faultOf(answer)]).toEqual(["provider_misbehaved", null]);
          } else {
            // A success is passed on as it is, here unpacked: what a provider writes into one comes back, and nothing besides.
            const isPassedOn = answer.body.includes(plain) && answer.headers["content-encoding"] === undefined;
            expect([answer.status, isPassedOn]).toEqual([200, true]);
            expect(target().faultOf({ ...answer, bytes: answer.bytes.replace(plain, "") })).toBeNull();
          }
        }
      }
      await target().expectUnharmed();
    },
  );

  test.each(["POST under BYOK", "POST on credits"] as const)(
    "a key that a provider repeats in an error to %s does not come back",
    async (question) => {
      for (const status of [400, 429, 500]) {
        const error = JSON.stringify({ error: { message: `no ${keyOf(question)}` } });
        const answer = await ask(question, scriptOf({ bytes: answerOf(status, error), isKept: true }));
        expect(target().faultOf(answer)).toBeNull();
        // On credits the words of what is no fault of the request are ours, so that no key is in them.
        const isOurs = isOnCredits(question) && status !== 400;
        expect([answer.status, answer.headers["x-byok-error"]]).toEqual(
          isOurs ? [status, undefined] : [502, "provider_misbehaved"],
        );
      }
      await target().expectUnharmed();
    },
  );

  test.each(["x-request-id", "request-id", "content-type", "retry-after", "x-ratelimit-key"])(
    "a key that a provider repeats in its header %s does not come back",
    async (header) => {
      for (const question of ["POST under BYOK", "POST on credits"] as const) {
        for (const status of [200, 400]) {
          const bytes = `HTTP/1.1 ${status} Any\r\n${header}: a ${keyOf(question)}\r\ncontent-length: 2\r\n\r\n{}`;
          const answer = await ask(question, scriptOf({ bytes, isKept: true }));
          expect([question, target().faultOf(answer)]).toEqual([question, null]);
        }
      }
      await target().expectUnharmed();
    },
  );
}
