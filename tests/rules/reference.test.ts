/** The pages in docs/reference/ list the errors of errors.ts and the settings of env.ts, and nothing else. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { catalogue } from "../../catalogue/index.ts";
import type { Provider } from "../../catalogue/types.ts";
import { readEnv, settingNames } from "../../functions/_shared/env.ts";
import { ByokError } from "../../functions/_shared/errors.ts";
import { type ErrorCode, errors } from "../../protocol/errors.ts";
import { root } from "../harness/sources.ts";

/** First cell -> second cell, from the rows "| `name` | second | ... |" of a Markdown text. */
function rowsOf(markdown: string): Record<string, string> {
  const rows = markdown.matchAll(/^\| *`(?<name>[^`]+)` *\|(?<second>[^|]*)\|.*\|$/gm);
  return Object.fromEntries(Array.from(rows, ({ groups }) => [groups!.name!, groups!.second!.trim()]));
}

const page = (name: string) => rowsOf(readFileSync(join(root, "docs/reference", name), "utf8"));

function statusInWords(code: ErrorCode): string {
  const { status, callStatus } = new ByokError(code);
  return status === callStatus ? String(status) : `${callStatus} (call), ${status} (save, verify)`;
}

test("errors.md lists every error with its status, and no other", () => {
  const expected = Object.keys(errors).map((code) => [code, statusInWords(code as ErrorCode)]);
  expect(page("errors.md")).toEqual(Object.fromEntries(expected));
});

test("providers.md lists every provider by its name, and no other", () => {
  const names = Object.entries<Provider>(catalogue).map(([id, { name }]) => [id, name]);
  expect(page("providers.md")).toEqual(Object.fromEntries(names));
});

test.each(["/responses", "/embeddings"] as const)(
  "providers.md lists the providers with %s at the address of all",
  (path) => {
    const markdown = readFileSync(join(root, "docs/reference/providers.md"), "utf8");
    const listed = new RegExp(`^\\| \`${path}\` \\| (.*) \\|$`, "m").exec(markdown)?.[1]?.split(", ");
    const serving = Object.values<Provider>(catalogue).filter(({ api }) => api.compatible?.paths.includes(path));
    expect(listed?.sort()).toEqual(serving.map(({ name }) => name).sort());
  },
);

test("providers.md names the only provider without an endpoint in OpenAI's form", () => {
  const without = Object.values<Provider>(catalogue).filter(({ api }) => !api.compatible);
  expect(without.map(({ name }) => name)).toEqual(["Vertex AI"]);
});

describe("settings.md", () => {
  const settings = page("settings.md");
  const required = {
    SUPABASE_URL: "https://project.supabase.co",
    SUPABASE_SECRET_KEYS: '{"default":"sb_secret_x"}',
    BYOK_MASTER_KEYS: "{}",
  };

  test("lists every setting, and no other", () => {
    expect(Object.keys(settings).sort()).toEqual([...settingNames].sort());
  });

  test("says which settings are required", () => {
    const named = Object.keys(settings).filter((name) => settings[name] === "required");
    expect(named.sort()).toEqual(Object.keys(required).sort());
    for (const name of named) expect(() => readEnv({ ...required, [name]: undefined })).toThrow(`${name} is not set`);
  });

  test("has the standard timeouts, for both lives of a worker", () => {
    const inWords = (short_ms: number, long_ms: number) =>
      short_ms === long_ms ? String(short_ms) : `${short_ms}; ${long_ms} if a worker lives 400 s`;
    const short = readEnv(required);
    const long = readEnv({ ...required, BYOK_WORKER_LIFE_MS: "400000" });
    expect(settings).toMatchObject({
      BYOK_CHECK_TIMEOUT_MS: inWords(short.checkTimeout_ms, long.checkTimeout_ms),
      BYOK_CALL_TIMEOUT_MS: inWords(short.callTimeout_ms, long.callTimeout_ms),
      BYOK_STALL_TIMEOUT_MS: inWords(short.stallTimeout_ms, long.stallTimeout_ms),
    });
  });
});

test("README.md stays a page that is read in one go: under 150 lines", () => {
  expect(readFileSync(join(root, "README.md"), "utf8").split("\n").length).toBeLessThan(150);
});

test("rowsOf() reads the rows of tables that begin with a name in code", () => {
  const sample = [
    "| code | HTTP | when |",
    "| --- | --- | --- |",
    "| `first` | 400 | always |",
    "| `second` | 403 (call), 422 (save, verify) | `sometimes` or never |",
    "| third | 500 | never |",
  ].join("\n");
  expect(rowsOf(sample)).toEqual({ first: "400", second: "403 (call), 422 (save, verify)" });
});
