#!/usr/bin/env node
/** Every command of this repository: `npm start`, `npm run demo`, `npm run credits -- ...` and the others run this program. */
import { commands } from "./repository-commands.ts";
import { runProgram } from "./lib/program/program.ts";

process.exitCode = await runProgram(commands, process.argv.slice(2));
