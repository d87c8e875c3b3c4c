/** Heads of requests that two readers read in two ways: smuggled requests, doubled and broken headers, borrowed identities. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { draw, replay, runs } from "./drawing.ts";
import { bearer, type Target } from "./target.ts";
import { exchange, requestOf, type WireAnswer } from "./wire.ts";

type Header = [name: string, value: string];

export function attackHeads(target: () => Target): void {
  const victim = () => target().victim.id;
  const claimsToBeTheVictim = (): Header[] => [
    ["x-byok-user", victim()],
    ["X-Byok-User", ` ${victim()} `],
    ["x_byok_user", victim()],
    ["x-user-id", victim()],
    ["x-supabase-auth", JSON.stringify({ sub: victim(), role: "authenticated" })],
    ["x-jwt-claims", JSON.stringify({ sub: victim() })],
    ["cookie", `sb-access-token=${victim()}; sb=${victim()}`],
    ["apikey", target().stack.publishableKey],
    ["apikey", "sb_secret_"],
    ["apikey", `${target().stack.publishableKey}, sb_secret_x`],
    ["authorization", `Bearer ${victim()}`],
    ["authorization", "Basic eDp5"],
    ["x-api-key", victim()],
    ["x-goog-api-key", "a.b.c"],
    ["api-key", "a.b.c"],
  ];
  const framing: Header[] = [
    ...["5", "+5", "-1", "5, 5", "5,6", "0x5", "5 ", "99999999999999999999", "", "1e1", "5\t", "٥"].map(
      (value): Header => ["content-length", value],
    ),
    ...[
      "chunked",
      "Chunked",
      "xchunked",
      "chunked, identity",
      "identity",
      "gzip, chunked",
      "\vchunked",
      "chunked, chunked",
      '"chunked"',
      "chunked;a=b",
    ].map((value): Header => ["transfer-encoding", value]),
    ["transfer-encoding ", "chunked"],
    ["transfer-encoding", "\r\n chunked"],
    ["content-encoding", "gzip"],
    ["expect", "100-continue"],
    ["expect", "nonsense"],
    ["trailer", "x-byok-user, authorization"],
    ["te", "trailers, chunked"],
    ["upgrade", "websocket"],
    ["upgrade", "h2c"],
    ["http2-settings", "AAMAAABkAAQAAP__"],
    ["connection", "upgrade, http2-settings"],
    ["connection", "close, authorization, x-byok-user, content-length"],
    ["connection", "keep-alive, host, transfer-encoding"],
    ["proxy-connection", "keep-alive"],
    ["keep-alive", "timeout=0"],
  ];
  const misleading = (): Header[] => [
    ["x-original-url", "/rest/v1/credentials"],
    ["x-rewrite-url", `http://127.0.0.1:${target().canary.port}/`],
    ["x-forwarded-host", `127.0.0.1:${target().canary.port}`],
    ["forwarded", `for=127.0.0.1;host=127.0.0.1:${target().canary.port};proto=http`],
    ["x-http-method-override", "DELETE"],
    ["host", `127.0.0.1:${target().canary.port}`],
    ["range", "bytes=0-18446744073709551615"],
    ["accept", "\x80\xff"],
    ["accept", "a".repeat(20_000)],
    ["content-type", "application/json\x01"],
    ["content-type", `multipart/form-data; boundary="${"-".repeat(5_000)}`],
    ["anthropic-version", "2023-06-01\r\n\tx: y"],
    ["", "empty"],
    ["a b", "space"],
    [":path", "/byok/save"],
    ["__proto__", "x"],
    ["constructor", "x"],
    ["x\0", "x"],
    ["n\xe9", "x"],
    ...["\r", "\n", "\0", "\r\n\r\n", "\x0b", "\x85"].map((end): Header => [
      "accept",
      `a${end}x-byok-user: ${victim()}`,
    ]),
  ];
  const smuggled = (): string[] => [
    "",
    "hello",
    `GET /byok/call/openai/v1/smuggled HTTP/1.1\r\nhost: a\r\nx-byok-user: ${victim()}\r\napikey: x\r\n\r\n`,
    `0\r\n\r\nGET /byok/call/openai/v1/smuggled HTTP/1.1\r\nhost: a\r\nx-byok-user: ${victim()}\r\nfoo: `,
    "5\r\nhello\r\n0\r\n\r\n",
    `5\r\nhello\r\n0\r\nx-byok-user: ${victim()}\r\nauthorization: Bearer x\r\n\r\n`,
    '5;a="\n"\r\nhello\r\n0\r\n\r\n',
    "5\nhello\n0\n\n",
    "-5\r\nhello\r\n0\r\n\r\n",
    "fffffffffffffffff\r\nhello\r\n0\r\n\r\n",
    "0x5\r\nhello\r\n0\r\n\r\n",
    "5\r\nhelloXX0\r\n\r\n",
    "5\r\nhel",
  ];
  /** Calls on credits at each of two paths. */
  const bought: readonly [slug: string, body: string][] = [
    ["call/openai/v1/chat/completions", '{"model":"gpt-4.1-mini","messages":[]}'],
    ["call/anthropic/v1/messages", '{"model":"claude-haiku-4-5","max_tokens":1,"messages":[]}'],
  ];
  const onCredits = (): Header[] => [bearer(target().spender), ["x-byok-operation", "kernel_build"]];
  const slugs = [...bought.map(([slug]) => slug), "call/nobody", "save", "verify"];

  test("each of these headers alone, on a request that credits would pay, passes for nobody else's", async () => {
    const [door] = target().doors;
    const requests = [...framing, ...claimsToBeTheVictim(), ...misleading()].flatMap((header) =>
      bought.map(([slug, body]) => ({
        door,
        bytes: requestOf("POST", `/byok/${slug}`, [...onCredits(), header], body),
      })),
    );
    let paid = 0;
    const count = ({ headers }: WireAnswer) => (paid += Number(headers["x-byok-funding"] === "platform"));
    expect(await target().faultsOf(requests, count)).toEqual([]);
    // Those that do not hide where the body ends or whose it is.
    expect(paid).toBeGreaterThan(requests.length / 3);
    await target().expectUnharmed();
  });

  test("heads put together from what two readers disagree about pass for nobody else's and reach nobody else", async () => {
    const drawn = draw(
      fc.record({
        door: fc.constantFrom(...target().doors),
        method: fc.constantFrom("GET", "POST", "POST", "PUT", "OPTIONS", "HEAD", "DELETE"),
        slug: fc.constantFrom(...slugs),
        headers: fc
          .tuple(
            fc.subarray(framing, { maxLength: 3 }),
            fc.subarray([...claimsToBeTheVictim(), ...misleading()], { minLength: 1, maxLength: 3 }),
            fc.constantFrom([bearer(target().attacker)], onCredits(), []),
          )
          .chain((parts) => fc.shuffledSubarray(parts.flat() as Header[], { minLength: parts.flat().length })),
        body: fc.oneof(fc.constantFrom(...smuggled()), fc.constantFrom(...bought.map(([, body]) => body))),
      }),
      2 * runs,
    );
    const requests = drawn.map(({ door, method, slug, headers, body }) => {
      const isFramed = headers.some(([name]) => /^(?:content-length|transfer-encoding)/.test(name));
      const head = requestOf(method, `${door.prefix}/byok/${slug}`, headers, isFramed ? "" : body);
      return { door, bytes: isFramed ? head + body : head };
    });
    expect(await target().faultsOf(requests), replay).toEqual([]);
    await target().expectUnharmed();
  });

  test.each<[string, Header[], string]>([
    [
      "a length and chunks",
      [
        ["content-length", "4"],
        ["transfer-encoding", "chunked"],
      ],
      "0\r\n\r\nSMUGGLED",
    ],
    [
      "two lengths",
      [
        ["content-length", "0"],
        ["content-length", "SMUGGLED"],
      ],
      "SMUGGLED",
    ],
    [
      "chunks under another name",
      [
        ["content-length", "4"],
        ["transfer-encoding", "xchunked"],
      ],
      "0\r\n\r\nSMUGGLED",
    ],
    [
      "chunks spelled with a space",
      [
        ["content-length", "4"],
        ["transfer-encoding ", "chunked"],
      ],
      "0\r\n\r\nSMUGGLED",
    ],
    [
      "a length that the connection takes away",
      [
        ["connection", "content-length"],
        ["content-length", "SMUGGLED"],
      ],
      "SMUGGLED",
    ],
    ["a body under GET", [["content-length", "SMUGGLED"]], "SMUGGLED"],
  ])("a second request hidden behind %s is not taken for another client's", async (_, headers, body) => {
    // One that only the victim may make. It is complete, so a server that reads it as a request of its own answers it.
    const hidden = `GET /byok/call/openai/v1/models HTTP/1.1\r\nhost: a\r\nx-byok-user: ${victim()}\r\n\r\n`;
    const written = headers.map(([name, value]): Header => [name, value.replace("SMUGGLED", String(hidden.length))]);
    for (const { port, prefix } of target().doors) {
      for (const method of ["GET", "POST"]) {
        const head = requestOf(method, `${prefix}/byok/call/openai/v1/models`, [
          ...written,
          ["connection", "keep-alive"],
          bearer(target().attacker),
        ]);
        const attack = exchange(port, head + body.replace("SMUGGLED", hidden), { until: "closed", patience: 500 });
        // Another client of the same server, at the same time: its answer is its own.
        const bystander = exchange(
          port,
          requestOf("GET", `${prefix}/byok/call/groq/openai/v1/models/mine`, [bearer(target().attacker)]),
        );
        const [attacked, answer] = await Promise.all([attack, bystander]);
        expect(target().faultOf(attacked)).toBeNull();
        expect([answer.status, target().faultOf(answer)]).toEqual([200, null]);
      }
    }
    await target().expectUnharmed();
  });
}
