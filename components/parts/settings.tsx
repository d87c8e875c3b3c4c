/** Settings of a component that its parts read: texts, level of headings, logos. */
import { createContext, type ReactNode, useContext, useMemo } from "react";
import type { Provider } from "../../client/types.ts";
import { english, type Texts } from "../texts.ts";
import { builtInLogo } from "./logos.tsx";

/** Props that both components take. */
export interface CommonProps {
  /** Added to the classes of the section. */
  readonly className?: string | undefined;
  /** Beside the title, such as a link to the app's own help. */
  readonly action?: ReactNode;
  /** Of the title, 1 to 5; 2 when absent. */
  readonly headingLevel?: 1 | 2 | 3 | 4 | 5 | undefined;
  /** Learns of changes to keys elsewhere at once, by Supabase Realtime, which the operator turns on: sql/optional/realtime.sql. */
  readonly live?: boolean | undefined;
  /** English when absent. Stable between renders. */
  readonly texts?: Texts | undefined;
}

interface Settings {
  readonly texts: Texts;
  readonly headingLevel: number;
  logo(provider: Pick<Provider, "id" | "name">): ReactNode;
}

const SettingsContext = createContext<Settings>({ texts: english, headingLevel: 2, logo: builtInLogo });

interface SettingsProps extends Pick<CommonProps, "texts" | "headingLevel"> {
  readonly logo?: Settings["logo"] | undefined;
  /** Whether the keys and credits are a team's. */
  readonly isTeam: boolean;
  readonly children: ReactNode;
}

export function WithSettings(props: SettingsProps): ReactNode {
  const { texts = english, headingLevel = 2, logo = builtInLogo, isTeam, children } = props;
  const settings = useMemo(
    () => ({ texts: isTeam ? ofTeam(texts) : texts, headingLevel, logo }),
    [texts, headingLevel, logo, isTeam],
  );
  return <SettingsContext value={settings}>{children}</SettingsContext>;
}

function ofTeam(texts: Texts): Texts {
  const { keys, states, keyHistory, credits, trust } = texts.team;
  return {
    ...texts,
    keys: { ...texts.keys, ...keys },
    states: { ...texts.states, ...states },
    keyHistory: { ...texts.keyHistory, ...keyHistory },
    credits: { ...texts.credits, ...credits },
    trust: { ...texts.trust, ...trust },
  };
}

export function useTexts(): Texts {
  return useContext(SettingsContext).texts;
}

/** The logo of a provider, or two letters in its place. */
export function Logo({ provider }: { readonly provider: Pick<Provider, "id" | "name"> }): ReactNode {
  const { logo } = useContext(SettingsContext);
  return (
    <span className="byok-logo" aria-hidden="true">
      {logo(provider)}
    </span>
  );
}

interface HeadingProps {
  readonly id?: string | undefined;
  /** How far below the title. */
  readonly below?: 0 | 1;
  readonly className: string;
  readonly children: ReactNode;
}

export function Heading({ below = 0, ...props }: HeadingProps): ReactNode {
  const { headingLevel } = useContext(SettingsContext);
  const Tag = `h${headingLevel + below}` as "h2";
  return <Tag {...props} />;
}
