/** The registry: the rows of the catalogue and of the operator's own endpoints, by id. A call does without it: see `called.ts`. */
import { catalogue } from "../../../catalogue/index.ts";
import { readEndpoints } from "../env.ts";
import type { ProviderId } from "./called.ts";
import { endpointRows } from "./endpoints.ts";
import type { Provider } from "./types.ts";

export { isProviderId, type ProviderId, providerIds } from "./called.ts";

export const providers: Readonly<Record<ProviderId, Provider>> = { ...catalogue, ...endpointRows(readEndpoints()) };
