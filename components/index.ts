"use client";
/**
 * The settings pages: `supabase-byok/react`, or this folder as shadcn copies it into an app. Import `byok.css` once. Whatever else changes
 * keys or credits calls `announceChange`; whatever else wants to know of changes calls `whenChanged`.
 */
export { ApiKeys, type ApiKeysProps } from "./api-keys.tsx";
export { Credits, type CreditsProps } from "./credits.tsx";
export { announceChange, whenChanged } from "./parts/changes.ts";
export { english, type Texts } from "./texts.ts";
