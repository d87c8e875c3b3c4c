import { defineConfig } from "vite";

/** Files that the page consists of, all from its own origin. Nothing is inlined, so that the strictest policy fits. */
export default defineConfig({
  root: import.meta.dirname,
  oxc: { jsx: { runtime: "automatic" } },
  build: {
    assetsInlineLimit: 0,
    // Browsers that know light-dark(): lowered for older ones it would no longer follow a class below the root.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    modulePreload: { polyfill: false },
  },
});
