import { defineConfig } from "vite";

/** Files that the page consists of, all from its own origin. Nothing is inlined, so that the strictest policy fits. */
export default defineConfig({
  root: import.meta.dirname,
  oxc: { jsx: { runtime: "automatic" } },
  build: { assetsInlineLimit: 0, modulePreload: { polyfill: false } },
});
