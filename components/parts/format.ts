/** Numbers, lists and times in the language of the texts. */
import type { Texts } from "../texts.ts";

/** The browser's own form of the texts' language where it speaks it: `en-GB` for `en`. */
function localeOf({ locale }: Texts): string {
  const own = typeof navigator === "undefined" ? "" : navigator.language;
  return own.split("-")[0] === locale.split("-")[0] && isLocale(own) ? own : locale;
}

/** Some browsers name the locale of their system, such as `en-US@posix`. */
function isLocale(name: string): boolean {
  try {
    return Intl.getCanonicalLocales(name).length > 0;
  } catch {
    return false;
  }
}

/** A number of credits, to the millionth. */
export function inDigits(texts: Texts, credits: number): string {
  return credits.toLocaleString(localeOf(texts), { maximumFractionDigits: 6 });
}

/** `1 credit`, `20 credits` */
export function creditsOf(texts: Texts, credits: number): string {
  return texts.credits.amount(credits, inDigits(texts, credits));
}

/** `OpenAI, Anthropic and Groq`; the first three of many. */
export function listOf(texts: Texts, names: readonly string[]): string {
  const most = 4;
  const shown = names.length > most ? names.slice(0, most - 1) : names;
  const others = names.length - shown.length;
  return new Intl.ListFormat(localeOf(texts), { type: "conjunction" }).format(
    others > 0 ? [...shown, texts.credits.others(others)] : shown,
  );
}

/** A date and time as this browser writes them; the year only where it is another one. */
export function momentOf(texts: Texts, at: Date, now: Date): string {
  const isThisYear = at.getFullYear() === now.getFullYear();
  return at.toLocaleString(localeOf(texts), {
    ...(isThisYear ? {} : { year: "numeric" }),
    month: "short",
    day: "numeric",
    hour: "numeric",
    minute: "2-digit",
  });
}

const units = [
  { unit: "year", seconds: 31_557_600 },
  { unit: "month", seconds: 2_629_800 },
  { unit: "day", seconds: 86_400 },
  { unit: "hour", seconds: 3_600 },
  { unit: "minute", seconds: 60 },
] as const;

/** `just now`, `2 minutes ago`, `yesterday`. A clock that is behind the server's says `just now`. */
export function relativeTo(texts: Texts, at: Date, now: Date): string {
  const passed_s = (now.getTime() - at.getTime()) / 1000;
  const found = units.find(({ seconds }) => passed_s >= seconds);
  if (!found) return texts.justNow;
  const format = new Intl.RelativeTimeFormat(localeOf(texts), { numeric: "auto", style: "short" });
  return format.format(-Math.floor(passed_s / found.seconds), found.unit);
}

/** A time to come: to the second where it is soon, with the day where that is another one. */
export function clockAfter(texts: Texts, seconds: number): string {
  const then = new Date(Date.now() + seconds * 1000);
  const isToday = then.toDateString() === new Date().toDateString();
  const locale = localeOf(texts);
  if (isToday && seconds < 3600) return then.toLocaleTimeString(locale, { timeStyle: "medium" });
  // To the nearest minute.
  then.setSeconds(then.getSeconds() + 30, 0);
  return then.toLocaleString(locale, { ...(isToday ? {} : { dateStyle: "medium" }), timeStyle: "short" });
}
