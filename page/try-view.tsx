import type { ReactNode } from "react";
import type { Byok } from "../client/index.ts";
import { Snippets } from "./snippets.tsx";
import type { Project } from "./snippet-texts.ts";
import { TryIt } from "./try-it.tsx";
import { useChoice } from "./use-choice.ts";

/** A call to try, and the same call as code. */
export function TryView({ byok, project }: { byok: Byok; project: Project }): ReactNode {
  const choice = useChoice(byok);
  return (
    <div className="columns">
      <TryIt byok={byok} choice={choice} />
      <Snippets byok={byok} choice={choice} project={project} />
    </div>
  );
}
