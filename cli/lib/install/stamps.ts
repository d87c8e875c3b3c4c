/**
 * Names of migrations. The Supabase CLI orders them as text, some commands by the whole file name and some by the digits before `_`;
 * one that is older than the last applied one is refused.
 */
import { CommandError } from "../command.ts";

/** `20261126104800_name.sql`; other files are no migrations to the CLI. */
const migrationName = /^(\d+)_.*\.sql$/;

/** The digits before `_` in the names of a folder's migrations. */
export function stampsOf(names: readonly string[]): string[] {
  return names.flatMap((name) => migrationName.exec(name)?.[1] ?? []);
}

/**
 * As many stamps of 14 digits as asked for, a second apart, each after all stamps of the project and not before now.
 *
 * @param now in UTC
 * @throws CommandError if nothing of 14 digits comes after the last one
 */
export function nextStamps(existing: readonly string[], now: Date, count: number): string[] {
  const last = existing
    .map((stamp) => `${stamp}_`)
    .sort()
    .at(-1)
    ?.slice(0, -1);
  const stamps: string[] = [];
  let next = stampOf(now);
  if (last !== undefined && !isAfter(next, last)) next = after(last);
  for (let index = 0; index < count; index++) {
    stamps.push(next);
    next = after(next);
  }
  return stamps;
}

/** In both of the CLI's orders: as digits alone, and followed by `_`. */
function isAfter(stamp: string, other: string): boolean {
  return stamp > other && `${stamp}_` > `${other}_`;
}

/** A second later where the stamp is a time; otherwise the next number, in 14 digits. */
function after(stamp: string): string {
  const digits = stamp.slice(0, 14);
  const time = timeOf(digits);
  const next =
    time === undefined ? String(BigInt(digits) + 1n).padStart(digits.length, "0") : stampOf(new Date(time + 1000));
  if (!isAfter(next, stamp)) {
    throw new CommandError(`No migration can come after the one that begins with ${stamp}_.`, {
      nextStep: "Give that one an earlier stamp, as supabase migration new would.",
    });
  }
  return next.padEnd(14, "0");
}

/** Milliseconds since 1970, if the digits are `YYYYMMDDhhmmss`. */
function timeOf(stamp: string): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(stamp)?.slice(1);
  if (!parts) return undefined;
  const [year, month, day, hour, minute, second] = parts.map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const time = Date.UTC(year, month - 1, day, hour, minute, second);
  return stampOf(new Date(time)) === stamp ? time : undefined;
}

function stampOf(time: Date): string {
  return time.toISOString().replace(/\..*/, "").replaceAll(/\D/g, "");
}
