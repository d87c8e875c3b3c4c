/** Request targets that try to reach another path, another host or another function. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { draw, drawSome, replay, sentences } from "./drawing.ts";
import { bearer, type Target } from "./target.ts";
import { requestOf } from "./wire.ts";

const dots = [
  "..",
  ".",
  "%2e%2e",
  ".%2E",
  "%252e%252e",
  "%c0%ae%c0%ae",
  "..;",
  "..%00",
  "%u002e%u002e",
  "\xef\xbc\x8e\xef\xbc\x8e",
  ". .",
];
const slashes = [
  "/",
  "//",
  "\\",
  "%2f",
  "%5c",
  "%252F",
  "%255c",
  ";/",
  "%00/",
  "%0d%0a",
  "\t",
  "/./",
  "%c0%af",
  "%e2%81%84",
];
const places = [
  "/byok/call/",
  "/byok/call/openai",
  "/byok/call/openai/v1",
  "/byok/call/openai/v1/models",
  "/byok/call/google/v1beta/models",
  "/byok/save",
  "",
];

const methods = ["GET", "GET", "POST", "DELETE", "OPTIONS", "HEAD", "CONNECT", "TRACE", "QUERY", "get", "PRI", "GET\t"];

export function attackPaths(target: () => Target): void {
  /** Goals somebody may want to reach. */
  const goals = () => [
    "admin",
    "v1/files",
    "save",
    "rest/v1/credentials",
    `@127.0.0.1:${target().canary.port}/`,
    `http://127.0.0.1:${target().canary.port}/`,
    `:${target().canary.port}/v1/models`,
    "169.254.169.254/latest/meta-data",
    `?x=http://127.0.0.1:${target().canary.port}/#y`,
    `#@127.0.0.1:${target().canary.port}/`,
    "call/openai/v1/models",
    "x".repeat(9_000),
  ];
  /** How a target may name a host of its own: RFC 9112, section 3.2. */
  const forms = () => [
    "",
    "",
    "",
    "http://evil.test",
    `http://127.0.0.1:${target().canary.port}`,
    `http://a:b@127.0.0.1:${target().canary.port}`,
    `//127.0.0.1:${target().canary.port}`,
    "http://[",
    "http://a:99999",
    "ftp://evil.test",
    "http:\\\\evil.test",
  ];

  const requests = (targets: readonly string[]) => {
    const methodOf = (index: number) => methods[index % methods.length]!;
    return targets.flatMap((path, index) =>
      target().doors.map((door) => ({
        door,
        bytes: requestOf(methodOf(index), path.replace(/(?<=^|\w|\])(?=\/byok\/(?:call|save))/, door.prefix), [
          bearer(target().attacker),
        ]),
      })),
    );
  };

  test("a path written by the grammar of climbs reaches no other host, path or function", async () => {
    const targets = drawSome(sentences(forms(), places, slashes, dots, slashes, goals()));
    expect(await target().faultsOf(requests(targets)), replay).toEqual([]);
    await target().expectUnharmed();
  });

  test("a sound path with any bytes put into it reaches no other host, path or function", async () => {
    const part = fc.oneof(
      fc.constantFrom(
        ...dots,
        ...slashes,
        ...goals(),
        "@",
        "?",
        "#",
        "&key=",
        "%",
        "%zz",
        "[",
        "]",
        "|",
        "^",
        "`",
        "{",
        " ",
      ),
      fc.string({ unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)), maxLength: 6 }),
      fc.integer({ min: 0, max: 255 }).map((code) => `%${code.toString(16).padStart(2, "0")}`),
      fc.webPath(),
    );
    const sound = fc.constantFrom(
      "/byok/call/openai/v1/models",
      "/byok/call/anthropic/v1/messages",
      "/byok/call/google/v1/models/gemini-2.5-flash:generateContent",
      "/byok/call/groq/openai/v1/models",
    );
    const targets = draw(
      fc
        .tuple(sound, fc.array(fc.tuple(part, fc.nat()), { minLength: 1, maxLength: 4 }))
        .map(([path, parts]) =>
          parts.reduce<string>(
            (begun, [more, at]) =>
              begun.slice(0, at % (begun.length + 1)) + more + begun.slice(at % (begun.length + 1)),
            path,
          ),
        ),
    );
    expect(await target().faultsOf(requests(targets)), replay).toEqual([]);
    await target().expectUnharmed();
  });

  test("a target in the form of an address is read as its path, and its host is nobody's", async () => {
    const [door] = target().doors;
    const targets = forms()
      .filter((form) => form.startsWith("http://") || form.startsWith("ftp"))
      .map((form) => `${form}/byok/call/openai/v1/models?key=${target().victim.accessToken.slice(0, -9)}`);
    const asked = targets.map((path) => ({ door, bytes: requestOf("GET", path, [bearer(target().attacker)]) }));
    expect(await target().faultsOf(asked)).toEqual([]);
    await target().expectUnharmed();
  });

  test.each(["[", "a b", "a:99999", "%", "a@b", "\xff", "a/b", "", "127.0.0.1:1, evil.test", "<script>"])(
    "a host of %j in the head changes nothing",
    async (host) => {
      const headers = [["host", host], bearer(target().attacker)] as const;
      const asked = [
        "/byok/call/openai/v1/models?key=a",
        "/byok/save",
        "/byok/verify",
        "/",
        "/byok/call/nobody",
      ].flatMap((path) =>
        ["GET", "POST", "OPTIONS"].flatMap((method) =>
          target().doors.map((door) => ({ door, bytes: requestOf(method, door.prefix + path, headers) })),
        ),
      );
      expect(await target().faultsOf(asked)).toEqual([]);
      await target().expectUnharmed();
    },
  );
}
