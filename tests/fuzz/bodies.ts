/** Bodies in both directions that are too slow, too deep or not what they say, and what they do to the functions' memory. */
import { connect } from "node:net";
import { brotliCompressSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { fakeKey } from "../harness/fakes.ts";
import { draw, replay, runs } from "./drawing.ts";
import { answerOf } from "./provider.ts";
import { bearer, memoryLimitKiB, type Target } from "./target.ts";
import { exchange, requestOf } from "./wire.ts";

const mebibyte = 1024 * 1024;

export function attackWithBodies(target: () => Target): void {
  type Header = [name: string, value: string];

  interface Reader {
    readonly slug: string;
    readonly headers: readonly Header[];
    /** A body that it takes. */
    readonly good: string;
  }

  /** Requests to everything that reads JSON. */
  const readers = (): readonly Reader[] => {
    const { attacker, saver, spender } = target();
    const byKey = [bearer(attacker)];
    const onCredits: readonly Header[] = [bearer(spender), ["x-byok-operation", "single_doc_regen"]];
    return [
      {
        slug: "save",
        headers: [bearer(saver)],
        good: JSON.stringify({ provider: "openai", api_key: fakeKey("openai", "works") }),
      },
      { slug: "verify", headers: byKey, good: '{"provider":"openai"}' },
      {
        slug: "call/openai/v1/chat/completions",
        headers: onCredits,
        good: '{"model":"gpt-4.1-mini","messages":[]}',
      },
      {
        slug: "call/anthropic/v1/messages",
        headers: onCredits,
        good: '{"model":"claude-haiku-4-5","max_tokens":1,"messages":[]}',
      },
      {
        slug: "call/google/v1beta/models/gemini-3.5-flash-lite:generateContent",
        headers: onCredits,
        good: '{"contents":[]}',
      },
      {
        slug: "call/groq/openai/v1/chat/completions",
        headers: byKey,
        good: '{"model":"openai/gpt-oss-20b","messages":[]}',
      },
    ];
  };

  test("a good body is taken by each of them", async () => {
    for (const { slug, headers, good } of readers()) {
      const request = requestOf("POST", `/byok/${slug}`, headers, good);
      const { status } = await exchange(target().doors[0].port, request, { patience: 30_000 });
      expect([slug, status]).toEqual([slug, 200]);
    }
    await target().expectUnharmed();
  });

  async function expectNoFault(
    bodiesFor: (reader: Reader) => readonly string[],
    headers: Header[] = [],
    message?: string,
  ): Promise<void> {
    const door = target().doors[0];
    const requests = readers().flatMap((reader) =>
      bodiesFor(reader).map((body) => ({
        door,
        bytes: requestOf("POST", `/byok/${reader.slug}`, [...reader.headers, ...headers], body),
      })),
    );
    expect(await target().faultsOf(requests), message).toEqual([]);
    await target().expectUnharmed();
  }

  const nested = (open: string, close: string, depth: number) => open.repeat(depth) + close.repeat(depth);

  test("bodies that are no JSON, or JSON that nobody writes, are refused with a code", async () => {
    const bodies = [
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
      nested("[", "]", 50_000),
      nested('{"a":', "}", 20_000),
      `{"provider":"openai","api_key":${nested("[", "]", 3_000)}}`,
      `{${Array.from({ length: 700 }, (_, n) => `"k${n}":1`).join(",")}}`,
      `{"${"k".repeat(7_000)}":1}`,
      `{"provider":"groq","api_key":"${"\\u0000".repeat(100)}"}`,
    ];
    // Each beside all that makes a body good.
    const fields = [
      '"model":{"toString":1}',
      '"__proto__":{"messages":[]}',
      '"messages":{"length":1e9}',
      '"contents":{"length":1e9}',
      '"max_tokens":1e400',
      '"max_completion_tokens":-0.0000001',
      '"generationConfig":{"maxOutputTokens":-0.0000001}',
      `"n":${"9".repeat(400)}`,
      '"temperature":-0',
      '"tools":[[]]',
      '"tools":{"length":0}',
      `"messages":${nested("[", "]", 20_000)}`,
      `"messages":${nested('[{"content":', "}]", 5_000).replace("}", "0}")}`,
      `"contents":${nested('[{"parts":', "}]", 2_000).replace("}", "1}")}`,
    ];
    await expectNoFault(({ good }) => [...bodies, ...fields.map((field) => `${good.slice(0, -1)},${field}}`)]);
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
      "temperature",
      "__proto__",
      "type",
      "generationConfig",
    );
    const values = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constantFrom("openai", "gpt-4.1-mini", "claude-haiku-4-5", 0.5, [], {}),
    );
    const drawn = draw(
      fc.record({
        more: fc.dictionary(names, values, { maxKeys: 6 }),
        isGood: fc.boolean(),
        change: fc.option(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }))),
      }),
      runs / 8,
    );
    const bodyOf = (good: string, { more, isGood, change }: (typeof drawn)[number]) => {
      const body = { ...(isGood ? (JSON.parse(good) as object) : {}), ...more };
      const text = Buffer.from(JSON.stringify(body)).toString("latin1");
      if (!change) return text;
      const [at, code] = change;
      return text.slice(0, at % text.length) + String.fromCharCode(code) + text.slice((at % text.length) + 1);
    };
    await expectNoFault(({ good }) => drawn.map((each) => bodyOf(good, each)), [], replay);
  });

  test.each(["gzip", "br", "deflate", "gzip, gzip", "nonsense"])(
    "a body that says it is %s is not unpacked",
    async (encoding) => {
      const bomb = (encoding === "br" ? brotliCompressSync : gzipSync)(Buffer.alloc(8 * mebibyte)).toString("latin1");
      await expectNoFault(
        ({ good }) => [bomb, gzipSync('{"provider":"openai","api_key":"k"}').toString("latin1"), good],
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
      const request = requestOf("POST", "/byok/call/openai/v1/chat/completions", headers, body);
      expect(await sendAtOnce(16, request)).toEqual(Array(16).fill(isRead ? 200 : 400));
      await target().expectUnharmed();
      expect(target().peakKiB()).toBeLessThan(memoryLimitKiB);
    },
  );

  test.each(crowded)("answers to sixteen checks at once, of a MiB of %s, stay out of memory", async (_, crowd) => {
    const list = `{"data":${crowd(mebibyte - 1000)}}`;
    const name = target().providers.openai.script((socket) => socket.write(answerOf(200, list)));
    const body = JSON.stringify({ provider: "openai", api_key: fakeKey("openai", "works", name) });
    const request = requestOf("POST", "/byok/save", [bearer(target().saver)], body);
    expect(await sendAtOnce(16, request)).toEqual(Array(16).fill(200));
    await target().expectUnharmed();
    expect(target().peakKiB()).toBeLessThan(memoryLimitKiB);
  });

  test("clients that send a part and then nothing, or byte after byte, keep nobody else waiting", async () => {
    const heads = readers().flatMap(({ slug, headers }) => [
      requestOf("POST", `/byok/${slug}`, [...headers, ["content-length", "1000"]]),
      requestOf("POST", `/byok/${slug}`, [...headers, ["transfer-encoding", "chunked"]]),
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
      const good = requestOf("GET", "/byok/call/groq/openai/v1/models", [bearer(target().attacker)]);
      const answer = await exchange(target().doors[0].port, good, { patience: 30_000 });
      expect(answer.status).toBe(200);
    }
    for (const socket of sockets) socket.destroy();
    await target().expectUnharmed();
    expect(target().peakKiB()).toBeLessThan(memoryLimitKiB);
  });
}
