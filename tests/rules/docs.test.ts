/** Commands documented for operators: secrets reach the CLI in files, since other processes can read a command line. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "../harness/sources.ts";

/** Command lines that hold a secret, or what a shell puts in its place. */
function exposed(markdown: string): string[] {
  const blocks = [...markdown.matchAll(/^```(?:sh|bash|shell|console)\n(.*?)^```$/gms)].map(([, block = ""]) => block);
  const lines = [
    ...blocks.flatMap((block) => block.split("\n")),
    ...[...markdown.matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code),
  ];
  return lines.filter((line) => setsSecrets(line) || (isCommand(line) && holdsSecret(line)));
}

/** `supabase secrets set NAME=VALUE`, with or without another option. */
const setsSecrets = (line: string) =>
  /\bsecrets set\b.*\S=/.test(line.replace(/--(?:remote|project-ref|workdir)=\S+/g, ""));

/** An assignment is the shell's own; whatever else stands first is a program. */
const isCommand = (line: string) => !/^\s*(?:#|export\s|printf\s|[A-Z_]+=|$)/.test(line);

const holdsSecret = (line: string) =>
  /BYOK_(?:MASTER|PLATFORM)_KEYS=["']?(?:\{|\$)|\$\(\s*cat [^)]*keyring|postgres(?:ql)?:\/\/[^\s:]+:[^\s@]+@/.test(
    line,
  );

const documents = globSync("**/*.md", {
  cwd: root,
  exclude: (name) => /(?:^|\/)(?:node_modules|dist|\.\w+)$/.test(name),
});

test.each(documents)("no command in %s has a key ring, a platform key or a password on its command line", (file) => {
  expect(exposed(readFileSync(join(root, file), "utf8"))).toEqual([]);
});

describe("exposed()", () => {
  const block = (line: string) => `Text.\n\n\`\`\`sh\n${line}\n\`\`\`\n`;

  test.each([
    'npx supabase secrets set "BYOK_MASTER_KEYS=$(cat keyring.json)"',
    `npx supabase secrets set 'BYOK_PLATFORM_KEYS={"openai":"..."}'`,
    "npx supabase secrets set --remote=<ref> BYOK_DATABASE_URL=postgresql://byok_functions@localhost/postgres",
    "deno run --env BYOK_MASTER_KEYS=$RING main.ts",
    'docker run -e BYOK_PLATFORM_KEYS={"openai":"..."} image',
    "psql postgresql://byok_functions:password@localhost:6543/postgres",
  ])("finds %s", (line) => {
    expect(exposed(block(line))).toEqual([line]);
  });

  test("finds one within a sentence", () => {
    expect(exposed("Run `supabase secrets set A=b` now.")).toEqual(["supabase secrets set A=b"]);
  });

  test.each([
    "npx supabase secrets set --env-file byok.env",
    "npx supabase secrets set --env-file keyring.env --remote=<ref>   # a comment",
    "sed 's/^/BYOK_MASTER_KEYS=/' keyring.json > keyring.env",
    `BYOK_PLATFORM_KEYS='{"openai":"..."}'`,
    "export BYOK_OPERATOR_DB_URL='postgresql://postgres:password@localhost/postgres'",
    "# supabase asks for BYOK_PLATFORM_KEYS={}",
  ])("lets %s pass", (line) => {
    expect(exposed(block(line))).toEqual([]);
  });
});
