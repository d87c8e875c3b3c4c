import fc from "fast-check";
import { parse, type TomlTable } from "smol-toml";
import { describe, expect, test } from "vitest";
import { uneditConfig } from "../../../cli/lib/install/config-removal.ts";
import { type ConfigEdit, editConfig, joinEdits } from "../../../cli/lib/install/config-toml.ts";
import { zoo } from "./config-zoo.ts";

const wanted = { functionName: "byok", schema: "byok" };
const section = {
  enabled: true,
  verify_jwt: false,
  import_map: "./functions/byok/deno.json",
  entrypoint: "./functions/byok/index.ts",
};

type Config = TomlTable & {
  api?: { schemas?: string[] };
  functions?: Record<string, object>;
  remotes?: Record<string, { api?: { schemas?: string[] } }>;
};

/** As plain values: integers too large for a number as text, dates as text. */
function read(text: string): Config {
  const value = parse(text, { integersAsBigInt: true });
  return JSON.parse(JSON.stringify(value, (_, one) => (typeof one === "bigint" ? `${one}` : one)));
}

/** The promise of an edit, said a second time. */
function expectEdited(before: string, after: string): void {
  const value = read(before);
  const exposed = (schemas: string[] = ["public", "graphql_public"]) =>
    schemas.includes("byok") ? schemas : [...schemas, "byok"];
  value.api = { ...value.api, schemas: exposed(value.api?.schemas) };
  for (const { api } of Object.values(value.remotes ?? {})) {
    if (api?.schemas) api.schemas = exposed(api.schemas);
  }
  value.functions = { byok: section, ...value.functions };
  expect(read(after)).toEqual(value);
}

/** An edit as the lock file keeps it. */
function edit(text: string): { text: string; edit: ConfigEdit } {
  return JSON.parse(JSON.stringify(editConfig(text, wanted)));
}

function expectRoundTrip(before: string): void {
  const after = edit(before);
  expectEdited(before, after.text);
  expect(uneditConfig(after.text, after.edit)).toEqual({ text: before, kept: [] });
  expect(editConfig(after.text, wanted)).toEqual({ text: after.text, edit: { ...wanted, insertions: [] } });
}

describe("editConfig() exposes the schema and adds the function's section", () => {
  test.each(Object.entries(zoo))("in a file with %s, and uneditConfig() gives the same bytes back", (_, text) => {
    expectRoundTrip(text);
  });

  test("at the end of the list, so that PostgREST's default schema stays", () => {
    const { text } = edit('[api]\nschemas = ["public", "graphql_public"]\n');
    expect(text).toBe(`[api]
schemas = ["public", "graphql_public", "byok"]

# The function checks access tokens itself: provider SDKs send them in headers of their own.
[functions.byok]
enabled = true
verify_jwt = false
import_map = "./functions/byok/deno.json"
entrypoint = "./functions/byok/index.ts"
`);
  });

  test("on a line of its own where the others are, and leaves each comment with its element", () => {
    const { text } = edit('[api]\nschemas = [\n  "public", # tables\n  "app" # views\n]\n');
    expect(text).toContain('  "public", # tables\n  "app", # views\n  "byok"\n]\n');
  });

  test("with another name of the function and of the schema", () => {
    const { text } = editConfig("", { functionName: "own_keys", schema: "keys" });
    expect(read(text)).toMatchObject({
      api: { schemas: ["public", "graphql_public", "keys"] },
      functions: { own_keys: { entrypoint: "./functions/own_keys/index.ts" } },
    });
  });
});

