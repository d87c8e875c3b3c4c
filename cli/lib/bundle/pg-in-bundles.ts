/**
 * Leaves out of a bundle what `pg` would load of Node's: its sockets and TLS, since the functions hand it a stream of their own
 * (functions/_shared/database/deno-stream.ts), what reads password and certificate files, and what Deno has in JavaScript anyway. The
 * first module of Node's that is imported, whichever it is, has the newest Deno load a set-up that takes half of the time of a start.
 * Parts of `pg` that no statement here asks for are left out too.
 */
import { createRequire } from "node:module";
import path from "node:path";
import type { Plugin } from "vite";

/** `pg`, and the stream that it gets. */
const importers = /\/node_modules\/(?:pg|pg-[\w-]+|pgpass|split2)\/|\/database\/deno-stream\.ts$/;

/** Module -> the file that takes its place. */
const files: Readonly<Record<string, string>> = {
  buffer: path.join(import.meta.dirname, "pg-buffer.ts"),
  // The package of this name, not Node's own.
  events: createRequire(import.meta.url).resolve("events/events.js"),
};

/** Module that is never used here -> what takes its place. */
const substitutes: Readonly<Record<string, string>> = {
  net: "export {};",
  tls: "export {};",
  dns: "export {};",
  fs: "export {};",
  pgpass: "export {};",
  // Binding to libpq, and values in binary form, which no statement asks for.
  "./native": "export {};",
  "./lib/binaryParsers": "export const init = () => {};",
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

const prefix = "without-node:";

/** Names of a module of Node's that a bundle leaves to the runtime: those that have no substitute. */
export function namesLeft(name: string): string[] {
  if (Object.hasOwn(files, name)) return [];
  return Object.hasOwn(substitutes, name) ? [`node:${name}`] : [name, `node:${name}`];
}

/** The id of a substitute. */
export function withoutNode(name: string): string {
  return files[name] ?? `${prefix}${name}`;
}

export function isSubstitute(id: string): boolean {
  return id.startsWith(prefix) || Object.values(files).includes(id);
}

export function pgWithoutNode(): Plugin {
  return {
    name: "pg-without-node",
    enforce: "pre",
    resolveId(source, importer) {
      if (source.startsWith(prefix)) return source;
      const name = source.replace(/^node:/, "");
      const isReplaced = Object.hasOwn(files, name) || Object.hasOwn(substitutes, name);
      return importer && importers.test(importer) && isReplaced ? withoutNode(name) : null;
    },
    load(id) {
      return id.startsWith(prefix) ? (substitutes[id.slice(prefix.length)] ?? null) : null;
    },
  };
}
