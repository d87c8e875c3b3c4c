import type { ReactNode } from "react";
import type { Operation } from "../../client/types.ts";
import { isInUse, type UsableProvider } from "../keys/providers.ts";
import { doesTeamKeyWork, stateOf } from "../keys/states.ts";
import { listOf } from "../parts/format.ts";
import { Inset, Notices } from "../parts/parts.tsx";
import { useTexts } from "../parts/settings.tsx";
import type { Texts } from "../texts.ts";
import type { Account } from "./account.ts";

/** Who pays for what, as the database would decide for the next call. */
export function Payers({ balance, history, operations, credentials, providers }: Account): ReactNode {
  const texts = useTexts();
  const { credits, team } = texts;
  const withKeyOf = (whose: Payer["whose"], works: boolean) =>
    providers.filter((provider) => {
      const payer = payerOf(texts, provider, credentials);
      return payer?.whose === whose && payer.works === works;
    });
  const paying = withKeyOf("user", true);
  const failing = withKeyOf("user", false);
  const teamPaying = withKeyOf("team", true);
  const teamFailing = withKeyOf("team", false);
  const withKey = [...paying, ...failing, ...teamPaying, ...teamFailing];
  const onCredits = providers.filter((provider) => provider.on_credits && !withKey.includes(provider));
  const namesOf = (some: Account["providers"]) =>
    listOf(
      texts,
      some.map(({ name }) => name),
    );
  const isNew = history.entries.length === 0 && balance.available_credits === 0;

  return (
    <Notices>
      {paying.length > 0 && (
        <Inset tone="good">
          {credits.billed(namesOf(paying), paying.length)}{" "}
          {onCredits.length === 0 && teamPaying.length === 0 && credits.unused}
        </Inset>
      )}
      {teamPaying.length > 0 && (
        <Inset tone="good">
          {team.credits.billed(namesOf(teamPaying), teamPaying.length)} {onCredits.length === 0 && credits.unused}
        </Inset>
      )}
      {failing.length > 0 && <Inset tone="bad">{credits.failing(namesOf(failing), failing.length)}</Inset>}
      {teamFailing.length > 0 && (
        <Inset tone="bad">{team.credits.failing(namesOf(teamFailing), teamFailing.length)}</Inset>
      )}
      {onCredits.length > 0 && !isNew && (
        <Shortage
          available={balance.available_credits}
          operations={operations}
          names={namesOf(onCredits)}
          isStuck={withKey.length === 0}
        />
      )}
    </Notices>
  );
}

/** The key that pays calls to a provider. */
interface Payer {
  readonly whose: "user" | "team";
  readonly works: boolean;
}

/** Null where no key pays. */
function payerOf(texts: Texts, provider: UsableProvider, credentials: Account["credentials"]): Payer | null {
  const own = credentials.find((credential) => credential.provider === provider.id);
  if (own && isInUse(provider, own)) return { whose: "user", works: stateOf(texts, own, provider).works };
  const works = doesTeamKeyWork(texts, provider);
  return works === null ? null : { whose: "team", works };
}

interface ShortageProps {
  readonly available: number;
  readonly operations: readonly Operation[];
  /** The providers whose calls cost credits. */
  readonly names: string;
  /** Nothing works: the user has no key at all. */
  readonly isStuck: boolean;
}

/** Low is when the dearest operation can no longer be paid, run out when none can. */
function Shortage({ available, operations, names, isStuck }: ShortageProps): ReactNode {
  const texts = useTexts();
  const { credits } = texts;
  const unaffordable = operations.filter(({ price_credits }) => (price_credits ?? 0) > available);
  if (unaffordable.length === 0) return null;
  if (unaffordable.length < operations.length) {
    const labels = unaffordable.map(({ label }) => label);
    return <Inset tone="warning">{credits.low(listOf(texts, labels))}</Inset>;
  }
  return <Inset tone={isStuck ? "bad" : "warning"}>{credits.out(names)}</Inset>;
}
