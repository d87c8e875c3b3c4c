/**
 * Serves the product of the tree that this file is in, for a bench that compares trees: `node bench/serve.ts <provider's
 * origin>`. Prints a line of JSON, the list of Served, and ends when its standard input does.
 */
import { once } from "node:events";
import { startProduct } from "./product.ts";
import { undoing } from "./stops.ts";

const [origin] = process.argv.slice(2);
if (!origin) throw new Error("Name the provider's origin.");
await undoing(async (stops) => {
  const { served } = await startProduct(stops.folder("bench"), origin, stops);
  console.log(JSON.stringify(served));
  await once(process.stdin.resume(), "close");
});
