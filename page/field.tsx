import type { ReactNode } from "react";
import { Icon } from "../components/parts/icons.tsx";

export function Field({ id, label, children }: { id: string; label: string; children: ReactNode }): ReactNode {
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children}
    </div>
  );
}

interface SelectProps {
  readonly id: string;
  readonly value: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  onChange(value: string): void;
}

export function Select({ id, value, options, onChange }: SelectProps): ReactNode {
  return (
    <span className="select">
      <select id={id} value={value} onChange={({ target }) => onChange(target.value)} required>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
      <Icon name="down" />
    </span>
  );
}
