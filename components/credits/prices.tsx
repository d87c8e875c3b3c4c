import type { ReactNode } from "react";
import type { Operation } from "../../client/types.ts";
import { creditsOf } from "../parts/format.ts";
import { Heading, useTexts } from "../parts/settings.tsx";

/** The price of each operation. One that is only metered costs what the provider counts. */
export function Prices({ operations }: { operations: readonly Operation[] }): ReactNode {
  const texts = useTexts();
  if (operations.length === 0) return null;
  return (
    <div className="byok-part">
      <Heading below={1} className="byok-subheading">
        {texts.credits.prices}
      </Heading>
      <dl className="byok-prices">
        {operations.map(({ name, label, description, price_credits }) => (
          <div key={name}>
            <dt title={description}>{label}</dt>
            <dd>{price_credits === null ? texts.credits.byUsage : creditsOf(texts, price_credits)}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
