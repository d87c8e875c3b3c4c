/** Starts one Chromium for all tests of the page. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestProject } from "vitest/node";
import { startChromium } from "./chromium.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Where the browser listens. */
    chromium: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(path.join(tmpdir(), "byok-chromium-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const chromium = await startChromium(folder);
    project.provide("chromium", chromium.wsEndpoint());
    return async () => {
      await chromium.close();
      remove();
    };
  } catch (error) {
    remove();
    throw error;
  }
}
