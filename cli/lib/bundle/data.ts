/** Stands in a bundle as data what follows from data alone, so that a start makes nothing, and reads no more than it needs. */
import path from "node:path";
import type { Plugin } from "vite";
import { calledCatalogue } from "../../../catalogue/called.ts";
import { projectDir } from "../../../stack/config.ts";

/** File -> what it exports, by name: all of it survives a JSON round trip. */
const files: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "catalogue/called.ts": { calledCatalogue },
};

export function dataMadeBeforehand(): Plugin {
  return {
    name: "data-made-beforehand",
    load(id) {
      const values = files[path.relative(projectDir, id)];
      if (values === undefined) return null;
      const lines = Object.entries(values).map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};`);
      return { code: lines.join("\n"), moduleType: "js" };
    },
  };
}
