/** Small drawings, 20 by 20. Each state has its own shape, so that nobody has to tell states by colour alone. */
import type { ReactNode } from "react";

const shapes = {
  none: <circle cx="10" cy="10" r="7" strokeDasharray="2.6 2.9" />,
  busy: <path d="M10 3a7 7 0 1 1-7 7" />,
  check: (
    <>
      <circle cx="10" cy="10" r="7.25" />
      <path d="m6.9 10.2 2.2 2.2 4.1-4.6" />
    </>
  ),
  cross: (
    <>
      <path d="M6.9 2.75h6.2l4.15 4.15v6.2l-4.15 4.15H6.9L2.75 13.1V6.9z" />
      <path d="m7.6 7.6 4.8 4.8m0-4.8-4.8 4.8" />
    </>
  ),
  warning: (
    <>
      <path d="M10 3 2.6 16.25h14.8z" />
      <path d="M10 8v3.6m0 2.2v.2" />
    </>
  ),
  wallet: (
    <>
      <path d="M3 6.25v9.5h14v-9.5zm0 0 10.5-3v3" />
      <path d="M13.4 10.9v.2" />
    </>
  ),
  clock: (
    <>
      <circle cx="10" cy="10" r="7.25" />
      <path d="M10 5.75V10l2.9 1.9" />
    </>
  ),
  cloud: (
    <>
      <path d="M6.2 15.5a3.7 3.7 0 0 1-.5-7.35 4.6 4.6 0 0 1 8.9.9 3.3 3.3 0 0 1-.5 6.45z" />
      <path d="M10 8.6v2.6m0 1.9v.2" />
    </>
  ),
  lock: (
    <>
      <path d="M4.25 9.25h11.5v7.5H4.25z" />
      <path d="M6.75 9.25V6.5a3.25 3.25 0 0 1 6.5 0v2.75" />
    </>
  ),
  eye: (
    <>
      <path d="M2.25 10S5 4.75 10 4.75 17.75 10 17.75 10 15 15.25 10 15.25 2.25 10 2.25 10z" />
      <circle cx="10" cy="10" r="2.25" />
    </>
  ),
  eyeOff: (
    <>
      <path d="M2.25 10S5 4.75 10 4.75 17.75 10 17.75 10 15 15.25 10 15.25 2.25 10 2.25 10z" />
      <path d="m3.5 3.5 13 13" />
    </>
  ),
  down: <path d="m6 8 4 4 4-4" />,
  more: <path d="M4.5 10h.01M10 10h.01M15.5 10h.01" strokeWidth="2.2" />,
  plus: <path d="M10 4v12M4 10h12" />,
  outside: <path d="M8 5H5v10h10v-3m-4.5-7H15v4.5M15 5 9 11" />,
} satisfies Record<string, ReactNode>;

export type IconName = keyof typeof shapes;

/** Says nothing to screen readers: words beside it do. */
export function Icon({ name, className = "" }: { name: IconName; className?: string }): ReactNode {
  return (
    <svg className={`byok-icon ${className}`} viewBox="0 0 20 20" aria-hidden="true" data-icon={name}>
      {shapes[name]}
    </svg>
  );
}
