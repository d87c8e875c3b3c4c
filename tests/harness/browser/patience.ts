/** How long a step on a page may take on a machine that has much else to do, in ms. The first ones of a stack compile what they need. */
export const patience_ms = 45_000;