describe("editConfig() refuses", () => {
  test.each([
    ["what is no TOML, without repeating it", 'a = "top secret" x\n', "is no TOML: line 1 is not understood"],
    ["a table that is made twice", "[api]\n[api]\n", "is no TOML: line 2 is not understood"],
    ["schemas that are no list", '[api]\nschemas = "public"\n', "api.schemas is no list of schemas"],
    ["a function of the same name", "[functions.byok]\nverify_jwt = true\n", "has a section [functions.byok]"],
    ["a function that is a list of tables", "[[functions.byok]]\nverify_jwt = false\n", "cannot be edited safely"],
    ["an api that is no table", "api = 1\n", "api is no table"],
    ["functions that are no table", "functions = [1]\n", "functions is no table"],
  ])("%s", (_, text, message) => {
    expect(() => edit(text)).toThrow(message);
    expect(() => edit(text)).not.toThrow("top secret");
  });
});

/** Texts of config.toml put together from what people write in each place. */
const files = fc
  .record({
    mark: fc.constantFrom("", "\ufeff"),
    eol: fc.constantFrom("\n", "\r\n"),
    top: fc.subarray([
      'project_id = "😀"',
      "# a comment = [",
      "",
      'text = """\n[api]\nschemas = ["no"]\n"""',
      "functions.own.enabled = true",
    ]),
    api: fc.constantFrom(
      ...[
        "",
        "api = { enabled = true }",
        "api = {}",
        'api = { schemas = ["public",], enabled = true }',
        "api.max_rows = 1",
      ],
      ...[
        'api.schemas = ["a"]',
        "[api]",
        "[api] # c",
        "[api]\nenabled = true # c",
        '["api"]\n"schemas" = []',
        "[api.tls]",
      ],
    ),
    elements: fc.array(fc.constantFrom('"public"', "'a,b'", '"#]"', '"x\\"y"', '"""z"""'), { maxLength: 4 }),
    between: fc.constantFrom(", ", ",", " ,\n  ", ", # c, ]\n  ", "\n  , "),
    ends: fc.constantFrom(
      ["[", "]"],
      ["[ ", " ]"],
      ["[\n  ", "\n]"],
      ["[ # c\n  ", ",\n]"],
      ["[", ",]"],
      ["[\n  ", " # c\n  # c\n ]"],
    ),
    others: fc.shuffledSubarray([
      "[db]\nport = 54322",
      "[functions.hello]\nverify_jwt = true",
      "[remotes.x]\nproject_id = 'r'\napi.schemas = ['public']",
      "[[storage.buckets]]\nname = 'a'",
      "  [indented] # c\n  a = 1",
      "# only a comment",
      "",
    ]),
    end: fc.constantFrom("", "\n", "\n\n", "\n# end"),
  })
  .map(({ mark, eol, top, api, elements, between, ends, others, end }) => {
    // A comma needs an element before it.
    const [open, close] = elements.length > 0 ? ends : [ends[0]!, ends[1]!.replace(",", "")];
    const list = api.startsWith("[api]") ? `${api}\nschemas = ${open}${elements.join(between)}${close}` : api;
    const inOrder = api.startsWith("[") || api === "" ? [...top, list] : [list, ...top];
    return mark + [...inOrder, ...others].join("\n").concat(end).replaceAll("\n", eol);
  });

describe("for any file", () => {
  test("editConfig() changes what it says and nothing else; again it changes nothing; and it can be undone", () => {
    fc.assert(fc.property(files, expectRoundTrip), { numRuns: 500 });
  });

  test("uneditConfig() leaves what the adopter has written elsewhere since", () => {
    const writings = fc.constantFrom<(text: string) => string>(
      (text) => text.replace(/^\ufeff?/, (mark) => `${mark}# above\nfirst = 1\n`),
      (text) => `${text}\n[later]\na = 1\n`,
      (text) => `${text}\n# below`,
      (text) => text.replace("port = 54322", "port = 1 # mine"),
      (text) => text.replace("verify_jwt = true", "verify_jwt = true\nimport_map = 'x'"),
    );
    const property = fc.property(files, writings, (before, write) => {
      const { text, edit: own } = edit(before);
      expect(uneditConfig(write(text), own)).toEqual({ text: write(before), kept: [] });
    });
    fc.assert(property, { numRuns: 300 });
  });
});

