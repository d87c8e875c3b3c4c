import type { ReactNode } from "react";

const kinds = [
  ["comment", String.raw`(?:^|(?<=\s))(?:\/\/|#)[^\n]*`],
  ["string", String.raw`"(?:[^"\\\n]|\\.)*"|'(?:[^'\\]|\\.)*'`],
  ["keyword", String.raw`\b(?:import|from|const|new|await|true|curl)\b`],
] as const;

const pattern = new RegExp(kinds.map(([kind, source]) => `(?<${kind}>${source})`).join("|"), "gm");

/** Code in the colours of its comments, strings and keywords. Its text stays as it is. */
export function Highlighted({ text }: { text: string }): ReactNode {
  const pieces: ReactNode[] = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    const kind = kinds.find(([name]) => match.groups?.[name] !== undefined)?.[0];
    pieces.push(
      text.slice(end, match.index),
      <span key={match.index} className={`code-${kind}`}>
        {match[0]}
      </span>,
    );
    end = match.index + match[0].length;
  }
  return [...pieces, text.slice(end)];
}
