/** Starts one stack, with fakes of the providers, for all tests of a project; in "data-api" the functions use that. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestProject } from "vitest/node";
import type { FakeOrigins } from "../../stack/providers/index.ts";
import { startStack } from "../../stack/stack.ts";
import { prepareRuntime } from "./runtime/prepare.ts";

export interface TestStack {
  readonly url: string;
  /** As the hosted `postgres`. */
  readonly dbUrl: string;
  /** As the cluster's superuser. */
  readonly adminDbUrl: string;
  /** As the role that the functions log in as. */
  readonly functionsDbUrl: string;
  readonly publishableKey: string;
  readonly secretKey: string;
  /** Provider id -> origin of its fake. */
  readonly origins: Readonly<FakeOrigins>;
}

declare module "vitest" {
  interface ProvidedContext {
    stack: TestStack;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stateDir = mkdtempSync(path.join(tmpdir(), "byok-test-"));
  const { runtime, remove } = await prepareRuntime(project);
  const removeState = () => {
    rmSync(stateDir, { recursive: true, force: true });
    remove();
  };
  const stack = await startStack({ ...runtime, stateDir, page: project.name === "page" }).catch((error: unknown) => {
    removeState();
    throw error;
  });
  const { url, dbUrl, adminDbUrl, functionsDbUrl, publishableKey, secretKey, fakes } = stack;
  if (!fakes) throw new Error("The stack has no fakes of the providers.");
  project.provide("stack", {
    ...{ url, dbUrl, adminDbUrl, functionsDbUrl, publishableKey, secretKey },
    origins: fakes.origins,
  });
  return async () => {
    await stack.stop();
    removeState();
  };
}
