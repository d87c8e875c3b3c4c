import { type ComponentType, type ReactNode, useEffect, useState } from "react";
import { Inset } from "./parts.tsx";
import { useTexts } from "./settings.tsx";

export interface OnDemand<Props> {
  (props: Props): ReactNode;
  /** Loads the file before the part is shown. */
  preload(): void;
}

/**
 * A part in a file of its own, which loads when it is first shown. A failure is told where the part would be: browsers keep it until the
 * page is loaded again.
 *
 * @param load imports the file
 */
export function onDemand<Props extends object>(load: () => Promise<ComponentType<Props>>): OnDemand<Props> {
  let Loaded: ComponentType<Props> | undefined;
  let loading: Promise<void> | undefined;

  /** Resolves once it is known whether the file is there. */
  function start(): Promise<void> {
    return (loading ??= load().then(
      (part) => void (Loaded = part),
      () => undefined,
    ));
  }

  function Part(props: Props): ReactNode {
    const { errors } = useTexts();
    const [isKnown, setKnown] = useState(Loaded !== undefined);
    useEffect(() => {
      let isShown = true;
      void start().then(() => isShown && setKnown(true));
      return () => {
        isShown = false;
      };
    }, []);
    if (!isKnown) return null;
    if (Loaded) return <Loaded {...props} />;
    return (
      <div role="alert">
        <Inset tone="bad">{errors.invalid_request}</Inset>
      </div>
    );
  }
  return Object.assign(Part, { preload: () => void start() });
}
