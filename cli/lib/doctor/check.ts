/** The form of a check of `doctor`, and of its outcome. */
import type { Client } from "pg";
import type { TomlTable } from "smol-toml";
import type { Exposure } from "../credits/exposure.ts";
import type { Price } from "../credits/prices.ts";
import type { Lock } from "../install/lock.ts";

/** `skipped`: it needs something that was not given. */
export type State = "ok" | "warning" | "problem" | "skipped";

export interface Finding {
  readonly state: State;
  /** The situation, as a sentence. */
  readonly words: string;
  /** The remedy, as a sentence. */
  readonly nextStep?: string;
}

/** The parts of a project that may be absent. A check names those that it needs. */
export interface Reach {
  /** As role postgres, inside a transaction that reads only. */
  readonly database: Client;
  readonly api: RunningProject;
  /** The settings in the file of secrets. */
  readonly secrets: SecretsFile;
  /** Weighs prices against the costs that the operator names. */
  readonly weigh: (prices: readonly Price[]) => readonly Exposure[];
}

export interface RunningProject {
  /** Without a slash at its end. */
  readonly url: string;
  /** For its gateway; undefined where none is known. */
  readonly key: string | undefined;
  readonly isHosted: boolean;
}

export interface SecretsFile {
  /** An absolute path. */
  readonly file: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** The project that is examined. */
export interface Subject extends Partial<Reach> {
  /** An absolute path. */
  readonly supabaseDir: string;
  readonly config: TomlTable;
  /** The record of what was added; undefined before. */
  readonly lock: Lock | undefined;
  readonly functionName: string;
}

/** A subject that has these parts. */
export type With<Part extends keyof Reach> = Subject & Pick<Reach, Part>;

export interface Check {
  readonly id: string;
  readonly title: string;
  readonly needs: readonly (keyof Reach)[];
  run(subject: Subject): Promise<readonly Finding[]> | readonly Finding[];
}

/** Gives the subject of a check the parts that it needs. */
export function defineCheck<const Part extends keyof Reach = never>(check: {
  readonly id: string;
  readonly title: string;
  readonly needs?: readonly Part[];
  run(subject: With<Part>): Promise<readonly Finding[]> | readonly Finding[];
}): Check {
  return { needs: [], ...check } as Check;
}

export function ok(words: string): Finding {
  return { state: "ok", words };
}

export function warning(words: string, nextStep: string): Finding {
  return { state: "warning", words, nextStep };
}

export function problem(words: string, nextStep: string): Finding {
  return { state: "problem", words, nextStep };
}

/** Not looked at, and why. */
export function skipped(words: string): Finding {
  return { state: "skipped", words };
}

/** Names in a sentence; at most five, so that a line stays one. */
export function listed(names: readonly string[]): string {
  const more = names.length - 5;
  return more > 0 ? `${names.slice(0, 5).join(", ")} and ${more} more` : names.join(", ");
}
