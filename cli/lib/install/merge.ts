/** Three versions of a text into one: the one that both began with, the project's, and the release's. */
import { diff3Merge } from "node-diff3";
import { unixLines, withLineEndsOf } from "./text.ts";

export interface Merged {
  /** With the ends of lines of the project's version. */
  readonly text: string;
  /** Both have changed the same lines; `text` has both between markers, as git writes them. */
  readonly isConflict: boolean;
}

export function mergeTexts({ base, project, release }: Record<"base" | "project" | "release", string>): Merged {
  const lines = (text: string) => unixLines(text).split("\n");
  const regions = diff3Merge(lines(project), lines(base), lines(release), { excludeFalseConflicts: true });
  const merged = regions.flatMap(({ ok, conflict }) =>
    conflict
      ? ["<<<<<<< yours", ...conflict.a, "||||||| before", ...conflict.o, "=======", ...conflict.b, ">>>>>>> release"]
      : (ok ?? []),
  );
  return {
    text: withLineEndsOf(project, merged.join("\n")),
    isConflict: regions.some(({ conflict }) => conflict !== undefined),
  };
}
