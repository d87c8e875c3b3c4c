/** Base64 of the functions, on every runtime that they run on: it reads and writes what `atob` and `btoa` do. */
import path from "node:path";
import { expect, test } from "vitest";
import { denoProgram, hasDeno } from "../../stack/functions/deno-program.ts";
import { projectDir } from "../../stack/config.ts";
import { base64Of, bytesOfBase64 } from "../../functions/_shared/base64.ts";
import { run } from "../harness/processes.ts";

const texts = [
  "",
  "QQ==",
  "QQ",
  "QR==",
  "Q U J D\n",
  "QUJD",
  "+/+/",
  "/w==",
  "-_-_",
  "Q",
  "QQ=",
  "QQ===",
  "=QQ=",
  "QUJDé",
  "QU=JD",
];

/** Bytes, or null for a text that is refused. */
function attempt<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}

const expected = texts.map((text) => attempt(() => [...Buffer.from(atob(text), "latin1")]));

test("texts are read as atob() reads them, and refused as it refuses them", () => {
  expect(expected.filter((bytes) => bytes === null)).toHaveLength(7);
  expect(texts.map((text) => attempt(() => [...bytesOfBase64(text)]))).toEqual(expected);
});

test("bytes of any kind and number are written as btoa() writes them", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
  for (const length of [0, 1, 2, 3, 256]) {
    expect(base64Of(bytes.subarray(0, length))).toBe(btoa(String.fromCharCode(...bytes.subarray(0, length))));
  }
});

test.each((["newest", "hosted"] as const).filter(hasDeno))("the same on the %s Deno", async (release) => {
  const file = path.join(projectDir, "functions/_shared/base64.ts");
  const script = `import { base64Of, bytesOfBase64 } from ${JSON.stringify(file)};
    const attempt = (text) => { try { return [...bytesOfBase64(text)]; } catch { return null; } };
    console.log(JSON.stringify([${JSON.stringify(texts)}.map(attempt), base64Of(Uint8Array.of(0, 251, 255, 254))]));`;
  const { output } = await run(denoProgram(release), ["eval", "--ext=ts", "--no-lock", script], {
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
  }).ended;
  expect(JSON.parse(output)).toEqual([expected, "APv//g=="]);
});
