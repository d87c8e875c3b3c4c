/** Guards of the connection to Postgres. */
import type { Guard } from "../mutants.ts";

const stream = { file: "functions/_shared/database/deno-stream.ts", test: "tests/unit/database/deno-stream.test.ts" };

export const postgresGuards: readonly Guard[] = [
  {
    ...stream,
    name: "A server without TLS is told nothing where TLS is asked for",
    guard: 'if (bytes !== 1 || answer[0] !== yes) throw new Error("The server has no TLS.");',
    instead: "if (bytes === null) return;",
  },
  {
    ...stream,
    name: "The authority that the operator names is the one that is trusted",
    guard: "caCerts: tls.ca ? [tls.ca] : []",
    instead: "caCerts: []",
    test: "tests/e2e/database/tls.test.ts",
  },
  {
    ...stream,
    name: "A connection that was given up before it was there is closed",
    guard: "closeQuietly(socket);\n    throw",
    instead: "throw",
  },
  {
    ...stream,
    name: "What was read is not written over",
    guard: ": slab.subarray(bytes);",
    instead: ": slab;",
  },
  {
    ...stream,
    name: "A connection that ends is closed",
    guard: 'this.emit("end");\n      this.destroy();',
    instead: 'this.emit("end");',
  },
  {
    name: "A bundle loads no sockets of Node's",
    file: "cli/lib/bundle/pg-in-bundles.ts",
    guard: 'net: "export {};",',
    instead: "",
    test: "tests/cli/deploy.test.ts",
  },
];
