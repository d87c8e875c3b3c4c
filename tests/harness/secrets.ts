/** Looks for keys in texts: by secretlint's rules, and those of this project's own fakes and stacks. */
import { lintSource } from "@secretlint/core";
import { creator } from "@secretlint/secretlint-rule-preset-recommend";

const rules = [{ id: "@secretlint/secretlint-rule-preset-recommend", rule: creator, options: {} }];

/** Keys that the stack of a test makes for itself: worth nothing, but none may show what a real one would. */
const madeByTests = [
  /(?:sk-proj-|sk-ant-api03-|AQ\.|gsk_)fake-[a-z_]+-\S{0,40}?[0-9a-f]{32}/,
  /sb_secret_[\w-]{22,}/,
  /eyJ[\w-]{20,}\.eyJ[\w-]{20,}\.[\w-]{20,}/,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
];

/** Where a text holds secrets, as `<name>:<line> <rule>`: never the secret itself. */
export async function findLeaks(name: string, text: string): Promise<string[]> {
  const source = { filePath: name, content: text, ext: ".txt", contentType: "text" } as const;
  const { messages } = await lintSource({ source, options: { config: { rules }, noPhysicFilePath: true } });
  const lines = text.split("\n");
  const found = messages
    // The database of a test is on this machine, or nowhere: RFC 2606 keeps those names. That of an example is yet to be named.
    .filter(
      ({ loc }) =>
        !/@(?:127\.0\.0\.1\b|localhost\b|[\w-]+\.(?:invalid|test)\b|<[\w ]+>)/.test(lines[loc.start.line - 1] ?? ""),
    )
    .map(({ loc, ruleId }) => `${name}:${loc.start.line} ${ruleId}`);
  const ours = lines.flatMap((line, index) => {
    const pattern = madeByTests.findIndex((made) => made.test(line));
    return pattern === -1 ? [] : [`${name}:${index + 1} made by tests, ${pattern}`];
  });
  return [...found, ...ours];
}
