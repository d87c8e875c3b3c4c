/**
 * The settings pages. Copy this folder and `../client` into your app, and import `byok.css` once. Whatever else changes keys or
 * credits calls `announceChange`; whatever else wants to know of changes calls `whenChanged`.
 */
export { ApiKeys } from "./api-keys.tsx";
export { announceChange, whenChanged } from "./changes.ts";
export { Credits } from "./credits.tsx";
