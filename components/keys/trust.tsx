import type { ReactNode } from "react";
import { Icon } from "../parts/icons.tsx";
import { OutsideLink } from "../parts/parts.tsx";
import { useTexts } from "../parts/settings.tsx";

/** The way of a key here, in one line, and in four sentences for those who ask. */
export function Trust({ url }: { readonly url: string | undefined }): ReactNode {
  const { trust } = useTexts();
  return (
    <details className="byok-trust">
      <summary>
        <Icon name="lock" />
        <span>
          {trust.line} <span className="byok-link">{trust.more}</span>
        </span>
      </summary>
      <ul>
        {trust.facts.map((fact) => (
          <li key={fact}>{fact}</li>
        ))}
      </ul>
      {url && (
        <p>
          <OutsideLink href={url}>{trust.link}</OutsideLink>
        </p>
      )}
    </details>
  );
}
