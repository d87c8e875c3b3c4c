/** A reporter that reads all that a test run prints, and fails the run if a key is in it. */
import type { Reporter } from "vitest/node";
import { findLeaks } from "../secrets.ts";

export default class PrintedSecrets implements Reporter {
  readonly #printed: string[] = [];

  onInit(): void {
    for (const stream of [process.stdout, process.stderr]) {
      const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
      stream.write = (...args: unknown[]) => {
        this.#printed.push(typeof args[0] === "string" ? args[0] : Buffer.from(args[0] as Uint8Array).toString());
        return write(...args);
      };
    }
  }

  async onTestRunEnd(): Promise<void> {
    // Colours stand between the letters of what is printed.
    const text = this.#printed.join("").replaceAll(/\u001b\[[\d;]*m/g, "");
    const leaks = await findLeaks("printed", text);
    if (leaks.length === 0) return;
    process.stderr.write(`The test run printed secrets:\n${leaks.join("\n")}\n`);
    process.exitCode = 1;
  }
}
