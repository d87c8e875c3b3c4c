import { type ReactNode, useEffect, useState } from "react";
import type { Credential } from "../../client/types.ts";
import { maySave, type UsableProvider } from "./providers.ts";
import { Inset, OutsideLink } from "../parts/parts.tsx";
import { useTexts } from "../parts/settings.tsx";
import { Ago } from "../parts/time.tsx";
import { RowButton, type RowDoings } from "./row-actions.tsx";
import { doesTeamKeyWork, type KeyState } from "./states.ts";
import type { Key } from "./use-key.ts";

interface NotesProps {
  readonly provider: UsableProvider;
  readonly credential: Credential | undefined;
  readonly state: KeyState | undefined;
  readonly doings: RowDoings;
  readonly keyNow: Key;
  /** Whether the form is open, which says itself why it failed. */
  readonly isOpen: boolean;
}

/** A key older than this is worth replacing, in ms: half a year. */
const old_ms = 183 * 86_400_000;

/** The one line below a row that has something to say: what is wrong, or that it takes long. */
export function RowNotes({ provider, credential, state, doings, keyNow: key, isOpen }: NotesProps): ReactNode {
  const texts = useTexts();
  if (key.doing) return <Slow key={key.doing} name={provider.name} />;
  if (key.failure && !isOpen) return <Inset tone="bad">{key.failure}</Inset>;
  if (state?.problem) return <StateProblem {...{ provider, state, doings, isOpen }} problem={state.problem} />;
  if (!credential) return <TeamKeyProblem provider={provider} />;
  if (!provider.may_manage_keys || Date.now() - Date.parse(credential.created_at) < old_ms) return null;
  return (
    <Inset tone="neutral">
      <Ago at={credential.created_at} words={texts.keys.old} />
    </Inset>
  );
}

/** The team's key pays this user's calls, and does not work. */
function TeamKeyProblem({ provider }: Pick<NotesProps, "provider">): ReactNode {
  const texts = useTexts();
  if (doesTeamKeyWork(texts, provider) !== false) return null;
  const { fails, orOwn } = texts.team.ofMember;
  return (
    <Inset tone="bad">
      {fails(provider.name)} {maySave(provider) ? orOwn : texts.team.askAdmin}
    </Inset>
  );
}

interface ProblemProps extends Pick<NotesProps, "provider" | "doings" | "isOpen"> {
  readonly state: KeyState;
  readonly problem: string;
}

/** The problem of a key, with the one link and the one button that help. */
function StateProblem({ provider, state, problem, doings, isOpen }: ProblemProps): ReactNode {
  const { keys } = useTexts();
  const { tone, action } = state;
  const url =
    provider.may_manage_keys &&
    state.help &&
    { keysUrl: provider.keys_url, billingUrl: provider.billing_url }[state.help];
  const button = action && !isOpen && provider.may_manage_keys && keys[action];
  return (
    <Inset
      tone={tone}
      button={
        button && (
          <RowButton
            of={provider}
            kind="primary"
            isBusy={false}
            onClick={{ check: doings.onCheck, resume: () => doings.onPause(false) }[action as string] ?? doings.onOpen}
          >
            {button}
          </RowButton>
        )
      }
    >
      {problem} {url && state.link && <OutsideLink href={url}>{state.link}</OutsideLink>}
    </Inset>
  );
}

/** A check asks the provider twice and waits up to 10 s for each answer. After this time, in ms, the row says so. */
const patience_ms = 5_000;

function Slow({ name }: { readonly name: string }): ReactNode {
  const { keys } = useTexts();
  const [isLong, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), patience_ms);
    return () => clearTimeout(timer);
  }, []);
  return isLong && <Inset tone="neutral">{keys.slow(name)}</Inset>;
}
