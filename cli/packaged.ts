#!/usr/bin/env node
/** The command of the package: those commands that need no sources. */
import "./lib/program/older-node.ts";
import { commandsForEveryone } from "./commands.ts";
import { runProgram } from "./lib/program/program.ts";

process.exitCode = await runProgram(commandsForEveryone, process.argv.slice(2));
