/** The settings pages. Copy this folder and `../client` into your app, and import `byok.css` once. */
export { ApiKeys } from "./api-keys.tsx";
export { announceChange } from "./changes.ts";
export { Credits } from "./credits.tsx";
