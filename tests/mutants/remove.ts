import type { Guard } from "./mutants.ts";

/**
 * A source without one of its guards.
 *
 * @throws Error when the guard does not stand there exactly once
 */
export function without({ name, file, guard, instead }: Guard, source: string): string {
  const count = source.split(guard).length - 1;
  if (count !== 1) throw new Error(`The guard '${name}' stands ${count} times in ${file}, not once.`);
  return source.replace(guard, () => instead);
}
