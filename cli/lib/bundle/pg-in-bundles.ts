/**
 * Leaves out of a bundle what `pg` would load of Node's and never uses here: its sockets and TLS, since the functions hand it a stream
 * of their own (functions/_shared/database/deno-stream.ts), and what reads password and certificate files. On Deno these take
 * half of the time of a start.
 */
import type { Plugin } from "vite";

const packages = /\/node_modules\/(?:pg|pg-[\w-]+|pgpass|split2)\//;

/** Module -> what takes its place. */
const substitutes: Readonly<Record<string, string>> = {
  net: "export {};",
  tls: "export {};",
  dns: "export {};",
  fs: "export {};",
  pgpass: "export {};",
  // SCRAM asks WebCrypto. MD5, which is not in it, stays unknown: no hosted project has such passwords.
  crypto: "export const webcrypto = globalThis.crypto;",
  util: "export const deprecate = (work) => work; export const inspect = String;",
  timers: "export const setImmediate = (work) => setTimeout(work, 0);",
  "util/types": "export const isDate = (value) => value instanceof Date;",
};

/** Expression -> its substitute: a look at `process` alone has Deno load 27 ms of Node's set-up, on top of the 50 ms of a start. */
export const withoutProcess: Readonly<Record<string, string>> = {
  "process.nextTick": "queueMicrotask",
  "process.platform": '"linux"',
  "process.domain": "undefined",
  "process.emitWarning": "undefined",
};

/** Whether a module's bare name stands for its substitute; with `node:` before it, for Node's own. */
export function isReplaced(name: string): boolean {
  return Object.hasOwn(substitutes, name);
}

const prefix = "without-node:";

/** The id of a substitute. */
export function withoutNode(name: string): string {
  return `${prefix}${name}`;
}

export function pgWithoutNode(): Plugin {
  return {
    name: "pg-without-node",
    enforce: "pre",
    resolveId(source, importer) {
      if (source.startsWith(prefix)) return source;
      return importer && packages.test(importer) && isReplaced(source) ? withoutNode(source) : null;
    },
    load(id) {
      return id.startsWith(prefix) ? (substitutes[id.slice(prefix.length)] ?? null) : null;
    },
  };
}
