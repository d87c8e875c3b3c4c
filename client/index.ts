/** The headless client: what a settings page of your own needs, in any framework. */
export { createByok } from "./byok.ts";
export { readPayment } from "./payment.ts";
export type * from "./types.ts";
