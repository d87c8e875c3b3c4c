/** Bodies in both directions that are too big, too slow, too deep or not what they say, and what they do to the functions' memory. */
import { connect } from "node:net";
import { brotliCompressSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { fakeKey } from "../harness/fakes.ts";
import { draw, replay, runs } from "./drawing.ts";
import { answerOf, type Script } from "./provider.ts";
import { bearer, type Target } from "./target.ts";
import { exchange, requestOf } from "./wire.ts";

const mebibyte = 1024 * 1024;
const limit_bytes = 25 * mebibyte;
/** More than the functions may hold: a function that unpacks a bomb of this size passes the limit. */
const bomb_bytes = 128 * mebibyte;
const memoryLimitKiB = 256 * 1024;

const bomb = gzipSync(Buffer.alloc(bomb_bytes), { level: 1 });

export function attackWithBodies(target: () => Target): void {
  type Header = [name: string, value: string];

  /** Requests to everything that reads JSON. */
  const readers = (): { slug: string; headers: Header[] }[] => {
    const onCredits = [bearer(target().spender), ["x-byok-operation", "single_doc_regen"]] as Header[];
    return [
      { slug: "save", headers: [bearer(target().attacker)] },
      { slug: "verify", headers: [bearer(target().attacker)] },
      { slug: "call/openai/v1/chat/completions", headers: onCredits },
      { slug: "call/anthropic/v1/messages", headers: onCredits },
      { slug: "call/google/v1beta/models/gemini-2.5-flash:generateContent", headers: onCredits },
      { slug: "call/groq/openai/v1/chat/completions", headers: [bearer(target().attacker)] },
    ];
  };

  async function expectNoFault(bodies: readonly string[], headers: Header[] = [], message?: string): Promise<void> {
    const door = target().doors[0];
    const requests = bodies.flatMap((body) =>
      readers().map((reader) => ({
        door,
        bytes: requestOf("POST", `/${reader.slug}`, [...reader.headers, ...headers], body),
      })),
    );
    expect(await target().faultsOf(requests), message).toEqual([]);
    await target().expectUnharmed();
  }

  const nested = (open: string, close: string, depth: number) => open.repeat(depth) + close.repeat(depth);

  test("bodies that are no JSON, or JSON that nobody writes, are refused with a code", async () => {
    const model = '"model":"gpt-4.1-mini"';
    await expectNoFault([
      " ",
      "\0",
      "null",
      "true",
      "0",
      "[]",
      '""',
      "{",
      "}",
      "{}x",
      "{'a':1}",
      "{a:1}",
      '{"a":1,}',
      '{"a":}',
      "NaN",
      '{"a":NaN}',
      '{"a":01}',
      "// x\n{}",
      "\xef\xbb\xbf{}",
      "\xff\xfe{\0}\0",
      "\xc0\x80",
      "\xed\xa0\x80",
      "\xf4\x90\x80\x80",
      '{"a":"\xff"}',
      '{"a":"\x01"}',
      '{"a":"\\ud800"}',
      '{"\\ud800":"\\udfff"}',
      '{"a":"\\u12"}',
      '{"__proto__":{"provider":"openai"}}',
      '{"constructor":{"prototype":{"x":1}}}',
      '{"toString":1,"hasOwnProperty":2}',
      '{"provider":"__proto__","api_key":"x"}',
      '{"provider":"toString"}',
      '{"provider":{"toString":"openai"}}',
      '{"provider":"openai","provider":"groq","api_key":"a","api_key":"b"}',
      `{${model},"model":{"toString":1},"messages":[]}`,
      `{${model},"__proto__":{"messages":[]}}`,
      `{${model},"messages":{"length":1e9}}`,
      `{${model},"messages":[],"max_tokens":1e400}`,
      `{${model},"messages":[],"max_completion_tokens":-0.0000001}`,
      `{${model},"messages":[],"n":${"9".repeat(400)}}`,
      `{${model},"messages":[],"tools":[[]]}`,
      `{${model},"messages":[],"tools":{"length":0}}`,
      `{${model},"messages":${nested("[", "]", 20_000)}}`,
      `{${model},"messages":${nested('[{"content":', "}]", 5_000).replace("}", "0}")}}`,
      nested("[", "]", 50_000),
      nested('{"a":', "}", 20_000),
      `{"contents":${nested('[{"parts":', "}]", 2_000).replace("}", "1}")}}`,
      `{"provider":"openai","api_key":${nested("[", "]", 3_000)}}`,
      `{${Array.from({ length: 700 }, (_, n) => `"k${n}":1`).join(",")}}`,
      `{"${"k".repeat(7_000)}":1}`,
      `{"provider":"groq","api_key":"${"\\u0000".repeat(100)}"}`,
    ]);
  });

  test("bodies of any JSON, whole or with bytes changed, are refused with a code or reach the provider", async () => {
    const names = fc.constantFrom(
      "provider",
      "api_key",
      "model",
      "messages",
      "input",
      "contents",
      "tools",
      "max_tokens",
      "__proto__",
      "type",
      "generationConfig",
    );
    const values = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constantFrom("openai", "gpt-4.1-mini", "claude-haiku-4-5", [], {}),
    );
    const whole = fc
      .dictionary(names, values, { maxKeys: 6 })
      .map((value) => Buffer.from(JSON.stringify(value)).toString("latin1"));
    const changed = fc
      .tuple(whole, fc.nat(), fc.integer({ min: 0, max: 255 }))
      .map(
        ([text, at, code]) =>
          text.slice(0, at % text.length) + String.fromCharCode(code) + text.slice((at % text.length) + 1),
      );
    await expectNoFault(draw(fc.oneof(whole, changed), runs / 8), [], replay);
  });

  test.each(["gzip", "br", "deflate", "gzip, gzip", "nonsense"])(
    "a body that says it is %s is not unpacked",
    async (encoding) => {
      const bomb = (encoding === "br" ? brotliCompressSync : gzipSync)(Buffer.alloc(8 * mebibyte)).toString("latin1");
      await expectNoFault(
        [bomb, gzipSync('{"provider":"openai","api_key":"k"}').toString("latin1"), "{}"],
        [["content-encoding", encoding]],
      );
      expect(target().peakKiB()).toBeLessThan(memoryLimitKiB);
    },
  );

  /** A list of as many bytes, all of them objects or all of them fields of its one object: as many of the first as are read. */
  const crowds = {
    objects: (bytes: number) => `[${"{},".repeat(45_000)}${" ".repeat(bytes - 3 * 45_000)}{}]`,
    fields: (bytes: number) =>
      `[{${Array.from({ length: 45_000 }, (_, index) => `"f${index}":1`).join(",")}}${" ".repeat(bytes - 500_000)}]`,
    "more objects than are read": (bytes: number) => `[${"{},".repeat(bytes / 3)}{}]`,
  };
  const crowded = Object.entries(crowds);

  /** Sends a request as often as that at once; the statuses of the answers, and what is wrong with any. */
  async function sendAtOnce(count: number, request: string): Promise<unknown[]> {
    const { port } = target().doors[0];
    const answers = await Promise.all(
      Array.from({ length: count }, () => exchange(port, request, { patience: 60_000 })),
    );
    return answers.map((answer) => target().faultOf(answer) ?? answer.status);
  }

  test.each(crowded)(
    "bodies on credits, sixteen at once, of a MiB of %s stay out of memory until all are answered",
    async (what, crowd) => {
      const isRead = !what.startsWith("more");
      const waiting: (() => void)[] = [];
      const name = target().providers.openai.script((socket) => {
        waiting.push(() => socket.write(answerOf(200, "{}")));
        if (waiting.length === 16) for (const answer of waiting) answer();
      });
      // The parameters of a function are what credits pass on whatever is in them.
      const functions = `[{"name":"${name}","parameters":{"enum":${crowd(mebibyte - 1000)}}}]`;
      const body = `{"model":"gpt-4.1-mini","messages":[],"functions":${functions}}`;
      const headers: Header[] = [bearer(target().spender), ["x-byok-operation", "kernel_build"]];
      const request = requestOf("POST", "/call/openai/v1/chat/completions", headers, body);
      expect(await sendAtOnce(16, request)).toEqual(Array(16).fill(isRead ? 200 : 400));
      await target().expectUnharmed();
      expect(target().peakKiB()).toBeLessThan(memoryLimitKiB);
    },
  );

  test.each(crowded)("answers to sixteen checks at once, of a MiB of %s, stay out of memory", async (_, crowd) => {
    const list = `{"data":${crowd(mebibyte - 1000)}}`;
    const name = target().providers.openai.script((socket) => socket.write(answerOf(200, list)));
    const body = JSON.stringify({ provider: "openai", api_key: fakeKey("openai", "works", name) });
    const request = requestOf("POST", "/save", [bearer(target().saver)], body);
    expect(await sendAtOnce(16, request)).toEqual(Array(16).fill(200));
    await target().expectUnharmed();
    expect(target().peakKiB()).toBeLessThan(memoryLimitKiB);
  });

  /** Uploads to the attacker's provider, at the speed at which it is taken, and asks after it was answered. */
  async function upload(bytes: number, isDeclared: boolean) {
    const framing: Header = isDeclared ? ["content-length", String(bytes)] : ["transfer-encoding", "chunked"];
    const head = requestOf("POST", "/call/openai/v1/files", [
      bearer(target().attacker),
      ["content-type", "text/plain"],
      framing,
    ]);
    function* pieces() {
      yield head;
      const piece = Buffer.alloc(64 * 1024);
      for (let sent = 0; sent < bytes; sent += piece.length) {
        const part = piece.subarray(0, Math.min(piece.length, bytes - sent));
        if (isDeclared) yield part;
        else yield Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from("\r\n")]);
      }
      if (!isDeclared) yield "0\r\n\r\n";
    }
    return await exchange(target().doors[0].port, pieces(), { patience: 60_000 });
  }

  test.each([
    { bytes: limit_bytes, isDeclared: true, outcome: "200," },
    { bytes: limit_bytes, isDeclared: false, outcome: "200," },
    { bytes: limit_bytes + 1, isDeclared: true, outcome: "413,body_too_large" },
    { bytes: limit_bytes + 1, isDeclared: false, outcome: "413,body_too_large" },
  ])(
    "four uploads at once of $bytes bytes, declared: $isDeclared, end with $outcome and stay out of memory",
    async ({ bytes, isDeclared, outcome }) => {
      const answers = await Promise.all(Array.from({ length: 4 }, () => upload(bytes, isDeclared)));
      expect(answers.map((answer) => target().faultOf(answer))).toEqual([null, null, null, null]);
      expect(answers.map(({ status, headers }) => [status, headers["x-byok-error"]].join(","))).toEqual(
        Array(4).fill(outcome),
      );
      await target().expectUnharmed();
      expect(target().peakKiB()).toBeLessThan(memoryLimitKiB);
    },
  );

  test("clients that send a part and then nothing, or byte after byte, keep nobody else waiting", async () => {
    const heads = readers().flatMap(({ slug, headers }) => [
      requestOf("POST", `/${slug}`, [...headers, ["content-length", "1000"]]),
      requestOf("POST", `/${slug}`, [...headers, ["transfer-encoding", "chunked"]]),
      `POST /${slug} HTTP/1.1\r\nhost: a\r\nx-slow: `,
    ]);
    const sockets = heads.flatMap((head) =>
      Array.from({ length: 4 }, () => {
        const socket = connect(target().doors[0].port, "127.0.0.1");
        socket.on("error", () => {});
        socket.write(head, "latin1");
        return socket;
      }),
    );
    // While all of them are open, each takes a byte more after every good answer to somebody else.
    for (let round = 0; round < 10; round++) {
      for (const socket of sockets) socket.write("1");
      const good = requestOf("GET", "/call/groq/openai/v1/models", [bearer(target().attacker)]);
      const answer = await exchange(target().doors[0].port, good, { patience: 30_000 });
      expect(answer.status).toBe(200);
    }
    for (const socket of sockets) socket.destroy();
    await target().expectUnharmed();
    expect(target().peakKiB()).toBeLessThan(memoryLimitKiB);
  });

  const questions = (script: string): Record<string, string> => ({
    "a call under BYOK": requestOf("GET", `/call/openai/v1/models/${script}`, [bearer(target().attacker)]),
    "a call on credits": requestOf(
      "POST",
      "/call/openai/v1/chat/completions",
      [bearer(target().spender), ["x-byok-operation", "single_doc_regen"]],
      JSON.stringify({ model: "gpt-4.1-mini", messages: [{ role: "user", content: script }] }),
    ),
    "a check": requestOf(
      "POST",
      "/save",
      [bearer(target().saver)],
      JSON.stringify({ provider: "openai", api_key: fakeKey("openai", "works", script) }),
    ),
  });

  /** Asks in one way and reads the answer without keeping it; the number of bytes that came until it ended. */
  function readAway(question: string, script: Script): Promise<number> {
    const socket = connect(target().doors[0].port, "127.0.0.1");
    let bytes = 0;
    socket.on("data", (chunk) => (bytes += chunk.length));
    socket.write(questions(target().providers.openai.script(script))[question]!, "latin1");
    return new Promise((resolve) => {
      socket.on("error", () => {});
      socket.on("close", () => resolve(bytes));
    });
  }

  test.each(["a call under BYOK", "a call on credits", "a check"])(
    "answers to %s that unpack to much more than they are stay out of memory",
    async (question) => {
      for (const status of [200, 400]) {
        const head = `HTTP/1.1 ${status} Any\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`;
        await readAway(question, (socket) => {
          socket.write(head);
          socket.write(bomb);
        });
      }
      await target().expectUnharmed();
      expect(target().peakKiB()).toBeLessThan(memoryLimitKiB);
    },
  );

  test.each(["a call under BYOK", "a call on credits", "a check"])(
    "answers to %s that never end, that come byte by byte or that nobody reads stay out of memory",
    async (question) => {
      const endless: Script = (socket) => {
        const piece = Buffer.alloc(64 * 1024, "[");
        socket.write("HTTP/1.1 200 Any\r\ncontent-type: application/json\r\n\r\n");
        let left = bomb_bytes / piece.length;
        const more = () => {
          while (left-- > 0 && !socket.destroyed) if (!socket.write(piece)) return socket.once("drain", more);
          return socket.end();
        };
        more();
      };
      const dripping: Script = async (socket) => {
        const answer = answerOf(200, `{"data":[${'{"id":"a"},'.repeat(50)}{}]}`);
        for (const byte of answer)
          if (!socket.write(byte)) await new Promise((resolve) => socket.once("drain", resolve));
      };
      await Promise.all([readAway(question, endless), readAway(question, dripping)]);
      // Nobody reads this one, until its connection is cut.
      const unread = connect(target().doors[0].port, "127.0.0.1").pause();
      const full = Promise.withResolvers<void>();
      unread.write(
        questions(
          target().providers.openai.script((socket) => {
            void endless(socket);
            socket.once("close", () => full.resolve());
            setTimeout(() => full.resolve(), 500);
          }),
        )[question]!,
      );
      await full.promise;
      unread.destroy();
      await target().expectUnharmed();
      expect(target().peakKiB()).toBeLessThan(memoryLimitKiB);
    },
  );
}
