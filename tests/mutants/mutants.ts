/** Every named guard of the product: where it stands, what stands there without it, and the test that must turn red. */
import { answerGuards } from "./answers.ts";
import { authorityGuards } from "./authority.ts";
import { batchGuards } from "./batches.ts";
import { billingGuards } from "./billing.ts";
import { callerGuards } from "./callers.ts";
import { chargingGuards } from "./charging.ts";
import { componentGuards } from "./components.ts";
import { databaseGuards } from "./database.ts";
import { envelopeGuards } from "./keys/envelope.ts";
import { hostedGuards } from "./hosted.ts";
import { inputGuards } from "./input.ts";
import { installGuards } from "./install.ts";
import { isolationGuards } from "./isolation.ts";
import { offerGuards } from "./offers.ts";
import { ownerGuards } from "./keys/owners.ts";
import { pageGuards } from "./page.ts";
import { placeGuards } from "./keys/places.ts";
import { relayGuards } from "./relay.ts";
import { lifeGuards } from "./keys/life.ts";
import { rightsGuards } from "./keys/rights.ts";
import { rotationGuards } from "./rotation.ts";
import { deployGuards } from "./features/deploy.ts";
import { doctorGuards } from "./features/doctor.ts";
import { configGuards } from "./features/config-toml.ts";
import { appGuards } from "./features/apps.ts";
import { connectingGuards } from "./features/connecting.ts";
import { hookGuards } from "./features/hooks.ts";
import { packageGuards } from "./features/package.ts";
import { removalGuards } from "./features/removal.ts";
import { schemaGuards } from "./features/schema.ts";
import { postgresGuards } from "./features/postgres.ts";
import { unifiedGuards } from "./features/unified.ts";
import { verdictGuards } from "./verdicts.ts";

export interface Guard {
  /** The promise while it stands. */
  readonly name: string;
  /** The row of SECURITY.md that it guards, whose tests include `test`; absent where nothing there depends on it. */
  readonly promise?: `G${number}`;
  readonly file: string;
  /** The source of the guard, which stands in the file exactly once. */
  readonly guard: string;
  /** Takes its place; an empty string takes it out. */
  readonly instead: string;
  /** The test file, or the file of pgTAP, that notices. */
  readonly test: string;
}

export const guards: readonly Guard[] = [
  ...envelopeGuards,
  ...isolationGuards,
  ...billingGuards,
  ...chargingGuards,
  ...offerGuards,
  ...batchGuards,
  ...databaseGuards,
  ...postgresGuards,
  ...hostedGuards,
  ...inputGuards,
  ...answerGuards,
  ...relayGuards,
  ...lifeGuards,
  ...rightsGuards,
  ...ownerGuards,
  ...unifiedGuards,
  ...schemaGuards,
  ...removalGuards,
  ...hookGuards,
  ...placeGuards,
  ...connectingGuards,
  ...configGuards,
  ...doctorGuards,
  ...deployGuards,
  ...rotationGuards,
  ...verdictGuards,
  ...componentGuards,
  ...packageGuards,
  ...pageGuards,
  ...authorityGuards,
  ...callerGuards,
  ...installGuards,
  ...appGuards,
];
