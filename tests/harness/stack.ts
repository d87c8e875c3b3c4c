/** Starts stacks, with fakes of the providers, for the tests of a project: one for each worker, so that no file of tests runs beside another on its stack. */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestProject } from "vitest/node";
import type { FakeOrigins, ProviderId } from "../../stack/providers/index.ts";
import { type StackOptions, startStack } from "../../stack/stack.ts";
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
  readonly platformKeys: Readonly<Record<ProviderId, string>>;
  /** The folder of the stack's state: keys of the project, Deno's cache. */
  readonly stateDir: string;
}

declare module "vitest" {
  interface ProvidedContext {
    /** Answers with the stack of a worker, which it starts when the worker first asks. */
    stacks: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { runtime, remove } = await prepareRuntime(project);
  const stacks = new Map<string, Promise<SharedStack>>();
  const server = createServer((request, response) => {
    const worker = request.url!;
    if (!stacks.has(worker)) stacks.set(worker, startShared({ ...runtime, page: project.name === "page" }));
    stacks.get(worker)!.then(
      ({ stack }) => response.end(JSON.stringify(stack)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  project.provide("stacks", `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return async () => {
    server.close();
    for (const started of await Promise.allSettled(stacks.values())) {
      if (started.status === "fulfilled") await started.value.stop();
    }
    remove();
  };
}

interface SharedStack {
  readonly stack: TestStack;
  stop(): Promise<void>;
}

async function startShared(options: Omit<StackOptions, "stateDir">): Promise<SharedStack> {
  const stateDir = mkdtempSync(path.join(tmpdir(), "byok-test-"));
  const removeState = () => rmSync(stateDir, { recursive: true, force: true });
  try {
    const started = await startStack({ ...options, stateDir });
    const { url, dbUrl, adminDbUrl, functionsDbUrl, publishableKey, secretKey, fakes } = started;
    if (!fakes) throw new Error("The stack has no fakes of the providers.");
    const { origins, platformKeys } = fakes;
    return {
      stack: {
        ...{ url, dbUrl, adminDbUrl, functionsDbUrl, publishableKey, secretKey, origins, platformKeys, stateDir },
      },
      stop: async () => {
        await started.stop();
        removeState();
      },
    };
  } catch (error) {
    removeState();
    throw error;
  }
}
