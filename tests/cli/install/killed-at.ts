/**
 * Loaded before a program: ends it as `kill -9` does, before the step of KILL_STEP that it takes on files, or in the middle of its text of
 * number KILL_TEXT. Both are counted from 1. A program that takes fewer ends as it would.
 */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const last = { step: Number(process.env.KILL_STEP), text: Number(process.env.KILL_TEXT) };
const done = { step: 0, text: 0 };

for (const name of ["writeFileSync", "renameSync", "rmSync", "mkdirSync", "rmdirSync"] as const) {
  const real = fs[name] as (...args: unknown[]) => unknown;
  Object.assign(fs, {
    [name](...args: unknown[]) {
      if (name === "mkdirSync" && fs.existsSync(String(args[0]))) return real(...args);
      if (++done.step === last.step) process.kill(process.pid, "SIGKILL");
      if (name === "writeFileSync" && ++done.text === last.text) {
        real(args[0], String(args[1]).slice(0, String(args[1]).length / 2));
        process.kill(process.pid, "SIGKILL");
      }
      return real(...args);
    },
  });
}
syncBuiltinESMExports();