describe("uneditConfig() finds", () => {
  const before = '[api]\nschemas = [\n  "public"\n]\n';
  const added = edit(before);
  const schemasOf = (text: string) => read(text).api?.schemas;

  test.each([
    ["the schema between others", (text: string) => text.replace('"byok"', '"byok",\n  "later"'), ["public", "later"]],
    ["the schema in other quotes", (text: string) => text.replace('"byok"', "'byok'"), ["public"]],
    ["the schema moved to the front", (text: string) => text.replace(/\[\n.*?\]/s, '["byok", "public"]'), ["public"]],
    ["the schema alone", (text: string) => text.replace(/\[\n.*?\]/s, '["byok"]'), []],
    ["no schema any more", (text: string) => text.replace(/\[\n.*?\]/s, '["public"]'), ["public"]],
  ])("%s", (_, write, schemas) => {
    const { text, kept } = uneditConfig(write(added.text), added.edit);
    expect([schemasOf(text), read(text).functions, kept]).toEqual([schemas, undefined, []]);
  });

  test.each([
    ["a setting more", (text: string) => `${text}static_files = ["./x"]\n`],
    ["a setting changed", (text: string) => text.replace("verify_jwt = false", "verify_jwt = true # try")],
    ["other comments", (text: string) => text.replace(/# The.*/, "# BYOK")],
    ["a part in front of the others", () => `[functions.byok]\nenabled = true\n${before}`],
  ])("the section with %s", (_, write) => {
    const { text, kept } = uneditConfig(write(added.text), added.edit);
    expect([read(text).functions, kept]).toEqual([undefined, []]);
  });

  test("a list that it made, when more schemas are in it now", () => {
    const own = edit("");
    const { text } = uneditConfig(own.text.replace('"byok"]', '"byok", "app"]'), own.edit);
    expect(read(text)).toEqual({ api: { schemas: ["public", "graphql_public", "app"] } });
  });

  test("a table that it made, when it has more settings now", () => {
    const own = edit("");
    const { text, kept } = uneditConfig(own.text.replace('"byok"]', '"byok"]\nmax_rows = 5'), own.edit);
    expect(read(text)).toEqual({ api: { schemas: ["public", "graphql_public"], max_rows: "5" } });
    expect(kept).toEqual([]);
  });

  test("dotted lines that were changed, an inline table that was, and nothing where all is gone", () => {
    const dotted = edit("functions.own.enabled = true\n");
    const changed = dotted.text.replace("verify_jwt = false", "verify_jwt = true");
    expect(read(uneditConfig(changed, dotted.edit).text).functions).toEqual({ own: { enabled: true } });
    const inline = edit("functions = { own = {} }\n");
    const other = inline.text.replace("verify_jwt = false", "verify_jwt = true");
    expect(read(uneditConfig(other, inline.edit).text).functions).toEqual({ own: {} });
    expect(uneditConfig('a = "mine"\n', added.edit)).toEqual({ text: 'a = "mine"\n', kept: [] });
  });

  test("and names a setting that it leaves, rather than take out what is not its own", () => {
    const twice = added.text.replace(/\[\n.*?\]/s, '["byok", "public", "byok"]');
    const { text, kept } = uneditConfig(twice, added.edit);
    expect([schemasOf(text), kept]).toEqual([["byok", "public", "byok"], ["api.schemas"]]);
  });
});

test("joinEdits() keeps an earlier insertion unless a later one is at the same place", () => {
  const first = edit('[api]\nschemas = ["public"]\n');
  const withoutSchema = first.text.replace(', "byok"', "");
  const second = edit(withoutSchema);
  const both = joinEdits(first.edit, second.edit);
  expect(both.insertions.map(({ path: at }) => at.join("."))).toEqual(["functions.byok", "api.schemas"]);
  expect(uneditConfig(second.text, both).text).toBe('[api]\nschemas = ["public"]\n');
});
