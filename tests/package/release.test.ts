/** The steps of a release, in their order, and the reasons for which none is made. */
import { describe, expect, test } from "vitest";
import { release, type ReleaseState, type ReleaseTools } from "../../cli/lib/build/release.ts";

const ready: ReleaseState = {
  version: "0.1.0",
  repository: { type: "git", url: "https://github.com/example/byok" },
  unfrozen: [],
  env: { GITHUB_ACTIONS: "true" },
};

/** Tools that only record, in a repository whose files are all committed unless `status` says otherwise. */
function recorded(status = "") {
  const ran: string[] = [];
  const tools: ReleaseTools = {
    run(command, args) {
      ran.push([command, ...args.slice(0, 1)].join(" "));
      return command === "git" ? status : "";
    },
    build: async () => void ran.push("build"),
    pack(folder) {
      ran.push("pack");
      return `${folder}/supabase-byok-0.1.0.tgz`;
    },
  };
  return { ran, tools };
}

describe("release", () => {
  test("checks, builds and packs in a dry run, and uploads nothing", async () => {
    const { ran, tools } = recorded();
    const lines: string[] = [];
    await release(false, { ...ready, repository: undefined, env: {} }, tools, (line) => void lines.push(line));
    expect(ran).toEqual(["git status", "npm run", "build", "pack"]);
    expect(lines.at(-1)).toMatch(/^Not published\. The command would be: npm publish \S+\.tgz --provenance/);
  });

  test("uploads as the last step, when it is asked to", async () => {
    const { ran, tools } = recorded();
    await release(true, ready, tools, () => undefined);
    expect(ran).toEqual(["git status", "npm run", "build", "pack", "npm publish"]);
  });

  test.each([
    ["files that are not committed", {}, " M README.md", "Files are not committed."],
    [
      "a migration that is not frozen",
      { unfrozen: ["20260101000000_byok.sql"] },
      "",
      "Not frozen: 20260101000000_byok.sql.",
    ],
    ["no repository to be proved", { repository: undefined }, "", "package.json names no repository"],
    ["a machine that cannot prove where it was built", { env: {} }, "", "Provenance needs a build of"],
  ])("builds nothing with %s", async (_, change, status, words) => {
    const { ran, tools } = recorded(status);
    await expect(release(true, { ...ready, ...change }, tools, () => undefined)).rejects.toThrow(words);
    expect(ran).toEqual(["git status"]);
  });
});
