/** Answers of a provider that has gone bad, to calls on either funding and to checks. */
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { fakeKey } from "../harness/fakes.ts";
import { draw, replay, runs } from "./drawing.ts";
import { answerOf, type Script } from "./provider.ts";
import { bearer, manyAtATime, type Target } from "./target.ts";
import { exchange, requestOf, type WireAnswer } from "./wire.ts";

/** How a question comes to a provider. */
const questions = ["GET under BYOK", "POST under BYOK", "POST on credits", "save"] as const;
type Question = (typeof questions)[number];
const calls = questions.filter((question) => question !== "save");

type Case = readonly [name: string, script: Script];

/** Sends bytes, one for each character, and hangs up. */
function sends(bytes: string): Script {
  return (socket) => socket.end(Buffer.from(bytes, "latin1"));
}

/** Sends a whole answer, and keeps the connection for the next question. */
function answers(bytes: string): Script {
  return (socket) => socket.write(Buffer.from(bytes, "latin1"));
}

/** A request for OpenAI that makes its provider answer with the script of that name. */
function questionOf(target: Target, question: Question, name: string): string {
  const { attacker, saver, spender } = target;
  const chat = "/call/openai/v1/chat/completions";
  const body = JSON.stringify({ model: "gpt-4.1-mini", messages: [], user: name });
  switch (question) {
    case "GET under BYOK":
      return requestOf("GET", `/call/openai/v1/models/${name}`, [bearer(attacker)]);
    case "POST under BYOK":
      return requestOf("POST", chat, [bearer(attacker)], body);
    case "POST on credits":
      return requestOf("POST", chat, [bearer(spender), ["x-byok-operation", "single_doc_regen"]], body);
    case "save": {
      const api_key = fakeKey("openai", "works", name);
      return requestOf("POST", "/save", [bearer(saver)], JSON.stringify({ provider: "openai", api_key }));
    }
  }
}

/** What an answer has of a provider's that it should not have; null for nothing. */
function smuggledIn({ headers }: WireAnswer): string | null {
  const ours = {
    "access-control-allow-origin": "*",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; sandbox",
    "x-content-type-options": "nosniff",
  };
  for (const [name, value] of Object.entries(ours)) if (headers[name] !== value) return `has another ${name}`;
  const forged = Object.keys(headers).find((name) => headers[name]?.includes("smuggled"));
  return forged === undefined ? null : `has the provider's ${forged}`;
}

