import { type ReactNode, useLayoutEffect, useRef, useState } from "react";

/** Content that unfolds when it is opened and folds up when it is closed, before it goes. Closed, nobody can use it any more. */
export function Fold({ isOpen, children }: { isOpen: boolean; children: ReactNode }): ReactNode {
  const [isThere, setThere] = useState(isOpen);
  const box = useRef<HTMLDivElement>(null);
  if (isOpen && !isThere) setThere(true);

  useLayoutEffect(() => {
    if (isOpen || !box.current) return;
    let isCurrent = true;
    // None where the user asks for less motion.
    const folding = box.current.getAnimations().map(({ finished }) => finished);
    void Promise.allSettled(folding).then(() => isCurrent && setThere(false));
    return () => {
      isCurrent = false;
    };
  }, [isOpen]);

  if (!isOpen && !isThere) return null;
  return (
    <div className="byok-fold" data-open={isOpen} inert={!isOpen} ref={box}>
      <div>{children}</div>
    </div>
  );
}
