import type { Guard } from "../mutants.ts";

const test = "tests/e2e/doctor.test.ts";

/** Of the command that examines a project. */
export const doctorGuards: readonly Guard[] = [
  {
    file: "cli/lib/doctor/run.ts",
    test,
    name: "A check of doctor changes nothing in a database",
    guard: "begin transaction read only",
    instead: "begin transaction",
  },
  {
    file: "cli/lib/doctor/http.ts",
    test,
    name: "A project that doctor asks sends its key nowhere else",
    guard: 'redirect: "manual"',
    instead: 'redirect: "follow"',
  },
];
