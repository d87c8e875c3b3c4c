import { misused } from "../command.ts";

/** @throws CommandError unless the text is a number of credits above 0 and up to 1,000,000,000, with up to 6 decimal places */
export function readCredits(text: string): string {
  if (/^\d{1,10}(\.\d{1,6})?$/.test(text) && Number(text) > 0 && Number(text) <= 1_000_000_000) return text;
  throw misused(`'${text}' is no number of credits above 0 and up to 1000000000, with up to 6 decimal places.`);
}

/** @throws CommandError if the text is no price of a credit in USD above 0, with up to 9 decimal places */
export function readCreditPrice(text: string): number {
  if (/^\d{1,6}(\.\d{1,9})?$/.test(text) && Number(text) > 0) return Number(text);
  throw misused(`'${text}' is no price in USD above 0.`);
}
