import type { ReactNode } from "react";
import type { Provider } from "../../client/types.ts";
import { useTexts } from "../parts/settings.tsx";

interface PlaceFieldProps {
  readonly id: string;
  readonly place: NonNullable<Provider["place"]>;
  readonly isSaving: boolean;
}

/** The part of the provider's address that belongs to the key, such as a region, where a provider has one. */
export function PlaceField({ id, place, isSaving }: PlaceFieldProps): ReactNode {
  const { form } = useTexts();
  const { kind, required, hint, example, choices } = place;
  const shared = { id, name: "place", className: "byok-input", required, "aria-describedby": `${id}-hint` };
  return (
    <>
      <div className="byok-label">
        <label htmlFor={id}>{form.place[kind]}</label>
        {!required && <span className="byok-quiet">{form.optional}</span>}
      </div>
      {choices ? (
        <select {...shared} disabled={isSaving}>
          {!required && <option value="">{form.noPlace}</option>}
          {choices.map((choice) => (
            <option key={choice.place} value={choice.place}>
              {choice.name}
            </option>
          ))}
        </select>
      ) : (
        <input {...shared} readOnly={isSaving} placeholder={example} autoComplete="off" spellCheck={false} />
      )}
      <p className="byok-form-help" id={`${id}-hint`}>
        {hint}
      </p>
    </>
  );
}