const list = '{"object":"list","data":[]}';
const forgedHeaders = [
  "x-byok-error: smuggled",
  "x-byok-funding: smuggled",
  "x-byok-credits: smuggled",
  "access-control-allow-origin: https://smuggled",
  "access-control-allow-credentials: smuggled",
  "cache-control: smuggled",
  "set-cookie: a=smuggled",
  "location: smuggled",
  "www-authenticate: smuggled",
  "content-disposition: smuggled",
  "content-security-policy: smuggled",
  "refresh: 0;url=smuggled",
  "link: <smuggled>",
  "clear-site-data: smuggled",
  "alt-svc: smuggled",
  "x-should-retry: smuggled",
  "openai-organization: smuggled",
  "trailer: smuggled",
  "service-worker-allowed: smuggled",
  "server: smuggled",
  "x-ratelimit-a: 1\rset-cookie: smuggled",
  "x-ratelimit-a: 1\nset-cookie: smuggled",
  "x-ratelimit-a: 1\r\n set-cookie: smuggled",
  "x-ratelimit-a: \x80\xff\0",
  "x-ratelimit-\xe9: 1",
  "content-type: a\r\ncontent-type: b",
  "content-type: \x01",
  "retry-after: -1e400",
  "connection: close, content-type",
  "upgrade: websocket",
  ": empty",
  "no colon",
  " leading: space",
  "x-ratelimit-long: " + "a".repeat(20_000),
  ...Array.from({ length: 3 }, (_, n) => `x-ratelimit-many-${n}: ${n}`),
];
const framings = [
  "content-length: 5",
  "content-length: 500",
  "content-length: -1",
  "content-length: 5, 6",
  "content-length: 27\r\ncontent-length: 28",
  "content-length: 99999999999999999999",
  "content-length: abc",
  "transfer-encoding: chunked",
  "transfer-encoding: chunked\r\ncontent-length: 27",
  "transfer-encoding: gzip, chunked",
  "transfer-encoding: identity",
  "transfer-encoding: xchunked",
  "content-encoding: gzip",
  "content-encoding: br",
  "content-encoding: deflate",
  "content-encoding: zstd",
  "content-encoding: gzip, gzip",
  "content-encoding: nonsense",
  "content-encoding: identity",
  "content-range: bytes 0-1/2",
];
const statusLines = [
  ...[
    100, 101, 102, 103, 199, 200, 201, 204, 205, 206, 226, 299, 400, 401, 402, 403, 404, 418, 421, 429, 451, 499, 500,
    503, 529, 599, 600, 999,
  ].map((status) => `HTTP/1.1 ${status} Any`),
  "HTTP/1.1 000 Any",
  "HTTP/1.1 20 Any",
  "HTTP/1.1 2000 Any",
  "HTTP/1.1 -1 Any",
  "HTTP/1.1 abc Any",
  "HTTP/1.1 200",
  "HTTP/1.0 200 OK",
  "HTTP/0.9 200 OK",
  "HTTP/2 200",
  "HTTP/9.9 200 OK",
  "ICY 200 OK",
  "SSH-2.0-OpenSSH",
  "",
  "\0\0\0",
  "PRI * HTTP/2.0",
  "HTTP/1.1 103 Early\r\nlink: <smuggled>\r\n\r\nHTTP/1.1 200 OK",
  "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK",
];

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

  async function expectNoFault(cases: readonly Case[], message?: string): Promise<void> {
    const faults: string[] = [];
    const asked = cases.flatMap((each) => questions.map((question) => [question, ...each] as const));
    await manyAtATime(asked, async ([question, name, script]) => {
      const answer = await ask(question, script);
      if (answer.status === null && target().mayBreakOff) return;
      const fault = answer.status === null ? "is not there" : (target().faultOf(answer) ?? smuggledIn(answer));
      if (fault) faults.push(`the answer to ${question}, ${target().shown(name)}, ${fault}`);
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

  test.each([300, 301, 302, 303, 304, 305, 307, 308])(
    "a redirect %i is not followed, wherever it leads",
    async (status) => {
      const redirects = locations().map((location) => {
        const header = location === null ? "" : `location: ${location}\r\n`;
        return answers(`HTTP/1.1 ${status} Any\r\n${header}content-length: 0\r\n\r\n`);
      });
      const outcomes: unknown[] = [];
      await manyAtATime(
        redirects.flatMap((script) => calls.map((question) => [question, script] as const)),
        async ([question, script]) => {
          const { status, headers } = await ask(question, script);
          outcomes.push([status, headers["x-byok-error"]]);
        },
      );
      expect(new Set(outcomes.map(String))).toEqual(new Set(["502,provider_misbehaved"]));
      // Each question was asked once, so none was asked again at the same provider either.
      expect(target().providers.openai.received).toHaveLength(outcomes.length);
      expect(target().providers.groq.received).toEqual([]);
      await target().expectUnharmed();
    },
  );

  test("a check of a key follows no redirect either, and finds nothing out", async () => {
    for (const location of locations()) {
      const answer = await ask(
        "save",
        answers(`HTTP/1.1 307 Any\r\nlocation: ${location}\r\ncontent-length: 0\r\n\r\n`),
      );
      expect([answer.status, answer.body.includes('"verdict":"unverified"')]).toEqual([200, true]);
    }
    expect(target().providers.openai.received).toHaveLength(locations().length);
    await target().expectUnharmed();
  });

  test("headers that are the functions' own to send, or nobody's, do not come from a provider", async () => {
    const cases = forgedHeaders.flatMap((header) =>
      [200, 429].map((status): Case => [`${status} ${header}`, answers(answerOf(status, list, `${header}\r\n`))]),
    );
    await expectNoFault(cases);
  });

  test("a status, a length or an encoding that is none becomes a failure with a code, or a broken body", async () => {
    const cases = [
      ...statusLines.map((line): Case => [
        line,
        sends(`${line}\r\ncontent-type: application/json\r\ncontent-length: 27\r\n\r\n${list}`),
      ]),
      ...framings.flatMap((framing) =>
        [200, 302, 400].map((status): Case => [
          `${status} ${framing}`,
          sends(`HTTP/1.1 ${status} Any\r\n${framing}\r\n\r\n${list}`),
        ]),
      ),
      ...[204, 205, 304].map((status): Case => [
        `${status} with a body`,
        sends(`HTTP/1.1 ${status} Any\r\ncontent-length: 27\r\n\r\n${list}`),
      ]),
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
    const cases = draw(fc.oneof(put, changed), runs / 3).map((bytes): Case => [bytes, sends(bytes)]);
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
      [200, 400].map((status): Case => [
        `${status} ${body.slice(0, 60)}`,
        answers(answerOf(status, Buffer.from(body).toString("latin1"))),
      ]),
    );
    await expectNoFault(cases);
  });

  test.each(Object.keys(codings) as (keyof typeof codings)[])(
    "an answer packed as %s, though identity was asked for, is not passed on packed, nor a key in an error",
    async (coding) => {
      for (const question of calls) {
        for (const status of [200, 429]) {
          const { apiKeys } = target().attacker;
          const body = codings[coding](JSON.stringify({ error: { message: `no ${apiKeys.openai}` } }));
          const name = coding.replace(/, raw$/, "");
          const head = `HTTP/1.1 ${status} Any\r\ncontent-type: application/json\r\ncontent-encoding: ${name}\r\ncontent-length: ${body.length}\r\n\r\n`;
          const answer = await ask(question, answers(head + body.toString("latin1")));
          if (target().unpacks(name)) {
            // What is readable is judged: of a success the body is the provider's own, and out of an error the key is taken.
            if (status === 429) expect([answer.status, target().faultOf(answer)]).toEqual([429, null]);
            continue;
          }
          expect([answer.status, answer.headers["x-byok-error"]]).toEqual([502, "provider_misbehaved"]);
          expect(target().faultOf(answer)).toBeNull();
        }
      }
      await target().expectUnharmed();
    },
  );

  test("a key that a provider repeats in an error does not come back", async () => {
    const { apiKeys } = target().attacker;
    const keys = { "POST under BYOK": apiKeys.openai, "POST on credits": target().stack.platformKeys.openai };
    for (const [question, key] of Object.entries(keys)) {
      for (const status of [400, 429, 500]) {
        const answer = await ask(
          question as Question,
          answers(answerOf(status, JSON.stringify({ error: { message: `no ${key}` } }))),
        );
        expect([answer.status, target().faultOf(answer)]).toEqual([status, null]);
      }
    }
    await target().expectUnharmed();
  });

  test.each(["x-request-id", "request-id", "content-type", "retry-after", "x-ratelimit-key"])(
    "a key that a provider repeats in its header %s does not come back",
    async (header) => {
      const keys = {
        "POST under BYOK": target().attacker.apiKeys.openai,
        "POST on credits": target().stack.platformKeys.openai,
      };
      for (const [question, key] of Object.entries(keys)) {
        for (const status of [200, 400]) {
          const answer = await ask(
            question as Question,
            answers(`HTTP/1.1 ${status} Any\r\n${header}: a ${key}\r\ncontent-length: 2\r\n\r\n{}`),
          );
          expect([question, target().faultOf(answer)]).toEqual([question, null]);
        }
      }
      await target().expectUnharmed();
    },
  );
}
