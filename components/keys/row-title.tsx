import type { ReactNode } from "react";
import type { Credential } from "../../client/types.ts";
import { isInUse, type UsableProvider } from "./providers.ts";
import { Heading, Logo, useTexts } from "../parts/settings.tsx";
import { Ago } from "../parts/time.tsx";
import { doesTeamKeyWork, type KeyState } from "./states.ts";
import type { Key } from "./use-key.ts";

interface TitleProps {
  readonly provider: UsableProvider;
  readonly credential: Credential | undefined;
  readonly state: KeyState | undefined;
  readonly doing: Key["doing"];
}

/** Logo, name, the state as a dot and a word, and facts about the key. */
export function RowTitle({ provider, credential, state, doing }: TitleProps): ReactNode {
  const { keys } = useTexts();
  const busy = doing && { saving: keys.saving, verifying: keys.checking }[doing];
  const word = busy ?? state?.label;
  return (
    <>
      <Logo provider={provider} />
      <div className="byok-title">
        <Heading below={1} className="byok-name">
          {provider.name}
        </Heading>
        {word && (
          <span className="byok-state" data-tone={busy ? "neutral" : state?.tone}>
            <span className="byok-dot" data-busy={busy !== null} />
            {word}
          </span>
        )}
      </div>
      <p className="byok-facts">
        {credential && state ? (
          <KeyFacts {...{ provider, credential, state }} />
        ) : provider.team_key ? (
          <TeamKeyFacts provider={provider} />
        ) : provider.on_credits ? (
          keys.usesCredits
        ) : provider.may_bring_key ? (
          keys.needsKey
        ) : (
          keys.unavailable
        )}
      </p>
    </>
  );
}

interface FactsProps extends Pick<TitleProps, "provider"> {
  readonly credential: Credential;
  readonly state: KeyState;
}

/** The key by its beginning and its end, and when what happened. */
function KeyFacts({ provider, credential, state }: FactsProps): ReactNode {
  const { keys } = useTexts();
  const { prefix, hint, status, verified_at, updated_at } = credential;
  return (
    <>
      {hint ? (
        <code>
          <span aria-hidden="true">{`${prefix}…${hint}`}</span>
          <span className="byok-hidden">{keys.ending(hint)}</span>
        </code>
      ) : (
        <span>{keys.saved}</span>
      )}{" "}
      {state.works && <span>{keys.costsNothing}</span>}{" "}
      <Ago at={updated_at} words={status === "unverified" ? keys.lastTried : keys.checked} />{" "}
      {!state.works && verified_at && verified_at !== updated_at && <Ago at={verified_at} words={keys.lastWorked} />}{" "}
      {provider.team_key && !isInUse(provider, credential) && <TeamKeyFacts provider={provider} />}
    </>
  );
}

/** The team's key that pays in the place of one of the user's own. */
function TeamKeyFacts({ provider }: Pick<TitleProps, "provider">): ReactNode {
  const texts = useTexts();
  return (
    <>
      <span>{texts.team.ofMember.usesKey}</span>{" "}
      {doesTeamKeyWork(texts, provider) && <span>{texts.keys.costsNothing}</span>}
    </>
  );
}
