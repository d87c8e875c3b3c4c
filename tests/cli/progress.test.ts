import { describe, expect, test } from "vitest";
import { showProgress } from "../../cli/lib/progress.ts";

/** Text written to a stream, a terminal or not, while so many are done of 40. */
function written(isTTY: boolean, ...counts: number[]): string[] {
  const lines: string[] = [];
  const stream = { isTTY, write: (text: string) => lines.push(text) } as unknown as NodeJS.WriteStream;
  const progress = showProgress(40, "keys", stream);
  for (const count of counts) progress.add(count);
  progress.end();
  return lines;
}

describe("showProgress()", () => {
  test("draws a bar on a terminal, over and over in one line, and leaves nothing behind", () => {
    expect(written(true, 20, 20)).toEqual([
      `\r\x1b[K[${"#".repeat(15)}${".".repeat(15)}] 20 of 40 keys`,
      `\r\x1b[K[${"#".repeat(30)}] 40 of 40 keys`,
      "\r\x1b[K",
    ]);
  });

  test("prints a plain line for each tenth elsewhere", () => {
    expect(written(false, 1, 2, 1, 3, 33)).toEqual(["4 of 40 keys\n", "40 of 40 keys\n"]);
  });

  test("goes on when there is more to do than at first", () => {
    expect(written(false, 40, 10)).toEqual(["40 of 40 keys\n"]);
    expect(written(true, 40, 10).at(-2)).toBe(`\r\x1b[K[${"#".repeat(30)}] 50 of 50 keys`);
  });
});
