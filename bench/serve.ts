/**
 * Serves the product of the tree that this file is in, for a bench that compares trees: `node bench/serve.ts <provider's
 * origin>`. Prints a line of JSON, the list of Served, and ends when its standard input does.
 */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { startProduct } from "./product.ts";

const [origin] = process.argv.slice(2);
if (!origin) throw new Error("Name the provider's origin.");
const stateDir = mkdtempSync(path.join(tmpdir(), "byok-bench-"));
const stops: (() => unknown)[] = [];
try {
  const { served } = await startProduct(stateDir, origin, stops);
  console.log(JSON.stringify(served));
  await once(process.stdin.resume(), "close");
} finally {
  for (const stop of stops.reverse()) await stop();
  rmSync(stateDir, { recursive: true, force: true });
}
