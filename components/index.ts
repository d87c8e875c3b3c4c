"use client";
/**
 * The settings pages. Copy this folder and `../client` into your app, and import `byok.css` once. Whatever else changes keys or
 * credits calls `announceChange`; whatever else wants to know of changes calls `whenChanged`.
 */
export { ApiKeys, type ApiKeysProps } from "./api-keys.tsx";
export { Credits, type CreditsProps } from "./credits.tsx";
export { announceChange, whenChanged } from "./parts/changes.ts";
export { english, type Texts } from "./texts.ts";
