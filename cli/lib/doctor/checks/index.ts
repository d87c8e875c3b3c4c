/** The table of checks, in the order in which they are shown. A new one is a row here. */
import type { Check } from "../check.ts";
import { functionSection, schemaExposed } from "./config.ts";
import { databaseExposure, grants, postgresVersion, rolesInPlace, schemaVersions } from "./database.ts";
import { functionFiles, migrationFiles, releaseVersion, slug } from "./files.ts";
import { creditsExposure, modelsServed } from "./prices.ts";
import { dataApi, functionAnswers } from "./project.ts";
import { keyring, secretsPrivate, secretsSet } from "./secrets.ts";
import { signingKeys } from "./tokens.ts";
import { traps } from "./traps.ts";

export const checks: readonly Check[] = [
  schemaExposed,
  functionSection,
  slug,
  functionFiles,
  migrationFiles,
  releaseVersion,
  secretsSet,
  keyring,
  secretsPrivate,
  signingKeys,
  traps,
  postgresVersion,
  schemaVersions,
  rolesInPlace,
  grants,
  databaseExposure,
  dataApi,
  functionAnswers,
  modelsServed,
  creditsExposure,
];
