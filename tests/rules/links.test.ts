/** Links within the documentation: each leads to a file that exists, and to a heading in it. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "../harness/sources.ts";

/** The targets of a Markdown text's links that stay within the repository. */
function linksOf(markdown: string): string[] {
  const prose = markdown.replace(/^```.*?^```$/gms, "").replace(/`[^`\n]*`/g, "");
  const targets = Array.from(prose.matchAll(/\]\(([^)\s]+)\)/g), ([, target]) => target!);
  return targets.filter((target) => !/^[a-z]+:/.test(target));
}

/** The anchors that GitHub gives the headings of a Markdown text: lower case, without punctuation, words joined by hyphens. */
function anchorsOf(markdown: string): string[] {
  return Array.from(markdown.matchAll(/^#+ (.+)$/gm), ([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** Links of a document that lead nowhere. */
function broken(file: string, markdown: string): string[] {
  return linksOf(markdown).filter((link) => {
    const [path = "", anchor] = link.split("#");
    const target = path === "" ? file : join(dirname(file), path);
    if (!existsSync(join(root, target))) return true;
    return anchor !== undefined && !anchorsOf(readFileSync(join(root, target), "utf8")).includes(anchor);
  });
}

const documents = globSync("**/*.md", {
  cwd: root,
  exclude: (name) => /(?:^|\/)(?:node_modules|dist|\.\w+)$/.test(name),
});

test.each(documents)("every link in %s leads somewhere", (file) => {
  expect(broken(file, readFileSync(join(root, file), "utf8"))).toEqual([]);
});

describe("broken()", () => {
  test("finds a file and a heading that do not exist", () => {
    const text = "[a](missing.md) [b](README.md#no-such-heading) [c](#nor-this) [d](../outside.md)";
    expect(broken("README.md", text)).toEqual([
      "missing.md",
      "README.md#no-such-heading",
      "#nor-this",
      "../outside.md",
    ]);
  });

  test("lets files, headings and other sites pass, and looks into no code", () => {
    const text = "[a](LICENSE) [b](README.md#use-it) [c](https://example.com/x) `[d](gone.md)`\n```\n[e](gone.md)\n```";
    expect(broken("SECURITY.md", text)).toEqual([]);
  });
});
