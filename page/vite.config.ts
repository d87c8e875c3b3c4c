import path from "node:path";
import { defineConfig } from "vite";

/** Parts of supabase-js that the page does not use, and that would be a fifth of its code. */
const without = { "@supabase/realtime-js": "realtime.ts", "@supabase/storage-js": "storage.ts" };

/** Files that the page consists of, all from its own origin. Nothing is inlined, so that the strictest policy fits. */
export default defineConfig({
  root: import.meta.dirname,
  resolve: {
    alias: Object.entries(without).map(([find, file]) => ({
      find,
      replacement: path.join(import.meta.dirname, "without", file),
    })),
  },
  oxc: { jsx: { runtime: "automatic" } },
  build: {
    assetsInlineLimit: 0,
    // Browsers that know light-dark(): lowered for older ones it would no longer follow a class below the root.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    modulePreload: { polyfill: false },
  },
});
