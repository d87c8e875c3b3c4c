/** The record of the steps that are done, beside the project's secrets. */
import path from "node:path";
import { isRecord, parseJson } from "../../../functions/_shared/json.ts";
import { readPrivate, writePrivate } from "./private-folder.ts";

export interface State {
  /** Whether a step was done with the same things as now. */
  isDone(id: string, fingerprint: string): boolean;
  /** Written down at once. */
  record(id: string, fingerprint: string): void;
}

export const stateFile = (folder: string) => path.join(folder, "deploy.json");

export function readState(folder: string): State {
  const file = stateFile(folder);
  const read = parseJson(readPrivate(file) ?? "");
  const done: Record<string, unknown> = isRecord(read) ? read : {};
  return {
    isDone: (id, fingerprint) => done[id] === fingerprint,
    record(id, fingerprint) {
      done[id] = fingerprint;
      writePrivate(file, `${JSON.stringify(done, null, 2)}\n`);
    },
  };
}
